package kerneltest

import (
	"fmt"
	"math"
	"testing"

	"thaw/kernels"
)

// Lengths around every vector width, and one that several threads, or workgroups, share.
var optimizerLengths = []int{1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 33, 1000, 70001}

// optimizerTolerance: an update is a few operations on values of order 1.
const optimizerTolerance = 16

// testClipByNorm clips a gradient of two tensors, the second of one number, to half of its
// norm, then to twice.
func testClipByNorm(t *testing.T, b kernels.Backend) {
	for _, n := range append(optimizerLengths, 0) {
		x := newTensor(1, 1, 1, n).random(newRand(n))
		buf, sums := newVector(n).set(x), newVector(2)
		other := []float32{3}
		want := tensor{1, 1, 1, 2, []float64{0, 9}}
		for _, v := range x.v {
			want.v[0] += v * v
		}
		squares := func(x, sum []float32) {
			b.SumSquares(&kernels.SumSquaresArgs{X: x, Sum: sum, Scratch: newVector(b.SquaresLen(len(x))).data()})
		}
		squares(buf.data(), sums.data()[:1])
		squares(other, sums.data()[1:])
		what := fmt.Sprintf("n=%d", n)
		// Summed in float64, a sum is off by the one rounding to float32.
		sums.check(t, what+" sums", want, func(i int) float64 { return 1.001 * ulp * want.v[i] })
		first := append([]float32(nil), sums.all...)
		squares(buf.data(), sums.data()[:1])
		sameBits(t, what+" sums", &buffer{all: first}, sums)

		norm := math.Sqrt(want.v[0] + want.v[1])
		half := x.apply(func(v float64) float64 { return v / 2 })
		b.ClipByNorm(&kernels.ClipByNormArgs{X: buf.data(), Sums: sums.data(), Norm: norm / 2})
		buf.check(t, what+" clipped", half, within(half, optimizerTolerance))
		buf.set(x)
		b.ClipByNorm(&kernels.ClipByNormArgs{X: buf.data(), Sums: sums.data(), Norm: norm * 2})
		buf.check(t, what+" that fits", x, exact)
	}
}

func testAdam(t *testing.T, b kernels.Backend) {
	const rate, beta1, beta2, eps = 1e-3, 0.9, 0.999, 1e-7
	for _, n := range optimizerLengths {
		for _, c := range []struct {
			step  int
			decay float64
		}{{1, 0}, {2, 0}, {1000, 0}, {3, 4}} {
			step := c.step
			r := newRand(n + step)
			random := func() tensor { return newTensor(1, 1, 1, n).random(r) }
			param, grad, m, v := random(), random(), random(), random().apply(math.Abs)
			for i := range v.v {
				v.v[i] = float64(float32(v.v[i] + 0.01)) // keeps the quotient of order 1
			}
			bufs := [3]*buffer{newVector(n).set(param), newVector(n).set(m), newVector(n).set(v)}
			g := newVector(n).set(grad)
			b.Adam(&kernels.AdamArgs{Param: bufs[0].data(), Grad: g.data(), M: bufs[1].data(), V: bufs[2].data(),
				Rate: rate, Beta1: beta1, Beta2: beta2, Eps: eps, Decay: c.decay, Step: step})
			power := func(beta float32) float64 { return math.Pow(float64(beta), float64(step)) } // float32, as Keras does
			alpha := rate * math.Sqrt(1-power(beta2)) / (1 - power(beta1))
			for i, g := range grad.v {
				m.v[i] += (g - m.v[i]) * (1 - beta1)
				v.v[i] += (g*g - v.v[i]) * (1 - beta2)
				param.v[i] = param.v[i]*(1-rate*c.decay) - m.v[i]*alpha/(math.Sqrt(v.v[i])+eps)
			}
			what := fmt.Sprintf("n=%d %+v", n, c)
			for i, want := range []tensor{param, m, v} {
				bufs[i].check(t, what+[]string{" param", " m", " v"}[i], want, within(want, optimizerTolerance))
			}
			g.checkGuards(t, what+" grad")
		}
	}
}

func testSGD(t *testing.T, b kernels.Backend) {
	const rate = 0.01
	for _, n := range optimizerLengths {
		for _, c := range []struct {
			momentum float64
			nesterov bool
			decay    float64
		}{{0, false, 0}, {0.9, false, 0}, {0.9, true, 0}, {0, false, 4}, {0.9, false, 4}, {0.9, true, 4}} {
			r := newRand(n)
			param, grad, m := newTensor(1, 1, 1, n).random(r), newTensor(1, 1, 1, n).random(r), newTensor(1, 1, 1, n).random(r)
			p, g, mBuf := newVector(n).set(param), newVector(n).set(grad), newVector(n).set(m)
			a := kernels.SGDArgs{Param: p.data(), Grad: g.data(), M: mBuf.data(), Rate: rate, Momentum: c.momentum, Nesterov: c.nesterov, Decay: c.decay}
			if c.momentum == 0 {
				a.M = nil
			}
			b.SGD(&a)
			for i, g := range grad.v {
				param.v[i] *= 1 - rate*c.decay
				switch {
				case c.momentum == 0:
					param.v[i] -= rate * g
				case c.nesterov:
					m.v[i] = c.momentum*m.v[i] - rate*g
					param.v[i] += c.momentum*m.v[i] - rate*g
				default:
					m.v[i] = c.momentum*m.v[i] - rate*g
					param.v[i] += m.v[i]
				}
			}
			what := fmt.Sprintf("n=%d %+v", n, c)
			p.check(t, what+" param", param, within(param, optimizerTolerance))
			mBuf.check(t, what+" m", m, within(m, optimizerTolerance))
			g.checkGuards(t, what+" grad")
		}
	}
}
