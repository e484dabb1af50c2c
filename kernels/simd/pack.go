package simd

import (
	"unsafe"

	"thaw/kernels/wasmasm"
)

// Packed filters are panels of nr columns: [panel][k][nr], k running over taps and
// their channels. The last panel is padded with zeros.

// packJob is the record of packing forward: a [rows, cols] matrix into panels. One tile
// packs packRows rows of every panel.
type packJob struct {
	src    int
	srcRow int // bytes from one row to the next
	dst    int
	rows   int
	cols   int
	scale  int // per column, 0: none
	alpha  float32
}

var inPack packJob

// packRows is a compromise: runs of 128 rows of a panel pack up to a fifth faster
// than 32, but fewer, larger tiles leave threads idle.
const packRows = 64

var kernelPackForward = newKernel(emitPackForward)

func emitPackForward(m *module) function {
	f, arg, tile, _ := m.tile()
	r := recordAt(arg, unsafe.Pointer(&inPack), unsafe.Sizeof(inPack))
	rows, cols, srcRow := f.newI32(r.i32(&inPack.rows)), f.newI32(r.i32(&inPack.cols)), f.newI32(r.i32(&inPack.srcRow))
	first := f.newI32(tile.mulN(packRows))
	count := f.newI32(minimum(first.addN(packRows), rows).sub(first))
	panel := f.newI32(rows.mulN(nr * 4)) // bytes
	src, dst := f.varI32(r.i32(&inPack.src).add(first.mul(srcRow))), f.varI32(r.i32(&inPack.dst).add(first.mulN(nr*4)))
	scale := f.varI32(r.i32(&inPack.scale))
	c := f.varI32(num(0))
	f.upTo(c, cols, 2*nr, func() {
		f.do(concat(src, srcRow, dst, panel, count, cols.sub(c.get()), scale, r.address(unsafe.Pointer(&inPack.alpha))).Call(m.packPair()))
		src.inc(2 * nr * 4)
		dst.set(dst.add(panel.shl(1)))
		f.when(scale.get(), func() { scale.inc(2 * nr * 4) })
	})
	return f
}

// packPair emits, once, the packing of rows of two panels: (src, bytes of a row of src,
// dst, bytes from one panel to the next, rows, columns left, scale of the first column or
// 0, address of alpha). Both together, because a row of both is one cache line of src.
func (m *module) packPair() wasmasm.FuncIndex {
	return m.once(&m.pair, 8, m.emitPackPair)
}

func (m *module) emitPackPair(f function) {
	src, srcRow, dst, panel, rows, width := f.param(0), f.param(1), f.param(2), f.param(3), f.param(4), f.param(5)
	scale, alpha := f.param(6), f.newF32(f.param(7).f32(0))
	p, q, left, panels := f.varI32(src.get()), f.varI32(dst.get()), f.varI32(rows.get()), f.varI32(num(2))
	v := f.varF32(nil)
	scales := func(n int) []vecVar {
		list := f.vecs(n)
		f.setAll(list, func(int) vec { return alpha.splat() })
		f.when(scale.get(), func() { f.setAll(list, func(i int) vec { return list[i].mul(scale.vec(16 * i)) }) })
		return list
	}

	f.when(width.ge(num(2*nr)), func() {
		by, row, q2 := scales(4), f.vecs(4), f.varI32(dst.add(panel.get()))
		f.while(left.get(), func() {
			f.setAll(row, func(i int) vec { return p.vec(16 * i).mul(by[i].get()) })
			f.storeVec(q.get(), 0, row[0].get())
			f.storeVec(q.get(), 16, row[1].get())
			f.storeVec(q2.get(), 0, row[2].get())
			f.storeVec(q2.get(), 16, row[3].get())
			p.set(p.add(srcRow.get()))
			q.inc(nr * 4)
			q2.inc(nr * 4)
			left.inc(-1)
		})
		f.back()
	})
	f.while(panels.gt(num(0)).and(width.gt(num(0))), func() {
		p.set(src.get())
		q.set(dst.get())
		left.set(rows.get())
		f.choose(width.ge(num(nr)), func() {
			by := scales(2)
			f.while(left.get(), func() {
				f.storeVec(q.get(), 0, p.vec(0).mul(by[0].get()))
				f.storeVec(q.get(), 16, p.vec(16).mul(by[1].get()))
				p.set(p.add(srcRow.get()))
				q.inc(nr * 4)
				left.inc(-1)
			})
		}, func() {
			f.while(left.get(), func() {
				f.count(num(nr), func(i i32) {
					at := i.shl(2)
					v.set(f32const(0))
					f.when(i.lt(width.get()), func() {
						v.set(p.add(at).f32(0).mul(alpha))
						f.when(scale.get(), func() { v.set(v.mul(scale.add(at).f32(0))) })
					})
					f.storeF32(q.add(at), 0, v.get())
				})
				p.set(p.add(srcRow.get()))
				q.inc(nr * 4)
				left.inc(-1)
			})
		})
		src.inc(nr * 4)
		dst.set(dst.add(panel.get()))
		f.when(scale.get(), func() { scale.inc(nr * 4) })
		width.inc(-nr)
		panels.inc(-1)
	})
}

