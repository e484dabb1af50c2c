package simd

import "thaw/kernels/wasmasm"

// The filter gradient is a GEMM too: for a tap, rows are input channels, columns
// output channels, and k runs over output pixels p:
//
//	dFilter[tap, ci, co] = sum_p In[p seen through tap, ci] * dOut[p, co]
//
// dOut is packed first into panels of nr columns, zero-padded: [panel][p][nr]. In
// is read in place: mr neighbouring channels of one pixel, pixel after pixel. Where
// a tap leaves the image the run of pixels is cut; runs that continue each other
// in memory are joined. For 1x1 the block of channels of a chunk may be staged:
// copied together, because pixels of 1088 channels lie a page apart.
//
//	for each task (a split of the pixels x a block of input channels)    filterTile
//	  for each chunk of output rows, small enough for L2
//	    for each tap: list its runs, or stage the chunk
//	      for each row tile of the block, each panel                     micro kernel
//	        for each run, for each pixel: 2 loads, mr splats, 2*mr madd
//	        dFilter (or the split's partial sum) = or += acc * scale
//
// Splits are chosen by the shape, not by the number of threads, and added in order:
// the result does not depend on the threads.
const (
	gradIn = 4 * iota
	gradInImg
	gradInRow
	gradInCol
	gradInStep // bytes from the input pixel of one output pixel to the next: stride*gradInCol, or stagePitch
	gradH
	gradW
	gradStride
	gradPadTop
	gradPadLeft
	gradKH
	gradKW
	gradCIn
	gradCOut
	gradOH
	gradOW
	gradPacked    // dOut
	gradPanel     // bytes of a panel
	gradRows      // N*OH output rows
	gradSplits    // the rows are shared out evenly among so many
	gradChunkRows // output rows of a chunk
	gradBlocks    // blocks of input channels
	gradRowTiles  // of all input channels
	gradOut       // dFilter or the partial sums
	gradOutSplit  // bytes from the sums of one split to the next
	gradScale     // per output channel, 0: none
	gradAlpha     // float32
	gradTable     // per thread: spill and list of runs
	gradTableLen  // bytes per thread
	gradStage     // bytes from a thread's table to its stage, 0: none
	gradRecord
)

// A run of the table: offset in In, offset in a panel, number of pixels.
const (
	runIn = spillLen + 4*iota
	runPanel
	runCount
	runEnd
	runLen = runEnd - runIn
)

// stagePitch is the bytes of a staged pixel: the channels of a block.
const stagePitch = blockTiles * mr * 4

func emitFilterGradient(m *module) function {
	micro := m.gradientMicroKernels()
	f, arg, tile, thread := m.tile()
	ld := func(field int) i32 { return arg.i32(field) }

	table := f.newI32(ld(gradTable).add(thread.mul(ld(gradTableLen))))
	split, block := f.newI32(tile.div(ld(gradBlocks))), f.newI32(tile.rem(ld(gradBlocks)))
	outputRows := f.split(ld(gradRows), ld(gradSplits))
	row, lastRow := f.newI32(outputRows.start(split)), f.newI32(outputRows.start(split.addN(1)))
	out := f.newI32(ld(gradOut).add(split.mul(ld(gradOutSplit))))
	first := f.newI32(row) // the first chunk overwrites
	cin, cout := f.newI32(ld(gradCIn)), f.newI32(ld(gradCOut))
	rowTiles, channels := f.split(ld(gradRowTiles), ld(gradBlocks)), f.split(cin, ld(gradRowTiles))
	firstTile, lastTile := f.newI32(rowTiles.start(block)), f.newI32(rowTiles.start(block.addN(1)))
	firstChannel := f.newI32(channels.start(firstTile))
	chunkEnd, tap, taps := f.newI32(nil), f.newI32(nil), f.newI32(ld(gradKH).mul(ld(gradKW)))
	in, runs, t, ci, rows, co, panel := f.newI32(nil), f.newI32(nil), f.newI32(nil), f.newI32(nil), f.newI32(nil), f.newI32(nil), f.newI32(nil)

	f.while(row.lt(lastRow), func() {
		set(f, chunkEnd, minimum(row.add(ld(gradChunkRows)), lastRow))
		set(f, tap, num(0))
		f.upTo(tap, taps, 1, func() {
			f.choose(ld(gradStage), func() {
				m.stage(f, arg, table, row, chunkEnd, firstChannel, channels.start(lastTile))
				// Micro kernels add a tile's first channel to this address.
				set(f, in, table.add(ld(gradStage)).sub(firstChannel.shl(2)))
				set(f, runs, num(1))
			}, func() {
				set(f, in, ld(gradIn))
				set(f, runs, m.listRuns(f, arg, table, row, chunkEnd, tap))
			})
			set(f, t, firstTile)
			f.upTo(t, lastTile, 1, func() {
				set(f, ci, channels.start(t))
				set(f, rows, channels.start(t.addN(1)).sub(ci))
				set(f, panel, ld(gradPacked))
				set(f, co, num(0))
				f.upTo(co, cout, nr, func() {
					dst := out.add(tap.mul(cin).add(ci).mul(cout).add(co).shl(2))
					f.do(concat(table, runs, in.add(ci.shl(2)), panel, dst, arg, co, row.ne(first),
						rows.addN(int(micro.first)-1)).CallIndirect(micro.typ))
					set(f, panel, panel.add(ld(gradPanel)))
				})
			})
		})
		set(f, row, chunkEnd)
	})
	return f
}

