package images

import (
	"fmt"
	"math/bits"
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

// groups puts copies of a picture together, in the order of their first.
func (d *Dataset) groups() []*Duplicate {
	var groups []*Duplicate
	byHash := map[Hash]*Duplicate{}
	for _, c := range d.Classes {
		for _, s := range c.Samples {
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

// Alike is a pair of pictures that look the same: recompressed or rescaled.
type Alike struct{ A, B *Sample }

// NearDuplicates lists pairs of different pictures whose looks differ in at most
// distance of 64 bits (3 is cautious), up to limit pairs. It is a warning only:
// it costs n*n/2 comparisons and can be wrong. Nearly plain pictures have no look
// and are left out.
func (d *Dataset) NearDuplicates(distance, limit int) []Alike {
	var samples []*Sample
	for _, g := range d.groups() {
		const plain = 6 // so few edges tell nothing
		if n := bits.OnesCount64(g.Samples[0].Look); n >= plain && n <= 64-plain {
			samples = append(samples, g.Samples[0])
		}
	}
	var out []Alike
	for i, a := range samples {
		for _, b := range samples[:i] {
			if bits.OnesCount64(a.Look^b.Look) <= distance {
				if len(out) == limit {
					return out
				}
				out = append(out, Alike{b, a})
			}
		}
	}
	return out
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
