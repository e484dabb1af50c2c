package simd

import "thaw/kernels/wasmasm"

// Convolution is implicit GEMM. C[m, n] = sum_k A[m, k] * B[k, n] where a row of C
// is an output pixel, a column an output channel, and k runs over the taps of the
// filter and, inside, over the channels of a tap. A is never built: per row and tap
// there is a pointer to the pixel that the tap sees, or to zeros outside of the
// image. B is the packed filter: panels of nr columns, in each the k rows in order.
//
//	for each task (a run of row tiles x a run of panels)       convTile, claimed by threads
//	  for each row tile of up to mr pixels                     rowTable: pointers for every tap
//	    for each panel                                         micro kernel: mr x nr accumulators
//	      for each tap, for each k                             2 loads of B, mr splats of A, 2*mr madd
//	      epilogue: Alpha*(acc+Shift)+Residual, ReLU, store
//
// The same tile function is the forward pass and, with dOut as input and the
// filter transposed and flipped, the input gradient: for stride s, one job per
// residue of the input pixel, which only some of the taps reach.
//
// Over few pixels, packing a filter into memory and reading it again costs as much as
// multiplying (a filter of block8 at 150x150 serves 9 pixels an image). There a task takes
// all rows of two panels and packs them itself: they never leave its core's cache.
const (
	mr = 6 // rows of a tile: 12 accumulators, 2 of B and 1 of A are V8's 15 registers
	// Without FMA a product needs a register of its own.
	rowsWithoutFMA = 5

	nr = 8 // columns of a tile and a panel

	ownPanels = 2 // of a task that packs them: a row of both is one cache line of the filter
)

// Record of a conv job: byte offsets of its fields. The grid is the output pixels
// that the job computes, N x GridH x GridW; pixel (n, i, j) stands at
// out + n*outImg + i*outRow + j*outCol and its first tap sees
// input pixel (i*step+firstH, j*step+firstW). All strides are in bytes.
const (
	convIn = 4 * iota
	convInImg
	convInRow
	convInCol
	convH // input size
	convW
	convOut
	convOutImg
	convOutRow
	convOutCol
	convRes // residual, 0: none
	convResImg
	convResRow
	convResCol
	convGridH
	convGridW
	convStep
	convFirstH
	convFirstW
	convKH
	convKW
	convTaps   // KH*KW
	convK      // channels per tap, bytes
	convFilter // packed
	convPanel  // bytes of a panel
	convShift  // per output channel, 0: none
	convAlpha  // float32
	convFloor  // float32: 0 for ReLU, -Inf for none
	convCols   // output channels
	convRows   // output pixels
	convRowTiles
	convRowTasks      // row tiles are shared out evenly among so many tasks
	convPanelsPerTask // panels of one task
	convPanels        // all panels
	convZeros         // a pixel of zeros
	convTable         // per thread: row table, spill and the panels that the thread packs
	convTableLen      // bytes per thread
	convBuffer        // bytes from a thread's table to the panels that it packs
	convSource        // 0, or the filter that tasks pack
	convFlipped       // 0: packed as for the forward pass, by these fields:
	convSourceRow     // bytes from one row of [taps*k, cols] to the next
	convSourceScale   // per output channel, 0: none
	convSourceAlpha   // float32
	convGeometry      // not 0: flipped, by fields as flipFirstH's
)

const convRecord = convGeometry + flipLen // length of the record

// The row table of a tile: mr pointers to output pixels, mr to residual pixels,
// then per tap mr pointers to input pixels; a spill area for an edge tile stands
// before it.
const (
	spillLen   = mr * nr * 4
	tableOut   = spillLen
	tableRes   = tableOut + 4*mr
	tableTaps  = tableRes + 4*mr
	tableEntry = 4 * mr
)

// emitConv: task = panel run * convRowTasks + row run, so that threads that follow
// each other read the same panels.
func emitConv(m *module) function {
	micro := m.microKernels()
	f, arg, tile, thread := m.tile()
	ld := func(field int) i32 { return arg.i32(field) }

	table := f.newI32(ld(convTable).add(thread.mul(ld(convTableLen))))
	rowTask := f.newI32(tile.rem(ld(convRowTasks)))
	firstPanel := f.newI32(tile.div(ld(convRowTasks)).mul(ld(convPanelsPerTask)))
	lastPanel := f.newI32(minimum(firstPanel.add(ld(convPanelsPerTask)), ld(convPanels)))
	tiles := f.split(ld(convRowTiles), ld(convRowTasks))
	rowTile, lastRowTile := f.varI32(tiles.start(rowTask)), f.newI32(tiles.start(rowTask.addN(1)))
	pixels := f.split(ld(convRows), ld(convRowTiles))
	row, rows, panel, filter := f.varI32(nil), f.varI32(nil), f.varI32(nil), f.varI32(nil)

	filters := f.varI32(ld(convFilter).add(firstPanel.mul(ld(convPanel))))
	f.when(ld(convSource), func() {
		filters.set(table.add(ld(convBuffer)))
		m.packPanels(f, arg, filters.get(), firstPanel, lastPanel)
	})
	f.upTo(rowTile, lastRowTile, 1, func() {
		row.set(pixels.start(rowTile.get()))
		rows.set(pixels.start(rowTile.addN(1)).sub(row.get()))
		m.rowTable(f, arg, table, row.get(), rows.get())
		panel.set(firstPanel)
		filter.set(filters.get())
		f.upTo(panel, lastPanel, 1, func() {
			f.do(concat(table, ld(convTaps), ld(convK), filter, arg, panel, rows.addN(int(micro.first)-1)).CallIndirect(micro.typ))
			filter.set(filter.add(ld(convPanel)))
		})
	})
	return f
}

