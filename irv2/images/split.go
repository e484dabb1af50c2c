package images

import (
	"cmp"
	"fmt"
	"slices"
)

// Example is a picture with its label, a position in Split.Classes.
type Example struct {
	Sample *Sample
	Label  int
}

// Split is a data set divided for one run.
type Split struct {
	Classes           []string
	Train, Validation []Example
	LeftOut           []*Sample // set aside, or in conflict: the same picture in two classes
	Warnings          []string  // sentences for the user
}

// Split divides each class in proportion: of its n pictures about n*fraction, and
// at least one, go to Validation, where it has two different ones. Copies of a
// picture stay on one side; a picture in two classes is on neither.
//
// Pictures with a Side of their own are on it, and chance draws among the others. Those
// that are set aside (see Resize) are on neither.
//
// Which side a picture falls on depends on seed and its pixels alone, ranked within
// its class: not on the order of files, names or the training size. Runs at other
// sizes therefore validate on the same pictures. fraction 0 trains on everything.
func (d *Dataset) Split(fraction float64, seed uint64) (*Split, error) {
	if !(0 <= fraction && fraction < 1) {
		return nil, problemf("The share for validation is %g, but must be at least 0 and under 1: 0.2 is usual.", fraction)
	}
	if err := d.trainable(); err != nil {
		return nil, err
	}
	s := &Split{}
	if s.LeftOut = d.setAside(); len(s.LeftOut) > 0 {
		s.Warnings = append(s.Warnings, d.asideWarning(s.LeftOut))
	}
	ofClass := map[*Class][]*Duplicate{}
	for _, g := range d.groups() {
		if g.Samples[0].Size != d.Resizing.Size {
			continue
		}
		if g.Conflict {
			s.LeftOut = append(s.LeftOut, g.Samples...)
			s.Warnings = append(s.Warnings, g.String())
			continue
		}
		ofClass[g.Classes[0]] = append(ofClass[g.Classes[0]], g)
	}
	for label, c := range d.Classes {
		s.Classes = append(s.Classes, c.Name)
		groups := ofClass[c]
		switch {
		case len(groups) == 0:
			return nil, problemf("Every image of class %q is in another class too: remove them from one of the two.", c.Name)
		case len(groups) == 1 && fraction > 0:
			s.Warnings = append(s.Warnings, fmt.Sprintf("Class %q has only one image: it is trained on, but nothing is left to validate the class with; add more.", c.Name))
		}
		s.divide(groups, label, fraction, seed)
	}
	s.keepSides()
	return s, nil
}

// keepSides moves pictures that came with a side to it.
func (s *Split) keepSides() {
	var sides [2][]Example
	for drawn, examples := range [2][]Example{s.Train, s.Validation} {
		for _, e := range examples {
			side := drawn
			switch e.Sample.File.Side {
			case Training:
				side = 0
			case Validating:
				side = 1
			}
			sides[side] = append(sides[side], e)
		}
	}
	s.Train, s.Validation = sides[0], sides[1]
}

// trainable says in one sentence why no run can start, if so.
func (d *Dataset) trainable() error {
	switch len(d.Classes) {
	case 0:
		return problemf("There are no images yet: drop a folder of images for each class.")
	case 1:
		return problemf("There is only one class, %q: add images of at least one more, because a network learns to tell classes apart.", d.Classes[0].Name)
	}
	for _, c := range d.Classes {
		if len(c.Samples) == 0 {
			return problemf("Class %q has no images: add some, or remove the class.", c.Name)
		}
	}
	return nil
}

// divide deals one class's groups out: to validation while they fit its share.
func (s *Split) divide(groups []*Duplicate, label int, fraction float64, seed uint64) {
	n := 0
	for _, g := range groups {
		n += len(g.Samples)
	}
	share := 0
	if fraction > 0 && len(groups) > 1 {
		share = min(max(int(float64(n)*fraction+0.5), 1), n-1)
	}
	slices.SortFunc(groups, byRank(seed))
	validation := map[*Duplicate]bool{}
	taken := 0
	for _, g := range groups {
		if taken+len(g.Samples) <= share {
			validation[g] = true
			taken += len(g.Samples)
		}
	}
	if share > 0 && taken == 0 { // only groups larger than the share: the smallest goes
		validation[slices.MinFunc(groups, func(a, b *Duplicate) int { return len(a.Samples) - len(b.Samples) })] = true
	}
	for _, g := range groups {
		to := &s.Train
		if validation[g] {
			to = &s.Validation
		}
		for _, sample := range g.Samples {
			*to = append(*to, Example{sample, label})
		}
	}
}

// byRank orders pictures by chance: seed and pixels decide.
func byRank(seed uint64) func(a, b *Duplicate) int {
	rank := func(g *Duplicate) uint64 { return newRNG(splitting, seed, uint64(g.Samples[0].Hash)).next() }
	return func(a, b *Duplicate) int { return cmp.Compare(rank(a), rank(b)) }
}
