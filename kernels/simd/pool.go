package simd

import (
	"unsafe"

	"math"
)

// poolJob is the record of the pooling jobs; each reads what it needs. A window of
// output pixel (oh, ow) begins at input pixel (oh*stride-padTop, ow*stride-padLeft) and
// is cut off at the image's border.
type poolJob struct {
	in, dIn, out, dOut pixels
	h, w, oh, ow, c    int
	k, stride          int
	padTop, padLeft    int
	accumulate         int
	blocks             int     // of poolBlock channels
	scale              float32 // global average pool: 1/(H*W)
}

var inPool poolJob

// window is the part of a pooling window inside of the image.
type window struct {
	h0, h1, w0, w1 i32Var // input rows and columns, ends excluded
}

func (f function) newWindow() window {
	return window{f.varI32(nil), f.varI32(nil), f.varI32(nil), f.varI32(nil)}
}

// place moves the window to output pixel (oh, ow).
func (f function) place(w window, r *record, oh, ow i32) {
	axis := func(lo, hi i32Var, o i32, pad, size *int) {
		lo.set(o.mul(r.i32(&inPool.stride)).sub(r.i32(pad)))
		hi.set(minimum(lo.add(r.i32(&inPool.k)), r.i32(size)))
		f.when(lo.ltN(0), func() { lo.set(num(0)) })
	}
	axis(w.h0, w.h1, oh, &inPool.padTop, &inPool.h)
	axis(w.w0, w.w1, ow, &inPool.padLeft, &inPool.w)
}

// walk runs body for every pixel of the window, row by row; p are pointers into
// views of the input's size at channel offset `offset`.
func (f function) walk(w window, r *record, n, offset i32, body func(), views []*pixels, p []i32Var) {
	h, x := f.varI32(w.h0.get()), f.varI32(nil)
	f.upTo(h, w.h1.get(), 1, func() {
		pixel := n.mul(r.i32(&inPool.h)).add(h.get()).mul(r.i32(&inPool.w)).add(w.w0.get())
		for i, v := range views {
			p[i].set(r.i32(&v.at).add(pixel.mul(r.i32(&v.pixel))).add(offset))
		}
		x.set(w.w0.get())
		f.upTo(x, w.w1.get(), 1, func() {
			body()
			for i, v := range views {
				p[i].set(p[i].add(r.i32(&v.pixel)))
			}
		})
	})
}

