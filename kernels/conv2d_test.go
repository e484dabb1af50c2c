package kernels_test

import (
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/gonum"

	"thaw/kernels"
)

// A convolution small enough to do by hand: 3x3 map, one channel, 2x2 filter.
//
//	1 2 3     1 0
//	4 5 6  *  0 2   ->  1+2*5 2+2*6   =  11 14
//	7 8 9               4+2*8 5+2*9      20 23
func TestConv2DByHand(t *testing.T) {
	p := kernels.NewPortable(1)
	s := kernels.ConvShape{N: 1, H: 3, W: 3, CIn: 1, KH: 2, KW: 2, COut: 1, Stride: 1, OH: 2, OW: 2}
	in := view(s.N, s.H, s.W, s.CIn, 1, 2, 3, 4, 5, 6, 7, 8, 9)
	filter := []float32{1, 0, 0, 2}
	c := newConv(p, s, filter)

	out := view(1, 2, 2, 1, 0, 0, 0, 0)
	p.Conv2D(&kernels.Conv2DArgs{Shape: s, In: in, Out: out, Filter: c.forward, Alpha: 1, Scratch: c.scratch})
	want(t, "Out", out.Data, 11, 14, 20, 23)

	// alpha*(acc + shift) + residual, then ReLU: 0.5*(11-20)+1 = -3.5, ...
	residual := view(1, 2, 2, 1, 1, 1, 1, 1)
	p.Conv2D(&kernels.Conv2DArgs{Shape: s, In: in, Out: out, Filter: c.forward, Alpha: 0.5, Shift: []float32{-20}, Residual: residual, ReLU: true, Scratch: c.scratch})
	want(t, "Out with epilogue", out.Data, 0, 0, 1, 2.5)

	// Each output spreads 1 to its own corner and 2 to the opposite one.
	dOut := view(1, 2, 2, 1, 1, 10, 100, 1000)
	dIn := view(1, 3, 3, 1, 5, 5, 5, 5, 5, 5, 5, 5, 5)
	backward := kernels.Conv2DBackwardInputArgs{Shape: s, DOut: dOut, DIn: dIn, Filter: c.backward, Scratch: c.scratch}
	p.Conv2DBackwardInput(&backward)
	want(t, "DIn", dIn.Data, 1, 10, 0, 100, 1002, 20, 0, 200, 2000)
	backward.Accumulate = true
	p.Conv2DBackwardInput(&backward)
	want(t, "DIn accumulated", dIn.Data, 2, 20, 0, 200, 2004, 40, 0, 400, 4000)

	// Tap (0,0) meets 1 2 4 5, tap (0,1) 2 3 5 6, tap (1,0) 4 5 7 8, tap (1,1) 5 6 8 9.
	dFilter := make([]float32, 4)
	p.Conv2DBackwardFilter(&kernels.Conv2DBackwardFilterArgs{Shape: s, In: in, DOut: dOut, Alpha: 1, DFilter: dFilter, Scratch: c.scratch})
	want(t, "DFilter", dFilter, 5421, 6532, 8754, 9865)
	p.Conv2DBackwardFilter(&kernels.Conv2DBackwardFilterArgs{Shape: s, In: in, DOut: dOut, Alpha: 2, Scale: []float32{10}, DFilter: dFilter, Scratch: c.scratch})
	want(t, "DFilter scaled", dFilter, 108420, 130640, 175080, 197300)
}

// Stride 2 with TensorFlow's "same" padding of an even size: one row behind, none in front.
func TestConv2DStride2SameByHand(t *testing.T) {
	p := kernels.NewPortable(1)
	s := kernels.ConvShape{N: 1, H: 1, W: 4, CIn: 1, KH: 1, KW: 3, COut: 1, Stride: 2, OH: 1, OW: 2}
	c := newConv(p, s, []float32{1, 10, 100})
	out := view(1, 1, 2, 1, 0, 0)
	p.Conv2D(&kernels.Conv2DArgs{Shape: s, In: view(1, 1, 4, 1, 1, 2, 3, 4), Out: out, Filter: c.forward, Alpha: 1, Scratch: c.scratch})
	want(t, "Out", out.Data, 321, 43)
	dIn := view(1, 1, 4, 1, 9, 9, 9, 9)
	p.Conv2DBackwardInput(&kernels.Conv2DBackwardInputArgs{Shape: s, DOut: view(1, 1, 2, 1, 1, 2), DIn: dIn, Filter: c.backward, Scratch: c.scratch})
	want(t, "DIn", dIn.Data, 1, 10, 102, 20)
}

