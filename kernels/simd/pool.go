package simd

import "math"

// Record of the pooling jobs. Views are given by address, bytes from pixel to
// pixel, and size; a window of output pixel (oh, ow) begins at input pixel
// (oh*stride-padTop, ow*stride-padLeft) and is cut off at the image's border.
const (
	poolIn = 4 * iota
	poolInCol
	poolDIn
	poolDInCol
	poolOut
	poolOutCol
	poolDOut
	poolDOutCol
	poolH
	poolW
	poolOH
	poolOW
	poolC
	poolK
	poolStride
	poolPadTop
	poolPadLeft
	poolAccumulate
	poolBlocks // of poolBlock channels, max pool backward
	poolScale  // float32, global average pool: 1/(H*W)
)

// window is the part of a pooling window inside of the image.
type window struct {
	h0, h1, w0, w1 i32Var // input rows and columns, ends excluded
}

func (f function) newWindow() window {
	return window{f.varI32(nil), f.varI32(nil), f.varI32(nil), f.varI32(nil)}
}

// place moves the window to output pixel (oh, ow).
func (f function) place(w window, arg i32, oh, ow i32) {
	axis := func(lo, hi i32Var, o i32, pad, size int) {
		lo.set(o.mul(arg.i32(poolStride)).sub(arg.i32(pad)))
		hi.set(minimum(lo.add(arg.i32(poolK)), arg.i32(size)))
		f.when(lo.ltN(0), func() { lo.set(num(0)) })
	}
	axis(w.h0, w.h1, oh, poolPadTop, poolH)
	axis(w.w0, w.w1, ow, poolPadLeft, poolW)
}

// walk runs body for every pixel of the window, row by row; p are pointers into
// views of the input's size at channel offset `offset`, by their fields.
func (f function) walk(w window, arg i32, n i32, offset i32, body func(), fields []int, p []i32Var) {
	h, x := f.varI32(w.h0.get()), f.varI32(nil)
	f.upTo(h, w.h1.get(), 1, func() {
		pixel := n.mul(arg.i32(poolH)).add(h.get()).mul(arg.i32(poolW)).add(w.w0.get())
		for i, field := range fields {
			p[i].set(arg.i32(field).add(pixel.mul(arg.i32(field + 4))).add(offset))
		}
		x.set(w.w0.get())
		f.upTo(x, w.w1.get(), 1, func() {
			body()
			for i, field := range fields {
				p[i].set(p[i].add(arg.i32(field + 4)))
			}
		})
	})
}

// emitMaxPool and emitAvgPool: a tile is one row of output pixels.
func emitMaxPool(m *module) function {
	return emitPool(m, float32(math.Inf(-1)), func(acc, x vec) vec { return x.atLeast(acc) }, false)
}

func emitAvgPool(m *module) function {
	return emitPool(m, 0, func(acc, x vec) vec { return acc.add(x) }, true)
}

// emitPool joins the pixels of each window, from `empty` on; mean divides by their number.
func emitPool(m *module, empty float32, join func(acc, x vec) vec, mean bool) function {
	f, arg, tile, _ := m.tile()
	n, oh := f.newI32(tile.div(arg.i32(poolOH))), f.newI32(tile.rem(arg.i32(poolOH)))
	w, ow, p, out := f.newWindow(), f.varI32(num(0)), f.varI32(nil), f.varI32(nil)
	out.set(arg.i32(poolOut).add(tile.mul(arg.i32(poolOW)).mul(arg.i32(poolOutCol))))
	count := f.varVec(nil)
	f.upTo(ow, arg.i32(poolOW), 1, func() {
		f.place(w, arg, oh, ow.get())
		if mean {
			count.set(w.h1.sub(w.h0.get()).mul(w.w1.sub(w.w0.get())).number().splat())
		}
		m.strips(f, num(0), arg.i32(poolC), func(offset i32, ls []lane) {
			acc := f.vars(ls)
			f.setAll(acc, func(int) vec { return vconst(empty) })
			f.walk(w, arg, n, offset, func() {
				f.setAll(acc, func(i int) vec { return join(acc[i].get(), ls[i].load(p.get())) })
			}, []int{poolIn}, []i32Var{p})
			for i, l := range ls {
				if mean {
					l.store(f, out.add(offset), acc[i].div(count.get()))
				} else {
					l.store(f, out.add(offset), acc[i].get())
				}
			}
		})
		out.set(out.add(arg.i32(poolOutCol)))
	})
	return f
}

