package images

import (
	"math"
	"slices"
	"strings"
	"testing"
)

// 1e-4 of the range: the order of float32 sums, and four decimals in the files.
const pixelTolerance = 255e-4

// formula is the picture that variants.py computes too.
func formula(w, h int) *RGB8 {
	img := &RGB8{W: w, H: h, Pix: make([]uint8, w*h*3)}
	for i := range img.Pix {
		x, y, c := i/3%w, i/3/w, i%3
		img.Pix[i] = uint8(37*x + 101*y + 59*c + 7*x*y)
	}
	return img
}

func compare(t *testing.T, what string, got, want []float32) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d values, want %d", what, len(got), len(want))
	}
	for i := range got {
		if d := math.Abs(float64(got[i] - want[i])); !(d <= pixelTolerance) {
			t.Errorf("%s: value %d is %v, want %v", what, i, got[i], want[i])
			return
		}
	}
}

func TestResizeIsTensorFlows(t *testing.T) {
	var cases []struct {
		W, H, Size int
		Mode       string
		Values     []float32
	}
	readJSON(t, "resize.json", &cases)
	if len(cases) < 30 {
		t.Fatalf("%d cases", len(cases))
	}
	for _, c := range cases {
		fit, antialias := strings.CutSuffix(c.Mode, "-antialias")
		got := make([]float32, c.Size*c.Size*3)
		for i := range got {
			got[i] = -1 // must be overwritten
		}
		Resizing{c.Size, Fit(fit), antialias}.Resize(got, formula(c.W, c.H))
		compare(t, c.Mode, got, c.Values)
	}
}

// A picture of one colour stays so at any size and shape, but for black bars.
func TestResizeKeepsPlainColour(t *testing.T) {
	for _, shape := range [][2]int{{1, 1}, {1, 50}, {50, 1}, {3, 2}, {120, 7}} {
		img := &RGB8{W: shape[0], H: shape[1], Pix: slices.Repeat([]uint8{200, 100, 50}, shape[0]*shape[1])}
		for _, r := range []Resizing{DefaultResizing(10), {10, Stretch, false}, {10, Crop, true}, {10, Crop, false}} {
			for i, v := range r.Resize8(img) {
				if v != img.Pix[i%3] {
					t.Fatalf("%v of %v: value %d is %d", r, shape, i, v)
				}
			}
		}
	}
}

func TestNormalize(t *testing.T) {
	dst := make([]float32, 3)
	Normalize(dst, []uint8{0, 51, 255})
	if !slices.Equal(dst, []float32{-1, -0.6, 1}) {
		t.Error(dst)
	}
}

func TestThumbnail(t *testing.T) {
	img := formula(40, 20)
	w, h, rgba := img.Thumbnail(10)
	if w != 10 || h != 5 || len(rgba) != 200 {
		t.Fatal(w, h, len(rgba))
	}
	w, h, rgba = img.Thumbnail(100) // never enlarged
	if w != 40 || h != 20 {
		t.Fatal(w, h)
	}
	for i, v := range rgba {
		if want := append(slices.Clone(img.Pix[i/4*3:i/4*3+3]), 255)[i%4]; v != want {
			t.Fatalf("value %d is %d, want %d", i, v, want)
		}
	}
	if w, h, _ := formula(300, 1).Thumbnail(10); w != 10 || h != 1 {
		t.Error(w, h)
	}
}
