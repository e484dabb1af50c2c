package simd

import "unsafe"

// The filter gradient is a GEMM too: for a tap, rows are input channels, columns
// output channels, and k runs over output pixels p:
//
//	dFilter[tap, ci, co] = sum_p In[p seen through tap, ci] * dOut[p, co]
//
// dOut is packed first into panels of nr columns, zero-padded: [panel][p][nr], times Alpha
// and Scale. In is read as stored: mr neighbouring channels of one pixel, pixel after pixel. Where
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
// the result does not depend on the threads. The record of the job:
type gradJob struct {
	in            tensor
	inStep        int // bytes from the input pixel of one output pixel to the next: stride*in.col, or stagePitch
	h, w          int
	stride        int
	padTop        int
	padLeft       int
	kh, kw        int
	cin, cout     int
	oh, ow        int
	packed        int // dOut
	panel         int // bytes of a panel
	rows          int // N*oh output rows
	splits        int // the rows are shared out evenly among so many
	chunkRows     int // output rows of a chunk
	blocks, block int // blocks of input channels, row tiles of one
	out           int // dFilter or the partial sums
	outSplit      int // bytes from the sums of one split to the next
	table         int // per thread: spill and list of runs
	tableLen      int // bytes per thread
	stage         int // bytes from a thread's table to its stage, 0: none
}

var inGrad gradJob

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

var kernelFilterGradient = newKernel(emitFilterGradient)

func emitFilterGradient(m *module) function {
	micro := m.gradientMicroKernels()
	f, arg, tile, thread := m.tile()
	r := recordAt(arg, unsafe.Pointer(&inGrad), unsafe.Sizeof(inGrad))

	table := f.newI32(r.i32(&inGrad.table).add(thread.mul(r.i32(&inGrad.tableLen))))
	split, block := f.newI32(tile.div(r.i32(&inGrad.blocks))), f.newI32(tile.rem(r.i32(&inGrad.blocks)))
	outputRows := f.split(r.i32(&inGrad.rows), r.i32(&inGrad.splits))
	row, lastRow := f.varI32(outputRows.start(split)), f.newI32(outputRows.start(split.addN(1)))
	out := f.newI32(r.i32(&inGrad.out).add(split.mul(r.i32(&inGrad.outSplit))))
	first := f.newI32(row.get()) // the first chunk overwrites
	cin, cout := f.newI32(r.i32(&inGrad.cin)), f.newI32(r.i32(&inGrad.cout))
	firstChannel := f.newI32(block.mul(r.i32(&inGrad.block)).mulN(m.Rows))
	lastChannel := f.newI32(minimum(firstChannel.add(r.i32(&inGrad.block).mulN(m.Rows)), cin))
	chunkEnd, tap, taps := f.varI32(nil), f.varI32(nil), f.newI32(r.i32(&inGrad.kh).mul(r.i32(&inGrad.kw)))
	in, runs, ci, rows := f.varI32(nil), f.varI32(nil), f.varI32(nil), f.varI32(nil)

	f.while(row.lt(lastRow), func() {
		chunkEnd.set(minimum(row.add(r.i32(&inGrad.chunkRows)), lastRow))
		tap.set(num(0))
		f.upTo(tap, taps, 1, func() {
			f.choose(r.i32(&inGrad.stage), func() {
				m.stage(f, r, table, row.get(), chunkEnd.get(), firstChannel, lastChannel)
				// Micro kernels add a tile's first channel to this address.
				in.set(table.add(r.i32(&inGrad.stage)).sub(firstChannel.shl(2)))
				runs.set(num(1))
			}, func() {
				in.set(r.i32(&inGrad.in.at))
				runs.set(m.listRuns(f, r, table, row.get(), chunkEnd.get(), tap.get()))
			})
			ci.set(firstChannel)
			f.upTo(ci, lastChannel, m.Rows, func() {
				rows.set(minimum(lastChannel.sub(ci.get()), num(m.Rows)))
				dst := out.add(tap.mul(cin).add(ci.get()).mul(cout).shl(2))
				f.do(concat(table, runs, in.add(ci.shl(2)), dst, arg, row.ne(first), rows.addN(int(micro.first)-1)).CallIndirect(micro.typ))
			})
		})
		row.set(chunkEnd.get())
	})
	return f
}