var (
	kernelMaxPool = newKernel(emitMaxPool)
	kernelAvgPool = newKernel(emitAvgPool)
)

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
	r := recordAt(arg, unsafe.Pointer(&inPool), unsafe.Sizeof(inPool))
	n, oh := f.newI32(tile.div(r.i32(&inPool.oh))), f.newI32(tile.rem(r.i32(&inPool.oh)))
	w, ow, p, out := f.newWindow(), f.varI32(num(0)), f.varI32(nil), f.varI32(nil)
	out.set(r.i32(&inPool.out.at).add(tile.mul(r.i32(&inPool.ow)).mul(r.i32(&inPool.out.pixel))))
	count := f.varVec(nil)
	f.upTo(ow, r.i32(&inPool.ow), 1, func() {
		f.place(w, r, oh, ow.get())
		if mean {
			count.set(w.h1.sub(w.h0.get()).mul(w.w1.sub(w.w0.get())).number().splat())
		}
		m.strips(f, num(0), r.i32(&inPool.c), func(offset i32, ls []lane) {
			acc := f.vars(ls)
			f.setAll(acc, func(int) vec { return vconst(empty) })
			f.walk(w, r, n, offset, func() {
				f.setAll(acc, func(i int) vec { return join(acc[i].get(), ls[i].load(p.get())) })
			}, []*pixels{&inPool.in}, []i32Var{p})
			for i, l := range ls {
				if mean {
					l.store(f, out.add(offset), acc[i].div(count.get()))
				} else {
					l.store(f, out.add(offset), acc[i].get())
				}
			}
		})
		out.set(out.add(r.i32(&inPool.out.pixel)))
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

var kernelMaxPoolBackward = newKernel(emitMaxPoolBackward)

// emitMaxPoolBackward hands each window's gradient to its first maximum.
func emitMaxPoolBackward(m *module) function {
	f, arg, tile, _ := m.tile()
	r := recordAt(arg, unsafe.Pointer(&inPool), unsafe.Sizeof(inPool))
	n := f.newI32(tile.div(r.i32(&inPool.blocks)))
	first := f.newI32(tile.rem(r.i32(&inPool.blocks)).mulN(poolBlock))
	last := f.newI32(minimum(first.addN(poolBlock), r.i32(&inPool.c)))
	image := f.newI32(r.i32(&inPool.h).mul(r.i32(&inPool.w)))
	f.when(r.i32(&inPool.accumulate).eqz(), func() {
		p := r.i32(&inPool.dIn.at).add(n.mul(image).mul(r.i32(&inPool.dIn.pixel)))
		m.clearPixels(f, p, image, r.i32(&inPool.dIn.pixel), first, last)
	})
	w, oh, ow, pixel := f.newWindow(), f.varI32(num(0)), f.varI32(nil), f.varI32(nil)
	in, dIn := f.varI32(nil), f.varI32(nil)
	f.upTo(oh, r.i32(&inPool.oh), 1, func() {
		ow.set(num(0))
		f.upTo(ow, r.i32(&inPool.ow), 1, func() {
			f.place(w, r, oh.get(), ow.get())
			pixel.set(n.mul(r.i32(&inPool.oh)).add(oh.get()).mul(r.i32(&inPool.ow)).add(ow.get()))
			m.strips(f, first, last, func(offset i32, ls []lane) {
				// What the window still has to hand out; 0 once it has found its maximum.
				top, left, hit := f.vars(ls), f.vars(ls), f.varVec(nil)
				at := func(v *pixels) i32 { return r.i32(&v.at).add(pixel.mul(r.i32(&v.pixel))).add(offset) }
				f.setAll(top, func(i int) vec { return ls[i].load(at(&inPool.out)) })
				f.setAll(left, func(i int) vec { return ls[i].load(at(&inPool.dOut)) })
				f.walk(w, r, n, offset, func() {
					for i, l := range ls {
						hit.set(l.load(in.get()).eq(top[i].get()))
						l.store(f, dIn.get(), l.load(dIn.get()).add(left[i].and(hit.get())))
						left[i].set(left[i].andNot(hit.get()))
					}
				}, []*pixels{&inPool.in, &inPool.dIn}, []i32Var{in, dIn})
			})
		})
	})
	return f
}

var kernelAvgPoolBackward = newKernel(emitAvgPoolBackward)

// emitAvgPoolBackward: a tile is one row of input pixels; it collects from every
// window that sees a pixel.
func emitAvgPoolBackward(m *module) function {
	f, arg, tile, _ := m.tile()
	r := recordAt(arg, unsafe.Pointer(&inPool), unsafe.Sizeof(inPool))
	n, h := f.newI32(tile.div(r.i32(&inPool.h))), f.newI32(tile.rem(r.i32(&inPool.h)))
	dIn := f.varI32(r.i32(&inPool.dIn.at).add(tile.mul(r.i32(&inPool.w)).mul(r.i32(&inPool.dIn.pixel))))
	f.when(r.i32(&inPool.accumulate).eqz(), func() {
		m.clearPixels(f, dIn.get(), r.i32(&inPool.w), r.i32(&inPool.dIn.pixel), num(0), r.i32(&inPool.c))
	})
	w, iw, d := f.newWindow(), f.varI32(num(0)), f.varI32(nil)
	share := f.varVec(nil)
	oh0, oh1, ow0, ow1 := f.varI32(nil), f.varI32(nil), f.varI32(nil), f.varI32(nil)
	oh, ow := f.varI32(nil), f.varI32(nil)
	f.seenBy(r, h, &inPool.padTop, &inPool.oh, oh0, oh1)
	f.upTo(iw, r.i32(&inPool.w), 1, func() {
		f.seenBy(r, iw.get(), &inPool.padLeft, &inPool.ow, ow0, ow1)
		oh.set(oh0.get())
		f.upTo(oh, oh1.get(), 1, func() {
			ow.set(ow0.get())
			f.upTo(ow, ow1.get(), 1, func() {
				f.place(w, r, oh.get(), ow.get())
				share.set(vconst(1).div(w.h1.sub(w.h0.get()).mul(w.w1.sub(w.w0.get())).number().splat()))
				pixel := n.mul(r.i32(&inPool.oh)).add(oh.get()).mul(r.i32(&inPool.ow)).add(ow.get())
				d.set(r.i32(&inPool.dOut.at).add(pixel.mul(r.i32(&inPool.dOut.pixel))))
				m.strips(f, num(0), r.i32(&inPool.c), func(offset i32, ls []lane) {
					for _, l := range ls {
						p := dIn.add(offset)
						l.store(f, p, l.load(p).add(l.load(d.add(offset)).mul(share.get())))
					}
				})
			})
		})
		dIn.set(dIn.add(r.i32(&inPool.dIn.pixel)))
	})
	return f
}

// seenBy sets lo..hi-1 to the windows along one axis that see input row i:
// o*stride - pad <= i < o*stride - pad + K.
func (f function) seenBy(r *record, i i32, pad, windows *int, lo, hi i32Var) {
	stride := r.i32(&inPool.stride)
	reach := i.add(r.i32(pad))
	lo.set(reach.sub(r.i32(&inPool.k)).addN(1))
	f.choose(lo.ltN(1), func() { lo.set(num(0)) }, func() {
		lo.set(lo.add(stride).addN(-1).div(stride))
	})
	hi.set(minimum(reach.div(stride).addN(1), r.i32(windows)))
}

var (
	kernelGlobalAvgPool         = newKernel(emitGlobalAvgPool)
	kernelGlobalAvgPoolBackward = newKernel(emitGlobalAvgPoolBackward)
)

// emitGlobalAvgPool and its gradient: a tile is poolBlock channels of one image.
// In is the map, Out the vector.
func emitGlobalAvgPool(m *module) function {
	return m.globalPool(func(f function, r *record, mapPixel, vector i32, ls []lane, eachPixel func(func())) {
		sum, scale := f.vars(ls), r.splat(&inPool.scale)
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
	return m.globalPool(func(f function, r *record, mapPixel, vector i32, ls []lane, eachPixel func(func())) {
		v, scale := f.vars(ls), r.splat(&inPool.scale)
		f.setAll(v, func(i int) vec { return ls[i].load(vector).mul(scale) })
		eachPixel(func() {
			for i, l := range ls {
				l.store(f, mapPixel, v[i].get())
			}
		})
	})
}

func (m *module) globalPool(body func(f function, r *record, mapPixel, vector i32, ls []lane, eachPixel func(func()))) function {
	f, arg, tile, _ := m.tile()
	r := recordAt(arg, unsafe.Pointer(&inPool), unsafe.Sizeof(inPool))
	n := f.newI32(tile.div(r.i32(&inPool.blocks)))
	first := f.newI32(tile.rem(r.i32(&inPool.blocks)).mulN(poolBlock))
	last := f.newI32(minimum(first.addN(poolBlock), r.i32(&inPool.c)))
	image := f.newI32(r.i32(&inPool.h).mul(r.i32(&inPool.w)))
	p, vector, left := f.varI32(nil), f.varI32(nil), f.varI32(nil)
	m.strips(f, first, last, func(offset i32, ls []lane) {
		p.set(r.i32(&inPool.in.at).add(n.mul(image).mul(r.i32(&inPool.in.pixel))).add(offset))
		vector.set(r.i32(&inPool.out.at).add(n.mul(r.i32(&inPool.out.pixel))).add(offset))
		left.set(image)
		body(f, r, p.get(), vector.get(), ls, func(each func()) {
			f.while(left.get(), func() {
				each()
				p.set(p.add(r.i32(&inPool.in.pixel)))
				left.inc(-1)
			})
		})
	})
	return f
}
