package simd

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
	src, dst := f.newI32(arg.i32(packSrc)), f.newI32(arg.i32(packDst))
	rows, cols, srcRow := f.newI32(arg.i32(packRowsAll)), f.newI32(arg.i32(packCols)), f.newI32(arg.i32(packSrcRow))
	first := f.newI32(tile.mulN(packRows))
	last := f.newI32(minimum(first.addN(packRows), rows))
	scale0, scale1 := f.newVec(nil), f.newVec(nil)
	r, p, q, q2 := f.newI32(nil), f.newI32(nil), f.newI32(nil), f.newI32(nil)
	width, scale := f.newI32(nil), f.newI32(arg.i32(packScale))
	v := f.newF32(nil)
	c := f.newI32(num(0)) // first column of the panel

	// Two panels at a time: a row of both is one cache line of the source.
	f.upTo(c, cols.addN(1-2*nr), 2*nr, func() {
		var scales, row [4]vec
		for i := range scales {
			scales[i], row[i] = f.newVec(arg.splat(packAlpha)), f.newVec(nil)
		}
		f.when(scale, func() {
			for i := range scales {
				set(f, scales[i], scales[i].mul(scale.add(c.shl(2)).vec(16*i)))
			}
		})
		set(f, p, src.add(first.mul(srcRow)).add(c.shl(2)))
		set(f, q, dst.add(c.mul(rows).add(first.mulN(nr)).shl(2)))
		set(f, q2, q.add(rows.mulN(nr*4)))
		set(f, r, first)
		f.upTo(r, last, 1, func() {
			for i := range row {
				set(f, row[i], p.vec(16*i).mul(scales[i]))
			}
			f.storeVec(q, 0, row[0])
			f.storeVec(q, 16, row[1])
			f.storeVec(q2, 0, row[2])
			f.storeVec(q2, 16, row[3])
			set(f, p, p.add(srcRow))
			f.inc(q, nr*4)
			f.inc(q2, nr*4)
		})
	})
	f.upTo(c, cols, nr, func() {
		set(f, r, first)
		set(f, p, src.add(r.mul(srcRow)).add(c.shl(2)))
		set(f, q, dst.add(c.mul(rows).add(r.mulN(nr)).shl(2)))
		set(f, width, cols.sub(c))
		f.choose(width.ge(num(nr)), func() {
			set(f, scale0, arg.splat(packAlpha))
			set(f, scale1, scale0)
			f.when(scale, func() {
				set(f, scale0, scale0.mul(scale.add(c.shl(2)).vec(0)))
				set(f, scale1, scale1.mul(scale.add(c.shl(2)).vec(16)))
			})
			f.upTo(r, last, 1, func() {
				f.storeVec(q, 0, p.vec(0).mul(scale0))
				f.storeVec(q, 16, p.vec(16).mul(scale1))
				set(f, p, p.add(srcRow))
				f.inc(q, nr*4)
			})
		}, func() {
			f.upTo(r, last, 1, func() {
				f.count(num(nr), func(i i32) {
					at := i.shl(2)
					set(f, v, f32const(0))
					f.when(i.lt(width), func() {
						set(f, v, p.add(at).f32(0).mul(arg.f32(packAlpha)))
						f.when(scale, func() { set(f, v, v.mul(scale.add(c.shl(2)).add(at).f32(0))) })
					})
					f.storeF32(q.add(at), 0, v)
				})
				set(f, p, p.add(srcRow))
				f.inc(q, nr*4)
			})
		})
	})
	return f
}

// Record of a backward pack job: of a filter [kh, kw, cin, cout] the taps
// firstH + i*step, firstW + j*step, flipped and transposed: panels of nr input
// channels, k running over taps and output channels. One tile packs one tap of
// one panel.
const (
	flipSrc = 4 * iota
	flipDst
	flipFirstH // of the taps, the last: the first packed
	flipFirstW
	flipStep
	flipH // taps packed
	flipW
	flipKW // of the whole filter
	flipCIn
	flipCOut
	flipScale // per output channel, 0: none
	flipAlpha
)

func emitPackBackward(m *module) function {
	f, arg, tile, _ := m.tile()
	ld := func(field int) i32 { return arg.i32(field) }
	cin, cout := f.newI32(ld(flipCIn)), f.newI32(ld(flipCOut))
	taps := f.newI32(ld(flipH).mul(ld(flipW)))
	tap, panel := f.newI32(tile.rem(taps)), f.newI32(tile.div(taps))
	kh := f.newI32(ld(flipFirstH).sub(tap.div(ld(flipW)).mul(ld(flipStep))))
	kw := f.newI32(ld(flipFirstW).sub(tap.rem(ld(flipW)).mul(ld(flipStep))))
	ci := f.newI32(panel.mulN(nr))
	width := f.newI32(cin.sub(ci))

	src := kh.mul(ld(flipKW)).add(kw).mul(cin).add(ci).mul(cout)
	p := f.newI32(ld(flipSrc).add(src.shl(2)))
	q := f.newI32(ld(flipDst).add(tile.div(taps).mul(taps).add(tap).mul(cout).mulN(nr * 4)))
	scale := f.newI32(ld(flipScale))
	alpha, v := f.newF32(arg.f32(flipAlpha)), f.newF32(nil)
	row := f.newI32(cout.shl(2)) // bytes from one input channel to the next
	co := f.newI32(num(0))

	f.when(width.ge(num(nr)), func() {
		var rows [nr]vec
		for i := range rows {
			rows[i] = f.newVec(nil)
		}
		s, x := f.newVec(nil), f.newI32(nil)
		f.upTo(co, cout.addN(-3), 4, func() {
			set(f, s, alpha.splat())
			f.when(scale, func() { set(f, s, s.mul(scale.add(co.shl(2)).vec(0))) })
			set(f, x, p)
			for i := range rows {
				set(f, rows[i], x.vec(0).mul(s))
				set(f, x, x.add(row))
			}
			for half := range 2 {
				t := transpose(f, rows[half*4:][:4])
				for i := range t {
					f.storeVec(q, i*nr*4+half*16, t[i])
				}
			}
			f.inc(p, 16)
			f.inc(q, 4*nr*4)
		})
	})
	// What is left: the last panel, or the last columns.
	f.upTo(co, cout, 1, func() {
		f.count(num(nr), func(i i32) {
			set(f, v, f32const(0))
			f.when(i.lt(width), func() {
				set(f, v, p.add(i.mul(row)).f32(0).mul(alpha))
				f.when(scale, func() { set(f, v, v.mul(scale.add(co.shl(2)).f32(0))) })
			})
			f.storeF32(q.add(i.shl(2)), 0, v)
		})
		f.inc(p, 4)
		f.inc(q, nr*4)
	})
	return f
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
