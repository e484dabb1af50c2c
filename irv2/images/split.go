package images

import (
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
	Test              []Example // see Side: nothing here computes with it
	LeftOut           []*Sample // set aside, or in conflict: the same picture in two classes
	Warnings          []string  // sentences for the user
}

// Split divides each class in proportion: of its n pictures about n*fraction, and
// at least one, go to Validation, where it has two different ones. Copies of a
// picture, and pictures of one group, stay on one side; a picture in two classes is on
// neither.
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
	s.LeftOut = d.setAside()
	for _, warning := range []string{d.asideWarning(s.LeftOut), d.depthWarning()} {
		if warning != "" {
			s.Warnings = append(s.Warnings, warning)
		}
	}
	var drawn []*Duplicate
	for _, g := range d.groups() {
		switch {
		case d.aside(g.Samples[0]):
		case g.Conflict:
			s.LeftOut = append(s.LeftOut, g.Samples...)
			s.Warnings = append(s.Warnings, g.String())
		case !s.takeTest(d, g):
			s.cleanSide(g, Validating, "among those to validate with")
			drawn = append(drawn, g)
		}
	}
	s.Warnings = append(s.Warnings, d.leaks()...)
	units := unitsOf(drawn, seed)
	across := chooseAcross(d, units, fraction)
	for label, c := range d.Classes {
		s.Classes = append(s.Classes, c.Name)
		if err := s.divide(c, label, units, across, fraction); err != nil {
			return nil, err
		}
	}
	s.keepSides()
	return s, nil
}

// takeTest puts a picture of the user's test set there.
func (s *Split) takeTest(d *Dataset, g *Duplicate) bool {
	if !s.cleanSide(g, Testing, "in the test set") {
		return false
	}
	for _, sample := range g.Samples {
		s.Test = append(s.Test, Example{sample, slices.Index(d.Classes, g.Classes[0])})
	}
	return true
}

// cleanSide leaves out, where one copy of a picture is on this side by the user's own
// division, the copies that are not: it would measure what was learned by heart.
func (s *Split) cleanSide(g *Duplicate, side Side, where string) bool {
	if !slices.ContainsFunc(g.Samples, func(s *Sample) bool { return s.File.Side == side }) {
		return false
	}
	kept := g.Samples[:0:0]
	for _, sample := range g.Samples {
		if sample.File.Side == side {
			kept = append(kept, sample)
			continue
		}
		s.LeftOut = append(s.LeftOut, sample)
		s.Warnings = append(s.Warnings, fmt.Sprintf("%s in %q is also %s: it is left out of training.", sample.Name, g.Classes[0].Name, where))
	}
	g.Samples, g.Classes = kept, g.Classes[:len(kept)]
	return true
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

// divide deals a class's units out: to validation while they fit its share. across says
// which of those that lie in other classes too are there already.
func (s *Split) divide(c *Class, label int, units []*unit, across map[*unit]bool, fraction float64) error {
	var own []*unit
	n, touching, taken := 0, 0, 0
	for _, u := range units {
		m := u.in(c)
		if m == 0 {
			continue
		}
		n, touching = n+m, touching+1
		switch {
		case u.whole():
			own = append(own, u)
		case across[u]:
			taken += m
		}
	}
	slices.SortFunc(own, byRank)
	validation := map[*unit]bool{}
	share := share(n, touching, fraction)
	for _, u := range own {
		if taken+len(u.samples) <= share {
			validation[u] = true
			taken += len(u.samples)
		}
	}
	if share > 0 && taken == 0 && len(own) > 0 { // only units larger than the share: the smallest goes
		smallest := slices.MinFunc(own, func(a, b *unit) int { return len(a.samples) - len(b.samples) })
		if len(smallest.samples) < n {
			validation[smallest] = true
		}
	}
	switch {
	case n == 0:
		return problemf("No image of class %q is left to train on: its images are in another class too, or in the test set.", c.Name)
	case fraction > 0 && touching == 1 && grouped(c):
		s.Warnings = append(s.Warnings, fmt.Sprintf("All images of class %q belong together: they are trained on, but nothing is left to validate the class with.", c.Name))
	case fraction > 0 && touching == 1:
		s.Warnings = append(s.Warnings, fmt.Sprintf("Class %q has only one image: it is trained on, but nothing is left to validate the class with; add more.", c.Name))
	}
	for _, u := range append(own, slices.DeleteFunc(slices.Clone(units), (*unit).whole)...) {
		to := &s.Train
		if validation[u] || across[u] {
			to = &s.Validation
		}
		for i, sample := range u.samples {
			if u.classes[i] == c {
				*to = append(*to, Example{sample, label})
			}
		}
	}
	return nil
}

func grouped(c *Class) bool {
	return slices.ContainsFunc(c.Samples, func(s *Sample) bool { return s.File.Group != "" })
}