// stage copies channels c0..c1-1 of the pixels of rows first..last-1 and writes
// the one run that they are.
func (m *module) stage(f function, r *record, table, first, last, c0, c1 i32) {
	pixel, end := f.varI32(first.mul(r.i32(&inGrad.ow))), f.newI32(last.mul(r.i32(&inGrad.ow)))
	f.storeI32(table, runIn, num(0))
	f.storeI32(table, runPanel, pixel.mulN(nr*4))
	f.storeI32(table, runCount, end.sub(pixel.get()))
	src := f.varI32(r.i32(&inGrad.in.at).add(pixel.mul(r.i32(&inGrad.in.col))).add(c0.shl(2)))
	dst, width := f.varI32(table.add(r.i32(&inGrad.stage))), f.newI32(c1.sub(c0))
	f.upTo(pixel, end, 1, func() {
		m.strips(f, num(0), width, func(offset i32, ls []lane) {
			for _, l := range ls {
				l.store(f, dst.add(offset), l.load(src.add(offset)))
			}
		})
		src.set(src.add(r.i32(&inGrad.in.col)))
		dst.inc(stagePitch)
	})
}

// listRuns writes the runs of pixels that a tap sees in output rows first..last-1
// and returns how many there are.
func (m *module) listRuns(f function, r *record, table, first, last, tap i32) i32 {
	kh, kw := f.newI32(tap.div(r.i32(&inGrad.kw))), f.newI32(tap.rem(r.i32(&inGrad.kw)))
	stride := f.newI32(r.i32(&inGrad.stride))
	// Output columns lo..hi-1 see a pixel: 0 <= ow*stride+left < W.
	left := f.newI32(kw.sub(r.i32(&inGrad.padLeft)))
	lo, hi := f.varI32(num(0)), f.varI32(r.i32(&inGrad.w).sub(left).addN(-1))
	f.when(left.ltN(0), func() { lo.set(num(0).sub(left).addN(-1).add(stride).div(stride)) })
	f.choose(hi.ltN(0), func() { hi.set(num(0)) }, func() {
		hi.set(minimum(hi.div(stride).addN(1), r.i32(&inGrad.ow)))
	})
	runs, slot := f.varI32(num(0)), f.varI32(table)
	row, n, ih := f.varI32(first), f.varI32(nil), f.varI32(nil)
	in, packed, nextIn, nextPacked := f.varI32(nil), f.varI32(nil), f.varI32(num(-1)), f.varI32(num(-1))
	f.when(lo.lt(hi.get()), func() {
		f.upTo(row, last, 1, func() {
			n.set(row.div(r.i32(&inGrad.oh)))
			ih.set(row.rem(r.i32(&inGrad.oh)).mul(stride).add(kh).sub(r.i32(&inGrad.padTop)))
			f.when(ih.below(r.i32(&inGrad.h)), func() {
				in.set(n.mul(r.i32(&inGrad.in.image)).add(ih.mul(r.i32(&inGrad.in.row))).add(lo.mul(stride).add(left).mul(r.i32(&inGrad.in.col))))
				packed.set(row.mul(r.i32(&inGrad.ow)).add(lo.get()).mulN(nr * 4))
				f.choose(in.eq(nextIn.get()).and(packed.eq(nextPacked.get())), func() {
					f.storeI32(slot.get(), runCount-runLen, slot.i32(runCount-runLen).add(hi.get()).sub(lo.get()))
				}, func() {
					f.storeI32(slot.get(), runIn, in.get())
					f.storeI32(slot.get(), runPanel, packed.get())
					f.storeI32(slot.get(), runCount, hi.sub(lo.get()))
					slot.inc(runLen)
					runs.inc(1)
				})
				nextIn.set(in.add(hi.sub(lo.get()).mul(r.i32(&inGrad.inStep))))
				nextPacked.set(packed.add(hi.sub(lo.get()).mulN(nr * 4)))
			})
		})
	})
	return runs.get()
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
	grad := recordAt(arg.get(), unsafe.Pointer(&inGrad), unsafe.Sizeof(inGrad))
	acc := make([][2]vecVar, rows)
	for r := range acc {
		acc[r] = [2]vecVar{f.varVec(nil), f.varVec(nil)}
	}
	b0, b1, splat, v := f.varVec(nil), f.varVec(nil), f.varVec(nil), f.varF32(nil)
	a, b, k, slot, left, dst := f.varI32(nil), f.varI32(nil), f.varI32(nil), f.varI32(nil), f.varI32(nil), f.varI32(nil)
	step, panel, panelBytes := f.newI32(grad.i32(&inGrad.inStep)), f.varI32(grad.i32(&inGrad.packed)), f.newI32(grad.i32(&inGrad.panel))
	cols := f.varI32(grad.i32(&inGrad.cout))
	rowBytes := f.newI32(cols.shl(2))
	f.repeat(func() {
		for r := range acc {
			acc[r][0].set(vconst(0))
			acc[r][1].set(vconst(0))
		}
		slot.set(table.get())
		left.set(runs.get())
		f.while(left.get(), func() {
			a.set(in.add(slot.i32(runIn)))
			b.set(panel.add(slot.i32(runPanel)))
			k.set(slot.i32(runCount))
			f.repeat(func() {
				b0.set(b.vec(0))
				b1.set(b.vec(16))
				for r := range acc {
					splat.set(a.splat(4 * r))
					acc[r][0].set(m.madd(splat.get(), b0.get(), acc[r][0].get()))
					acc[r][1].set(m.madd(splat.get(), b1.get(), acc[r][1].get()))
				}
				a.set(a.add(step))
				b.inc(nr * 4)
				k.inc(-1)
			}, k.get())
			slot.inc(runLen)
			left.inc(-1)
		})

		f.choose(cols.ge(num(nr)), func() {
			f.when(add.get(), func() {
				dst.set(out.get())
				for r := range acc {
					acc[r][0].set(acc[r][0].add(dst.vec(0)))
					acc[r][1].set(acc[r][1].add(dst.vec(16)))
					dst.set(dst.add(rowBytes))
				}
			})
			dst.set(out.get())
			for r := range acc {
				f.storeVec(dst.get(), 0, acc[r][0].get())
				f.storeVec(dst.get(), 16, acc[r][1].get())
				dst.set(dst.add(rowBytes))
			}
		}, func() {
			// The last panel of fewer than nr columns: through the spill area.
			for r := range acc {
				f.storeVec(table.get(), r*nr*4, acc[r][0].get())
				f.storeVec(table.get(), r*nr*4+16, acc[r][1].get())
			}
			dst.set(out.get())
			f.count(num(rows), func(r i32) {
				f.count(cols.get(), func(c i32) {
					v.set(table.add(r.mulN(nr).add(c).shl(2)).f32(0))
					f.when(add.get(), func() { v.set(v.add(dst.add(c.shl(2)).f32(0))) })
					f.storeF32(dst.add(c.shl(2)), 0, v.get())
				})
				dst.set(dst.add(rowBytes))
			})
		})
		panel.set(panel.add(panelBytes))
		out.inc(nr * 4)
		cols.inc(-nr)
	}, cols.gt(num(0)))
}

