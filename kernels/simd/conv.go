package simd

import (
	"unsafe"

	"thaw/kernels/wasmasm"
)

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

// convJob is the record of a convolution. The grid is the output pixels that the job
// computes, N x gridH x gridW; pixel (n, i, j) stands at out.at + n*out.image +
// i*out.row + j*out.col and its first tap sees input pixel (i*step+firstH,
// j*step+firstW).
type convJob struct {
	in             tensor
	h, w           int // input size
	out, res       tensor
	gridH, gridW   int
	step           int
	firstH, firstW int
	kh, kw         int
	taps           int // kh*kw
	k              int // channels per tap, bytes
	filter         int // packed
	panel          int // bytes of a panel
	shift          int // per output channel, 0: none
	alpha          float32
	floor          float32 // 0 for ReLU, -Inf for none
	cols           int     // output channels
	rows           int     // output pixels
	rowTiles       int
	rowTasks       int // row tiles are shared out evenly among so many tasks
	panelsPerTask  int // panels of one task
	panels         int // all panels
	zeros          int // a pixel of zeros
	table          int // per thread: row table, spill and the panels that the thread packs
	tableLen       int // bytes per thread
	buffer         int // bytes from a thread's table to the panels that it packs
	source         source
}

// source is a filter that tasks pack themselves.
type source struct {
	filter   int // 0: none, the filter is packed
	flipped  int // 0: packed as for the forward pass, by row, scale and alpha
	row      int // bytes from one row of [taps*k, cols] to the next
	scale    int // per output channel, 0: none
	alpha    float32
	geometry flipGeometry // where flipped
}

var inConv convJob

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

var kernelConv = newKernel(emitConv)

// emitConv: task = panel run * rowTasks + row run, so that threads that follow
// each other read the same panels.
func emitConv(m *module) function {
	micro := m.microKernels()
	f, arg, tile, thread := m.tile()
	r := recordAt(arg, unsafe.Pointer(&inConv), unsafe.Sizeof(inConv))

	table := f.newI32(r.i32(&inConv.table).add(thread.mul(r.i32(&inConv.tableLen))))
	rowTask := f.newI32(tile.rem(r.i32(&inConv.rowTasks)))
	firstPanel := f.newI32(tile.div(r.i32(&inConv.rowTasks)).mul(r.i32(&inConv.panelsPerTask)))
	lastPanel := f.newI32(minimum(firstPanel.add(r.i32(&inConv.panelsPerTask)), r.i32(&inConv.panels)))
	tiles := f.split(r.i32(&inConv.rowTiles), r.i32(&inConv.rowTasks))
	rowTile, lastRowTile := f.varI32(tiles.start(rowTask)), f.newI32(tiles.start(rowTask.addN(1)))
	pixels := f.split(r.i32(&inConv.rows), r.i32(&inConv.rowTiles))
	row, rows, panel, filter := f.varI32(nil), f.varI32(nil), f.varI32(nil), f.varI32(nil)

	filters := f.varI32(r.i32(&inConv.filter).add(firstPanel.mul(r.i32(&inConv.panel))))
	f.when(r.i32(&inConv.source.filter), func() {
		filters.set(table.add(r.i32(&inConv.buffer)))
		m.packPanels(f, r, filters.get(), firstPanel, lastPanel)
	})
	f.upTo(rowTile, lastRowTile, 1, func() {
		row.set(pixels.start(rowTile.get()))
		rows.set(pixels.start(rowTile.addN(1)).sub(row.get()))
		m.rowTable(f, r, table, row.get(), rows.get())
		panel.set(firstPanel)
		filter.set(filters.get())
		f.upTo(panel, lastPanel, 1, func() {
			f.do(concat(table, r.i32(&inConv.taps), r.i32(&inConv.k), filter, arg, panel, rows.addN(int(micro.first)-1)).CallIndirect(micro.typ))
			filter.set(filter.add(r.i32(&inConv.panel)))
		})
	})
	return f
}

