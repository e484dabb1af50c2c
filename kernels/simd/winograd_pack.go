package simd

import "unsafe"

// Packed for Winograd, a filter is panels of nr columns, in each the matrices
// [k][nr] in the order of the elements of G g G', an odd number of cache lines apart:
// k is often a multiple of 128, and all of them would share one set of L1.

// winogradPackJob is the record of packing for Winograd: column c, row k of the filter's
// matrix for tap t stands at src + t*tap + k*row + c*col, all in bytes; so a filter is
// flipped by beginning at the last tap. One tile packs one panel, but not its
// columns beyond the last.
type winogradPackJob struct {
	src, tap, row, col        int
	dst                       int
	matrix                    int // bytes from one matrix of a panel to the next
	rows, cols                int
	scale, scaleRow, scaleCol int // scale 0: none
	alpha                     float32
}

var inWinogradPack winogradPackJob

func (w *winograd) emitPack(m *module) function {
	f, arg, panel, _ := m.tile()
	r := recordAt(arg, unsafe.Pointer(&inWinogradPack), unsafe.Sizeof(inWinogradPack))
	first := f.newI32(panel.mulN(nr))
	width := f.newI32(minimum(num(nr), r.i32(&inWinogradPack.cols).sub(first)))
	matrix := f.newI32(r.i32(&inWinogradPack.matrix))
	// Where the row at hand begins.
	src := f.varI32(r.i32(&inWinogradPack.src).add(first.mul(r.i32(&inWinogradPack.col))))
	scale := f.varI32(r.i32(&inWinogradPack.scale).add(first.mul(r.i32(&inWinogradPack.scaleCol))))
	dst := f.varI32(r.i32(&inWinogradPack.dst).add(panel.mul(matrix).mulN(w.points())))
	c, p, factor := f.varI32(nil), f.varI32(nil), f.varVec(nil)
	taps := len(w.w.g[0])
	g := f.vecs(len(w.h.g[0]) * taps)
	// transform does column c of so many rows, or with one row as many columns as l has.
	transform := func(l lane, rows int) {
		factor.set(r.splat(&inWinogradPack.alpha))
		f.when(r.i32(&inWinogradPack.scale), func() {
			factor.set(factor.mul(l.load(scale.add(c.mul(r.i32(&inWinogradPack.scaleCol))))))
		})
		p.set(src.add(c.mul(r.i32(&inWinogradPack.col))))
		for t := range g {
			g[t].set(l.load(p.get()).mul(factor.get()))
			p.set(p.add(r.i32(&inWinogradPack.tap)))
		}
		p.set(dst.add(c.shl(2)))
		m.transform2(f, w.h.g, w.w.g, taps, func(i, v int) vec { return g[taps*i+v].get() }, func(sum vec) {
			if rows == 1 {
				l.store(f, p.get(), sum)
			} else {
				for i := range rows {
					f.storeLane(p.get(), i*nr*4, sum, byte(i))
				}
			}
			p.set(p.add(matrix))
		})
	}
	left := f.varI32(r.i32(&inWinogradPack.rows))
	for _, rows := range []int{4, 1} { // four neighbours in the filter at a time: rows, or columns
		more := left.ge(num(rows))
		if rows > 1 {
			more = more.and(r.i32(&inWinogradPack.row).eq(num(4)))
		}
		f.while(more, func() {
			c.set(num(0))
			if rows == 1 {
				f.when(r.i32(&inWinogradPack.col).eq(num(4)), func() {
					f.upTo(c, width.addN(-3), 4, func() { transform(lane{}, 1) })
				})
			}
			f.upTo(c, width, 1, func() { transform(lane{single: rows == 1}, rows) })
			src.set(src.add(r.i32(&inWinogradPack.row).mulN(rows)))
			scale.set(scale.add(r.i32(&inWinogradPack.scaleRow).mulN(rows)))
			dst.inc(rows * nr * 4)
			left.inc(-rows)
		})
	}
	return f
}