// reduceJob is the record of the reduction of splits: one tile adds up reduceRows rows
// of the filter gradient [rows, cols], split after split.
type reduceJob struct {
	in         int
	split      int // bytes from one split to the next
	splits     int
	out        int
	rows, cols int
}

var inReduce reduceJob

const reduceRows = 16

var kernelFilterReduce = newKernel(emitFilterReduce)

func emitFilterReduce(m *module) function {
	f, arg, tile, _ := m.tile()
	r := recordAt(arg, unsafe.Pointer(&inReduce), unsafe.Sizeof(inReduce))
	cols := f.newI32(r.i32(&inReduce.cols))
	first := f.newI32(tile.mulN(reduceRows))
	last := f.newI32(minimum(first.addN(reduceRows), r.i32(&inReduce.rows)))
	row, p, left := f.varI32(first), f.varI32(nil), f.varI32(nil)
	f.upTo(row, last, 1, func() {
		m.strips(f, num(0), cols, func(offset i32, ls []lane) {
			at := row.mul(cols).shl(2).add(offset)
			sum := f.vars(ls)
			p.set(r.i32(&inReduce.in).add(at))
			f.setAll(sum, func(i int) vec { return ls[i].load(p.get()) })
			left.set(r.i32(&inReduce.splits).addN(-1))
			f.while(left.get(), func() {
				p.set(p.add(r.i32(&inReduce.split)))
				f.setAll(sum, func(i int) vec { return sum[i].add(ls[i].load(p.get())) })
				left.inc(-1)
			})
			for i, l := range ls {
				l.store(f, r.i32(&inReduce.out).add(at), sum[i].get())
			}
		})
	})
	return f
}