// packPanels packs the panels of a task, ownPanels at most, from the source to dst.
func (m *module) packPanels(f function, arg i32, to, first, last i32) {
	ld := func(field int) i32 { return arg.i32(field) }
	dst := f.varI32(to)
	f.choose(ld(convFlipped), func() {
		panel := f.varI32(first)
		f.upTo(panel, last, 1, func() {
			f.do(concat(arg.addN(convGeometry), ld(convSource), panel, dst).Call(m.packFlipped()))
			dst.set(dst.add(ld(convPanel)))
		})
	}, func() {
		col, scale := f.newI32(first.mulN(nr)), f.varI32(ld(convSourceScale))
		f.when(scale.get(), func() { scale.set(scale.add(col.shl(2))) })
		f.do(concat(ld(convSource).add(col.shl(2)), ld(convSourceRow), dst, ld(convPanel),
			ld(convTaps).mul(ld(convK)).div(num(4)), ld(convCols).sub(col), scale, arg.addN(convSourceAlpha)).Call(m.packPair()))
	})
}

// rowTable fills the table for output pixels row, ..., row+rows-1.
func (m *module) rowTable(f function, arg i32, table, row, rows i32) {
	ld := func(field int) i32 { return arg.i32(field) }
	pixels := f.newI32(ld(convGridH).mul(ld(convGridW)))
	n := f.varI32(row.div(pixels))
	i := f.varI32(row.rem(pixels).div(ld(convGridW)))
	j := f.varI32(row.rem(pixels).rem(ld(convGridW)))
	entry, left := f.varI32(table), f.varI32(rows)
	slot, kh, kw, ih, iw := f.varI32(nil), f.varI32(nil), f.varI32(nil), f.varI32(nil), f.varI32(nil)
	line, pixel, rowIn := f.varI32(nil), f.varI32(nil), f.varI32(nil)
	inH, inW, inCol := f.newI32(ld(convH)), f.newI32(ld(convW)), f.newI32(ld(convInCol))
	zeros := f.newI32(ld(convZeros))

	address := func(base, img, r, col int) i32 {
		return ld(base).add(n.mul(ld(img))).add(i.mul(ld(r))).add(j.mul(ld(col)))
	}
	f.while(left.get(), func() { // counted: addresses beyond 2 GB are negative to upTo
		f.storeI32(entry.get(), tableOut, address(convOut, convOutImg, convOutRow, convOutCol))
		f.storeI32(entry.get(), tableRes, address(convRes, convResImg, convResRow, convResCol))
		slot.set(entry.addN(tableTaps))
		ih.set(i.mul(ld(convStep)).add(ld(convFirstH)))
		line.set(ld(convIn).add(n.mul(ld(convInImg))).add(ih.mul(ld(convInRow))))
		kh.set(num(0))
		f.upTo(kh, ld(convKH), 1, func() {
			rowIn.set(ih.below(inH))
			iw.set(j.mul(ld(convStep)).add(ld(convFirstW)))
			pixel.set(line.add(iw.mul(inCol)))
			kw.set(ld(convKW))
			f.while(kw.get(), func() {
				f.storeI32(slot.get(), 0, ternary(rowIn.and(iw.below(inW)), pixel.get(), zeros))
				slot.inc(tableEntry)
				iw.inc(1)
				pixel.set(pixel.add(inCol))
				kw.inc(-1)
			})
			line.set(line.add(ld(convInRow)))
			ih.inc(1)
		})
		j.inc(1)
		f.when(j.eq(ld(convGridW)), func() {
			j.set(num(0))
			i.inc(1)
			f.when(i.eq(ld(convGridH)), func() {
				i.set(num(0))
				n.inc(1)
			})
		})
		entry.inc(4)
		left.inc(-1)
	})
}

// microFamily is the micro kernels for 1 to mr rows, neighbours in the table.
type microFamily struct {
	first int32 // the one for a single row
	typ   wasmasm.TypeIndex
}
