package kerneltest

import (
	"fmt"
	"math"
	"testing"

	"thaw/kernels"
)

// n, h, w, c, k, stride, padTop, padLeft, oh, ow.
var poolCases = []pool{
	{1, 3, 3, 1, 3, 2, 0, 0, 1, 1},
	{2, 7, 5, 3, 3, 2, 0, 0, 3, 2},
	{1, 8, 7, 3, 3, 2, 0, 0, 3, 3},      // rows left over
	{1, 6, 6, 2, 3, 2, 0, 0, 3, 3},      // same, even: padding behind
	{1, 7, 7, 2, 3, 2, 1, 1, 4, 4},      // same, odd
	{2, 5, 4, 3, 3, 1, 1, 1, 5, 4},      // mixed_5b's average
	{1, 1, 1, 3, 3, 1, 1, 1, 1, 1},      // nothing but padding around
	{2, 9, 9, 64, 3, 2, 0, 0, 4, 4},     // stem
	{1, 17, 16, 192, 3, 2, 0, 0, 8, 7},  // stem, mixed_6a
	{1, 5, 5, 192, 3, 1, 1, 1, 5, 5},    // mixed_5b
	{2, 5, 5, 17, 2, 2, 0, 0, 2, 2},     // a tail of one channel
	{1, 7, 7, 1088, 3, 2, 0, 0, 3, 3},   // mixed_7a
	{3, 4, 4, 48, 3, 2, 0, 0, 2, 2},     // mini
	{1, 34, 35, 33, 3, 1, 1, 1, 34, 35}, // many rows
}

func testPool(t *testing.T, b kernels.Backend) {
	for i, p := range poolCases {
		for extra := range 3 {
			t.Run(fmt.Sprintf("%+v extra=%d", p, extra), func(t *testing.T) { checkPool(t, b, p, extra, newRandSeed(i, extra)) })
		}
	}
}

func checkPool(t *testing.T, b kernels.Backend, p pool, extra, seed int) {
	r := newRand(seed)
	// Few distinct values, so that ties occur: the gradient goes to the first.
	x := newTensor(p.n, p.h, p.w, p.c).random(r).apply(func(v float64) float64 { return math.Round(v * 4) })
	d, prior := newTensor(p.n, p.oh, p.ow, p.c).random(r), x.like().random(r)
	in := newBuffer(p.n, p.h, p.w, p.c, extra).set(x)
	out := newBuffer(p.n, p.oh, p.ow, p.c, 2*extra)
	dOut := newBuffer(p.n, p.oh, p.ow, p.c, extra).set(d)
	args := kernels.PoolArgs{In: in.view, Out: out.view, K: p.k, Stride: p.stride, PadTop: p.padTop, PadLeft: p.padLeft}

	backward := func(what string, want tensor, run func(*kernels.PoolBackwardArgs)) {
		for _, accumulate := range []bool{false, true} {
			dIn := newBuffer(p.n, p.h, p.w, p.c, 3*extra) // with extra 0 all strides are alike
			sum := want.clone()
			if accumulate {
				dIn.set(prior)
				for i, v := range prior.v {
					sum.v[i] += v
				}
			}
			run(&kernels.PoolBackwardArgs{In: in.view, Out: out.view, DOut: dOut.view, DIn: dIn.view, K: p.k, Stride: p.stride,
				PadTop: p.padTop, PadLeft: p.padLeft, Accumulate: accumulate})
			dIn.check(t, fmt.Sprintf("%s accumulate=%v", what, accumulate), sum, within(sum, float64(2*p.k*p.k)))
		}
	}
	b.MaxPool(&args)
	out.check(t, "MaxPool", maxPool(p, x), exact)
	backward("MaxPoolBackward", maxPoolBackward(p, x, d), b.MaxPoolBackward)
	b.AvgPool(&args)
	want := avgPool(p, x)
	out.check(t, "AvgPool", want, within(want, float64(4*p.k*p.k)))
	backward("AvgPoolBackward", avgPoolBackward(p, d), b.AvgPoolBackward)
}

func testGlobalAvgPool(t *testing.T, b kernels.Backend) {
	for _, c := range []struct{ n, h, w, c, extra int }{
		{1, 1, 1, 1, 0}, {2, 3, 3, 1536, 0}, {4, 8, 8, 33, 1}, {3, 2, 5, 17, 4}, {1, 64, 64, 8, 0},
	} {
		r := newRand(c.c)
		x, d := newTensor(c.n, c.h, c.w, c.c).random(r), newTensor(c.n, 1, 1, c.c).random(r)
		in, vec := newBuffer(c.n, c.h, c.w, c.c, c.extra).set(x), newBuffer(c.n, 1, 1, c.c, c.extra)
		b.GlobalAvgPool(&kernels.GlobalAvgPoolArgs{Map: in.view, Vec: vec.view})
		want := globalAvgPool(x)
		vec.check(t, fmt.Sprintf("%+v forward", c), want, within(want, statTolerance))
		dMap, dVec := newBuffer(c.n, c.h, c.w, c.c, 2*c.extra), newBuffer(c.n, 1, 1, c.c, c.extra).set(d)
		b.GlobalAvgPoolBackward(&kernels.GlobalAvgPoolArgs{Map: dMap.view, Vec: dVec.view})
		want = globalAvgPoolBackward(c.h, c.w, d)
		dMap.check(t, fmt.Sprintf("%+v backward", c), want, within(want, 4))
	}
}
