package images

import (
	"hash/crc32"
	"image"
	"slices"
	"testing"
)

// Hash, pixels and look of every file are what they were when pictures were turned to RGB
// whole, before they were read row by row (golden.json: CRC-64, CRC-32 of 64 x 64, look).
func TestPicturesKeepTheirBits(t *testing.T) {
	var want map[string][3]uint64
	readJSON(t, "golden.json", &want)
	for name, want := range want {
		img, err := Decode(file(t, name), name, DefaultLimits)
		if err != nil {
			t.Error(err)
			continue
		}
		pixels, hash := img.Square(DefaultResizing(64), 0)
		if got := [3]uint64{uint64(hash), uint64(crc32.ChecksumIEEE(pixels)), look(&RGB8{W: 64, H: 64, Pix: pixels})}; got != want {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
}

// resampleWhole is the plain way: all rows at hand.
func resampleWhole(dst []float32, img *RGB8, xs, ys []tap) {
	for oy, ty := range ys {
		sum := make([]float32, 3*img.W)
		for k, w := range ty.weights {
			addScaled(sum, img.Pix[(ty.start+k)*img.W*3:][:img.W*3], w)
		}
		for ox, tx := range xs {
			out := dst[(oy*len(xs)+ox)*3:][:3]
			clear(out)
			for k, w := range tx.weights {
				for c := range 3 {
					out[c] += float32(w * sum[(tx.start+k)*3+c])
				}
			}
		}
	}
}

// Rows one by one give the bits of the plain way, in every fit, larger and smaller.
func TestResampleByRows(t *testing.T) {
	for _, shape := range [][2]int{{1, 1}, {40, 23}, {7, 5}, {61, 90}, {3, 200}, {200, 3}, {16, 16}} {
		img := formula(shape[0], shape[1])
		for _, size := range []int{1, 7, 16, 50} {
			for _, fit := range []Fit{Stretch, Crop, Pad} {
				for _, antialias := range []bool{false, true} {
					r := Resizing{size, fit, antialias}
					got, want := make([]float32, size*size*3), make([]float32, size*size*3)
					to := r.resampler(got, img)
					resample(to, img)
					if resampleWhole(want, img, to.xs, to.ys); !slices.Equal(got, want) {
						t.Fatalf("%v of %v differs", r, shape)
					}
				}
			}
		}
	}
}

// A picture that lies on its side is turned by bands of columns, which meet inside chroma
// that pixels share.
func TestTurnedChroma(t *testing.T) {
	for ratio := image.YCbCrSubsampleRatio444; ratio <= image.YCbCrSubsampleRatio410; ratio++ {
		for _, w := range []int{1, 63, 64, 65, 131} {
			m := image.NewYCbCr(image.Rect(0, 0, w, 9), ratio)
			for i := range m.Y {
				m.Y[i] = uint8(i * 7)
			}
			for i := range m.Cb {
				m.Cb[i], m.Cr[i] = uint8(i*37), uint8(i*101)
			}
			for _, p := range []planes{newJPEGPlanes(m), newVP8(m)} {
				want := newPicture(p, 1).RGB8()
				for o := 5; o <= 8; o++ {
					turn, got := upright(o), newPicture(p, o).RGB8()
					for i := range w * 9 {
						x, y := i%w, i/w
						tx, ty := x, y
						if turn.mirrorX {
							tx = w - 1 - x
						}
						if turn.mirrorY {
							ty = 8 - y
						}
						if at := tx*9 + ty; [3]uint8(got.Pix[3*at:]) != [3]uint8(want.Pix[3*i:]) {
							t.Fatalf("%v, %d wide, orientation %d: pixel %d, %d", ratio, w, o, x, y)
						}
					}
				}
			}
		}
	}
}
