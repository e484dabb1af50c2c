package simd

// Packed for Winograd, a filter is panels of nr columns, in each 16 matrices
// [k][nr] in the order of the elements of G g G', an odd number of cache lines apart:
// k is often a multiple of 128, and all 16 would share one set of L1.

// Record of a Winograd pack job: column c, row k of the filter's matrix for tap
// t stands at src + t*tap + k*row + c*col, all in bytes; so a filter is
// flipped by beginning at the last tap. One tile packs one panel, but not its
// columns beyond the last.
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
	matrix := f.newI32(ld(winPackMatrix))
	// Where the row at hand begins.
	src := f.newI32(ld(winPackSrc).add(first.mul(ld(winPackCol))))
	scale := f.newI32(ld(winPackScale).add(first.mul(ld(winPackScaleCol))))
	dst := f.newI32(ld(winPackDst).add(panel.mul(matrix).mulN(winPoints)))
	c, p, factor := f.newI32(nil), f.newI32(nil), f.newVec(nil)
	g := f.vars(make([]lane, 9))
	var mixed [winEdge][]vec // G g
	for u := range mixed {
		mixed[u] = f.vars(make([]lane, 3))
	}
	transform := func(l lane) {
		set(f, factor, arg.splat(winPackAlpha))
		f.when(ld(winPackScale), func() {
			set(f, factor, factor.mul(l.load(scale.add(c.mul(ld(winPackScaleCol))))))
		})
		set(f, p, src.add(c.mul(ld(winPackCol))))
		for t := range g {
			set(f, g[t], l.load(p).mul(factor))
			set(f, p, p.add(ld(winPackTap)))
		}
		for u := range mixed {
			f.setAll(mixed[u], func(v int) vec { return combine(winogradG[u], func(i int) vec { return g[3*i+v] }) })
		}
		set(f, p, dst.add(c.shl(2)))
		for u := range mixed {
			for v := range winogradG {
				l.store(f, p, combine(winogradG[v], func(i int) vec { return mixed[u][i] }))
				set(f, p, p.add(matrix))
			}
		}
	}
	f.count(ld(winPackRowsAll), func(i32) {
		set(f, c, num(0))
		// Four columns at a time where they are neighbours in the filter.
		f.when(ld(winPackCol).eq(num(4)), func() {
			f.upTo(c, width.addN(-3), 4, func() { transform(lane{}) })
		})
		f.upTo(c, width, 1, func() { transform(lane{single: true}) })
		set(f, src, src.add(ld(winPackRow)))
		set(f, scale, scale.add(ld(winPackScaleRow)))
		f.inc(dst, nr*4)
	})
	return f
}
