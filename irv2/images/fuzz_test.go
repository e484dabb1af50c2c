package images

import (
	"bytes"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io/fs"
	"os"
	"strings"
	"testing"

	"golang.org/x/image/bmp"

	"thaw/irv2/internal/bounded"
)

// Every format has a target of its own, so that each gets its share of inputs. Seeds are
// small: fuzzing spends its time on copies of them.

// fuzzLimits keep what a header may promise small, so that there are many inputs a second.
var fuzzLimits = Limits{FileBytes: 1 << 16, Side: 300, Pixels: 40_000, Bytes: 1 << 20}

const maxSeed = 2500 // bytes

// seed adds the small files of testdata with one of these endings.
func seed(f *testing.F, endings ...string) {
	small := func(name string, data []byte) {
		for _, ending := range endings {
			if strings.HasSuffix(name, ending) && len(data) <= maxSeed {
				f.Add(data)
			}
		}
	}
	for _, dir := range []string{"formats", "bad"} {
		names, err := fs.ReadDir(os.DirFS(testdata+dir), ".")
		if err != nil {
			f.Fatal(err)
		}
		for _, n := range names {
			small(n.Name(), file(f, dir+"/"+n.Name()))
		}
	}
	for name, data := range kinds(f) {
		small(name, data)
	}
}

// fuzzDecode holds Decode to its documentation.
func fuzzDecode(f *testing.F) {
	f.Fuzz(func(t *testing.T, data []byte) {
		bounded.Parse(t, len(data), func() {
			img, err := Decode(data, "file", fuzzLimits)
			if err != nil {
				refusal, ok := err.(*Refusal)
				if !ok || img != nil {
					t.Fatalf("%T %v", err, err)
				}
				bounded.Sentence(t, refusal.Text, "file")
				return
			}
			if n := len(img.RGB8().Pix); img.W*img.H > fuzzLimits.Pixels || n != img.W*img.H*3 {
				t.Fatalf("%d x %d with %d values", img.W, img.H, n)
			}
			img.Square(DefaultResizing(5), 8)
		})
	})
}

// gradient is a picture whose encodings have a few hundred bytes.
func gradient() image.Image {
	m := image.NewPaletted(image.Rect(0, 0, 11, 7), color.Palette{color.Black, color.White, color.NRGBA{200, 10, 30, 255}})
	for i := range m.Pix {
		m.Pix[i] = uint8(i * i % 3)
	}
	return m
}

// encoded adds what encode writes.
func encoded(f *testing.F, encode func(b *bytes.Buffer) error) {
	var b bytes.Buffer
	if err := encode(&b); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
}

func FuzzJPEG(f *testing.F) {
	encoded(f, func(b *bytes.Buffer) error { return jpeg.Encode(b, gradient(), nil) })
	seed(f, ".jpg")
	fuzzDecode(f)
}

func FuzzPNG(f *testing.F) {
	encoded(f, func(b *bytes.Buffer) error { return png.Encode(b, gradient()) })
	seed(f, ".png")
	fuzzDecode(f)
}

func FuzzGIF(f *testing.F) {
	encoded(f, func(b *bytes.Buffer) error { return gif.Encode(b, gradient(), nil) })
	seed(f, ".gif")
	fuzzDecode(f)
}

func FuzzBMP(f *testing.F) {
	encoded(f, func(b *bytes.Buffer) error { return bmp.Encode(b, gradient()) })
	seed(f, ".bmp")
	fuzzDecode(f)
}

func FuzzTIFF(f *testing.F) {
	seed(f, ".tif")
	fuzzDecode(f)
}

func FuzzWebP(f *testing.F) {
	seed(f, ".webp")
	fuzzDecode(f)
}

// FuzzSniff begins with what is no image: files are told apart by their first bytes.
func FuzzSniff(f *testing.F) {
	seed(f, ".svg", ".heic", ".avif", "empty.jpg", "text-named.png")
	for _, k := range foreign {
		f.Add(append(make([]byte, k.at), k.magic+"\x00\x00"...))
	}
	fuzzDecode(f)
}

func FuzzReadArchive(f *testing.F) {
	var boat bytes.Buffer
	if err := gif.Encode(&boat, gradient(), nil); err != nil {
		f.Fatal(err)
	}
	f.Add(pack(f, map[string][]byte{"a/boat.gif": boat.Bytes(), "__MACOSX/x": nil, "../b": []byte("text")}))
	f.Add([]byte("PK\x05\x06" + strings.Repeat("\x00", 18)))
	f.Fuzz(func(t *testing.T, data []byte) {
		bounded.Parse(t, len(data), func() {
			d := NewDataset(DefaultResizing(4))
			d.Limits = Limits{FileBytes: 1 << 16, Side: 200, Pixels: 10_000, Bytes: 1 << 18}
			n, err := addZip(d, "", "fuzz.zip", data, ZipLimits{Entries: 20, TotalBytes: 1 << 18})
			if err != nil {
				bounded.Sentence(t, err.Error(), "fuzz.zip")
			}
			if n != d.Len() {
				t.Fatalf("%d added, %d there", n, d.Len())
			}
			for _, r := range d.Refused {
				bounded.Sentence(t, r.Text, r.Name)
			}
			for _, c := range d.Classes {
				if c.Name == "" || c.Name != cleanName(c.Name) || strings.ContainsAny(c.Name, "/\\\n") {
					t.Fatalf("class %q", c.Name)
				}
			}
		})
	})
}
