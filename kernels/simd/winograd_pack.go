package simd

// Packed for Winograd, a filter is panels of nr columns, in each 16 matrices
// [k][nr] in the order of the elements of G g G', an odd number of cache lines apart:
// k is often a multiple of 128, and all 16 would share one set of L1.

// Record of a Winograd pack job: column c, row k of the filter's matrix for tap
// t stands at src + t*tap + k*row + c*col, all in bytes; so a filter is
// flipped by beginning at the last tap. One tile packs one panel.
const (
	winPackSrc = 4 * iota
	winPackTap
	winPackRow
	winPackCol
	winPackDst
	winPackMatrix // bytes from one matrix of a panel to the next
	winPackRowsAll
	winPackCols
	winPackScale // 0: none
	winPackScaleRow
	winPackScaleCol
	winPackAlpha
)

func emitWinogradPack(m *module) function {
	f, arg, panel, _ := m.tile()
	ld := func(field int) i32 { return arg.i32(field) }
	first := f.newI32(panel.mulN(nr))
	width := f.newI32(minimum(num(nr), ld(winPackCols).sub(first)))
	rows, tap, row, col := f.newI32(ld(winPackRowsAll)), f.newI32(ld(winPackTap)), f.newI32(ld(winPackRow)), f.newI32(ld(winPackCol))
	matrix := f.newI32(ld(winPackMatrix))
	src := f.newI32(ld(winPackSrc).add(first.mul(col)))
	dst := f.newI32(ld(winPackDst).add(panel.mul(matrix).mulN(winPoints)))
	scale := f.newI32(ld(winPackScale))
	alpha := f.newVec(arg.splat(winPackAlpha))
	c, p, q := f.newI32(nil), f.newI32(nil), f.newI32(nil)
	factor := f.newVec(nil)
	var taps [9]i32
	var g [9]vec
	for t := range taps {
		taps[t], g[t] = f.newI32(nil), f.newVec(nil)
	}
	var mixed [winEdge][3]vec
	for u := range mixed {
		for v := range mixed[u] {
			mixed[u][v] = f.newVec(nil)
		}
	}
	transform := func(l lane, k i32) {
		set(f, factor, alpha)
		f.when(scale, func() {
			at := scale.add(k.mul(ld(winPackScaleRow))).add(first.add(c).mul(ld(winPackScaleCol)))
			set(f, factor, factor.mul(l.load(at)))
		})
		set(f, p, src.add(k.mul(row)).add(c.mul(col)))
		for t := range g {
			set(f, g[t], l.load(p).mul(factor))
			set(f, p, p.add(tap))
		}
		for v := range 3 {
			for u := range winEdge {
				set(f, mixed[u][v], winogradG(u, func(i int) vec { return g[3*i+v] }))
			}
		}
		set(f, q, dst.add(k.mulN(nr).add(c).shl(2)))
		for u := range winEdge {
			for v := range winEdge {
				l.store(f, q, winogradG(v, func(i int) vec { return mixed[u][i] }))
				set(f, q, q.add(matrix))
			}
		}
	}
	f.count(rows, func(k i32) {
		set(f, c, num(0))
		// Four columns at a time where they are neighbours in the filter.
		f.when(col.eq(num(4)), func() {
			f.upTo(c, width.addN(-3), 4, func() { transform(lane{}, k) })
		})
		f.upTo(c, width, 1, func() { transform(lane{single: true}, k) })
		f.upTo(c, num(nr), 1, func() {
			set(f, q, dst.add(k.mulN(nr).add(c).shl(2)))
			f.count(num(winPoints), func(i32) {
				f.storeF32(q, 0, f32const(0))
				set(f, q, q.add(matrix))
			})
		})
	})
	return f
}

// winogradG is element i of G g.
func winogradG(i int, g func(int) vec) vec {
	half := vconst(0.5)
	switch i {
	case 0:
		return g(0)
	case 1:
		return g(0).add(g(2)).add(g(1)).mul(half)
	case 2:
		return g(0).add(g(2)).sub(g(1)).mul(half)
	}
	return g(2)
}
