package images

import (
	"encoding/binary"
	"hash/fnv"
	"slices"
	"testing"
)

func someBatches(shuffle bool) *Batches {
	d := fake(count(7), []int{10, 11, 12, 13})
	s, err := d.Split(0, 1)
	if err != nil {
		panic(err)
	}
	return &Batches{Examples: s.Train, Classes: 2, Size: 1, Batch: 4, Shuffle: shuffle, Seed: 5}
}

func TestOrder(t *testing.T) {
	b := someBatches(true)
	if b.PerEpoch() != 3 {
		t.Errorf("%d batches of 11 examples by 4", b.PerEpoch())
	}
	first, second := b.Order(0), b.Order(1)
	if slices.Equal(first, second) || !slices.Equal(first, b.Order(0)) {
		t.Error("an epoch's order is not its own")
	}
	b.Seed++
	if slices.Equal(first, b.Order(0)) {
		t.Error("the seed does not matter")
	}
	for _, order := range [][]int{first, second} {
		slices.Sort(order)
		if !slices.Equal(order, count(11)) {
			t.Error(order)
		}
	}
	b.Shuffle = false
	if !slices.Equal(b.Order(3), count(11)) {
		t.Error(b.Order(3))
	}
	if got := b.Of(b.Order(0), 2); !slices.Equal(got, []int{8, 9, 10}) {
		t.Errorf("last batch %v", got)
	}
}

// All orders of three come equally often.
func TestPermutationIsUniform(t *testing.T) {
	seen := map[[3]int]int{}
	const n = 6000
	for seed := range uint64(n) {
		seen[[3]int(newRNG(seed).permutation(3))]++
	}
	for p, k := range seen {
		if k < n/6-120 || k > n/6+120 { // 4 standard deviations
			t.Errorf("%v %d times of %d", p, k, n)
		}
	}
	if len(seen) != 6 {
		t.Errorf("%d orders of three", len(seen))
	}
}

func TestFill(t *testing.T) {
	b := someBatches(false)
	images, labels := make([]float32, 4*3), slices.Repeat([]float32{9}, 4*2)
	indices := []int{10, 0}
	b.Fill(images, labels, indices, 0)
	if want := []float32{0, 1, 1, 0, 9, 9, 9, 9}; !slices.Equal(labels, want) {
		t.Errorf("labels %v, want %v", labels, want)
	}
	for n, i := range indices {
		want := make([]float32, 3)
		Normalize(want, b.Examples[i].Sample.Pixels)
		if !slices.Equal(images[n*3:n*3+3], want) {
			t.Errorf("picture %d is %v, want %v", i, images[n*3:n*3+3], want)
		}
	}
	if !slices.Equal(images[6:], make([]float32, 6)) {
		t.Error("wrote beyond the batch")
	}
}

// A variant depends on epoch and example, not on the batch it is in.
func TestFillAugments(t *testing.T) {
	b := someBatches(false)
	b.Augment = Augment{Brightness: 0.5}
	one, two, later := make([]float32, 3), make([]float32, 6), make([]float32, 3)
	labels := make([]float32, 4)
	b.Fill(one, labels, []int{6}, 2)
	b.Fill(two, labels, []int{3, 6}, 2)
	b.Fill(later, labels, []int{6}, 3)
	if !slices.Equal(one, two[3:]) || slices.Equal(one, later) {
		t.Error(one, two, later)
	}
}

// The same bits natively and in js/wasm, where this test runs too: a page trains
// on what the tests have seen.
func TestSameBitsEverywhere(t *testing.T) {
	const size = 24
	h := fnv.New64a()
	for _, r := range []Resizing{DefaultResizing(size), {size, Crop, false}, {size, Pad, true}} {
		d := NewDataset(r)
		s := add(t, d, "boat", "boat.png", "formats/boat.png")
		b := &Batches{Examples: []Example{{s, 0}}, Classes: 1, Size: size, Batch: 1, Seed: 3, Augment: Augment{true, 0.1, 0.1, 0.1, 0.1, 0.1}}
		images, labels := make([]float32, size*size*3), make([]float32, 1)
		for epoch := range 4 {
			b.Fill(images, labels, []int{0}, epoch)
			binary.Write(h, binary.LittleEndian, images)
		}
	}
	if got := h.Sum64(); got != 0x42f777fcfc8f424a {
		t.Errorf("%#x", got)
	}
}
