package images

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// fake has classes of pictures that are told by numbers: the same number, the same pixels.
func fake(classes ...[]int) *Dataset {
	d := NewDataset(DefaultResizing(1))
	for i, pictures := range classes {
		c := &Class{Name: fmt.Sprintf("class %d", i)}
		for _, p := range pictures {
			c.Samples = append(c.Samples, &Sample{ID: d.nextID, Name: fmt.Sprint(p), Size: 1, Pixels: &Pixels{values: []uint8{uint8(p), uint8(i), 0}}, Hash: Hash(p)})
			d.nextID++
		}
		d.Classes = append(d.Classes, c)
	}
	return d
}

func count(n int) []int {
	p := make([]int, n)
	for i := range p {
		p[i] = i
	}
	return p
}

func TestSplitErrorsAndWarnings(t *testing.T) {
	for _, c := range []struct {
		d        *Dataset
		fraction float64
		err      string
		warning  string
	}{
		{fake(), 0.2, "There are no images yet", ""},
		{fake([]int{1, 2}), 0.2, `only one class, "class 0"`, ""},
		{fake([]int{1, 2}, nil), 0.2, `Class "class 1" has no images`, ""},
		{fake([]int{1, 2}, []int{3}), 1, "at least 0 and under 1", ""},
		{fake([]int{1, 2}, []int{3}), math.NaN(), "at least 0 and under 1", ""},
		{fake([]int{1, 2}, []int{2}), 0.2, `No image of class "class 1" is left to train on: its images are in another class`, ""},
		{fake([]int{1, 2}, []int{3}), 0.2, "", `"class 1" has only one image`},
		{fake([]int{1, 2}, []int{3, 3, 3}), 0.2, "", `"class 1" has only one image`},
		{fake([]int{1, 2, 5}, []int{2, 3, 4}), 0.2, "", `neither trained on`},
		{fake([]int{1, 2}, []int{3}), 0, "", ""},
		{fake([]int{1, 2}, []int{3, 4}), 0.2, "", ""},
	} {
		s, err := c.d.Split(c.fraction, 1)
		if c.err != "" {
			if s != nil || err == nil || !strings.Contains(err.Error(), c.err) || !strings.HasSuffix(err.Error(), ".") {
				t.Errorf("error %v, want %q", err, c.err)
			}
			continue
		}
		if err != nil {
			t.Error(err)
			continue
		}
		if all := strings.Join(s.Warnings, "|"); (c.warning == "") != (all == "") || !strings.Contains(all, c.warning) {
			t.Errorf("warnings %q, want %q", all, c.warning)
		}
	}
}

func TestSplitShares(t *testing.T) {
	s, err := fake(count(100), count(203)[100:]).Split(0.2, 1)
	if err != nil {
		t.Fatal(err)
	}
	var validation [2]int
	for _, e := range s.Validation {
		validation[e.Label]++
	}
	if validation != [2]int{20, 21} || len(s.Train) != 203-41 {
		t.Error(validation, len(s.Train))
	}
}

func hashes(examples []Example) map[Hash]int {
	m := map[Hash]int{}
	for _, e := range examples {
		m[e.Sample.Hash]++
	}
	return m
}

// What must hold for any classes with any copies within and across them.
func TestSplitInvariants(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		classes := rapid.SliceOfN(rapid.SliceOfN(rapid.IntRange(0, 60), 1, 25), 2, 5).Draw(t, "classes")
		fraction := rapid.Float64Range(0, 0.99).Draw(t, "fraction")
		seed := rapid.Uint64().Draw(t, "seed")
		d := fake(classes...)
		s, err := d.Split(fraction, seed)
		in := map[int]map[int]bool{} // picture -> classes
		for label, pictures := range classes {
			for _, p := range pictures {
				if in[p] == nil {
					in[p] = map[int]bool{}
				}
				in[p][label] = true
			}
		}
		distinct := make([]map[int]bool, len(classes)) // without conflicts
		empty := false
		for label, pictures := range classes {
			distinct[label] = map[int]bool{}
			for _, p := range pictures {
				if len(in[p]) == 1 {
					distinct[label][p] = true
				}
			}
			empty = empty || len(distinct[label]) == 0
		}
		if (err != nil) != empty {
			t.Fatalf("error %v, a class without pictures of its own: %v", err, empty)
		}
		if err != nil {
			return
		}
		if len(s.Train)+len(s.Validation)+len(s.LeftOut) != d.Len() {
			t.Fatalf("%d + %d + %d of %d", len(s.Train), len(s.Validation), len(s.LeftOut), d.Len())
		}
		train, validation := hashes(s.Train), hashes(s.Validation)
		for h := range validation {
			if train[h] > 0 {
				t.Fatal("a picture on both sides")
			}
		}
		for _, o := range s.LeftOut {
			if train[o.Hash]+validation[o.Hash] > 0 {
				t.Fatal("a picture in conflict was used")
			}
		}
		sides := make([][2]int, len(classes))
		for side, examples := range [][]Example{s.Train, s.Validation} {
			for _, e := range examples {
				sides[e.Label][side]++
				if int(e.Sample.Pixels.values[1]) != e.Label {
					t.Fatal("wrong label")
				}
			}
		}
		for label, n := range sides {
			if n[0] == 0 || (n[1] > 0) != (fraction > 0 && len(distinct[label]) > 1) {
				t.Fatalf("class %d: %d in training, %d in validation, %d different, fraction %v", label, n[0], n[1], len(distinct[label]), fraction)
			}
		}
	})
}

// The split is the pictures' own: import order does not matter, the seed does.
func TestSplitIgnoresOrder(t *testing.T) {
	forward := count(40)
	backward := slices.Clone(forward)
	slices.Reverse(backward)
	other := []int{100, 101, 102}
	sideOf := func(d *Dataset, seed uint64) map[Hash]int {
		s, err := d.Split(0.3, seed)
		if err != nil {
			t.Fatal(err)
		}
		return hashes(s.Validation)
	}
	a, b, c := sideOf(fake(forward, other), 1), sideOf(fake(other, backward), 1), sideOf(fake(forward, other), 2)
	same := func(x, y map[Hash]int) bool {
		for h := range x {
			if y[h] != x[h] {
				return false
			}
		}
		return len(x) == len(y)
	}
	if !same(a, b) || same(a, c) {
		t.Errorf("other order: same %v; other seed: same %v", same(a, b), same(a, c))
	}
}
