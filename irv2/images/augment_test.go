package images

import (
	"encoding/binary"
	"hash/fnv"
	"math"
	"slices"
	"testing"
)

func TestAugmentIsKeras(t *testing.T) {
	var cases []struct {
		Size                 int
		Flip                 bool
		ShiftX               float64 `json:"shift_x"`
		ShiftY               float64 `json:"shift_y"`
		Zoom, Angle          float64
		Brightness, Contrast float64
		Values               []float32
	}
	readJSON(t, "affine.json", &cases)
	if len(cases) < 10 {
		t.Fatalf("%d cases", len(cases))
	}
	for _, c := range cases {
		d := draw{c.Flip, c.ShiftX, c.ShiftY, c.Zoom, c.Angle, c.Brightness, c.Contrast}
		got := make([]float32, len(c.Values))
		d.apply(got, formula(c.Size, c.Size).Pix, c.Size)
		for i, v := range got {
			got[i] = (v + 1) * 127.5
		}
		// Keras's matrix is float32: an error of 1e-6 in a coordinate of 10 moves a
		// value by 1e-6 * 10 * 255, under the tolerance.
		compare(t, "draw", got, c.Values)
	}
}

func TestAugmentOffChangesNothing(t *testing.T) {
	img := formula(8, 8)
	got, want := make([]float32, len(img.Pix)), make([]float32, len(img.Pix))
	Augment{}.Apply(got, img.Pix, 8, 1, 2, 3)
	Normalize(want, img.Pix)
	if (Augment{}).On() || !slices.Equal(got, want) {
		t.Error("a zero Augment changes the picture")
	}
}

func TestDrawsDependOnSeedEpochIndex(t *testing.T) {
	a := Augment{true, 0.1, 0.2, 0.05, 0.1, 0.3}
	base := a.draw(1, 2, 3)
	if base != a.draw(1, 2, 3) {
		t.Error("the same arguments give another draw")
	}
	for _, other := range []draw{a.draw(2, 2, 3), a.draw(1, 3, 3), a.draw(1, 2, 4), a.draw(1, 3, 2)} {
		if other.shiftX == base.shiftX || other.angle == base.angle {
			t.Errorf("%+v is not drawn anew: %+v", other, base)
		}
	}
	b := a
	b.Rotate = 0
	if d := b.draw(1, 2, 3); d.angle != 0 || d.zoom != base.zoom || d.contrast != base.contrast {
		t.Errorf("without rotation: %+v, was %+v", d, base)
	}
}

// Draws stay within their bounds, reach near both, and flips are half.
func TestDrawsAreUniform(t *testing.T) {
	a := Augment{true, 0.1, 0.2, 0.05, 0.1, 0.3}
	const n = 4000
	flips := 0
	low, high := a.draw(0, 0, 0), a.draw(0, 0, 0)
	for i := range n {
		d := a.draw(7, i%10, i/10)
		if d.flip {
			flips++
		}
		low = draw{zoom: min(low.zoom, d.zoom), shiftX: min(low.shiftX, d.shiftX), shiftY: min(low.shiftY, d.shiftY), angle: min(low.angle, d.angle), brightness: min(low.brightness, d.brightness), contrast: min(low.contrast, d.contrast)}
		high = draw{zoom: max(high.zoom, d.zoom), shiftX: max(high.shiftX, d.shiftX), shiftY: max(high.shiftY, d.shiftY), angle: max(high.angle, d.angle), brightness: max(high.brightness, d.brightness), contrast: max(high.contrast, d.contrast)}
	}
	if math.Abs(float64(flips)/n-0.5) > 0.03 { // 4 standard deviations
		t.Errorf("%d flips of %d", flips, n)
	}
	for name, r := range map[string][4]float64{
		"shiftX": {low.shiftX, high.shiftX, -0.1, 0.1}, "shiftY": {low.shiftY, high.shiftY, -0.1, 0.1},
		"zoom": {low.zoom, high.zoom, 0.8, 1.2}, "angle": {low.angle, high.angle, -0.1 * math.Pi, 0.1 * math.Pi},
		"brightness": {low.brightness, high.brightness, -0.1, 0.1}, "contrast": {low.contrast, high.contrast, 0.7, 1.3},
	} {
		slack := (r[3] - r[2]) / 100
		if r[0] < r[2] || r[0] > r[2]+slack || r[1] > r[3] || r[1] < r[3]-slack {
			t.Errorf("%s from %v to %v, want %v to %v", name, r[0], r[1], r[2], r[3])
		}
	}
}

func TestReflect(t *testing.T) {
	for _, c := range []struct{ in, want float64 }{
		{0, 0}, {2.5, 2.5}, {3.5, 3}, {-0.25, 0}, {-1, 0}, {-2, 1}, {4, 3}, {5, 2}, {8, 0}, {9, 1}, {-5, 3}, {-6, 2},
	} {
		if got := reflect(c.in, 4); got != c.want {
			t.Errorf("reflect(%v, 4) = %v, want %v", c.in, got, c.want)
		}
	}
}

func BenchmarkAugment299(b *testing.B) {
	img := formula(299, 299)
	dst := make([]float32, len(img.Pix))
	a := Augment{true, 0.1, 0.1, 0.05, 0.1, 0.1}
	for i := 0; b.Loop(); i++ {
		a.Apply(dst, img.Pix, 299, 1, 0, i)
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
		image := make([]float32, size*size*3)
		for epoch := range 4 {
			Augment{true, 0.1, 0.1, 0.1, 0.1, 0.1}.Apply(image, values(t, s), size, 3, epoch, 0)
			binary.Write(h, binary.LittleEndian, image)
		}
	}
	if got := h.Sum64(); got != 0x42f777fcfc8f424a {
		t.Errorf("%#x", got)
	}
}
