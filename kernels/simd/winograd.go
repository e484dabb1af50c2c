package simd

import (
	"unsafe"

	"thaw/kernels/wasmasm"
)

// Winograd's minimal filtering (Lavin and Gray, arXiv:1509.09308) is a convolution of
// stride 1 by fewer multiplications: a 3x3 one by 16 for 2x2 output pixels instead of 36,
// one of 1x7 by 8 for 2 instead of 14. A tile d of input pixels, 4x4 or 1x8, gives
//
//	Y = A' [ (G g G') . (B' d B) ] A      . is element by element
//
// and, summed over channels, each element is a matrix product of its own:
// tiles x input channels times input channels x output channels. G g G' is done
// when the filter is packed (winograd_pack.go). The rest stays in a thread's cache:
//
//	for each task (a run of tiles x a run of panels)   winograd.emit, claimed by threads
//	  for each tile                                    pointers, B' d B into as many matrices
//	  for each panel
//	    for each row tile of up to mr tiles
//	      for each of the matrices                     mr x nr accumulators; the products stay in L1
//	      for each tile                                A' m A, epilogue as in conv.go
//
// The input gradient is the same convolution, of dOut with the flipped filter. A filter of
// 7x1 is one of 1x7 on transposed maps: the record's rows and columns change places.
type winograd struct {
	h, w         filtering // along the axes
	kernel, pack kernel
}

var (
	winograd3x3 = newWinograd(filtering3, filtering3)
	winograd1x7 = newWinograd(filtering1, filtering7)
)

func newWinograd(h, wide filtering) *winograd {
	w := &winograd{h: h, w: wide}
	w.kernel, w.pack = newKernel(w.emit), newKernel(w.emitPack)
	return w
}

// points is the pixels of a tile, and so the matrices.
func (w *winograd) points() int { return w.h.edge() * w.w.edge() }

// outs is the pixels of its output, along the axes.
func (w *winograd) outs() (h, wide int) { return len(w.h.a), len(w.w.a) }

// There is room for so many of both.
const (
	winPoints = 16
	winOuts   = 4
)

// winogradJob is the record of a convolution by Winograd's algorithm: that of a direct
// one, where rows, row tiles and row tasks count tiles of output pixels, and
type winogradJob struct {
	convJob
	tilesH, tilesW int // of an image
	matrices       int // points
	matrix         int // bytes from one matrix of transformed input to the next
	filterMatrix   int // bytes from one matrix of a packed panel to the next
	transform      int // bytes from a thread's table to the transformed input
}

var inWinograd winogradJob

// A thread's table: products of a row tile and a panel, pointers to the input
// pixels of one tile, then for each tile of the task pointers to its output
// pixels (0: outside) and residual pixels.
const (
	winProduct = mr * nr * 4 // bytes from one of the products to the next
	winIn      = winPoints * winProduct
	winOut     = winIn + 4*winPoints
	winRes     = winOut + 4*winOuts
	winEntry   = 2 * (winRes - winOut)
)

// emit: task = panel run * rowTasks + tile run, as emitConv's.
func (w *winograd) emit(m *module) function {
	input, products, output := w.emitInput(m), m.winogradProducts(), w.emitOutput(m)
	f, arg, task, thread := m.tile()
	r := recordAt(arg, unsafe.Pointer(&inWinograd), unsafe.Sizeof(inWinograd))

	table := f.newI32(r.i32(&inWinograd.table).add(thread.mul(r.i32(&inWinograd.tableLen))))
	transformed := f.newI32(table.add(r.i32(&inWinograd.transform)))
	tiles := f.split(r.i32(&inWinograd.rows), r.i32(&inWinograd.rowTasks))
	tileRun := f.newI32(task.rem(r.i32(&inWinograd.rowTasks)))
	first := f.newI32(tiles.start(tileRun))
	count := f.newI32(tiles.start(tileRun.addN(1)).sub(first))
	panel := f.varI32(task.div(r.i32(&inWinograd.rowTasks)).mul(r.i32(&inWinograd.panelsPerTask)))
	lastPanel := f.newI32(minimum(panel.add(r.i32(&inWinograd.panelsPerTask)), r.i32(&inWinograd.panels)))

	w.tiles(m, f, r, table, first, count, func(t i32) {
		f.do(concat(table, transformed.add(t.mul(r.i32(&inWinograd.k))), r.i32(&inWinograd.k), r.i32(&inWinograd.matrix)).Call(input))
	})

	rowTiles := f.newI32(count.addN(m.Rows - 1).div(num(m.Rows)))
	rows := f.split(count, rowTiles)
	filter, row, height := f.varI32(r.i32(&inWinograd.filter).add(panel.mul(r.i32(&inWinograd.panel)))), f.varI32(nil), f.varI32(nil)
	f.upTo(panel, lastPanel, 1, func() {
		f.count(rowTiles, func(rowTile i32) {
			row.set(rows.start(rowTile))
			height.set(rows.start(rowTile.addN(1)).sub(row.get()))
			f.do(concat(arg, transformed.add(row.mul(r.i32(&inWinograd.k))), filter, table,
				height.addN(int(products.first)-1)).CallIndirect(products.typ))
			f.do(concat(table, table.add(row.mulN(winEntry)), arg, panel, height).Call(output))
		})
		filter.set(filter.add(r.i32(&inWinograd.panel)))
	})
	return f
}

