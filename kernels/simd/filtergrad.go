package simd

// The filter gradient is a GEMM too: for a tap, rows are input channels, columns
// output channels, and k runs over output pixels p:
//
//	dFilter[tap, ci, co] = sum_p In[p seen through tap, ci] * dOut[p, co]
//
// dOut is packed first into panels of nr columns, zero-padded: [panel][p][nr], times Alpha
// and Scale. In is read in place: mr neighbouring channels of one pixel, pixel after pixel. Where
// a tap leaves the image the run of pixels is cut; runs that continue each other
// in memory are joined. For 1x1 the block of channels of a chunk may be staged:
// copied together, because pixels of 1088 channels lie a page apart.
//
//	for each task (a split of the pixels x a block of input channels)    filterTile
//	  for each chunk of output rows, small enough for L2
//	    for each tap: list its runs, or stage the chunk
//	      for each row tile of the block                                 micro kernel
//	        for each panel
//	          for each run, for each pixel: 2 loads, mr splats, 2*mr madd
//	          dFilter (or the split's partial sum) = or += acc
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
	gradBlock     // row tiles of a block
	gradOut       // dFilter or the partial sums
	gradOutSplit  // bytes from the sums of one split to the next
	gradTable     // per thread: spill and list of runs
	gradTableLen  // bytes per thread
	gradStage     // bytes from a thread's table to its stage, 0: none
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
	firstChannel := f.newI32(block.mul(ld(gradBlock)).mulN(m.Rows))
	lastChannel := f.newI32(minimum(firstChannel.add(ld(gradBlock).mulN(m.Rows)), cin))
	chunkEnd, tap, taps := f.newI32(nil), f.newI32(nil), f.newI32(ld(gradKH).mul(ld(gradKW)))
	in, runs, ci, rows := f.newI32(nil), f.newI32(nil), f.newI32(nil), f.newI32(nil)

	f.while(row.lt(lastRow), func() {
		set(f, chunkEnd, minimum(row.add(ld(gradChunkRows)), lastRow))
		set(f, tap, num(0))
		f.upTo(tap, taps, 1, func() {
			f.choose(ld(gradStage), func() {
				m.stage(f, arg, table, row, chunkEnd, firstChannel, lastChannel)
				// Micro kernels add a tile's first channel to this address.
				set(f, in, table.add(ld(gradStage)).sub(firstChannel.shl(2)))
				set(f, runs, num(1))
			}, func() {
				set(f, in, ld(gradIn))
				set(f, runs, m.listRuns(f, arg, table, row, chunkEnd, tap))
			})
			set(f, ci, firstChannel)
			f.upTo(ci, lastChannel, m.Rows, func() {
				set(f, rows, minimum(lastChannel.sub(ci), num(m.Rows)))
				dst := out.add(tap.mul(cin).add(ci).mul(cout).shl(2))
				f.do(concat(table, runs, in.add(ci.shl(2)), dst, arg, row.ne(first), rows.addN(int(micro.first)-1)).CallIndirect(micro.typ))
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
// (table, runs, in, out, arg, add).
func (m *module) gradientMicroKernels() microFamily {
	params := i32s(6)
	family := microFamily{first: m.nextExtra(), typ: m.Type(params, nil)}
	for rows := 1; rows <= m.Rows; rows++ {
		f := function{m.Func(params, nil)}
		m.emitGradientMicro(f, rows)
		m.extra = append(m.extra, f.Func)
	}
	return family
}

func (m *module) emitGradientMicro(f function, rows int) {
	table, runs, in, out, arg, add := f.param(0), f.param(1), f.param(2), f.param(3), f.param(4), f.param(5)
	acc := make([][2]vec, rows)
	for r := range acc {
		acc[r] = [2]vec{f.newVec(nil), f.newVec(nil)}
	}
	b0, b1, splat, v := f.newVec(nil), f.newVec(nil), f.newVec(nil), f.newF32(nil)
	a, b, k, slot, left, dst := f.newI32(nil), f.newI32(nil), f.newI32(nil), f.newI32(nil), f.newI32(nil), f.newI32(nil)
	step, panel, panelBytes := f.newI32(arg.i32(gradInStep)), f.newI32(arg.i32(gradPacked)), f.newI32(arg.i32(gradPanel))
	cols := f.newI32(arg.i32(gradCOut))
	rowBytes := f.newI32(cols.shl(2))
	f.repeat(func() {
		for r := range acc {
			set(f, acc[r][0], vconst(0))
			set(f, acc[r][1], vconst(0))
		}
		set(f, slot, table)
		set(f, left, runs)
		f.while(left, func() {
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
			f.inc(left, -1)
		})

		f.choose(cols.ge(num(nr)), func() {
			f.when(add, func() {
				set(f, dst, out)
				for r := range acc {
					set(f, acc[r][0], acc[r][0].add(dst.vec(0)))
					set(f, acc[r][1], acc[r][1].add(dst.vec(16)))
					set(f, dst, dst.add(rowBytes))
				}
			})
			set(f, dst, out)
			for r := range acc {
				f.storeVec(dst, 0, acc[r][0])
				f.storeVec(dst, 16, acc[r][1])
				set(f, dst, dst.add(rowBytes))
			}
		}, func() {
			// The last panel of fewer than nr columns: through the spill area.
			for r := range acc {
				f.storeVec(table, r*nr*4, acc[r][0])
				f.storeVec(table, r*nr*4+16, acc[r][1])
			}
			set(f, dst, out)
			f.count(num(rows), func(r i32) {
				f.count(cols, func(c i32) {
					set(f, v, table.add(r.mulN(nr).add(c).shl(2)).f32(0))
					f.when(add, func() { set(f, v, v.add(dst.add(c.shl(2)).f32(0))) })
					f.storeF32(dst.add(c.shl(2)), 0, v)
				})
				set(f, dst, dst.add(rowBytes))
			})
		})
		set(f, panel, panel.add(panelBytes))
		f.inc(out, nr*4)
		f.inc(cols, -nr)
	}, cols.gt(num(0)))
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
)

const reduceRows = 16

func emitFilterReduce(m *module) function {
	f, arg, tile, _ := m.tile()
	ld := func(field int) i32 { return arg.i32(field) }
	cols := f.newI32(ld(reduceCols))
	first := f.newI32(tile.mulN(reduceRows))
	last := f.newI32(minimum(first.addN(reduceRows), ld(reduceRowsAll)))
	row, p, left := f.newI32(first), f.newI32(nil), f.newI32(nil)
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
			for i, l := range ls {
				l.store(f, ld(reduceOut).add(at), sum[i])
			}
		})
	})
	return f
}
