//go:build js && wasm

package simd

import (
	"math"
	"runtime"
	"testing"

	"thaw/kernels"
)

// TestManyPixels holds every kernel that walks over pixels to kernels.Portable at
// a batch of 8 images of 181x181, 262,088 pixels: tile arithmetic that multiplies
// tile by pixel numbers leaves 32 bits there, far from kerneltest's small maps. (So did
// the first convolution of a batch of 8 at 299x299.)
func TestManyPixels(t *testing.T) { manyPixels(t, newForTest(t, 0)) }

// TestBeyond2GB: the same where addresses are negative as signed numbers, in memory
// that grew while the workers ran.
func TestBeyond2GB(t *testing.T) {
	b := newForTest(t, 0)
	var below [][]float32 // all memory that is free or new below 2 GB
	for len(below) == 0 || at(below[len(below)-1]) < 1<<31 {
		below = append(below, make([]float32, 1<<20))
	}
	manyPixels(t, b)
	runtime.KeepAlive(below)
}

func manyPixels(t *testing.T, b *Backend) {
	want := kernels.NewPortable(1)
	const n, h, c = 8, 181, 8
	backends := [...]kernels.Backend{b, want}
	// same runs op on both backends and compares what it returns.
	same := func(name string, tolerance float64, op func(kernels.Backend) []float32) {
		t.Helper()
		got, want := op(backends[0]), op(backends[1])
		for i := range want {
			if d := math.Abs(float64(got[i] - want[i])); !(d <= tolerance*(1+math.Abs(float64(want[i])))) {
				t.Errorf("%s: float %d of %d is %g, want %g", name, i, len(want), got[i], want[i])
				return
			}
		}
	}
	for _, f := range []struct{ kh, kw, cin, stride int }{{3, 3, 4, 1}, {3, 3, 4, 2}, {7, 1, 8, 1}} {
		s := kernels.ConvShape{N: n, H: f.stride*(h-1) + f.kh, W: f.stride*(h-1) + f.kw, CIn: f.cin, KH: f.kh, KW: f.kw, COut: c, Stride: f.stride, OH: h, OW: h}
		in, dOut := image(n, s.H, s.W, s.CIn), image(n, h, h, c)
		filter := image(1, 1, 1, s.FilterLen()).Data
		pack := func(b kernels.Backend, pass kernels.Pass) []float32 {
			dst := make([]float32, b.PackedLen(s, pass))
			b.PackFilter(&kernels.PackFilterArgs{Shape: s, Pass: pass, Filter: filter, Alpha: 1, Dst: dst})
			return dst
		}
		scratch := func(b kernels.Backend, pass kernels.Pass) []float32 { return make([]float32, b.ScratchLen(s, pass)) }
		same("Conv2D", 1e-5, func(b kernels.Backend) []float32 {
			out := image(n, h, h, c)
			b.Conv2D(&kernels.Conv2DArgs{Shape: s, In: in, Out: out, Filter: pack(b, kernels.Forward), Alpha: 1, Scratch: scratch(b, kernels.Forward)})
			return out.Data
		})
		same("Conv2DBackwardInput", 1e-5, func(b kernels.Backend) []float32 {
			dIn := image(n, s.H, s.W, s.CIn)
			b.Conv2DBackwardInput(&kernels.Conv2DBackwardInputArgs{Shape: s, DOut: dOut, DIn: dIn, Filter: pack(b, kernels.BackwardInput), Scratch: scratch(b, kernels.BackwardInput)})
			return dIn.Data
		})
		// Sums of 262,088 products of about 1/12: an error of 1e-2 is 1e-3 of a deviation.
		same("Conv2DBackwardFilter", 1e-2, func(b kernels.Backend) []float32 {
			d := make([]float32, s.FilterLen())
			b.Conv2DBackwardFilter(&kernels.Conv2DBackwardFilterArgs{Shape: s, In: in, DOut: dOut, Alpha: 1, DFilter: d, Scratch: scratch(b, kernels.BackwardFilter)})
			return d
		})
	}
	x, d := image(n, h, h, c), image(n, h, h, c)
	per := func() []float32 { return make([]float32, c) }
	beta, mean, inv := per(), per(), per()
	sums := func(b kernels.Backend) []float32 { return make([]float32, b.SumsLen(n*h*h, c)) }
	same("BatchNormTrain", 1e-5, func(b kernels.Backend) []float32 {
		out := image(n, h, h, c)
		b.BatchNormTrain(&kernels.BatchNormTrainArgs{X: x, Out: out, Beta: beta, Eps: 1e-3, Momentum: 0.99, Mean: mean, InvStd: inv, ReLU: true, Scratch: sums(b)})
		return out.Data
	})
	same("BatchNormBackward", 1e-4, func(b kernels.Backend) []float32 {
		dx := image(n, h, h, c)
		b.BatchNormBackward(&kernels.BatchNormBackwardArgs{X: x, DOut: d, DX: dx, Beta: beta, Mean: mean, InvStd: inv, DBeta: per(), Scratch: sums(b)})
		return dx.Data
	})
	same("ReLUBiasBackward", 1e-5, func(b kernels.Backend) []float32 {
		g := image(n, h, h, c)
		b.ReLUBiasBackward(&kernels.ReLUBiasBackwardArgs{Out: x, D: g, Alpha: 1, DBias: per(), Scratch: sums(b)})
		return g.Data
	})
	const half = (h-3)/2 + 1
	pooled := func(op func(out kernels.View)) []float32 {
		out := image(n, half, half, c)
		op(out)
		return out.Data
	}
	args := func(out kernels.View) *kernels.PoolArgs { return &kernels.PoolArgs{In: x, Out: out, K: 3, Stride: 2} }
	same("MaxPool", 0, func(b kernels.Backend) []float32 {
		return pooled(func(out kernels.View) { b.MaxPool(args(out)) })
	})
	same("AvgPool", 1e-6, func(b kernels.Backend) []float32 {
		return pooled(func(out kernels.View) { b.AvgPool(args(out)) })
	})
	top := image(n, half, half, c)
	b.MaxPool(args(top))
	back := func(accumulate bool) (*kernels.PoolBackwardArgs, []float32) {
		dIn := image(n, h, h, c)
		return &kernels.PoolBackwardArgs{In: x, Out: top, DOut: image(n, half, half, c), DIn: dIn, K: 3, Stride: 2, Accumulate: accumulate}, dIn.Data
	}
	for _, accumulate := range []bool{false, true} {
		same("MaxPoolBackward", 1e-6, func(b kernels.Backend) []float32 {
			a, dIn := back(accumulate)
			b.MaxPoolBackward(a)
			return dIn
		})
		same("AvgPoolBackward", 1e-6, func(b kernels.Backend) []float32 {
			a, dIn := back(accumulate)
			b.AvgPoolBackward(a)
			return dIn
		})
	}
	same("GlobalAvgPool", 1e-5, func(b kernels.Backend) []float32 {
		vec := image(n, 1, 1, c)
		b.GlobalAvgPool(&kernels.GlobalAvgPoolArgs{Map: x, Vec: vec})
		return vec.Data
	})
	same("GlobalAvgPoolBackward", 1e-6, func(b kernels.Backend) []float32 {
		m := image(n, h, h, c)
		b.GlobalAvgPoolBackward(&kernels.GlobalAvgPoolArgs{Map: m, Vec: image(n, 1, 1, c)})
		return m.Data
	})
}