// tiles writes the pointers of each tile first, ..., first+count-1 and runs
// body for it; t counts from 0.
func (w *winograd) tiles(m *module, f function, r *record, table, first, count i32, body func(t i32)) {
	outH, outW := w.outs()
	tilesW := f.newI32(r.i32(&inWinograd.tilesW))
	image := f.newI32(r.i32(&inWinograd.tilesH).mul(tilesW))
	n := f.varI32(first.div(image))
	i := f.varI32(first.rem(image).div(tilesW).mulN(outH)) // output pixel of the tile
	j := f.varI32(first.rem(image).rem(tilesW).mulN(outW))
	entry, ih, iw := f.varI32(table), f.varI32(nil), f.varI32(nil)
	gridH, gridW := f.newI32(r.i32(&inWinograd.gridH)), f.newI32(r.i32(&inWinograd.gridW))
	f.count(count, func(t i32) {
		ih.set(i.add(r.i32(&inWinograd.firstH)))
		iw.set(j.add(r.i32(&inWinograd.firstW)))
		m.patch(f, r, &inWinograd.in, n.get(), ih.get(), iw.get(), r.i32(&inWinograd.h), r.i32(&inWinograd.w), r.i32(&inWinograd.zeros), w.h.edge(), w.w.edge(), table, winIn)
		m.patch(f, r, &inWinograd.out, n.get(), i.get(), j.get(), gridH, gridW, num(0), outH, outW, entry.get(), winOut)
		m.patch(f, r, &inWinograd.res, n.get(), i.get(), j.get(), gridH, gridW, num(0), outH, outW, entry.get(), winRes)
		body(t)
		entry.inc(winEntry)
		j.inc(outW)
		f.when(j.ge(gridW), func() {
			j.set(num(0))
			i.inc(outH)
			f.when(i.ge(gridH), func() {
				i.set(num(0))
				n.inc(1)
			})
		})
	})
}

// patch writes pointers to rows x cols pixels of image n, from row i and column j on, to
// dst+off; outside of the h x w map they are the given one. The tensor is a
// field of the record.
func (m *module) patch(f function, r *record, t *tensor, n, i, j i32, h, w, outside i32, rows, cols int, dst i32, off int) {
	row, col := f.newI32(r.i32(&t.row)), f.newI32(r.i32(&t.col))
	line := f.varI32(r.i32(&t.at).add(n.mul(r.i32(&t.image))).add(i.mul(row)).add(j.mul(col)))
	p, inside := f.varI32(nil), f.varI32(nil)
	for u := range rows {
		p.set(line.get())
		inside.set(i.addN(u).below(h))
		for v := range cols {
			f.storeI32(dst, off, ternary(inside.and(j.addN(v).below(w)), p.get(), outside))
			p.set(p.add(col))
			off += 4
		}
		line.set(line.add(row))
	}
}

// emitInput emits B' d B of one tile: (table, dst, kBytes, matrix), where dst is
// the tile's row of the first matrix.
func (w *winograd) emitInput(m *module) wasmasm.FuncIndex {
	f := function{m.Func(i32s(4), nil)}
	table, dst, kBytes, matrix := f.param(0), f.param(1), f.param(2), f.param(3)
	q, edge := f.varI32(nil), w.w.edge()
	m.quads(f, kBytes.get(), func(offset i32, l lane) {
		d := func(u, v int) vec { return l.load(table.i32(winIn + 4*(edge*u+v)).add(offset)) }
		q.set(dst.add(offset))
		m.transform2(f, w.h.b, w.w.b, edge, d, func(sum vec) {
			l.store(f, q.get(), sum)
			q.set(q.add(matrix.get()))
		})
	})
	return f.Index
}