// packPanels packs the panels of a task, ownPanels at most, from the source to dst.
func (m *module) packPanels(f function, r *record, to, first, last i32) {
	dst := f.varI32(to)
	f.choose(r.i32(&inConv.source.flipped), func() {
		panel := f.varI32(first)
		f.upTo(panel, last, 1, func() {
			f.do(concat(r.address(unsafe.Pointer(&inConv.source.geometry)), r.i32(&inConv.source.filter), panel, dst).Call(m.packFlipped()))
			dst.set(dst.add(r.i32(&inConv.panel)))
		})
	}, func() {
		col, scale := f.newI32(first.mulN(nr)), f.varI32(r.i32(&inConv.source.scale))
		f.when(scale.get(), func() { scale.set(scale.add(col.shl(2))) })
		f.do(concat(r.i32(&inConv.source.filter).add(col.shl(2)), r.i32(&inConv.source.row), dst, r.i32(&inConv.panel),
			r.i32(&inConv.taps).mul(r.i32(&inConv.k)).div(num(4)), r.i32(&inConv.cols).sub(col), scale, r.address(unsafe.Pointer(&inConv.source.alpha))).Call(m.packPair()))
	})
}

// rowTable fills the table for output pixels row, ..., row+rows-1.
func (m *module) rowTable(f function, r *record, table, row, rows i32) {
	pixels := f.newI32(r.i32(&inConv.gridH).mul(r.i32(&inConv.gridW)))
	n := f.varI32(row.div(pixels))
	i := f.varI32(row.rem(pixels).div(r.i32(&inConv.gridW)))
	j := f.varI32(row.rem(pixels).rem(r.i32(&inConv.gridW)))
	entry, left := f.varI32(table), f.varI32(rows)
	slot, kh, kw, ih, iw := f.varI32(nil), f.varI32(nil), f.varI32(nil), f.varI32(nil), f.varI32(nil)
	line, pixel, rowIn := f.varI32(nil), f.varI32(nil), f.varI32(nil)
	inH, inW, inCol := f.newI32(r.i32(&inConv.h)), f.newI32(r.i32(&inConv.w)), f.newI32(r.i32(&inConv.in.col))
	zeros := f.newI32(r.i32(&inConv.zeros))

	address := func(t *tensor) i32 {
		return r.i32(&t.at).add(n.mul(r.i32(&t.image))).add(i.mul(r.i32(&t.row))).add(j.mul(r.i32(&t.col)))
	}
	f.while(left.get(), func() { // counted: addresses beyond 2 GB are negative to upTo
		f.storeI32(entry.get(), tableOut, address(&inConv.out))
		f.storeI32(entry.get(), tableRes, address(&inConv.res))
		slot.set(entry.addN(tableTaps))
		ih.set(i.mul(r.i32(&inConv.step)).add(r.i32(&inConv.firstH)))
		line.set(r.i32(&inConv.in.at).add(n.mul(r.i32(&inConv.in.image))).add(ih.mul(r.i32(&inConv.in.row))))
		kh.set(num(0))
		f.upTo(kh, r.i32(&inConv.kh), 1, func() {
			rowIn.set(ih.below(inH))
			iw.set(j.mul(r.i32(&inConv.step)).add(r.i32(&inConv.firstW)))
			pixel.set(line.add(iw.mul(inCol)))
			kw.set(r.i32(&inConv.kw))
			f.while(kw.get(), func() {
				f.storeI32(slot.get(), 0, ternary(rowIn.and(iw.below(inW)), pixel.get(), zeros))
				slot.inc(tableEntry)
				iw.inc(1)
				pixel.set(pixel.add(inCol))
				kw.inc(-1)
			})
			line.set(line.add(r.i32(&inConv.in.row)))
			ih.inc(1)
		})
		j.inc(1)
		f.when(j.eq(r.i32(&inConv.gridW)), func() {
			j.set(num(0))
			i.inc(1)
			f.when(i.eq(r.i32(&inConv.gridH)), func() {
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