// stage copies channels c0..c1-1 of the pixels of rows first..last-1 and writes
// the one run that they are.
func (m *module) stage(f function, arg, table, first, last, c0, c1 i32) {
	ld := func(field int) i32 { return arg.i32(field) }
	pixel, end := f.newI32(first.mul(ld(gradOW))), f.newI32(last.mul(ld(gradOW)))
	f.storeI32(table, runIn, num(0))
	f.storeI32(table, runPanel, pixel.mulN(nr*4))
	f.storeI32(table, runCount, end.sub(pixel))
	src := f.newI32(ld(gradIn).add(pixel.mul(ld(gradInCol))).add(c0.shl(2)))
	dst, width := f.newI32(table.add(ld(gradStage))), f.newI32(c1.sub(c0))
	f.upTo(pixel, end, 1, func() {
		m.strips(f, num(0), width, func(offset i32, ls []lane) {
			for _, l := range ls {
				l.store(f, dst.add(offset), l.load(src.add(offset)))
			}
		})
		set(f, src, src.add(ld(gradInCol)))
		f.inc(dst, stagePitch)
	})
}

// listRuns writes the runs of pixels that a tap sees in output rows first..last-1
// and returns how many there are.
func (m *module) listRuns(f function, arg, table, first, last, tap i32) i32 {
	ld := func(field int) i32 { return arg.i32(field) }
	kh, kw := f.newI32(tap.div(ld(gradKW))), f.newI32(tap.rem(ld(gradKW)))
	stride := f.newI32(ld(gradStride))
	// Output columns lo..hi-1 see a pixel: 0 <= ow*stride+left < W.
	left := f.newI32(kw.sub(ld(gradPadLeft)))
	lo, hi := f.newI32(num(0)), f.newI32(ld(gradW).sub(left).addN(-1))
	f.when(left.ltN(0), func() { set(f, lo, num(0).sub(left).addN(-1).add(stride).div(stride)) })
	f.choose(hi.ltN(0), func() { set(f, hi, num(0)) }, func() {
		set(f, hi, minimum(hi.div(stride).addN(1), ld(gradOW)))
	})
	runs, slot := f.newI32(num(0)), f.newI32(table)
	row, n, ih := f.newI32(first), f.newI32(nil), f.newI32(nil)
	in, packed, nextIn, nextPacked := f.newI32(nil), f.newI32(nil), f.newI32(num(-1)), f.newI32(num(-1))
	f.when(lo.lt(hi), func() {
		f.upTo(row, last, 1, func() {
			set(f, n, row.div(ld(gradOH)))
			set(f, ih, row.rem(ld(gradOH)).mul(stride).add(kh).sub(ld(gradPadTop)))
			f.when(ih.below(ld(gradH)), func() {
				set(f, in, n.mul(ld(gradInImg)).add(ih.mul(ld(gradInRow))).add(lo.mul(stride).add(left).mul(ld(gradInCol))))
				set(f, packed, row.mul(ld(gradOW)).add(lo).mulN(nr*4))
				f.choose(in.eq(nextIn).and(packed.eq(nextPacked)), func() {
					f.storeI32(slot, runCount-runLen, slot.i32(runCount-runLen).add(hi).sub(lo))
				}, func() {
					f.storeI32(slot, runIn, in)
					f.storeI32(slot, runPanel, packed)
					f.storeI32(slot, runCount, hi.sub(lo))
					f.inc(slot, runLen)
					f.inc(runs, 1)
				})
				set(f, nextIn, in.add(hi.sub(lo).mul(ld(gradInStep))))
				set(f, nextPacked, packed.add(hi.sub(lo).mulN(nr*4)))
			})
		})
	})
	return runs
}

// gradientMicroKernels emits the micro kernels for 1..mr input channels:
// (table, runs, in, panel, out, arg, co, add).
func (m *module) gradientMicroKernels() microFamily {
	params := make([]wasmasm.ValType, 8)
	for i := range params {
		params[i] = wasmasm.I32
	}
	family := microFamily{first: m.nextExtra(), typ: m.Type(params, nil)}
	for rows := 1; rows <= m.Rows; rows++ {
		f := function{m.Func(params, nil)}
		m.emitGradientMicro(f, rows)
		m.extra = append(m.extra, f.Func)
	}
	return family
}

