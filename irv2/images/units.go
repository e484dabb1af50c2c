package images

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// unit is what goes to one side as a whole: copies of a picture, and pictures of one
// group (see File.Group).
type unit struct {
	samples []*Sample
	classes []*Class // samples[i] is in classes[i]
	rank    uint64   // chance: of the seed and a picture alone
}

// unitsOf joins copies that a group holds together, in the order of their first. A picture
// in two groups joins them.
func unitsOf(copies []*Duplicate, seed uint64) []*unit {
	root := make([]int, len(copies)) // the first of those that go together
	find := func(i int) int {
		for root[i] != i {
			root[i] = root[root[i]]
			i = root[i]
		}
		return i
	}
	first := map[string]int{} // by group
	for i, c := range copies {
		root[i] = i
		for _, s := range c.Samples {
			if s.File.Group == "" {
				continue
			}
			other, seen := first[s.File.Group]
			if !seen {
				first[s.File.Group], other = i, i
			}
			a, b := find(i), find(other)
			root[max(a, b)] = min(a, b)
		}
	}
	var units []*unit
	of := make([]*unit, len(copies))
	for i, c := range copies {
		at := find(i)
		if of[at] == nil {
			of[at] = &unit{rank: math.MaxUint64}
			units = append(units, of[at])
		}
		of[at].take(c, newRNG(splitting, seed, uint64(c.Samples[0].Hash)).next())
	}
	return units
}

func (u *unit) take(c *Duplicate, rank uint64) {
	u.samples, u.classes = append(u.samples, c.Samples...), append(u.classes, c.Classes...)
	u.rank = min(u.rank, rank)
}

// touching lists the units with pictures of each class.
func touching(units []*unit) map[*Class][]*unit {
	of := map[*Class][]*unit{}
	for _, u := range units {
		for _, c := range u.classes {
			if n := len(of[c]); n == 0 || of[c][n-1] != u {
				of[c] = append(of[c], u)
			}
		}
	}
	return of
}

// side is where the user's own division has some of its pictures, and so the others;
// Drawn: nowhere, or on both sides, which Split warns of.
func (u *unit) side() Side {
	side := Drawn
	for _, s := range u.samples {
		switch own := s.File.Side; {
		case own == Drawn || own == side:
		case side == Drawn:
			side = own
		default:
			return Training
		}
	}
	return side
}

// in is how many of its pictures are in a class.
func (u *unit) in(c *Class) (n int) {
	for _, of := range u.classes {
		if of == c {
			n++
		}
	}
	return n
}

// whole says that all its pictures are in one class.
func (u *unit) whole() bool {
	return !slices.ContainsFunc(u.classes, func(c *Class) bool { return c != u.classes[0] })
}

func byRank(a, b *unit) int { return cmp.Compare(a.rank, b.rank) }

// share is how many of a class's n pictures validation may have, in so many units.
func share(n, units int, fraction float64) int {
	if fraction <= 0 || units < 2 {
		return 0
	}
	return min(max(int(float64(n)*fraction+0.5), 1), n-1)
}

// chooseAcross chooses, of the units that lie in several classes, which are validated
// with: while they fit the share of each class that they touch; and, for a class that has
// no others, the smallest that leaves something to train on.
func chooseAcross(of map[*Class][]*unit, units []*unit, fraction float64) map[*unit]bool {
	across := slices.DeleteFunc(slices.Clone(units), (*unit).whole)
	if len(across) == 0 {
		return nil
	}
	images, shares, bare := map[*Class]int{}, map[*Class]int{}, map[*Class]bool{}
	for c, units := range of {
		for _, u := range units {
			images[c] += u.in(c)
		}
		shares[c] = share(images[c], len(units), fraction)
		bare[c] = shares[c] > 0 && !slices.ContainsFunc(units, (*unit).whole)
	}
	chosen, taken := map[*unit]bool{}, map[*Class]int{}
	choose := func(u *unit, most func(*Class) int) {
		for _, c := range u.classes {
			if taken[c]+u.in(c) > most(c) {
				return
			}
		}
		chosen[u] = true
		for _, c := range u.classes {
			taken[c]++
		}
	}
	slices.SortStableFunc(across, byRank)
	for _, u := range across {
		choose(u, func(c *Class) int { return shares[c] })
	}
	slices.SortStableFunc(across, func(a, b *unit) int { return len(a.samples) - len(b.samples) })
	for _, u := range across {
		if slices.ContainsFunc(u.classes, func(c *Class) bool { return bare[c] && taken[c] == 0 }) {
			choose(u, func(c *Class) int { return images[c] - 1 })
		}
	}
	return chosen
}

// leaks says where the user's own division has a picture or a group on two sides.
func (d *Dataset) leaks() (warnings []string) {
	first := map[string]*Sample{} // by group
	said := map[string]bool{}
	for _, c := range d.Classes {
		for _, s := range c.Samples {
			group := s.File.Group
			if group == "" || said[group] || s.Excluded {
				continue
			}
			if other := first[group]; other == nil {
				first[group] = s
			} else if other.File.Side != s.File.Side && (other.File.Side > Training || s.File.Side > Training) {
				said[group] = true
				warnings = append(warnings, fmt.Sprintf("Images that belong together (%s) are on two sides of your own division: what is measured there will look better than it is.", group))
			}
		}
	}
	return warnings
}
