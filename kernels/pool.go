package kernels

import (
	"fmt"

	"thaw/kernels/internal/vec"
)

// poolWindow is a K x K window clipped to an [H, W] map.
type poolWindow struct{ h0, h1, w0, w1 int }

func (a *PoolArgs) window(oh, ow int) poolWindow {
	top, left := oh*a.Stride-a.PadTop, ow*a.Stride-a.PadLeft
	return poolWindow{max(top, 0), min(top+a.K, a.In.H), max(left, 0), min(left+a.K, a.In.W)}
}

// inside lists where in v's data the window's pixels of image n begin, in list.
func (w poolWindow) inside(v View, n int, list []int) []int {
	for ih := w.h0; ih < w.h1; ih++ {
		for iw := w.w0; iw < w.w1; iw++ {
			list = append(list, ((n*v.H+ih)*v.W+iw)*v.Stride)
		}
	}
	return list
}

// maxWindowPixels bounds K*K: lists of a window's pixels stand on the stack.
const maxWindowPixels = 64

func (a *PoolArgs) check(op string) {
	a.In.check(op)
	a.Out.check(op)
	if a.In.N != a.Out.N || a.In.C != a.Out.C || a.K*a.K > maxWindowPixels {
		panic(fmt.Sprintf("kernels: %s: views %v and %v, window %d, want the same N and C and K*K <= %d", op, a.In.shape(), a.Out.shape(), a.K, maxWindowPixels))
	}
}

// MaxPool implements Backend.
func (p *Portable) MaxPool(a *PoolArgs) {
	a.check("MaxPool")
	p.pool(a, vec.MaxWindow)
}

// AvgPool implements Backend.
func (p *Portable) AvgPool(a *PoolArgs) {
	a.check("AvgPool")
	p.pool(a, vec.AvgWindow)
}

func (p *Portable) pool(a *PoolArgs, f func(out, data []float32, inside []int)) {
	o := a.Out
	p.units(o.N*o.H, a.In.Pixels()*a.In.C, func(row int) {
		var list [maxWindowPixels]int
		for ow := range o.W {
			w := a.window(row%o.H, ow)
			f(o.pixel(row*o.W+ow), a.In.Data, w.inside(a.In, row/o.H, list[:0]))
		}
	})
}

// MaxPoolBackward implements Backend.
func (p *Portable) MaxPoolBackward(a *PoolBackwardArgs) {
	a.In.same("MaxPoolBackward", a.DIn)
	a.Out.same("MaxPoolBackward", a.DOut)
	p.poolBackward(a, func(n, out int, w poolWindow, c0, c1 int) {
		var list, listD [maxWindowPixels]int
		vec.MaxWindowBackward(a.DOut.pixel(out)[c0:c1], a.Out.pixel(out)[c0:c1],
			a.In.Data[c0:], w.inside(a.In, n, list[:0]), a.DIn.Data[c0:], w.inside(a.DIn, n, listD[:0]))
	})
}

// AvgPoolBackward implements Backend.
func (p *Portable) AvgPoolBackward(a *PoolBackwardArgs) {
	p.poolBackward(a, func(n, out int, w poolWindow, c0, c1 int) {
		var list [maxWindowPixels]int
		vec.AvgWindowBackward(a.DOut.pixel(out)[c0:c1], a.DIn.Data[c0:], w.inside(a.DIn, n, list[:0]))
	})
}

// poolBackward clears DIn where asked, then calls f for every window. A unit is a
// range of channels of one image: windows overlap within it, never across.
func (p *Portable) poolBackward(a *PoolBackwardArgs, f func(n, out int, w poolWindow, c0, c1 int)) {
	geometry := PoolArgs{In: a.DIn, Out: a.DOut, K: a.K, Stride: a.Stride, PadTop: a.PadTop, PadLeft: a.PadLeft}
	geometry.check("pool backward")
	dIn, o := a.DIn, a.DOut
	cuts := ceilDiv(dIn.C, channelUnit)
	p.units(dIn.N*cuts, dIn.Pixels()*dIn.C, func(unit int) {
		n, c0 := unit/cuts, unit%cuts*channelUnit
		c1 := min(c0+channelUnit, dIn.C)
		if !a.Accumulate {
			for i := range dIn.H * dIn.W {
				clear(dIn.pixel(n*dIn.H*dIn.W + i)[c0:c1])
			}
		}
		for oh := range o.H {
			for ow := range o.W {
				f(n, (n*o.H+oh)*o.W+ow, geometry.window(oh, ow), c0, c1)
			}
		}
	})
}

// GlobalAvgPool implements Backend.
func (p *Portable) GlobalAvgPool(a *GlobalAvgPoolArgs) {
	area := a.Map.H * a.Map.W
	p.channels(a.Map.C, a.Map.Pixels()*a.Map.C, func(c0, c1 int) {
		var sums [channelUnit]float64
		for n := range a.Map.N {
			vec.ChannelSums(sums[:c1-c0], a.Map.Data[n*area*a.Map.Stride+c0:], a.Map.Stride, area)
			for i, sum := range sums[:c1-c0] {
				a.Vec.pixel(n)[c0+i] = float32(sum / float64(area))
			}
		}
	})
}

// GlobalAvgPoolBackward implements Backend.
func (p *Portable) GlobalAvgPoolBackward(a *GlobalAvgPoolArgs) {
	area := a.Map.H * a.Map.W
	p.units(a.Map.N, a.Map.Pixels()*a.Map.C, func(n int) {
		for i := range area {
			d := a.Map.pixel(n*area + i)
			for c, v := range a.Vec.pixel(n) {
				d[c] = v / float32(area)
			}
		}
	})
}