func (m *module) emitGradientMicro(f function, rows int) {
	table, runs, in, panel := f.param(0), f.param(1), f.param(2), f.param(3)
	out, arg, co, add := f.param(4), f.param(5), f.param(6), f.param(7)
	acc := make([][2]vec, rows)
	for r := range acc {
		acc[r] = [2]vec{f.newVec(nil), f.newVec(nil)} // zero at entry
	}
	b0, b1, splat := f.newVec(nil), f.newVec(nil), f.newVec(nil)
	a, b, k, slot, step := f.newI32(nil), f.newI32(nil), f.newI32(nil), f.newI32(table), f.newI32(arg.i32(gradInStep))
	f.while(runs, func() {
		set(f, a, in.add(slot.i32(runIn)))
		set(f, b, panel.add(slot.i32(runPanel)))
		set(f, k, slot.i32(runCount))
		f.repeat(func() {
			set(f, b0, b.vec(0))
			set(f, b1, b.vec(16))
			for r := range acc {
				set(f, splat, a.splat(4*r))
				set(f, acc[r][0], m.madd(splat, b0, acc[r][0]))
				set(f, acc[r][1], m.madd(splat, b1, acc[r][1]))
			}
			set(f, a, a.add(step))
			f.inc(b, nr*4)
			f.inc(k, -1)
		}, k)
		f.inc(slot, runLen)
		f.inc(runs, -1)
	})

	cols := f.newI32(arg.i32(gradCOut).sub(co))
	rowBytes := f.newI32(arg.i32(gradCOut).shl(2))
	scale := f.newI32(arg.i32(gradScale))
	f.when(cols.ge(num(nr)), func() {
		set(f, b0, arg.splat(gradAlpha))
		set(f, b1, b0)
		f.when(scale, func() {
			set(f, b0, b0.mul(scale.add(co.shl(2)).vec(0)))
			set(f, b1, b1.mul(scale.add(co.shl(2)).vec(16)))
		})
		for r := range acc {
			set(f, acc[r][0], acc[r][0].mul(b0))
			set(f, acc[r][1], acc[r][1].mul(b1))
			f.when(add, func() {
				set(f, acc[r][0], acc[r][0].add(out.vec(0)))
				set(f, acc[r][1], acc[r][1].add(out.vec(16)))
			})
			f.storeVec(out, 0, acc[r][0])
			f.storeVec(out, 16, acc[r][1])
			set(f, out, out.add(rowBytes))
		}
		f.back()
	})
	// The last panel of fewer than nr columns: through the spill area.
	for r := range acc {
		f.storeVec(table, r*nr*4, acc[r][0])
		f.storeVec(table, r*nr*4+16, acc[r][1])
	}
	v := f.newF32(nil)
	f.count(num(rows), func(r i32) {
		f.count(cols, func(c i32) {
			set(f, v, table.add(r.mulN(nr).add(c).shl(2)).f32(0).mul(arg.f32(gradAlpha)))
			f.when(scale, func() { set(f, v, v.mul(scale.add(co.add(c).shl(2)).f32(0))) })
			f.when(add, func() { set(f, v, v.add(out.add(c.shl(2)).f32(0))) })
			f.storeF32(out.add(c.shl(2)), 0, v)
		})
		set(f, out, out.add(rowBytes))
	})
}

// Record of the reduction of splits: one tile adds up reduceRows rows of the
// filter gradient [rows, cols], split after split.
const (
	reduceIn    = 4 * iota
	reduceSplit // bytes from one split to the next
	reduceSplits
	reduceOut
	reduceRowsAll
	reduceCols
	reduceScale
	reduceAlpha
)

const reduceRows = 16

func emitFilterReduce(m *module) function {
	f, arg, tile, _ := m.tile()
	ld := func(field int) i32 { return arg.i32(field) }
	cols, scale := f.newI32(ld(reduceCols)), f.newI32(ld(reduceScale))
	first := f.newI32(tile.mulN(reduceRows))
	last := f.newI32(minimum(first.addN(reduceRows), ld(reduceRowsAll)))
	row, p, left := f.newI32(first), f.newI32(nil), f.newI32(nil)
	alpha := f.newVec(arg.splat(reduceAlpha))
	f.upTo(row, last, 1, func() {
		m.strips(f, num(0), cols, func(offset i32, ls []lane) {
			at := row.mul(cols).shl(2).add(offset)
			sum := f.vars(ls)
			set(f, p, ld(reduceIn).add(at))
			f.setAll(sum, func(i int) vec { return ls[i].load(p) })
			set(f, left, ld(reduceSplits).addN(-1))
			f.while(left, func() {
				set(f, p, p.add(ld(reduceSplit)))
				f.setAll(sum, func(i int) vec { return sum[i].add(ls[i].load(p)) })
				f.inc(left, -1)
			})
			f.setAll(sum, func(i int) vec { return sum[i].mul(alpha) })
			f.when(scale, func() {
				f.setAll(sum, func(i int) vec { return sum[i].mul(ls[i].load(scale.add(offset))) })
			})
			for i, l := range ls {
				l.store(f, ld(reduceOut).add(at), sum[i])
			}
		})
	})
	return f
}