// flipJob is the record of packing backward: panels of nr input channels, k running
// over taps and output channels. One tile packs one panel.
type flipJob struct {
	src, dst int
	panel    int // bytes
	geometry flipGeometry
}

// flipGeometry is how a filter is flipped and transposed: of [kh, kw, cin, cout] the
// taps firstH - i*step, firstW - j*step. The record of a conv job has it too.
type flipGeometry struct {
	firstH, firstW int // of the taps, the last: the first packed
	step           int
	h, w           int // taps packed
	kw, cin, cout  int // of the whole filter
	scale          int // per output channel, 0: none
	alpha          float32
}

var (
	inFlip     flipJob
	inGeometry flipGeometry
)

var kernelPackBackward = newKernel(emitPackBackward)

func emitPackBackward(m *module) function {
	f, arg, tile, _ := m.tile()
	r := recordAt(arg, unsafe.Pointer(&inFlip), unsafe.Sizeof(inFlip))
	dst := r.i32(&inFlip.dst).add(tile.mul(r.i32(&inFlip.panel)))
	f.do(concat(r.address(unsafe.Pointer(&inFlip.geometry)), r.i32(&inFlip.src), tile, dst).Call(m.packFlipped()))
	return f
}

// packFlipped emits, once, the packing of a panel of a flipped filter:
// (address of the geometry, src, panel, dst).
func (m *module) packFlipped() wasmasm.FuncIndex {
	return m.once(&m.flipped, 4, m.emitPackFlipped)
}

func (m *module) emitPackFlipped(f function) {
	arg, src, panel, dst := f.param(0), f.param(1), f.param(2), f.param(3)
	r := recordAt(arg.get(), unsafe.Pointer(&inGeometry), unsafe.Sizeof(inGeometry))
	cin, cout := f.newI32(r.i32(&inGeometry.cin)), f.newI32(r.i32(&inGeometry.cout))
	ci := f.newI32(panel.mulN(nr))
	width := f.newI32(cin.sub(ci))
	row := f.newI32(cout.shl(2)) // bytes from one input channel to the next
	alpha, v := f.newF32(r.f32(&inGeometry.alpha)), f.varF32(nil)
	p, scale, left := f.varI32(nil), f.varI32(nil), f.varI32(nil)
	rows, s, x := f.vecs(nr), f.varVec(nil), f.varI32(nil)
	advance := func(n int) {
		p.inc(n * 4)
		dst.inc(n * nr * 4)
		f.when(scale.get(), func() { scale.inc(n * 4) })
		left.inc(-n)
	}
	four := func() { // output channels of a whole panel
		s.set(alpha.splat())
		f.when(scale.get(), func() { s.set(s.mul(scale.vec(0))) })
		x.set(p.get())
		for i := range rows {
			rows[i].set(x.vec(0).mul(s.get()))
			x.set(x.add(row))
		}
		for half := range 2 {
			for i, t := range transpose(f, rows[half*4:][:4]) {
				f.storeVec(dst.get(), i*nr*4+half*16, t)
			}
		}
		advance(4)
	}
	one := func() { // what is left: the last panel, or the last columns
		f.count(num(nr), func(i i32) {
			v.set(f32const(0))
			f.when(i.lt(width), func() {
				v.set(p.add(i.mul(row)).f32(0).mul(alpha))
				f.when(scale.get(), func() { v.set(v.mul(scale.f32(0))) })
			})
			f.storeF32(dst.add(i.shl(2)), 0, v.get())
		})
		advance(1)
	}
	f.count(r.i32(&inGeometry.h), func(i i32) {
		f.count(r.i32(&inGeometry.w), func(j i32) {
			kh, kw := r.i32(&inGeometry.firstH).sub(i.mul(r.i32(&inGeometry.step))), r.i32(&inGeometry.firstW).sub(j.mul(r.i32(&inGeometry.step)))
			p.set(src.add(kh.mul(r.i32(&inGeometry.kw)).add(kw).mul(cin).add(ci).mul(row)))
			scale.set(r.i32(&inGeometry.scale))
			left.set(cout)
			f.when(width.ge(num(nr)), func() { f.while(left.ge(num(4)), four) })
			f.while(left.get(), one)
		})
	})
}

// transpose is the 4x4 transposed of four rows, as expressions on new variables.
func transpose(f function, r []vecVar) [4]vec {
	lo01, hi01 := f.newVec(lanes(r[0].get(), r[1].get(), 0, 4, 1, 5)), f.newVec(lanes(r[0].get(), r[1].get(), 2, 6, 3, 7))
	lo23, hi23 := f.newVec(lanes(r[2].get(), r[3].get(), 0, 4, 1, 5)), f.newVec(lanes(r[2].get(), r[3].get(), 2, 6, 3, 7))
	return [4]vec{
		lanes(lo01, lo23, 0, 1, 4, 5), lanes(lo01, lo23, 2, 3, 6, 7),
		lanes(hi01, hi23, 0, 1, 4, 5), lanes(hi01, hi23, 2, 3, 6, 7),
	}
}