// clearPixels zeroes the channels first..last-1 of so many pixels from p on.
func (m *module) clearPixels(f function, p, pixels, step, first, last i32) {
	at, left := f.varI32(p), f.varI32(pixels)
	f.while(left.get(), func() {
		m.strips(f, first, last, func(offset i32, ls []lane) {
			for _, l := range ls {
				l.store(f, at.add(offset), vconst(0))
			}
		})
		at.set(at.add(step))
		left.inc(-1)
	})
}

// poolBlock channels of one image are a tile of max pool's gradient.
const poolBlock = 16

// emitMaxPoolBackward hands each window's gradient to its first maximum.
func emitMaxPoolBackward(m *module) function {
	f, arg, tile, _ := m.tile()
	n := f.newI32(tile.div(arg.i32(poolBlocks)))
	first := f.newI32(tile.rem(arg.i32(poolBlocks)).mulN(poolBlock))
	last := f.newI32(minimum(first.addN(poolBlock), arg.i32(poolC)))
	image := f.newI32(arg.i32(poolH).mul(arg.i32(poolW)))
	f.when(arg.i32(poolAccumulate).eqz(), func() {
		p := arg.i32(poolDIn).add(n.mul(image).mul(arg.i32(poolDInCol)))
		m.clearPixels(f, p, image, arg.i32(poolDInCol), first, last)
	})
	w, oh, ow, pixel := f.newWindow(), f.varI32(num(0)), f.varI32(nil), f.varI32(nil)
	in, dIn := f.varI32(nil), f.varI32(nil)
	f.upTo(oh, arg.i32(poolOH), 1, func() {
		ow.set(num(0))
		f.upTo(ow, arg.i32(poolOW), 1, func() {
			f.place(w, arg, oh.get(), ow.get())
			pixel.set(n.mul(arg.i32(poolOH)).add(oh.get()).mul(arg.i32(poolOW)).add(ow.get()))
			m.strips(f, first, last, func(offset i32, ls []lane) {
				// What the window still has to hand out; 0 once it has found its maximum.
				top, left, hit := f.vars(ls), f.vars(ls), f.varVec(nil)
				at := func(field int) i32 { return arg.i32(field).add(pixel.mul(arg.i32(field + 4))).add(offset) }
				f.setAll(top, func(i int) vec { return ls[i].load(at(poolOut)) })
				f.setAll(left, func(i int) vec { return ls[i].load(at(poolDOut)) })
				f.walk(w, arg, n, offset, func() {
					for i, l := range ls {
						hit.set(l.load(in.get()).eq(top[i].get()))
						l.store(f, dIn.get(), l.load(dIn.get()).add(left[i].and(hit.get())))
						left[i].set(left[i].andNot(hit.get()))
					}
				}, []int{poolIn, poolDIn}, []i32Var{in, dIn})
			})
		})
	})
	return f
}

