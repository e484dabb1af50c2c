package images

import (
	"bytes"
	"encoding/json"
	"errors"
	"image"
	"image/jpeg"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const testdata = "../../testdata/images/"

func file(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(testdata + name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func readJSON(t *testing.T, name string, v any) {
	t.Helper()
	if err := json.Unmarshal(file(t, name), v); err != nil {
		t.Fatal(err)
	}
}

// Largest and mean difference from Pillow's pixels, in levels of 255. Lossless
// formats agree; libjpeg rounds its DCT otherwise than Go, and libwebp its chroma
// otherwise than libjpeg, whose way is taken for both.
var decodeTolerance = []struct {
	pattern   string
	most, avg float64
}{
	{"png-named.jpg", 0, 0},
	{"*.jpg", 2, 0.1},
	{"*lossy.webp", 2, 0.2},
	{"jpeg*.tif", 3, 0.2},
	{"cmyk.tif", 1, 0.5}, // rounded as Go does
	{"*", 0, 0},
}

func TestDecodeAgreesWithPillow(t *testing.T) {
	var want map[string]struct {
		W, H int
		Grid []float64 // 8 x 8 pixels
	}
	readJSON(t, "decoded.json", &want)
	names, err := fs.ReadDir(os.DirFS(testdata+"formats"), ".")
	if err != nil || len(names) != len(want) {
		t.Fatalf("%d files, %d references (%v)", len(names), len(want), err)
	}
	for name, want := range want {
		img, err := Decode(file(t, "formats/"+name), name, DefaultLimits)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		rgb := img.RGB8()
		if img.W != want.W || img.H != want.H || len(rgb.Pix) != 3*img.W*img.H {
			t.Errorf("%s: %d x %d with %d values, want %d x %d", name, img.W, img.H, len(rgb.Pix), want.W, want.H)
			continue
		}
		most, sum := 0.0, 0.0
		for i, v := range want.Grid {
			x, y := i/3%8*img.W/8+img.W/16, i/24*img.H/8+img.H/16
			d := math.Abs(v - float64(rgb.Pix[(y*img.W+x)*3+i%3]))
			most, sum = max(most, d), sum+d
		}
		avg := sum / float64(len(want.Grid))
		for _, tol := range decodeTolerance {
			if ok, _ := filepath.Match(tol.pattern, name); !ok {
				continue
			}
			t.Logf("%s (%s): at most %.0f, mean %.2f levels", name, img.Format, most, avg)
			if most > tol.most || avg > tol.avg {
				t.Errorf("%s differs by at most %.0f, mean %.2f levels; tolerance %v, %v", name, most, avg, tol.most, tol.avg)
			}
			break
		}
	}
}

// A name may lie: content decides.
func TestDecodeByContent(t *testing.T) {
	for _, name := range []string{"photo.jpg", "photo", "photo.txt"} {
		img, err := Decode(file(t, "formats/png-named.jpg"), name, DefaultLimits)
		if err != nil || img.Format != "PNG" {
			t.Errorf("%s: %v, %v", name, img, err)
		}
	}
}

func TestRefusals(t *testing.T) {
	for _, c := range []struct {
		name   string
		reason Reason
		says   string
	}{
		{"empty.jpg", Empty, "is empty (0 bytes)"},
		{"truncated.jpg", Truncated, "JPEG ends before its last pixel"},
		{"truncated.png", Truncated, "PNG ends before"},
		{"truncated.gif", Truncated, "GIF ends before"},
		{"truncated.webp", Truncated, "WebP ends before"},
		{"truncated.tif", Truncated, "TIFF ends before"},
		{"damaged.png", Damaged, "is damaged"},
		{"text-named.png", NotAnImage, "is not an image, whatever its name says"},
		{"drawing.svg", Unsupported, "SVG"},
		{"phone.heic", Unsupported, "Most Compatible"},
		{"photo.avif", Unsupported, "AVIF"},
		{"bomb.png", TooLarge, "60,000 x 60,000 pixels, more than the 65,535 a side and 220 megapixels"},
	} {
		img, err := Decode(file(t, "bad/"+c.name), c.name, DefaultLimits)
		r, ok := errors.AsType[*Refusal](err)
		if !ok || img != nil {
			t.Errorf("%s: %v, %v", c.name, img, err)
			continue
		}
		if r.Reason != c.reason || !strings.Contains(r.Text, c.says) {
			t.Errorf("%s: %s: %s", c.name, r.Reason, r.Text)
		}
		checkSentence(t, r.Text, c.name)
	}
}

// checkSentence: one sentence, in one line, naming the thing.
func checkSentence(t testing.TB, text, name string) {
	t.Helper()
	if !strings.Contains(text, name) || !strings.HasSuffix(text, ".") || strings.Contains(text, "\n") || strings.Contains(text, "%!") {
		t.Errorf("not a sentence about %s: %s", name, text)
	}
}

func TestForeignFormatsAreNamed(t *testing.T) {
	for _, f := range foreign {
		data := append(make([]byte, f.at), f.magic...)
		_, err := Decode(data, "file", DefaultLimits)
		if err == nil || err.(*Refusal).Reason != f.reason || err.Error() != "file "+f.text {
			t.Errorf("%q at %d: %v", f.magic, f.at, err)
		}
		checkSentence(t, "file "+f.text, "file")
	}
}

func TestFileBytesLimit(t *testing.T) {
	l := DefaultLimits
	l.FileBytes = 100
	_, err := Decode(file(t, "formats/boat.png"), "boat.png", l)
	if err == nil || err.(*Refusal).Reason != TooLarge {
		t.Error(err)
	}
}

// Rows of planes against the pictures' own colours.
func TestPlanes(t *testing.T) {
	for _, name := range []string{"gray.jpg", "cmyk.jpg", "palette.png", "boat.png", "rgb16.png", "boat.gif"} {
		m, _, err := image.Decode(bytes.NewReader(file(t, "formats/"+name)))
		if err != nil {
			t.Fatal(name, err)
		}
		p, err := planesOf(m)
		if err != nil {
			t.Fatal(name, err)
		}
		got := newPicture(p, 1).RGB8()
		for i := range got.W * got.H {
			r, g, b, _ := m.At(i%got.W, i/got.W).RGBA() // these are opaque
			if want := [3]uint8{uint8(r >> 8), uint8(g >> 8), uint8(b >> 8)}; [3]uint8(got.Pix[3*i:]) != want {
				t.Fatalf("%s: pixel %d is %v, want %v", name, i, got.Pix[3*i:3*i+3], want)
			}
		}
	}
	if _, err := planesOf(image.NewAlpha(image.Rect(0, 0, 1, 1))); err == nil {
		t.Error("a picture of an unknown kind was taken")
	}
}

// Every subsampling at sizes around its edges: plain colour stays plain, and a
// step in chroma is smoothed 3:1 where it is halved.
func TestChroma(t *testing.T) {
	for ratio := image.YCbCrSubsampleRatio444; ratio <= image.YCbCrSubsampleRatio410; ratio++ {
		for w := 1; w <= 9; w++ {
			for h := 1; h <= 9; h++ {
				m := image.NewYCbCr(image.Rect(0, 0, w, h), ratio)
				for i := range m.Cb {
					m.Cb[i] = 90
				}
				row := make([]uint8, w)
				for y := range h {
					newChromaRow(m).enlarge(row, m.Cb, m, y)
					if slices.Max(row) != 90 || slices.Min(row) != 90 {
						t.Fatalf("%v, %d x %d: %v", ratio, w, h, row)
					}
				}
			}
		}
	}
	m := image.NewYCbCr(image.Rect(0, 0, 5, 4), image.YCbCrSubsampleRatio420) // chroma 3 x 2
	copy(m.Cb, []uint8{0, 160, 160, 80, 80, 80})
	row := make([]uint8, 5)
	for y, want := range [][]uint8{{0, 40, 120, 160, 160}, {20, 50, 110, 140, 140}, {60, 70, 90, 100, 100}, {80, 80, 80, 80, 80}} {
		if newChromaRow(m).enlarge(row, m.Cb, m, y); !slices.Equal(row, want) {
			t.Errorf("row %d is %v, want %v", y, row, want)
		}
	}
}

// photo12MP is a phone's photograph: 4000 x 3000, 4:2:0.
func photo12MP(tb testing.TB) []byte {
	m := image.NewRGBA(image.Rect(0, 0, 4000, 3000))
	r := newRNG(1)
	for i := range m.Pix {
		m.Pix[i] = uint8(i/4%4000/16) + uint8(r.next()>>60)
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: 90}); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

func Benchmark12MP(b *testing.B) {
	data := photo12MP(b)
	img, err := Decode(data, "photo.jpg", DefaultLimits)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("decode", func(b *testing.B) {
		for b.Loop() {
			Decode(data, "photo.jpg", DefaultLimits)
		}
	})
	b.Run("square299", func(b *testing.B) { // to RGB, hashed and resized
		for b.Loop() {
			img.Square(DefaultResizing(299), 0)
		}
	})
}
