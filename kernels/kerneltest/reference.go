package kerneltest

import (
	"math"

	"thaw/kernels"
)

// The textbook definitions, in float64, written for reading: sums as they stand
// in the contract of kernels.go.

// taps calls f for every product of a convolution: output pixel, tap, and the
// input pixel it meets, where that is inside the map.
func taps(s kernels.ConvShape, f func(n, oh, ow, kh, kw, ih, iw int)) {
	for n := range s.N {
		for oh := range s.OH {
			for ow := range s.OW {
				for kh := range s.KH {
					for kw := range s.KW {
						ih, iw := oh*s.Stride-s.PadTop+kh, ow*s.Stride-s.PadLeft+kw
						if ih >= 0 && ih < s.H && iw >= 0 && iw < s.W {
							f(n, oh, ow, kh, kw, ih, iw)
						}
					}
				}
			}
		}
	}
}

// The filter [kh, kw, cin, cout] is a tensor with n=kh, h=kw, w=cin, c=cout.

func conv2D(s kernels.ConvShape, in, filter tensor) tensor {
	out := newTensor(s.N, s.OH, s.OW, s.COut)
	taps(s, func(n, oh, ow, kh, kw, ih, iw int) {
		for ci := range s.CIn {
			x := *in.at(n, ih, iw, ci)
			for co := range s.COut {
				*out.at(n, oh, ow, co) += x * *filter.at(kh, kw, ci, co)
			}
		}
	})
	return out
}

func conv2DBackwardInput(s kernels.ConvShape, dOut, filter tensor) tensor {
	dIn := newTensor(s.N, s.H, s.W, s.CIn)
	taps(s, func(n, oh, ow, kh, kw, ih, iw int) {
		for ci := range s.CIn {
			for co := range s.COut {
				*dIn.at(n, ih, iw, ci) += *dOut.at(n, oh, ow, co) * *filter.at(kh, kw, ci, co)
			}
		}
	})
	return dIn
}

func conv2DBackwardFilter(s kernels.ConvShape, in, dOut tensor) tensor {
	dFilter := newTensor(s.KH, s.KW, s.CIn, s.COut)
	taps(s, func(n, oh, ow, kh, kw, ih, iw int) {
		for ci := range s.CIn {
			for co := range s.COut {
				*dFilter.at(kh, kw, ci, co) += *in.at(n, ih, iw, ci) * *dOut.at(n, oh, ow, co)
			}
		}
	})
	return dFilter
}

// moments returns mean and biased variance of each channel.
func moments(x tensor) (mean, variance []float64) {
	mean, variance = make([]float64, x.c), make([]float64, x.c)
	count := float64(x.pixels())
	for i, v := range x.v {
		mean[i%x.c] += v / count
	}
	for i, v := range x.v {
		d := v - mean[i%x.c]
		variance[i%x.c] += d * d / count
	}
	return mean, variance
}

// batchNorm normalises with the batch's own moments; no ReLU.
func batchNorm(x tensor, beta []float64, eps float64) tensor {
	mean, variance := moments(x)
	out := x.like()
	for i, v := range x.v {
		c := i % x.c
		out.v[i] = (v-mean[c])/math.Sqrt(variance[c]+eps) + beta[c]
	}
	return out
}

func batchNormBackward(x, dOut tensor, eps float64) (dX tensor, dBeta []float64) {
	mean, variance := moments(x)
	xhat := func(i int) float64 { return (x.v[i] - mean[i%x.c]) / math.Sqrt(variance[i%x.c]+eps) }
	dX, dBeta = x.like(), make([]float64, x.c)
	dScale := make([]float64, x.c)
	for i, g := range dOut.v {
		dBeta[i%x.c] += g
		dScale[i%x.c] += g * xhat(i)
	}
	count := float64(x.pixels())
	for i, g := range dOut.v {
		c := i % x.c
		dX.v[i] = (g - dBeta[c]/count - xhat(i)*dScale[c]/count) / math.Sqrt(variance[c]+eps)
	}
	return dX, dBeta
}

