package images

import (
	"cmp"
	"fmt"
	"slices"
)

// unit is what goes to one side as a whole: copies of a picture, and pictures of one
// group (see File.Group).
type unit struct {
	samples []*Sample
	classes []*Class // samples[i] is in classes[i]
	rank    uint64   // chance: of the seed and a picture alone
}

// unitsOf joins copies that a group holds together, in the order of their first.
func unitsOf(copies []*Duplicate, seed uint64) []*unit {
	var units []*unit
	of := map[string]*unit{}
	for _, c := range copies {
		joined := &unit{rank: newRNG(splitting, seed, uint64(c.Samples[0].Hash)).next()}
		for _, s := range c.Samples { // a picture in two groups joins them
			if u := of[s.File.Group]; u != nil && s.File.Group != "" && u != joined {
				joined.take(u)
				for name, other := range of {
					if other == u {
						of[name] = joined
					}
				}
				units = slices.DeleteFunc(units, func(o *unit) bool { return o == u })
			}
		}
		joined.samples, joined.classes = append(joined.samples, c.Samples...), append(joined.classes, c.Classes...)
		for _, s := range c.Samples {
			if s.File.Group != "" {
				of[s.File.Group] = joined
			}
		}
		units = append(units, joined)
	}
	return units
}

func (u *unit) take(other *unit) {
	u.samples, u.classes = append(other.samples, u.samples...), append(other.classes, u.classes...)
	u.rank = min(u.rank, other.rank)
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
// with: while they fit the share of each class that they touch.
func chooseAcross(d *Dataset, units []*unit, fraction float64) map[*unit]bool {
	chosen, taken, of := map[*unit]bool{}, map[*Class]int{}, map[*Class]int{}
	for _, c := range d.Classes {
		n, touching := 0, 0
		for _, u := range units {
			if m := u.in(c); m > 0 {
				n, touching = n+m, touching+1
			}
		}
		of[c] = share(n, touching, fraction)
	}
	across := slices.DeleteFunc(slices.Clone(units), (*unit).whole)
	slices.SortStableFunc(across, byRank)
	for _, u := range across {
		fits := true
		for _, c := range u.classes {
			fits = fits && taken[c]+u.in(c) <= of[c]
		}
		if fits {
			chosen[u] = true
			for _, c := range u.classes {
				taken[c]++
			}
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
			if group == "" || said[group] {
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
