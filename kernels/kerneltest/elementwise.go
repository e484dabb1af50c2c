package kerneltest

import (
	"fmt"
	"testing"

	"thaw/kernels"
)

func testReLUBiasBackward(t *testing.T, b kernels.Backend) {
	for i, c := range []struct {
		n, h, w, c, extra int
		relu, bias        bool
		alpha             float32
	}{
		{1, 1, 1, 1, 0, true, true, 1},
		{2, 3, 3, 5, 2, true, true, 0.17},
		{1, 4, 5, 320, 0, true, true, 0.17},
		{1, 35, 35, 32, 1, true, false, 1},
		{4, 8, 9, 17, 0, false, true, 1},
		{1, 150, 30, 16, 0, false, true, 1},
		{4, 1, 1, 1024, 0, true, true, 1},
	} {
		t.Run(fmt.Sprintf("%+v", c), func(t *testing.T) {
			r := newRand(i)
			out, d := newTensor(c.n, c.h, c.w, c.c).random(r), newTensor(c.n, c.h, c.w, c.c).random(r)
			buf, dBias := newBuffer(c.n, c.h, c.w, c.c, c.extra).set(d), newVector(c.c)
			scratch := sumsScratch(b, d)
			a := kernels.ReLUBiasBackwardArgs{D: buf.view, Alpha: c.alpha, Scratch: scratch.data()}
			if c.relu {
				for j := range out.v {
					if out.v[j] < 0 {
						out.v[j] = 0 // as a ReLU leaves it
						d.v[j] = 0
					}
				}
				a.Out = newBuffer(c.n, c.h, c.w, c.c, 2*c.extra).set(out).view
			}
			bias := newTensor(1, 1, 1, c.c)
			for j, v := range d.v {
				bias.v[j%c.c] += v * float64(c.alpha)
			}
			if c.bias {
				a.DBias = dBias.data()
			}
			b.ReLUBiasBackward(&a)
			buf.check(t, "D", d, exact)
			scratch.checkGuards(t, "scratch")
			if c.bias {
				dBias.check(t, "DBias", bias, func(int) float64 { return statTolerance * ulp * float64(d.pixels()) })
			} else {
				dBias.checkGuards(t, "DBias")
			}
		})
	}
}

func testDropout(t *testing.T, b kernels.Backend) {
	for _, c := range []struct {
		n, h, w, c, extra int
		rate              float32
		seed              uint64
		alias             bool
	}{
		{1, 1, 1, 1, 0, 0.5, 1, false},
		{4, 1, 1, 1024, 0, 0.2, 42, true},
		{2, 3, 3, 17, 2, 0.9, 1 << 63, false},
		{3, 2, 1, 5, 1, 0, 7, false},
	} {
		x := newTensor(c.n, c.h, c.w, c.c).random(newRand(int(c.c)))
		in := newBuffer(c.n, c.h, c.w, c.c, c.extra).set(x)
		out := newBuffer(c.n, c.h, c.w, c.c, c.extra+1)
		if c.alias {
			out = in
		}
		want := x.clone()
		for i := range want.v {
			if kernels.Uniform(c.seed, uint64(i)) < c.rate {
				want.v[i] = 0
			} else {
				want.v[i] /= 1 - float64(c.rate)
			}
		}
		b.Dropout(&kernels.DropoutArgs{X: in.view, Out: out.view, Rate: c.rate, Seed: c.seed})
		out.check(t, fmt.Sprintf("%+v", c), want, func(i int) float64 { return 4 * ulp * 10 })
		for i, w := range want.v { // which elements fall is exact
			if got := out.view.Data[i/c.c*out.view.Stride+i%c.c]; (got == 0) != (w == 0) {
				t.Fatalf("%+v: element %d is %g, want %g", c, i, got, w)
			}
		}
	}
}

func testSoftmaxCrossEntropy(t *testing.T, b kernels.Backend) {
	for _, c := range []struct {
		n, c  int
		size  float64 // of the logits
		extra int
		train bool
	}{
		{1, 2, 1, 0, true}, {4, 3, 10, 1, true}, {5, 17, 1000, 0, true}, {2, 1000, 5, 3, true}, {3, 4, 1, 0, false}, {2, 1, 1, 0, true},
	} {
		r := newRand(c.c)
		logits := newTensor(c.n, 1, 1, c.c).random(r).apply(func(v float64) float64 { return float64(float32(v * c.size)) })
		labels := newTensor(c.n, 1, 1, c.c)
		for n := range c.n { // label smoothing of 0.1, and a weight for each row
			weight := 1 / float64(1+n)
			for k := range c.c {
				labels.v[n*c.c+k] = float64(float32(weight * 0.1 / float64(c.c)))
			}
			labels.v[n*c.c+n%c.c] += float64(float32(weight * 0.9))
			labels.v[n*c.c+n%c.c] = float64(float32(labels.v[n*c.c+n%c.c]))
		}
		wantProbs, wantLoss := softmaxCrossEntropy(logits, labels)
		probs, d, loss := newBuffer(c.n, 1, 1, c.c, c.extra), newBuffer(c.n, 1, 1, c.c, c.extra+1), newVector(c.n)
		a := kernels.SoftmaxCrossEntropyArgs{Logits: newBuffer(c.n, 1, 1, c.c, c.extra).set(logits).view,
			Labels: newBuffer(c.n, 1, 1, c.c, 2).set(labels).view, Probs: probs.view, Loss: loss.data()}
		if c.train {
			a.DLogits = d.view
		}
		b.SoftmaxCrossEntropy(&a)
		// A float32 exponential of a logit of size x has a relative error of about x roundings.
		tolerance := func(int) float64 { return 8 * ulp * (4 + c.size) }
		probs.check(t, "probabilities", wantProbs, tolerance)
		loss.check(t, "loss", tensor{1, 1, 1, c.n, wantLoss}, tolerance)
		if c.train {
			d.check(t, "DLogits", softmaxCrossEntropyBackward(logits, labels), tolerance)
		} else {
			d.checkGuards(t, "DLogits")
		}
	}
}
