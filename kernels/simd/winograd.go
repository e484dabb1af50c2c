package simd

import "thaw/kernels/wasmasm"

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
	winograd3x3 = &winograd{filtering3, filtering3, kernelWinograd3x3, kernelWinogradPack3x3}
	winograd1x7 = &winograd{filtering1, filtering7, kernelWinograd1x7, kernelWinogradPack1x7}
)

// points is the pixels of a tile, and so the matrices.
func (w *winograd) points() int { return w.h.edge() * w.w.edge() }

// outs is the pixels of its output, along the axes.
func (w *winograd) outs() (h, wide int) { return len(w.h.a), len(w.w.a) }

// There is room for so many of both.
const (
	winPoints = 16
	winOuts   = 4
)

// A Winograd job has the record of a conv job, where rows, row tiles and row tasks
// count tiles of output pixels, and these fields.
const (
	winTilesH = convRecord + 4*iota // of an image
	winTilesW
	winMatrices  // points
	winMatrix    // bytes from one matrix of transformed input to the next
	winFilter    // bytes from one matrix of a packed panel to the next
	winTransform // bytes from a thread's table to them
	winRecord
)

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

// emit: task = panel run * convRowTasks + tile run, as emitConv's.
func (w *winograd) emit(m *module) function {
	input, products, output := w.emitInput(m), m.winogradProducts(), w.emitOutput(m)
	f, arg, task, thread := m.tile()
	ld := func(field int) i32 { return arg.i32(field) }

	table := f.newI32(ld(convTable).add(thread.mul(ld(convTableLen))))
	transformed := f.newI32(table.add(ld(winTransform)))
	tiles := f.split(ld(convRows), ld(convRowTasks))
	tileRun := f.newI32(task.rem(ld(convRowTasks)))
	first := f.newI32(tiles.start(tileRun))
	count := f.newI32(tiles.start(tileRun.addN(1)).sub(first))
	panel := f.varI32(task.div(ld(convRowTasks)).mul(ld(convPanelsPerTask)))
	lastPanel := f.newI32(minimum(panel.add(ld(convPanelsPerTask)), ld(convPanels)))

	w.tiles(m, f, arg, table, first, count, func(t i32) {
		f.do(concat(table, transformed.add(t.mul(ld(convK))), ld(convK), ld(winMatrix)).Call(input))
	})

	rowTiles := f.newI32(count.addN(m.Rows - 1).div(num(m.Rows)))
	rows := f.split(count, rowTiles)
	filter, row, height := f.varI32(ld(convFilter).add(panel.mul(ld(convPanel)))), f.varI32(nil), f.varI32(nil)
	f.upTo(panel, lastPanel, 1, func() {
		f.count(rowTiles, func(rowTile i32) {
			row.set(rows.start(rowTile))
			height.set(rows.start(rowTile.addN(1)).sub(row.get()))
			f.do(concat(arg, transformed.add(row.mul(ld(convK))), filter, table,
				height.addN(int(products.first)-1)).CallIndirect(products.typ))
			f.do(concat(table, table.add(row.mulN(winEntry)), arg, panel, height).Call(output))
		})
		filter.set(filter.add(ld(convPanel)))
	})
	return f
}

// tiles writes the pointers of each tile first, ..., first+count-1 and runs
// body for it; t counts from 0.
func (w *winograd) tiles(m *module, f function, arg i32, table, first, count i32, body func(t i32)) {
	ld := func(field int) i32 { return arg.i32(field) }
	outH, outW := w.outs()
	tilesW := f.newI32(ld(winTilesW))
	image := f.newI32(ld(winTilesH).mul(tilesW))
	n := f.varI32(first.div(image))
	i := f.varI32(first.rem(image).div(tilesW).mulN(outH)) // output pixel of the tile
	j := f.varI32(first.rem(image).rem(tilesW).mulN(outW))
	entry, ih, iw := f.varI32(table), f.varI32(nil), f.varI32(nil)
	gridH, gridW := f.newI32(ld(convGridH)), f.newI32(ld(convGridW))
	f.count(count, func(t i32) {
		ih.set(i.add(ld(convFirstH)))
		iw.set(j.add(ld(convFirstW)))
		m.patch(f, arg, convIn, n.get(), ih.get(), iw.get(), ld(convH), ld(convW), ld(convZeros), w.h.edge(), w.w.edge(), table, winIn)
		m.patch(f, arg, convOut, n.get(), i.get(), j.get(), gridH, gridW, num(0), outH, outW, entry.get(), winOut)
		m.patch(f, arg, convRes, n.get(), i.get(), j.get(), gridH, gridW, num(0), outH, outW, entry.get(), winRes)
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
// dst+off; outside of the h x w map they are the given one. The view's fields begin
// at view: address, image, row, column.
func (m *module) patch(f function, arg i32, view int, n, i, j i32, h, w, outside i32, rows, cols int, dst i32, off int) {
	row, col := f.newI32(arg.i32(view+8)), f.newI32(arg.i32(view+12))
	line := f.varI32(arg.i32(view).add(n.mul(arg.i32(view + 4))).add(i.mul(row)).add(j.mul(col)))
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
		acc, a := make([][2]vecVar, rows), make([]i32Var, rows)
		for r := range acc {
			acc[r], a[r] = [2]vecVar{f.varVec(nil), f.varVec(nil)}, f.varI32(nil)
		}
		kBytes, matrix, filterMatrix := f.newI32(arg.i32(convK)), f.newI32(arg.i32(winMatrix)), f.newI32(arg.i32(winFilter))
		b, k := f.varI32(nil), f.varI32(nil)
		f.count(arg.i32(winMatrices), func(i32) {
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
	first := f.newI32(panel.mulN(nr * 4))
	width := f.newI32(minimum(num(nr*4), arg.i32(convCols).shl(2).sub(first)))
	alpha, floor := f.newVec(arg.splat(convAlpha)), f.newVec(arg.splat(convFloor))
	shift, residual := f.newI32(arg.i32(convShift)), f.newI32(arg.i32(convRes))
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
