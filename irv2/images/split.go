package images

import (
	"fmt"
	"slices"

	"thaw/irv2/internal/text"
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
	Test              []Example   // see Side: nothing here computes with it
	LeftOut           []*Sample   // set aside, by hand or because they are lost, or in conflict: the same picture in two classes
	Warnings          []string    // sentences for the user
	cleaned           [2][]string // copies left out for one to validate with, and one to test on
}

// Split divides each class in proportion: of its n pictures about n*fraction, and
// at least one, go to Validation, where it has two different ones. Copies of a
// picture, and pictures of one group, stay on one side; a picture in two classes is on
// neither.
//
// Pictures with a Side of their own are on it, and chance draws among the others. Those
// that are set aside (see Resize and Exclude) are on neither.
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
	s.LeftOut = append(d.setAside(), d.excluded()...)
	for _, warning := range []string{d.asideWarning(s.LeftOut), d.depthWarning(), d.Disk.warning()} {
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
			s.cleanSide(g, Validating)
			drawn = append(drawn, g)
		}
	}
	s.Warnings = append(s.Warnings, d.leaks()...)
	s.sayCleaned()
	units := unitsOf(drawn, seed)
	of := touching(units)
	across := chooseAcross(of, units, fraction)
	for label, c := range d.Classes {
		s.Classes = append(s.Classes, c.Name)
		s.divide(c, label, of[c], across, fraction)
	}
	s.keepSides(units)
	if err := s.check(d, of, fraction); err != nil {
		return nil, err
	}
	return s, nil
}

// takeTest puts a picture of the user's test set there.
func (s *Split) takeTest(d *Dataset, g *Duplicate) bool {
	if !s.cleanSide(g, Testing) {
		return false
	}
	for _, sample := range g.Samples {
		s.Test = append(s.Test, Example{sample, slices.Index(d.Classes, g.Classes[0])})
	}
	return true
}

// cleanSide leaves out, where one copy of a picture is on this side by the user's own
// division, the copies that are not: it would measure what was learned by heart.
func (s *Split) cleanSide(g *Duplicate, side Side) bool {
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
		s.cleaned[side-Validating] = append(s.cleaned[side-Validating], fmt.Sprintf("%s in %q", sample.Name, g.Classes[0].Name))
	}
	g.Samples, g.Classes = kept, g.Classes[:len(kept)]
	return true
}

// sayCleaned says what cleanSide left out, in a sentence for each side.
func (s *Split) sayCleaned() {
	for i, where := range []string{"among those to validate with", "in the test set"} {
		switch names := s.cleaned[i]; len(names) {
		case 0:
		case 1:
			s.Warnings = append(s.Warnings, fmt.Sprintf("%s is also %s: it is left out of training.", names[0], where))
		default:
			s.Warnings = append(s.Warnings, fmt.Sprintf("%s and %s more are also %s: they are left out of training.", names[0], text.Thousands(len(names)-1), where))
		}
	}
}

// keepSides moves pictures that came with a side to it, and what belongs together with
// them.
func (s *Split) keepSides(units []*unit) {
	of := map[*Sample]Side{}
	for _, u := range units {
		side := u.side()
		for _, sample := range u.samples {
			if of[sample] = sample.File.Side; of[sample] == Drawn {
				of[sample] = side
			}
		}
	}
	var sides [2][]Example
	for drawn, examples := range [2][]Example{s.Train, s.Validation} {
		for _, e := range examples {
			side := drawn
			switch of[e.Sample] {
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

// check says which classes have nothing to be trained on, or to be validated with.
func (s *Split) check(d *Dataset, of map[*Class][]*unit, fraction float64) error {
	train, validation := make([]int, len(d.Classes)), make([]int, len(d.Classes))
	for _, e := range s.Train {
		train[e.Label]++
	}
	for _, e := range s.Validation {
		validation[e.Label]++
	}
	for label, c := range d.Classes {
		switch {
		case train[label] == 0:
			return problemf("No image of class %q is left to train on: its images are in another class too, or held back to validate with or to test on.", c.Name)
		case fraction == 0 || validation[label] > 0:
		case len(of[c]) > 1:
			s.Warnings = append(s.Warnings, fmt.Sprintf("Nothing is left to validate class %q with, because of your own division, or of what belongs together: it is trained on, but not measured.", c.Name))
		case grouped(c):
			s.Warnings = append(s.Warnings, fmt.Sprintf("All images of class %q belong together: they are trained on, but nothing is left to validate the class with.", c.Name))
		default:
			s.Warnings = append(s.Warnings, fmt.Sprintf("Class %q has only one image: it is trained on, but nothing is left to validate the class with; add more.", c.Name))
		}
	}
	return nil
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
		switch {
		case len(c.Samples) == 0:
			return problemf("Class %q has no images: add some, or remove the class.", c.Name)
		case !slices.ContainsFunc(c.Samples, func(s *Sample) bool { return !s.Excluded }):
			return problemf("All images of class %q are set aside: take some back, add others, or remove the class.", c.Name)
		}
	}
	return nil
}

// divide deals a class's units out: to validation while they fit its share. across says
// which of those that lie in other classes too are there already.
func (s *Split) divide(c *Class, label int, units []*unit, across map[*unit]bool, fraction float64) {
	var own, others []*unit
	n, taken := 0, 0
	for _, u := range units {
		m := u.in(c)
		n += m
		switch {
		case u.whole():
			own = append(own, u)
			continue
		case across[u]:
			taken += m
		}
		others = append(others, u)
	}
	slices.SortFunc(own, byRank)
	validation := map[*unit]bool{}
	share := share(n, len(units), fraction)
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
	for _, u := range append(own, others...) {
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
}

func grouped(c *Class) bool {
	return slices.ContainsFunc(c.Samples, func(s *Sample) bool { return s.File.Group != "" })
}