// quads runs body for each four channels of so many bytes, then one by one.
func (m *module) quads(f function, bytes i32, body func(offset i32, l lane)) {
	offset := f.varI32(num(0))
	f.upTo(offset, bytes.addN(-12), 16, func() { body(offset.get(), lane{}) })
	f.upTo(offset, bytes, 4, func() { body(offset.get(), lane{single: true}) })
}

// winogradProducts emits, for 1..mr tiles, the products of their rows with a panel, once
// for all schemes: (arg, in, filter, out).
func (m *module) winogradProducts() microFamily {
	if m.products.first > 0 {
		return m.products
	}
	params := i32s(4)
	family := microFamily{first: m.nextExtra(), typ: m.Type(params, nil)}
	for rows := 1; rows <= m.Rows; rows++ {
		f := function{m.Func(params, nil)}
		arg, in, filter, out := f.param(0), f.param(1), f.param(2), f.param(3)
		job := recordAt(arg.get(), unsafe.Pointer(&inWinograd), unsafe.Sizeof(inWinograd))
		acc, a := make([][2]vecVar, rows), make([]i32Var, rows)
		for r := range acc {
			acc[r], a[r] = [2]vecVar{f.varVec(nil), f.varVec(nil)}, f.varI32(nil)
		}
		kBytes, matrix, filterMatrix := f.newI32(job.i32(&inWinograd.k)), f.newI32(job.i32(&inWinograd.matrix)), f.newI32(job.i32(&inWinograd.filterMatrix))
		b, k := f.varI32(nil), f.varI32(nil)
		f.count(job.i32(&inWinograd.matrices), func(i32) {
			for r := range acc {
				acc[r][0].set(vconst(0))
				acc[r][1].set(vconst(0))
				if r == 0 {
					a[r].set(in.get())
				} else {
					a[r].set(a[r-1].add(kBytes))
				}
			}
			k.set(kBytes)
			b.set(filter.get())
			m.multiply(f, acc, a, b, k)
			for r := range acc {
				f.storeVec(out.get(), r*nr*4, acc[r][0].get())
				f.storeVec(out.get(), r*nr*4+16, acc[r][1].get())
			}
			in.set(in.add(matrix))
			filter.set(filter.add(filterMatrix))
			out.inc(winProduct)
		})
		m.extra = append(m.extra, f.Func)
	}
	m.products = family
	return family
}

// emitOutput emits A' m A and the epilogue for a panel of so many tiles:
// (products, entry, arg, panel, tiles).
func (w *winograd) emitOutput(m *module) wasmasm.FuncIndex {
	f := function{m.Func(i32s(5), nil)}
	product, entry, arg, panel, tiles := f.param(0), f.param(1), f.param(2), f.param(3), f.param(4)
	r := recordAt(arg.get(), unsafe.Pointer(&inWinograd), unsafe.Sizeof(inWinograd))
	first := f.newI32(panel.mulN(nr * 4))
	width := f.newI32(minimum(num(nr*4), r.i32(&inWinograd.cols).shl(2).sub(first)))
	alpha, floor := f.newVec(r.splat(&inWinograd.alpha)), f.newVec(r.splat(&inWinograd.floor))
	shift, residual := f.newI32(r.i32(&inWinograd.shift)), f.newI32(r.i32(&inWinograd.res.at))
	p, add, y := f.varI32(nil), f.varVec(nil), f.varVec(nil)
	half := f.vecs(w.w.edge()) // a row of A' m
	f.while(tiles.get(), func() {
		m.quads(f, width, func(offset i32, l lane) {
			add.set(vconst(0))
			f.when(shift, func() { add.set(l.load(shift.add(first).add(offset))) })
			for u, a := range w.h.a {
				p.set(product.add(offset))
				f.setAll(half, func(v int) vec {
					return m.linear(a, 0, 1, func(i int) vec { return p.vec(winProduct * (len(half)*i + v)) })
				})
				for v, a := range w.w.a {
					slot := 4 * (len(w.w.a)*u + v)
					p.set(entry.i32(winOut + slot))
					f.when(p.get(), func() {
						y.set(m.linear(a, 0, 1, func(i int) vec { return half[i].get() }).add(add.get()).mul(alpha))
						f.when(residual, func() {
							y.set(y.add(l.load(entry.i32(winRes + slot).add(first).add(offset))))
						})
						l.store(f, p.add(first).add(offset), y.atLeast(floor))
					})
				}
			}
		})
		product.inc(nr * 4)
		entry.inc(winEntry)
		tiles.inc(-1)
	})
	return f.Index
}