// geometry of a pool, shared by forward and backward.
type pool struct {
	n, h, w, c, k, stride, padTop, padLeft, oh, ow int
}

// windows calls f with each output element and the inputs in its window.
func (p pool) windows(in tensor, f func(out int, inside []*float64)) {
	out := 0
	for n := range p.n {
		for oh := range p.oh {
			for ow := range p.ow {
				for c := range p.c {
					var inside []*float64
					for kh := range p.k {
						for kw := range p.k {
							if x := in.at(n, oh*p.stride-p.padTop+kh, ow*p.stride-p.padLeft+kw, c); x != nil {
								inside = append(inside, x)
							}
						}
					}
					f(out, inside)
					out++
				}
			}
		}
	}
}

func maxPool(p pool, in tensor) tensor {
	out := newTensor(p.n, p.oh, p.ow, p.c)
	p.windows(in, func(o int, inside []*float64) {
		out.v[o] = math.Inf(-1)
		for _, x := range inside {
			out.v[o] = math.Max(out.v[o], *x)
		}
	})
	return out
}

func maxPoolBackward(p pool, in, dOut tensor) tensor {
	first := make(map[*float64]float64) // the gradient of an input, by its place
	p.windows(in, func(o int, inside []*float64) {
		top := inside[0]
		for _, x := range inside {
			if *x > *top {
				top = x
			}
		}
		first[top] += dOut.v[o]
	})
	dIn := in.like()
	for i := range in.v {
		dIn.v[i] = first[&in.v[i]]
	}
	return dIn
}

func avgPool(p pool, in tensor) tensor {
	out := newTensor(p.n, p.oh, p.ow, p.c)
	p.windows(in, func(o int, inside []*float64) {
		for _, x := range inside {
			out.v[o] += *x / float64(len(inside))
		}
	})
	return out
}

func avgPoolBackward(p pool, dOut tensor) tensor {
	dIn := newTensor(p.n, p.h, p.w, p.c)
	p.windows(dIn, func(o int, inside []*float64) {
		for _, d := range inside {
			*d += dOut.v[o] / float64(len(inside))
		}
	})
	return dIn
}

func globalAvgPool(in tensor) tensor {
	out := newTensor(in.n, 1, 1, in.c)
	area := in.h * in.w
	for i, v := range in.v {
		out.v[i/in.c/area*in.c+i%in.c] += v / float64(area)
	}
	return out
}

func globalAvgPoolBackward(h, w int, dOut tensor) tensor {
	dIn := newTensor(dOut.n, h, w, dOut.c)
	for i := range dIn.v {
		dIn.v[i] = dOut.v[i/dIn.c/(h*w)*dIn.c+i%dIn.c] / float64(h*w)
	}
	return dIn
}

// softmaxCrossEntropy returns probabilities and the loss of each row.
func softmaxCrossEntropy(logits, labels tensor) (probs tensor, loss []float64) {
	probs, loss = logits.like(), make([]float64, logits.n)
	for n := range logits.n {
		row := func(t tensor) []float64 { return t.v[n*t.c : (n+1)*t.c] }
		top, sum := math.Inf(-1), 0.0
		for _, v := range row(logits) {
			top = math.Max(top, v)
		}
		for _, v := range row(logits) {
			sum += math.Exp(v - top)
		}
		for c, v := range row(logits) {
			row(probs)[c] = math.Exp(v-top) / sum
			loss[n] -= row(labels)[c] * (v - top - math.Log(sum))
		}
	}
	return probs, loss
}

// softmaxCrossEntropyBackward is the gradient of the mean loss.
func softmaxCrossEntropyBackward(logits, labels tensor) tensor {
	probs, _ := softmaxCrossEntropy(logits, labels)
	d := logits.like()
	for n := range logits.n {
		var mass float64
		for c := range logits.c {
			mass += *labels.at(n, 0, 0, c)
		}
		for c := range logits.c {
			*d.at(n, 0, 0, c) = (*probs.at(n, 0, 0, c)*mass - *labels.at(n, 0, 0, c)) / float64(logits.n)
		}
	}
	return d
}
