package kerneltest

import (
	"math"
	"testing"

	"thaw/kernels"
)

// Central differences of a float64 function of order 1 with this step err by
// about step^2 (curvature) + 1e-16/step (rounding): 1e-10.
const (
	fdStep      = 1e-5
	fdTolerance = 1e-7
)

// checkGradient compares gradient with central differences of sum(weight*f(x)).
func checkGradient(t *testing.T, what string, x tensor, f func() tensor, weight, gradient tensor) {
	t.Helper()
	project := func() (sum float64) {
		for i, v := range f().v {
			sum += v * weight.v[i]
		}
		return sum
	}
	for i := range x.v {
		old := x.v[i]
		x.v[i] = old + fdStep
		up := project()
		x.v[i] = old - fdStep
		down := project()
		x.v[i] = old
		if want := (up - down) / (2 * fdStep); math.Abs(gradient.v[i]-want) > fdTolerance {
			t.Errorf("%s: gradient %d is %g, finite differences say %g", what, i, gradient.v[i], want)
			return
		}
	}
}

func TestConvReferenceGradients(t *testing.T) {
	for _, c := range []convCase{
		{"1x1", 2, 2, 3, 3, 1, 1, 2, 1, false},
		{"3x3 same", 1, 4, 5, 2, 3, 3, 3, 1, true},
		{"3x3 s2 valid", 1, 5, 6, 2, 3, 3, 2, 2, false},
		{"3x3 s2 same even", 1, 4, 6, 2, 3, 3, 2, 2, true},
		{"1x7", 1, 2, 5, 2, 1, 7, 2, 1, true},
	} {
		s, r := c.shape(), newRand(1)
		in := newTensor(s.N, s.H, s.W, s.CIn).random(r)
		filter := newTensor(s.KH, s.KW, s.CIn, s.COut).random(r)
		dOut := newTensor(s.N, s.OH, s.OW, s.COut).random(r)
		forward := func() tensor { return conv2D(s, in, filter) }
		checkGradient(t, c.name+" input", in, forward, dOut, conv2DBackwardInput(s, dOut, filter))
		checkGradient(t, c.name+" filter", filter, forward, dOut, conv2DBackwardFilter(s, in, dOut))
	}
}

func TestBatchNormReferenceGradients(t *testing.T) {
	r := newRand(2)
	x, dOut, beta := newTensor(2, 2, 3, 3).random(r), newTensor(2, 2, 3, 3).random(r), newTensor(1, 1, 1, 3).random(r)
	forward := func() tensor { return batchNorm(x, beta.v, 1e-3) }
	dX, dBeta := batchNormBackward(x, dOut, 1e-3)
	checkGradient(t, "x", x, forward, dOut, dX)
	checkGradient(t, "beta", beta, forward, dOut, tensor{1, 1, 1, 3, dBeta})
}

func TestPoolReferenceGradients(t *testing.T) {
	for _, p := range poolCases {
		if p.c > 3 || p.h > 8 {
			continue
		}
		r := newRand(3)
		in, dOut := newTensor(p.n, p.h, p.w, p.c).random(r), newTensor(p.n, p.oh, p.ow, p.c).random(r)
		checkGradient(t, "max", in, func() tensor { return maxPool(p, in) }, dOut, maxPoolBackward(p, in, dOut))
		checkGradient(t, "average", in, func() tensor { return avgPool(p, in) }, dOut, avgPoolBackward(p, dOut))
	}
	r := newRand(4)
	in, dOut := newTensor(2, 3, 2, 3).random(r), newTensor(2, 1, 1, 3).random(r)
	checkGradient(t, "global average", in, func() tensor { return globalAvgPool(in) }, dOut, globalAvgPoolBackward(3, 2, dOut))
}

func TestLossReferenceGradient(t *testing.T) {
	r := newRand(5)
	logits, labels := newTensor(3, 1, 1, 4).random(r), newTensor(3, 1, 1, 4).random(r)
	mean := tensor{1, 1, 1, 3, []float64{1. / 3, 1. / 3, 1. / 3}}
	forward := func() tensor {
		_, loss := softmaxCrossEntropy(logits, labels)
		return tensor{1, 1, 1, 3, loss}
	}
	checkGradient(t, "logits", logits, forward, mean, softmaxCrossEntropyBackward(logits, labels))
}

// The definition of "same" that the cases use is TensorFlow's.
func TestSameShape(t *testing.T) {
	got := convCase{"", 1, 6, 7, 1, 3, 3, 1, 2, true}.shape()
	want := kernels.ConvShape{N: 1, H: 6, W: 7, CIn: 1, KH: 3, KW: 3, COut: 1, Stride: 2, PadTop: 0, PadLeft: 1, OH: 3, OW: 4}
	if got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}
