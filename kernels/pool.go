package kernels

import "math"

// window is one pooling window clipped to its map: rows [h0, h1), columns [w0, w1).
type window struct{ h0, h1, w0, w1 int }

func (w window) count() int { return (w.h1 - w.h0) * (w.w1 - w.w0) }

func windowAt(oh, ow, k, stride, padTop, padLeft, h, w int) window {
	top, left := oh*stride-padTop, ow*stride-padLeft
	return window{max(top, 0), min(top+k, h), max(left, 0), min(left+k, w)}
}

// MaxPool implements Backend.
func (p *Portable) MaxPool(a *PoolArgs) {
	in, o := a.In, a.Out
	p.parallel(o.N*o.H, func(_, row int) {
		n, oh := row/o.H, row%o.H
		for ow := range o.W {
			w := windowAt(oh, ow, a.K, a.Stride, a.PadTop, a.PadLeft, in.H, in.W)
			out := o.pixel(row*o.W + ow)
			for c := range out {
				out[c] = float32(math.Inf(-1))
			}
			for ih := w.h0; ih < w.h1; ih++ {
				for iw := w.w0; iw < w.w1; iw++ {
					for c, v := range in.pixel((n*in.H+ih)*in.W + iw) {
						out[c] = max(out[c], v)
					}
				}
			}
		}
	})
}

// MaxPoolBackward implements Backend.
func (p *Portable) MaxPoolBackward(a *PoolBackwardArgs) {
	in, o := a.In, a.Out
	p.parallel(o.N, func(_, n int) {
		if !a.Accumulate {
			for i := range in.H * in.W {
				clear(a.DIn.pixel(n*in.H*in.W + i))
			}
		}
		for oh := range o.H {
			for ow := range o.W {
				w := windowAt(oh, ow, a.K, a.Stride, a.PadTop, a.PadLeft, in.H, in.W)
				i := (n*o.H+oh)*o.W + ow
				out, dOut := o.pixel(i), a.DOut.pixel(i)
				for c, top := range out {
				search:
					for ih := w.h0; ih < w.h1; ih++ {
						for iw := w.w0; iw < w.w1; iw++ {
							j := (n*in.H+ih)*in.W + iw
							if in.Data[j*in.Stride+c] == top {
								a.DIn.Data[j*a.DIn.Stride+c] += dOut[c]
								break search
							}
						}
					}
				}
			}
		}
	})
}

// AvgPool implements Backend.
func (p *Portable) AvgPool(a *PoolArgs) {
	in, o := a.In, a.Out
	p.parallel(o.N*o.H, func(_, row int) {
		n, oh := row/o.H, row%o.H
		for ow := range o.W {
			w := windowAt(oh, ow, a.K, a.Stride, a.PadTop, a.PadLeft, in.H, in.W)
			out := o.pixel(row*o.W + ow)
			clear(out)
			for ih := w.h0; ih < w.h1; ih++ {
				for iw := w.w0; iw < w.w1; iw++ {
					for c, v := range in.pixel((n*in.H+ih)*in.W + iw) {
						out[c] += v
					}
				}
			}
			for c := range out {
				out[c] /= float32(w.count())
			}
		}
	})
}

// AvgPoolBackward implements Backend.
func (p *Portable) AvgPoolBackward(a *PoolBackwardArgs) {
	dIn, o := a.DIn, a.DOut
	p.parallel(o.N, func(_, n int) {
		if !a.Accumulate {
			for i := range dIn.H * dIn.W {
				clear(dIn.pixel(n*dIn.H*dIn.W + i))
			}
		}
		for oh := range o.H {
			for ow := range o.W {
				w := windowAt(oh, ow, a.K, a.Stride, a.PadTop, a.PadLeft, dIn.H, dIn.W)
				dOut := o.pixel((n*o.H+oh)*o.W + ow)
				for ih := w.h0; ih < w.h1; ih++ {
					for iw := w.w0; iw < w.w1; iw++ {
						d := dIn.pixel((n*dIn.H+ih)*dIn.W + iw)
						for c, v := range dOut {
							d[c] += v / float32(w.count())
						}
					}
				}
			}
		}
	})
}

// GlobalAvgPool implements Backend.
func (p *Portable) GlobalAvgPool(a *GlobalAvgPoolArgs) {
	area := a.Map.H * a.Map.W
	p.parallel(a.Map.N, func(_, n int) {
		for c := range a.Map.C {
			var sum float64
			for i := range area {
				sum += float64(a.Map.Data[(n*area+i)*a.Map.Stride+c])
			}
			a.Vec.Data[n*a.Vec.Stride+c] = float32(sum / float64(area))
		}
	})
}

// GlobalAvgPoolBackward implements Backend.
func (p *Portable) GlobalAvgPoolBackward(a *GlobalAvgPoolArgs) {
	area := a.Map.H * a.Map.W
	p.parallel(a.Map.N, func(_, n int) {
		for i := range area {
			d := a.Map.pixel(n*area + i)
			for c, v := range a.Vec.pixel(n) {
				d[c] = v / float32(area)
			}
		}
	})
}
