package worlds

import (
	"bytes"
	"flag"
	"image"
	nrgba "image/color"
	"image/png"
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

var update = flag.Bool("update", false, "write the sample sheets and golden.txt in testdata/worlds anew")

const sheets = "../../testdata/worlds"

// sheet sets fresh pictures side by side: a row per class; for source a row per shape and
// a column per texture.
func sheet(w *World) *image.NRGBA {
	const step, columns = Size + 2, 8
	across, each := columns, columns // tiles in a row, pictures of a class
	if w == Source {
		across, each = len(textures), 1
	}
	rows := len(w.Classes) * each / across
	img := image.NewNRGBA(image.Rect(0, 0, across*step-2, rows*step-2))
	for i := range img.Pix {
		img.Pix[i] = 255
	}
	for tile := range rows * across {
		pixels := w.Image(tile/each, Fresh+uint64(tile%each))
		for i := range Size * Size {
			img.SetNRGBA(tile%across*step+i%Size, tile/across*step+i/Size,
				nrgba.NRGBA{pixels[3*i], pixels[3*i+1], pixels[3*i+2], 255})
		}
	}
	return img
}

// The sheets in the repository show what the code draws.
func TestSheets(t *testing.T) {
	for _, w := range All() {
		path, want := filepath.Join(sheets, w.Name+".png"), sheet(w)
		if *update {
			var buf bytes.Buffer
			if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&buf, want); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, buf.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		got, err := png.Decode(bytes.NewReader(raw))
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		if got.Bounds() != want.Bounds() {
			t.Errorf("%s is %v, want %v: run go test ./irv2/worlds -update", path, got.Bounds(), want.Bounds())
			continue
		}
		for i := range want.Rect.Dx() * want.Rect.Dy() {
			x, y := i%want.Rect.Dx(), i/want.Rect.Dx()
			if nrgba.NRGBAModel.Convert(got.At(x, y)) != want.At(x, y) {
				t.Errorf("%s differs at (%d, %d) from what is drawn on %s: run go test ./irv2/worlds -update", path, x, y, runtime.GOARCH)
				break
			}
		}
	}
}

func BenchmarkImage(b *testing.B) {
	for _, w := range All() {
		b.Run(w.Name, func(b *testing.B) {
			for i := 0; b.Loop(); i++ {
				w.Image(i%len(w.Classes), uint64(i))
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "images/s")
		})
	}
}
