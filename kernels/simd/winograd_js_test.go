//go:build js && wasm

package simd

import (
	"math"
	"math/rand/v2"
	"testing"

	"thaw/kernels"
)

// TestWinogradAccuracy compares both with float64 on data like a network's: ReLU
// outputs and He-scaled filters. In rms, 3x3 errs less than the direct convolution: what its
// transforms round, the sums save that are shorter by nine taps. 1x7 errs 2.5 times as
// much: its sums over channels are larger than what A' leaves of them, and round accordingly.
func TestWinogradAccuracy(t *testing.T) {
	b := newForTest(t, 0)
	for _, c := range []struct {
		kh, kw, cin, cout int
		most              float64 // times the direct convolution's error
	}{{3, 3, 32, 32, 1.5}, {3, 3, 80, 192, 1.5}, {3, 3, 256, 256, 1.5}, {1, 7, 128, 160, 2.7}, {7, 1, 160, 192, 2.7}} {
		s := conv(1, 17, c.kh, c.kw, c.cin, c.cout, 1, true).s
		r := rand.New(rand.NewPCG(1, 2))
		in, filter := zeros(1, s.H, s.W, s.CIn), make([]float32, s.FilterLen())
		for i := range in.Data {
			in.Data[i] = float32(max(0, r.NormFloat64()))
		}
		deviation := math.Sqrt(2 / float64(s.KH*s.KW*s.CIn))
		for i := range filter {
			filter[i] = float32(deviation * r.NormFloat64())
		}
		var errs [2]float64
		for i, direct := range []bool{true, false} {
			b.direct = direct
			packed := make([]float32, b.PackedLen(s, kernels.Forward))
			out := zeros(1, s.OH, s.OW, s.COut)
			b.PackFilter(&kernels.PackFilterArgs{Shape: s, Filter: filter, Alpha: 1, Dst: packed})
			b.Conv2D(&kernels.Conv2DArgs{Shape: s, In: in, Out: out, Filter: packed, Alpha: 1, Scratch: make([]float32, b.ScratchLen(s, kernels.Forward))})
			var square, errSquare float64
			for pixel := 0; pixel < s.OH*s.OW; pixel += 11 {
				for c := range s.COut {
					want := convolved(s, in, filter, pixel, c)
					square += want * want
					d := float64(out.Data[pixel*s.COut+c]) - want
					errSquare += d * d
				}
			}
			errs[i] = math.Sqrt(errSquare / square)
		}
		t.Logf("%dx%d %d->%d: error in rms, direct %.2g, Winograd %.2g, %.2f times", s.KH, s.KW, s.CIn, s.COut, errs[0], errs[1], errs[1]/errs[0])
		if errs[1] > c.most*errs[0] {
			t.Errorf("%dx%d %d->%d: Winograd errs by %.2g of rms, the direct convolution by %.2g", s.KH, s.KW, s.CIn, s.COut, errs[1], errs[0])
		}
	}
}

// convolved is one output in float64.
func convolved(s kernels.ConvShape, in kernels.View, filter []float32, pixel, co int) (sum float64) {
	for kh := range s.KH {
		for kw := range s.KW {
			h, w := pixel/s.OW-s.PadTop+kh, pixel%s.OW-s.PadLeft+kw
			if h < 0 || h >= s.H || w < 0 || w >= s.W {
				continue
			}
			for ci := range s.CIn {
				sum += float64(in.Data[(h*s.W+w)*s.CIn+ci]) * float64(filter[((kh*s.KW+kw)*s.CIn+ci)*s.COut+co])
			}
		}
	}
	return sum
}
