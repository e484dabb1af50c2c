package images

import (
	"fmt"
	"math/bits"
	"slices"
)

// Duplicate is a picture that the data set holds more than once, pixel by pixel.
type Duplicate struct {
	Samples  []*Sample // in the order of Classes
	Classes  []*Class  // Samples[i] is in Classes[i]
	Conflict bool      // they are in more than one class: its label is unknown
}

// String says it in one sentence.
func (d Duplicate) String() string {
	first, class := d.Samples[0], d.Classes[0]
	for i, c := range d.Classes {
		if c != class {
			return fmt.Sprintf("%s in %q is the same image as %s in %q: remove it from one of them; until then it is neither trained on nor validated with.",
				first.Name, class.Name, d.Samples[i].Name, c.Name)
		}
	}
	return fmt.Sprintf("%s and %s in %q are the same image (%d copies).", first.Name, d.Samples[1].Name, class.Name, len(d.Samples))
}

// Duplicates lists pictures held more than once, in the order of their first copy.
func (d *Dataset) Duplicates() []Duplicate {
	var out []Duplicate
	for _, g := range d.groups() {
		if len(g.Samples) > 1 {
			out = append(out, *g)
		}
	}
	return out
}

// groups puts copies of a picture together, in the order of their first. Those that are set
// aside by hand are no one's copy.
func (d *Dataset) groups() []*Duplicate {
	var groups []*Duplicate
	byHash := map[Hash]*Duplicate{}
	for _, c := range d.Classes {
		for _, s := range c.Samples {
			if s.Excluded {
				continue
			}
			g := byHash[s.Hash]
			if g == nil {
				g = &Duplicate{}
				byHash[s.Hash] = g
				groups = append(groups, g)
			}
			g.Samples = append(g.Samples, s)
			g.Classes = append(g.Classes, c)
			g.Conflict = g.Conflict || c != g.Classes[0]
		}
	}
	return groups
}

// alikeBits is how many of the 64 bits of two looks may differ: 3 is cautious.
const alikeBits = 3

// Alike lists groups of different pictures that look the same (recompressed, rescaled,
// frames of one scene), in the order of their first, where they are not in one group
// already (see File.Group). It is a warning only, and can be wrong. Nearly plain pictures
// have no look and are left out.
//
// Looks that differ in at most alikeBits bits agree in one of alikeBits+1 bands of their
// bits: only those are compared. poll is asked meanwhile, and its error ends the work.
func (d *Dataset) Alike(poll func() error) ([][]*Sample, error) {
	var looks []uint64 // different ones
	at := map[uint64]int{}
	var of [][]*Sample // the pictures with a look
	for _, g := range d.groups() {
		const plain = 6 // so few edges tell nothing
		s := g.Samples[0]
		if n := bits.OnesCount64(s.Look); n < plain || n > 64-plain {
			continue
		}
		i, ok := at[s.Look]
		if !ok {
			i = len(looks)
			at[s.Look] = i
			looks, of = append(looks, s.Look), append(of, nil)
		}
		of[i] = append(of[i], s)
	}
	parent := make([]int, len(looks))
	for i := range parent {
		parent[i] = i
	}
	root := func(i int) int {
		for parent[i] != i {
			parent[i] = parent[parent[i]]
			i = parent[i]
		}
		return i
	}
	const width = 64 / (alikeBits + 1)
	for band := range alikeBits + 1 {
		buckets := map[uint64][]int{}
		for i, look := range looks {
			if err := sometimes(i, poll); err != nil {
				return nil, err
			}
			key := look >> (band * width) & (1<<width - 1)
			for _, j := range buckets[key] {
				if bits.OnesCount64(look^looks[j]) <= alikeBits {
					parent[max(root(i), root(j))] = min(root(i), root(j))
				}
			}
			buckets[key] = append(buckets[key], i)
		}
	}
	joined := make([][]*Sample, len(looks))
	for i := range looks {
		joined[root(i)] = append(joined[root(i)], of[i]...)
	}
	return slices.DeleteFunc(joined, func(g []*Sample) bool {
		apart := func(s *Sample) bool { return s.File.Group == "" || s.File.Group != g[0].File.Group }
		return len(g) < 2 || !slices.ContainsFunc(g, apart)
	}), nil
}

// sometimes asks poll now and then.
func sometimes(i int, poll func() error) error {
	if i%64 == 0 {
		return poll()
	}
	return nil
}

// look is a difference hash: the picture at 9 x 8, a bit for each pixel that is
// darker than its right neighbour.
func look(img *RGB8) uint64 {
	const w, h = 9, 8
	var small [w * h * 3]float32
	img.shrink(small[:], w, h)
	var bit uint64
	for i := range w * h {
		if i%w == w-1 {
			continue
		}
		grey := func(i int) float32 { return small[3*i] + 2*small[3*i+1] + small[3*i+2] }
		bit <<= 1
		if grey(i) < grey(i+1) {
			bit |= 1
		}
	}
	return bit
}
