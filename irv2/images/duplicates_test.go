package images

import (
	"errors"
	"math/bits"
	"testing"
	"time"
)

// Every pair that differs in few bits is found, and no other, in bounded time: random
// looks, and bursts of pictures that nearly agree.
func TestAlikeFindsAllInTime(t *testing.T) {
	const n = 20_000
	d := NewDataset(DefaultResizing(8))
	c := &Class{Name: "a"}
	d.Classes = []*Class{c}
	r := newRNG(1, 2, 3)
	centre := uint64(0)
	for i := range n {
		look := r.next()
		switch {
		case i%10 == 0:
			centre = look
		case i%10 < 4:
			look = centre ^ 1<<(r.next()%64) ^ 1<<(r.next()%64) ^ 1<<(r.next()%64)
		case i%10 < 6: // the same half: many candidates, few alike
			look = look&0xffffffff | 0x12345678<<32
		}
		c.Samples = append(c.Samples, &Sample{ID: i, Hash: Hash(i), Look: look})
	}
	start := time.Now()
	groups, err := d.Alike(never)
	if err != nil {
		t.Fatal(err)
	}
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("%d pictures took %v", n, took)
	}
	group := map[int]int{}
	for i, g := range groups {
		for _, s := range g {
			group[s.ID] = i + 1
		}
	}
	for i, a := range c.Samples[:2000] {
		for _, b := range c.Samples[:i] {
			if bits.OnesCount64(a.Look^b.Look) <= alikeBits && (group[a.ID] != group[b.ID] || group[a.ID] == 0) {
				t.Fatalf("%d and %d are alike, and not found", a.ID, b.ID)
			}
		}
	}
	for _, g := range groups {
		for _, a := range g {
			near := false
			for _, b := range g {
				near = near || a != b && bits.OnesCount64(a.Look^b.Look) <= alikeBits
			}
			if !near {
				t.Fatalf("%d is alike to none of its group", a.ID)
			}
		}
	}
	stop := errors.New("enough")
	if _, err := d.Alike(func() error { return stop }); err != stop {
		t.Error("not stopped")
	}
}

// Pictures kept together are one group with all that belonged to one of them, are no
// longer listed, and fall on one side of every split; an arrangement from before has them
// apart.
func TestTogether(t *testing.T) {
	d := NewDataset(DefaultResizing(16))
	for i, name := range []string{"duplicates/boat.png", "duplicates/recompressed.jpg", "duplicates/other.png", "photos/boat/boat-1.jpg", "photos/boat/boat-2.jpg"} {
		s := add(t, d, "boat", name, name)
		if i == 1 || i == 2 {
			s.File.Group = "scene"
		}
	}
	for _, name := range []string{"photos/house/house-1.jpg", "photos/house/house-2.jpg"} {
		add(t, d, "house", name, name)
	}
	alike, err := d.Alike(never)
	if err != nil || len(alike) != 1 {
		t.Fatal(alike, err)
	}
	before := d.Arrangement()
	if err := d.Together([]int{alike[0][0].ID, alike[0][1].ID}); err != nil {
		t.Fatal(err)
	}
	s := d.Class("boat").Samples
	if g := s[0].File.Group; g == "" || s[1].File.Group != g || s[2].File.Group != g || s[3].File.Group != "" {
		t.Errorf("groups %q %q %q %q", g, s[1].File.Group, s[2].File.Group, s[3].File.Group)
	}
	if alike, err := d.Alike(never); err != nil || len(alike) > 0 {
		t.Errorf("%v still listed, %v", alike, err)
	}
	for seed := range uint64(20) {
		split, err := d.Split(0.4, seed)
		if err != nil {
			t.Fatal(err)
		}
		validated := 0
		for _, e := range split.Validation {
			if e.Sample.File.Group != "" {
				validated++
			}
		}
		if validated != 0 && validated != 3 {
			t.Fatalf("seed %d: %d of 3 that belong together are validated with", seed, validated)
		}
	}
	if d.Arrange(before); d.Class("boat").Samples[0].File.Group != "" || d.Class("boat").Samples[1].File.Group != "scene" {
		t.Error("the arrangement from before was changed")
	}
	if err := d.Together([]int{0, 99}); err == nil {
		t.Error("an image that is not there")
	}
}
