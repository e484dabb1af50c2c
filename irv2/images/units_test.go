package images

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// Groups are never on both sides, whatever they are; the order of images changes nothing;
// and without groups every picture is a group of its own.
func TestGroupsStayTogether(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		build := func() *Dataset {
			d := NewDataset(DefaultResizing(1))
			for c := range 3 {
				class := d.newClass(fmt.Sprint("class ", c))
				for i := range 12 {
					s := &Sample{ID: d.newID(), Name: fmt.Sprint(i), Size: 1, Pixels: &Pixels{values: make([]uint8, 3)}, Hash: Hash(100*c + i)}
					class.Samples = append(class.Samples, s)
				}
			}
			return d
		}
		groups := rapid.SliceOfN(rapid.IntRange(0, 9), 36, 36).Draw(t, "groups")
		seed := rapid.Uint64().Draw(t, "seed")
		fraction := rapid.Float64Range(0, 0.5).Draw(t, "fraction")
		sides := func(turned bool) map[Hash]string {
			d := build()
			i := 0
			for _, c := range d.Classes {
				for _, s := range c.Samples {
					if groups[i] > 0 {
						s.File.Group = fmt.Sprint("patient ", groups[i])
					}
					i++
				}
				if turned {
					slices.Reverse(c.Samples)
				}
			}
			split, err := d.Split(fraction, seed)
			if err != nil {
				t.Fatal(err)
			}
			side, ofGroup := map[Hash]string{}, map[string]string{}
			for name, examples := range map[string][]Example{"train": split.Train, "validation": split.Validation} {
				for _, e := range examples {
					side[e.Sample.Hash] = name
					if group := e.Sample.File.Group; group != "" {
						if other := ofGroup[group]; other != "" && other != name {
							t.Fatalf("%s is on both sides", group)
						}
						ofGroup[group] = name
					}
				}
			}
			if len(side) != 36 || len(split.Train) == 0 {
				t.Fatalf("%d images, %d to train on", len(side), len(split.Train))
			}
			return side
		}
		if a, b := sides(false), sides(true); fmt.Sprint(a) != fmt.Sprint(b) {
			t.Fatalf("the order of images counts: %v, %v", a, b)
		}
	})
}

// A test set is its own; what is in it too is not trained on.
func TestTestSet(t *testing.T) {
	d := fake(count(6), []int{10, 11, 12, 13, 14, 15, 3})
	for _, c := range d.Classes {
		c.Samples[0].File.Side = Testing
	}
	d.Classes[1].Samples = d.Classes[1].Samples[:6]
	copied := *d.Classes[0].Samples[0]
	copied.File.Side, copied.ID = Drawn, 99
	d.Classes[0].Samples = append(d.Classes[0].Samples, &copied)
	d.Classes[1].Samples[1].File.Side = Validating
	both := *d.Classes[1].Samples[1]
	both.File.Side, both.ID = Training, 98
	d.Classes[1].Samples = append(d.Classes[1].Samples, &both)
	s, err := d.Split(0.4, 1)
	if err != nil || len(s.Test) != 2 || len(s.Train)+len(s.Validation) != 10 || len(s.LeftOut) != 2 || len(s.Warnings) != 2 {
		t.Errorf("%d to test, %d+%d, %v, %v", len(s.Test), len(s.Train), len(s.Validation), s.Warnings, err)
	}
}

// Every patient has images of both classes, and more than a class's share: some patient is
// still validated with.
func TestGroupsAcrossClasses(t *testing.T) {
	d := fake(count(30), count(60)[30:])
	for _, c := range d.Classes {
		for i, s := range c.Samples {
			s.File.Group = fmt.Sprint("patient ", i%3)
		}
	}
	s, err := d.Split(0.2, 1)
	if err != nil || len(s.Validation) != 20 || len(s.Train) != 40 || len(s.Warnings) != 0 {
		t.Errorf("%d+%d, %v, %v", len(s.Train), len(s.Validation), s.Warnings, err)
	}
}

// Whatever a person has divided and put together: what has a side is on it, what belongs to
// it goes with it, and a class that cannot be trained or validated is told.
func TestSidesAndGroups(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := fake(count(12), count(24)[12:], count(36)[24:])
		groups := rapid.SliceOfN(rapid.IntRange(0, 9), 36, 36).Draw(t, "groups")
		sides := rapid.SliceOfN(rapid.SampledFrom([]Side{Drawn, Drawn, Drawn, Training, Validating, Testing}), 36, 36).Draw(t, "sides")
		own := map[string]map[Side]bool{} // of the person's, by group
		i := 0
		for _, c := range d.Classes {
			for _, s := range c.Samples {
				s.File.Side = sides[i]
				if groups[i] > 0 {
					s.File.Group = fmt.Sprint(groups[i])
					if own[s.File.Group] == nil {
						own[s.File.Group] = map[Side]bool{}
					}
					own[s.File.Group][s.File.Side] = true
				}
				i++
			}
		}
		s, err := d.Split(rapid.Float64Range(0.01, 0.6).Draw(t, "fraction"), rapid.Uint64().Draw(t, "seed"))
		if err != nil {
			return
		}
		var train, validation [3]int
		for _, part := range []struct {
			examples []Example
			side     Side
		}{{s.Train, Training}, {s.Validation, Validating}, {s.Test, Testing}} {
			for _, e := range part.examples {
				switch part.side {
				case Training:
					train[e.Label]++
				case Validating:
					validation[e.Label]++
				}
				sample := e.Sample
				if sample.File.Side != Drawn && sample.File.Side != part.side {
					t.Fatalf("%v is on side %d", sample.File, part.side)
				}
				if of := own[sample.File.Group]; sample.File.Side == Drawn && of[Training] != of[Validating] && !of[part.side] {
					t.Fatalf("%v is drawn to side %d, apart from its group", sample.File, part.side)
				}
			}
		}
		if len(s.Train)+len(s.Validation)+len(s.Test)+len(s.LeftOut) != 36 {
			t.Fatal("images are lost")
		}
		for label, n := range train {
			told := slices.ContainsFunc(s.Warnings, func(w string) bool { return strings.Contains(w, fmt.Sprintf("%q", d.Classes[label].Name)) })
			if n == 0 || (validation[label] == 0) != told {
				t.Fatalf("class %d: %d and %d, %v", label, n, validation[label], s.Warnings)
			}
		}
	})
}

// Large groups cost no more than many small ones.
func BenchmarkSplitGroups(b *testing.B) {
	d := fake(count(20_000), count(40_000)[20_000:])
	for _, c := range d.Classes {
		for i, s := range c.Samples {
			s.File.Group = fmt.Sprint(i / 7)
		}
	}
	for b.Loop() {
		if _, err := d.Split(0.2, 1); err != nil {
			b.Fatal(err)
		}
	}
}