// gonum's Dgemm is the oracle at sizes of the network: 1x1 convolutions are
// matrix products, and so are both gradients.
func TestConv2DAgainstGonum(t *testing.T) {
	p := kernels.NewPortable(0)
	for _, c := range []struct{ m, k, n int }{{289, 384, 208}, {36, 2080, 192}, {196, 128, 1088}} {
		s := kernels.ConvShape{N: 1, H: c.m, W: 1, CIn: c.k, KH: 1, KW: 1, COut: c.n, Stride: 1, OH: c.m, OW: 1}
		in, dOut, filter := filled(1, c.m, 1, c.k), filled(1, c.m, 1, c.n), filled(1, 1, 1, c.k*c.n)
		conv := newConv(p, s, filter.Data)
		out, dIn, dFilter := filled(1, c.m, 1, c.n), filled(1, c.m, 1, c.k), make([]float32, c.k*c.n)
		p.Conv2D(&kernels.Conv2DArgs{Shape: s, In: in, Out: out, Filter: conv.forward, Alpha: 1, Scratch: conv.scratch})
		p.Conv2DBackwardInput(&kernels.Conv2DBackwardInputArgs{Shape: s, DOut: dOut, DIn: dIn, Filter: conv.backward, Scratch: conv.scratch})
		p.Conv2DBackwardFilter(&kernels.Conv2DBackwardFilterArgs{Shape: s, In: in, DOut: dOut, Alpha: 1, DFilter: dFilter, Scratch: conv.scratch})

		a, b, d := float64s(in.Data), float64s(filter.Data), float64s(dOut.Data)
		gemm := func(tA, tB blas.Transpose, m, n, k int, a, b []float64, lda, ldb int) []float64 {
			c := make([]float64, m*n)
			gonum.Implementation{}.Dgemm(tA, tB, m, n, k, 1, a, lda, b, ldb, 0, c, n)
			return c
		}
		close(t, "Out", out.Data, gemm(blas.NoTrans, blas.NoTrans, c.m, c.n, c.k, a, b, c.k, c.n), c.k)
		close(t, "DIn", dIn.Data, gemm(blas.NoTrans, blas.Trans, c.m, c.k, c.n, d, b, c.n, c.n), c.n)
		close(t, "DFilter", dFilter, gemm(blas.Trans, blas.NoTrans, c.k, c.n, c.m, a, d, c.k, c.n), c.m)
	}
}

// The number of threads does not change a bit of a convolution.
func TestConv2DThreads(t *testing.T) {
	s := kernels.ConvShape{N: 2, H: 9, W: 7, CIn: 20, KH: 3, KW: 3, COut: 70, Stride: 1, PadTop: 1, PadLeft: 1, OH: 9, OW: 7}
	in, dOut, filter := filled(2, 9, 7, 20), filled(2, 9, 7, 70), filled(1, 1, 1, s.FilterLen())
	run := func(threads int) []float32 {
		p := kernels.NewPortable(threads)
		c := newConv(p, s, filter.Data)
		out, dIn, dFilter := filled(2, 9, 7, 70), filled(2, 9, 7, 20), make([]float32, s.FilterLen())
		p.Conv2D(&kernels.Conv2DArgs{Shape: s, In: in, Out: out, Filter: c.forward, Alpha: 1, Scratch: c.scratch})
		p.Conv2DBackwardInput(&kernels.Conv2DBackwardInputArgs{Shape: s, DOut: dOut, DIn: dIn, Filter: c.backward, Scratch: c.scratch})
		p.Conv2DBackwardFilter(&kernels.Conv2DBackwardFilterArgs{Shape: s, In: in, DOut: dOut, Alpha: 1, DFilter: dFilter, Scratch: c.scratch})
		return slices.Concat(out.Data, dIn.Data, dFilter)
	}
	one := run(1)
	for _, threads := range []int{2, 3, 8} {
		if !slices.Equal(run(threads), one) {
			t.Errorf("%d threads give other bits than one", threads)
		}
	}
}

// conv is a packed filter with the scratch of every pass.
type conv struct{ forward, backward, scratch []float32 }

func newConv(p *kernels.Portable, s kernels.ConvShape, filter []float32) conv {
	c := conv{
		forward:  make([]float32, p.PackedLen(s, kernels.Forward)),
		backward: make([]float32, p.PackedLen(s, kernels.BackwardInput)),
		scratch: make([]float32, max(p.ScratchLen(s, kernels.Forward),
			p.ScratchLen(s, kernels.BackwardInput), p.ScratchLen(s, kernels.BackwardFilter))),
	}
	p.PackFilter(&kernels.PackFilterArgs{Shape: s, Pass: kernels.Forward, Filter: filter, Alpha: 1, Dst: c.forward})
	p.PackFilter(&kernels.PackFilterArgs{Shape: s, Pass: kernels.BackwardInput, Filter: filter, Alpha: 1, Dst: c.backward})
	return c
}

func view(n, h, w, c int, data ...float32) kernels.View {
	return kernels.View{Data: data, N: n, H: h, W: w, C: c, Stride: c}
}

// want compares small whole numbers, which float32 holds exactly.
func want(t *testing.T, what string, got []float32, want ...float32) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s is %v, want %v", what, got, want)
	}
}

// close compares sums of k products of numbers in [-1, 1): such a sum and its
// partial sums are about sqrt(k)/3, up to four times that among many, and each of k
// roundings errs by 2^-24 of the sum so far: sqrt(k) of them where independent.
func close(t *testing.T, what string, got []float32, want []float64, k int) {
	t.Helper()
	tolerance := 4 * float64(k) / (1 << 24)
	for i, w := range want {
		if !(math.Abs(float64(got[i])-w) <= tolerance) {
			t.Fatalf("%s: element %d is %g, gonum has %g (tolerance %g)", what, i, got[i], w, tolerance)
		}
	}
}

func float64s(f []float32) []float64 {
	d := make([]float64, len(f))
	for i, v := range f {
		d[i] = float64(v)
	}
	return d
}