// emitAvgPoolBackward: a tile is one row of input pixels; it collects from every
// window that sees a pixel.
func emitAvgPoolBackward(m *module) function {
	f, arg, tile, _ := m.tile()
	n, h := f.newI32(tile.div(arg.i32(poolH))), f.newI32(tile.rem(arg.i32(poolH)))
	dIn := f.varI32(arg.i32(poolDIn).add(tile.mul(arg.i32(poolW)).mul(arg.i32(poolDInCol))))
	f.when(arg.i32(poolAccumulate).eqz(), func() {
		m.clearPixels(f, dIn.get(), arg.i32(poolW), arg.i32(poolDInCol), num(0), arg.i32(poolC))
	})
	w, iw, d := f.newWindow(), f.varI32(num(0)), f.varI32(nil)
	share := f.varVec(nil)
	oh0, oh1, ow0, ow1 := f.varI32(nil), f.varI32(nil), f.varI32(nil), f.varI32(nil)
	oh, ow := f.varI32(nil), f.varI32(nil)
	f.seenBy(arg, h, poolPadTop, poolOH, oh0, oh1)
	f.upTo(iw, arg.i32(poolW), 1, func() {
		f.seenBy(arg, iw.get(), poolPadLeft, poolOW, ow0, ow1)
		oh.set(oh0.get())
		f.upTo(oh, oh1.get(), 1, func() {
			ow.set(ow0.get())
			f.upTo(ow, ow1.get(), 1, func() {
				f.place(w, arg, oh.get(), ow.get())
				share.set(vconst(1).div(w.h1.sub(w.h0.get()).mul(w.w1.sub(w.w0.get())).number().splat()))
				pixel := n.mul(arg.i32(poolOH)).add(oh.get()).mul(arg.i32(poolOW)).add(ow.get())
				d.set(arg.i32(poolDOut).add(pixel.mul(arg.i32(poolDOutCol))))
				m.strips(f, num(0), arg.i32(poolC), func(offset i32, ls []lane) {
					for _, l := range ls {
						p := dIn.add(offset)
						l.store(f, p, l.load(p).add(l.load(d.add(offset)).mul(share.get())))
					}
				})
			})
		})
		dIn.set(dIn.add(arg.i32(poolDInCol)))
	})
	return f
}

// seenBy sets lo..hi-1 to the windows along one axis that see input row i:
// o*stride - pad <= i < o*stride - pad + K.
func (f function) seenBy(arg, i i32, pad, windows int, lo, hi i32Var) {
	stride := arg.i32(poolStride)
	reach := i.add(arg.i32(pad))
	lo.set(reach.sub(arg.i32(poolK)).addN(1))
	f.choose(lo.ltN(1), func() { lo.set(num(0)) }, func() {
		lo.set(lo.add(stride).addN(-1).div(stride))
	})
	hi.set(minimum(reach.div(stride).addN(1), arg.i32(windows)))
}

// emitGlobalAvgPool and its gradient: a tile is poolBlock channels of one image.
// In is the map, Out the vector.
func emitGlobalAvgPool(m *module) function {
	return m.globalPool(func(f function, arg i32, mapPixel, vector i32, ls []lane, eachPixel func(func())) {
		sum, scale := f.vars(ls), arg.splat(poolScale)
		f.setAll(sum, func(int) vec { return vconst(0) })
		eachPixel(func() {
			f.setAll(sum, func(i int) vec { return sum[i].add(ls[i].load(mapPixel)) })
		})
		for i, l := range ls {
			l.store(f, vector, sum[i].mul(scale))
		}
	})
}

func emitGlobalAvgPoolBackward(m *module) function {
	return m.globalPool(func(f function, arg i32, mapPixel, vector i32, ls []lane, eachPixel func(func())) {
		v, scale := f.vars(ls), arg.splat(poolScale)
		f.setAll(v, func(i int) vec { return ls[i].load(vector).mul(scale) })
		eachPixel(func() {
			for i, l := range ls {
				l.store(f, mapPixel, v[i].get())
			}
		})
	})
}

func (m *module) globalPool(body func(f function, arg i32, mapPixel, vector i32, ls []lane, eachPixel func(func()))) function {
	f, arg, tile, _ := m.tile()
	n := f.newI32(tile.div(arg.i32(poolBlocks)))
	first := f.newI32(tile.rem(arg.i32(poolBlocks)).mulN(poolBlock))
	last := f.newI32(minimum(first.addN(poolBlock), arg.i32(poolC)))
	image := f.newI32(arg.i32(poolH).mul(arg.i32(poolW)))
	p, vector, left := f.varI32(nil), f.varI32(nil), f.varI32(nil)
	m.strips(f, first, last, func(offset i32, ls []lane) {
		p.set(arg.i32(poolIn).add(n.mul(image).mul(arg.i32(poolInCol))).add(offset))
		vector.set(arg.i32(poolOut).add(n.mul(arg.i32(poolOutCol))).add(offset))
		left.set(image)
		body(f, arg, p.get(), vector.get(), ls, func(each func()) {
			f.while(left.get(), func() {
				each()
				p.set(p.add(arg.i32(poolInCol)))
				left.inc(-1)
			})
		})
	})
	return f
}
