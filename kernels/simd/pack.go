package simd

import "thaw/kernels/wasmasm"

// Packed filters are panels of nr columns: [panel][k][nr], k running over taps and
// their channels. The last panel is padded with zeros.

// Record of a forward pack job: a [rows, cols] matrix into panels. One tile packs
// packRows rows of every panel.
const (
	packSrc    = 4 * iota
	packSrcRow // bytes from one row to the next
	packDst
	packRowsAll
	packCols
	packScale // per column, 0: none
	packAlpha
)

// packRows is a compromise: runs of 128 rows of a panel pack up to a fifth faster
// than 32, but fewer, larger tiles leave threads idle.
const packRows = 64

func emitPackForward(m *module) function {
	f, arg, tile, _ := m.tile()
	rows, cols, srcRow := f.newI32(arg.i32(packRowsAll)), f.newI32(arg.i32(packCols)), f.newI32(arg.i32(packSrcRow))
	first := f.newI32(tile.mulN(packRows))
	count := f.newI32(minimum(first.addN(packRows), rows).sub(first))
	panel := f.newI32(rows.mulN(nr * 4)) // bytes
	src, dst := f.newI32(arg.i32(packSrc).add(first.mul(srcRow))), f.newI32(arg.i32(packDst).add(first.mulN(nr*4)))
	scale := f.newI32(arg.i32(packScale))
	c := f.newI32(num(0))
	f.upTo(c, cols, 2*nr, func() {
		f.do(concat(src, srcRow, dst, panel, count, cols.sub(c), scale, arg.addN(packAlpha)).Call(m.packPair()))
		f.inc(src, 2*nr*4)
		set(f, dst, dst.add(panel.shl(1)))
		f.when(scale, func() { f.inc(scale, 2*nr*4) })
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
	p, q, left, panels := f.newI32(src), f.newI32(dst), f.newI32(rows), f.newI32(num(2))
	v := f.newF32(nil)
	scales := func(n int) []vec {
		list := f.vecs(n)
		f.setAll(list, func(int) vec { return alpha.splat() })
		f.when(scale, func() { f.setAll(list, func(i int) vec { return list[i].mul(scale.vec(16 * i)) }) })
		return list
	}

	f.when(width.ge(num(2*nr)), func() {
		by, row, q2 := scales(4), f.vecs(4), f.newI32(dst.add(panel))
		f.while(left, func() {
			f.setAll(row, func(i int) vec { return p.vec(16 * i).mul(by[i]) })
			f.storeVec(q, 0, row[0])
			f.storeVec(q, 16, row[1])
			f.storeVec(q2, 0, row[2])
			f.storeVec(q2, 16, row[3])
			set(f, p, p.add(srcRow))
			f.inc(q, nr*4)
			f.inc(q2, nr*4)
			f.inc(left, -1)
		})
		f.back()
	})
	f.while(panels.gt(num(0)).and(width.gt(num(0))), func() {
		set(f, p, src)
		set(f, q, dst)
		set(f, left, rows)
		f.choose(width.ge(num(nr)), func() {
			by := scales(2)
			f.while(left, func() {
				f.storeVec(q, 0, p.vec(0).mul(by[0]))
				f.storeVec(q, 16, p.vec(16).mul(by[1]))
				set(f, p, p.add(srcRow))
				f.inc(q, nr*4)
				f.inc(left, -1)
			})
		}, func() {
			f.while(left, func() {
				f.count(num(nr), func(i i32) {
					at := i.shl(2)
					set(f, v, f32const(0))
					f.when(i.lt(width), func() {
						set(f, v, p.add(at).f32(0).mul(alpha))
						f.when(scale, func() { set(f, v, v.mul(scale.add(at).f32(0))) })
					})
					f.storeF32(q.add(at), 0, v)
				})
				set(f, p, p.add(srcRow))
				f.inc(q, nr*4)
				f.inc(left, -1)
			})
		})
		f.inc(src, nr*4)
		set(f, dst, dst.add(panel))
		f.when(scale, func() { f.inc(scale, nr*4) })
		f.inc(width, -nr)
		f.inc(panels, -1)
	})
}

// Record of a backward pack job: of a filter [kh, kw, cin, cout] the taps
// firstH + i*step, firstW + j*step, flipped and transposed: panels of nr input
// channels, k running over taps and output channels. One tile packs one panel.
const (
	flipSrc = 4 * iota
	flipDst
	flipPanel // bytes
	flipGeometry
)

// The geometry of a flipped filter, which the record of a conv job has too.
const (
	flipFirstH = 4 * iota // of the taps, the last: the first packed
	flipFirstW
	flipStep
	flipH // taps packed
	flipW
	flipKW // of the whole filter
	flipCIn
	flipCOut
	flipScale // per output channel, 0: none
	flipAlpha
	flipLen
)

func emitPackBackward(m *module) function {
	f, arg, tile, _ := m.tile()
	dst := arg.i32(flipDst).add(tile.mul(arg.i32(flipPanel)))
	f.do(concat(arg.addN(flipGeometry), arg.i32(flipSrc), tile, dst).Call(m.packFlipped()))
	return f
}

// packFlipped emits, once, the packing of a panel of a flipped filter:
// (address of the geometry, src, panel, dst).
func (m *module) packFlipped() wasmasm.FuncIndex {
	return m.once(&m.flipped, 4, m.emitPackFlipped)
}

func (m *module) emitPackFlipped(f function) {
	arg, src, panel, dst := f.param(0), f.param(1), f.param(2), f.param(3)
	ld := func(field int) i32 { return arg.i32(field) }
	cin, cout := f.newI32(ld(flipCIn)), f.newI32(ld(flipCOut))
	ci := f.newI32(panel.mulN(nr))
	width := f.newI32(cin.sub(ci))
	row := f.newI32(cout.shl(2)) // bytes from one input channel to the next
	alpha, v := f.newF32(arg.f32(flipAlpha)), f.newF32(nil)
	p, scale, left := f.newI32(nil), f.newI32(nil), f.newI32(nil)
	rows, s, x := f.vecs(nr), f.newVec(nil), f.newI32(nil)
	advance := func(n int) {
		f.inc(p, n*4)
		f.inc(dst, n*nr*4)
		f.when(scale, func() { f.inc(scale, n*4) })
		f.inc(left, -n)
	}
	four := func() { // output channels of a whole panel
		set(f, s, alpha.splat())
		f.when(scale, func() { set(f, s, s.mul(scale.vec(0))) })
		set(f, x, p)
		for i := range rows {
			set(f, rows[i], x.vec(0).mul(s))
			set(f, x, x.add(row))
		}
		for half := range 2 {
			for i, t := range transpose(f, rows[half*4:][:4]) {
				f.storeVec(dst, i*nr*4+half*16, t)
			}
		}
		advance(4)
	}
	one := func() { // what is left: the last panel, or the last columns
		f.count(num(nr), func(i i32) {
			set(f, v, f32const(0))
			f.when(i.lt(width), func() {
				set(f, v, p.add(i.mul(row)).f32(0).mul(alpha))
				f.when(scale, func() { set(f, v, v.mul(scale.f32(0))) })
			})
			f.storeF32(dst.add(i.shl(2)), 0, v)
		})
		advance(1)
	}
	f.count(ld(flipH), func(i i32) {
		f.count(ld(flipW), func(j i32) {
			kh, kw := ld(flipFirstH).sub(i.mul(ld(flipStep))), ld(flipFirstW).sub(j.mul(ld(flipStep)))
			set(f, p, src.add(kh.mul(ld(flipKW)).add(kw).mul(cin).add(ci).mul(row)))
			set(f, scale, ld(flipScale))
			set(f, left, cout)
			f.when(width.ge(num(nr)), func() { f.while(left.ge(num(4)), four) })
			f.while(left, one)
		})
	})
}

// transpose is the 4x4 transposed of four rows, as expressions on new variables.
func transpose(f function, r []vec) [4]vec {
	lo01, hi01 := f.newVec(lanes(r[0], r[1], 0, 4, 1, 5)), f.newVec(lanes(r[0], r[1], 2, 6, 3, 7))
	lo23, hi23 := f.newVec(lanes(r[2], r[3], 0, 4, 1, 5)), f.newVec(lanes(r[2], r[3], 2, 6, 3, 7))
	return [4]vec{
		lanes(lo01, lo23, 0, 1, 4, 5), lanes(lo01, lo23, 2, 3, 6, 7),
		lanes(hi01, hi23, 0, 1, 4, 5), lanes(hi01, hi23, 2, 3, 6, 7),
	}
}
