package kernels

import "fmt"

// check panics where views do not fit the shape.
func (s ConvShape) check(op string, in, out View) {
	if in.N != s.N || in.H != s.H || in.W != s.W || in.C != s.CIn || out.N != s.N || out.H != s.OH || out.W != s.OW || out.C != s.COut {
		panic(fmt.Sprintf("kernels: %s: input %v and output %v do not fit %+v", op, in.shape(), out.shape(), s))
	}
	in.check(op)
	out.check(op)
}

// PackedLen is the filter itself.
func (p *Portable) PackedLen(s ConvShape, pass Pass) int { return s.FilterLen() }

// ScratchLen is zero.
func (p *Portable) ScratchLen(s ConvShape, pass Pass) int { return 0 }

// PackFilter implements Backend.
func (p *Portable) PackFilter(a *PackFilterArgs) {
	n := a.Shape.COut
	for i, f := range a.Filter[:a.Shape.FilterLen()] {
		if a.Scale != nil {
			f *= a.Scale[i%n]
		}
		a.Dst[i] = f * a.Alpha
	}
}

// Conv2D implements Backend.
func (p *Portable) Conv2D(a *Conv2DArgs) {
	s := a.Shape
	s.check("Conv2D", a.In, a.Out)
	p.parallel(s.N*s.OH, func(row int) {
		n, oh := row/s.OH, row%s.OH
		acc := make([]float32, s.COut)
		for ow := range s.OW {
			clear(acc)
			for kh := range s.KH {
				for kw := range s.KW {
					ih, iw := oh*s.Stride-s.PadTop+kh, ow*s.Stride-s.PadLeft+kw
					if ih < 0 || ih >= s.H || iw < 0 || iw >= s.W {
						continue
					}
					x := a.In.Data[((n*s.H+ih)*s.W+iw)*a.In.Stride:][:s.CIn]
					f := a.Filter[(kh*s.KW+kw)*s.CIn*s.COut:]
					for ci, v := range x {
						for co, w := range f[ci*s.COut:][:len(acc)] {
							acc[co] += v * w
						}
					}
				}
			}
			pixel := (n*s.OH+oh)*s.OW + ow
			out := a.Out.Data[pixel*a.Out.Stride:][:s.COut]
			for co, v := range acc {
				if a.Shift != nil {
					v += a.Shift[co]
				}
				v *= a.Alpha
				if a.Residual.Data != nil {
					v += a.Residual.Data[pixel*a.Residual.Stride+co]
				}
				if a.ReLU {
					v = max(v, 0)
				}
				out[co] = v
			}
		}
	})
}

// Conv2DBackwardInput implements Backend.
func (p *Portable) Conv2DBackwardInput(a *Conv2DBackwardInputArgs) {
	s := a.Shape
	s.check("Conv2DBackwardInput", a.DIn, a.DOut)
	p.parallel(s.N*s.H, func(row int) {
		n, ih := row/s.H, row%s.H
		for iw := range s.W {
			dIn := a.DIn.Data[((n*s.H+ih)*s.W+iw)*a.DIn.Stride:][:s.CIn]
			if !a.Accumulate {
				clear(dIn)
			}
			for kh := range s.KH {
				for kw := range s.KW {
					y, x := ih+s.PadTop-kh, iw+s.PadLeft-kw
					if y < 0 || x < 0 || y%s.Stride != 0 || x%s.Stride != 0 || y/s.Stride >= s.OH || x/s.Stride >= s.OW {
						continue
					}
					d := a.DOut.Data[((n*s.OH+y/s.Stride)*s.OW+x/s.Stride)*a.DOut.Stride:][:s.COut]
					f := a.Filter[(kh*s.KW+kw)*s.CIn*s.COut:]
					for ci := range dIn {
						var sum float32
						for co, w := range f[ci*s.COut:][:len(d)] {
							sum += w * d[co]
						}
						dIn[ci] += sum
					}
				}
			}
		}
	})
}

// Conv2DBackwardFilter implements Backend.
func (p *Portable) Conv2DBackwardFilter(a *Conv2DBackwardFilterArgs) {
	s := a.Shape
	s.check("Conv2DBackwardFilter", a.In, a.DOut)
	p.parallel(s.KH*s.KW*s.CIn, func(row int) {
		tap, ci := row/s.CIn, row%s.CIn
		kh, kw := tap/s.KW, tap%s.KW
		dst := a.DFilter[row*s.COut:][:s.COut]
		clear(dst)
		for n := range s.N {
			for oh := range s.OH {
				for ow := range s.OW {
					ih, iw := oh*s.Stride-s.PadTop+kh, ow*s.Stride-s.PadLeft+kw
					if ih < 0 || ih >= s.H || iw < 0 || iw >= s.W {
						continue
					}
					v := a.In.Data[((n*s.H+ih)*s.W+iw)*a.In.Stride+ci]
					for co, d := range a.DOut.Data[((n*s.OH+oh)*s.OW+ow)*a.DOut.Stride:][:len(dst)] {
						dst[co] += v * d
					}
				}
			}
		}
		for co := range dst {
			if a.Scale != nil {
				dst[co] *= a.Scale[co]
			}
			dst[co] *= a.Alpha
		}
	})
}
