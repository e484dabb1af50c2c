package simd

import "thaw/kernels/wasmasm"

// Winograd's minimal filtering F(2x2, 3x3) (Lavin and Gray, arXiv:1509.09308) is
// the 3x3 convolution of stride 1 by 16 multiplications for 2x2 output pixels
// instead of 36. A tile d of 4x4 input pixels gives the 2x2 output pixels
//
//	Y = A' [ (G g G') . (B' d B) ] A      . is element by element
//
//	B' = 1  0 -1  0    G =  1   0   0     A' = 1  1  1  0
//	     0  1  1  0        1/2  1/2 1/2        0  1 -1 -1
//	     0 -1  1  0        1/2 -1/2 1/2
//	     0  1  0 -1         0   0   1
//
// and, summed over channels, each of the 16 elements is a matrix product of its own:
// tiles x input channels times input channels x output channels. G g G' is done
// when the filter is packed (winograd_pack.go). The rest stays in a thread's cache:
//
//	for each task (a run of tiles x a run of panels)   emitWinograd, claimed by threads
//	  for each tile                                    16 pointers, B' d B into 16 matrices
//	  for each panel
//	    for each row tile of up to mr tiles
//	      for each of the 16 matrices                  mr x nr accumulators; the products stay in L1
//	      for each tile                                A' m A, epilogue as in conv.go
//
// The input gradient is the same convolution, of dOut with the flipped filter.
const (
	winEdge    = 4                 // pixels of a tile's edge
	winPoints  = winEdge * winEdge // matrices
	winOutEdge = 2                 // and of its output
)

// A Winograd job has the record of a conv job, where rows, row tiles and row tasks
// count tiles of 2x2 output pixels, and these fields.
const (
	winTilesH = convRecord + 4*iota // of an image
	winTilesW
	winMatrix    // bytes from one matrix of transformed input to the next
	winFilter    // bytes from one matrix of a packed panel to the next
	winTransform // bytes from a thread's table to them
	winRecord
)

// A thread's table: products of a row tile and a panel, pointers to the input
// pixels of one tile, then for each tile of the task pointers to its 2x2 output
// pixels (0: outside) and residual pixels.
const (
	winProduct = mr * nr * 4 // bytes from one of the 16 products to the next
	winIn      = winPoints * winProduct
	winOut     = winIn + 4*winPoints
	winRes     = winOut + 4*winOutEdge*winOutEdge
	winEntry   = 2 * (winRes - winOut)
)

// emitWinograd: task = panel run * convRowTasks + tile run, as emitConv's.
func emitWinograd(m *module) function {
	input, products, output := m.winogradInput(), m.winogradProducts(), m.winogradOutput()
	f, arg, task, thread := m.tile()
	ld := func(field int) i32 { return arg.i32(field) }

	table := f.newI32(ld(convTable).add(thread.mul(ld(convTableLen))))
	transformed := f.newI32(table.add(ld(winTransform)))
	tiles := f.split(ld(convRows), ld(convRowTasks))
	tileRun := f.newI32(task.rem(ld(convRowTasks)))
	first := f.newI32(tiles.start(tileRun))
	count := f.newI32(tiles.start(tileRun.addN(1)).sub(first))
	panel := f.newI32(task.div(ld(convRowTasks)).mul(ld(convPanelsPerTask)))
	lastPanel := f.newI32(minimum(panel.add(ld(convPanelsPerTask)), ld(convPanels)))

	m.winogradTiles(f, arg, table, first, count, func(t i32) {
		f.do(concat(table, transformed.add(t.mul(ld(convK))), ld(convK), ld(winMatrix)).Call(input))
	})

	rowTiles := f.newI32(count.addN(m.Rows - 1).div(num(m.Rows)))
	rows := f.split(count, rowTiles)
	filter, row, height := f.newI32(ld(convFilter).add(panel.mul(ld(convPanel)))), f.newI32(nil), f.newI32(nil)
	f.upTo(panel, lastPanel, 1, func() {
		f.count(rowTiles, func(rowTile i32) {
			set(f, row, rows.start(rowTile))
			set(f, height, rows.start(rowTile.addN(1)).sub(row))
			f.do(concat(arg, transformed.add(row.mul(ld(convK))), filter, table,
				height.addN(int(products.first)-1)).CallIndirect(products.typ))
			f.do(concat(table, table.add(row.mulN(winEntry)), arg, panel, height).Call(output))
		})
		set(f, filter, filter.add(ld(convPanel)))
	})
	return f
}

// winogradTiles writes the pointers of each tile first, ..., first+count-1 and runs
// body for it; t counts from 0.
func (m *module) winogradTiles(f function, arg, table, first, count i32, body func(t i32)) {
	ld := func(field int) i32 { return arg.i32(field) }
	tilesW := f.newI32(ld(winTilesW))
	image := f.newI32(ld(winTilesH).mul(tilesW))
	n := f.newI32(first.div(image))
	i := f.newI32(first.rem(image).div(tilesW).shl(1)) // output pixel of the tile
	j := f.newI32(first.rem(image).rem(tilesW).shl(1))
	entry, zeros := f.newI32(table), f.newI32(ld(convZeros))
	line, ih, iw := f.newI32(nil), f.newI32(nil), f.newI32(nil)
	var inside, column [winEdge]i32
	for v := range inside {
		inside[v], column[v] = f.newI32(nil), f.newI32(nil)
	}
	f.count(count, func(t i32) {
		set(f, ih, i.add(ld(convFirstH)))
		set(f, iw, j.add(ld(convFirstW)))
		set(f, line, ld(convIn).add(n.mul(ld(convInImg))).add(ih.mul(ld(convInRow))))
		for v := range inside {
			set(f, inside[v], iw.addN(v).below(ld(convW)))
			set(f, column[v], iw.addN(v).mul(ld(convInCol)))
		}
		for u := range winEdge {
			for v := range winEdge {
				seen := ih.addN(u).below(ld(convH)).and(inside[v])
				f.storeI32(table, winIn+4*(winEdge*u+v), ternary(seen, line.add(column[v]), zeros))
			}
			set(f, line, line.add(ld(convInRow)))
		}
		for u := range winOutEdge {
			for v := range winOutEdge {
				address := func(base, img, row, col int) i32 {
					return ld(base).add(n.mul(ld(img))).add(i.addN(u).mul(ld(row))).add(j.addN(v).mul(ld(col)))
				}
				exists := i.addN(u).lt(ld(convGridH)).and(j.addN(v).lt(ld(convGridW)))
				slot := 4 * (winOutEdge*u + v)
				f.storeI32(entry, winOut+slot, ternary(exists, address(convOut, convOutImg, convOutRow, convOutCol), num(0)))
				f.storeI32(entry, winRes+slot, address(convRes, convResImg, convResRow, convResCol))
			}
		}
		body(t)
		f.inc(entry, winEntry)
		f.inc(j, winOutEdge)
		f.when(j.ge(ld(convGridW)), func() {
			set(f, j, num(0))
			f.inc(i, winOutEdge)
			f.when(i.ge(ld(convGridH)), func() {
				set(f, i, num(0))
				f.inc(n, 1)
			})
		})
	})
}

// winogradInput emits B' d B of one tile: (table, dst, kBytes, matrix), where dst is
// the tile's row of the first matrix.
func (m *module) winogradInput() wasmasm.FuncIndex {
	f := function{m.Func([]wasmasm.ValType{wasmasm.I32, wasmasm.I32, wasmasm.I32, wasmasm.I32}, nil)}
	table, dst, kBytes, matrix := f.param(0), f.param(1), f.param(2), f.param(3)
	q := f.newI32(nil)
	var row [winEdge]vec
	for v := range row {
		row[v] = f.newVec(nil)
	}
	m.quads(f, kBytes, func(offset i32, l lane) {
		d := func(u, v int) vec { return l.load(table.i32(winIn + 4*(winEdge*u+v)).add(offset)) }
		set(f, q, dst.add(offset))
		for u := range winEdge {
			// Row by row, so that few vectors live at a time: all 16 would spill.
			for v := range row {
				set(f, row[v], winogradB(u, func(i int) vec { return d(i, v) }))
			}
			for v := range winEdge {
				l.store(f, q, winogradB(v, func(i int) vec { return row[i] }))
				set(f, q, q.add(matrix))
			}
		}
	})
	return f.Index
}

// winogradB is element i of B' d.
func winogradB(i int, d func(int) vec) vec {
	switch i {
	case 0:
		return d(0).sub(d(2))
	case 1:
		return d(1).add(d(2))
	case 2:
		return d(2).sub(d(1))
	}
	return d(1).sub(d(3))
}

// quads runs body for each four channels of so many bytes, then one by one.
func (m *module) quads(f function, bytes i32, body func(offset i32, l lane)) {
	offset := f.newI32(num(0))
	f.upTo(offset, bytes.addN(-12), 16, func() { body(offset, lane{}) })
	f.upTo(offset, bytes, 4, func() { body(offset, lane{single: true}) })
}

// winogradProducts emits, for 1..mr tiles, the 16 products of their rows with a
// panel: (arg, in, filter, out).
func (m *module) winogradProducts() microFamily {
	params := []wasmasm.ValType{wasmasm.I32, wasmasm.I32, wasmasm.I32, wasmasm.I32}
	family := microFamily{first: m.nextExtra(), typ: m.Type(params, nil)}
	for rows := 1; rows <= m.Rows; rows++ {
		f := function{m.Func(params, nil)}
		arg, in, filter, out := f.param(0), f.param(1), f.param(2), f.param(3)
		acc, a := make([][2]vec, rows), make([]i32, rows)
		for r := range acc {
			acc[r], a[r] = [2]vec{f.newVec(nil), f.newVec(nil)}, f.newI32(nil)
		}
		kBytes, matrix, filterMatrix := f.newI32(arg.i32(convK)), f.newI32(arg.i32(winMatrix)), f.newI32(arg.i32(winFilter))
		b, k := f.newI32(nil), f.newI32(nil)
		f.count(num(winPoints), func(i32) {
			for r := range acc {
				set(f, acc[r][0], vconst(0))
				set(f, acc[r][1], vconst(0))
				if r == 0 {
					set(f, a[r], in)
				} else {
					set(f, a[r], a[r-1].add(kBytes))
				}
			}
			set(f, k, kBytes)
			set(f, b, filter)
			m.multiply(f, acc, a, b, k)
			for r := range acc {
				f.storeVec(out, r*nr*4, acc[r][0])
				f.storeVec(out, r*nr*4+16, acc[r][1])
			}
			set(f, in, in.add(matrix))
			set(f, filter, filter.add(filterMatrix))
			f.inc(out, winProduct)
		})
		m.extra = append(m.extra, f.Func)
	}
	return family
}

// winogradOutput emits A' m A and the epilogue for a panel of so many tiles:
// (products, entry, arg, panel, tiles).
func (m *module) winogradOutput() wasmasm.FuncIndex {
	f := function{m.Func([]wasmasm.ValType{wasmasm.I32, wasmasm.I32, wasmasm.I32, wasmasm.I32, wasmasm.I32}, nil)}
	product, entry, arg, panel, tiles := f.param(0), f.param(1), f.param(2), f.param(3), f.param(4)
	first := f.newI32(panel.mulN(nr * 4))
	width := f.newI32(minimum(num(nr*4), arg.i32(convCols).shl(2).sub(first)))
	alpha, floor := f.newVec(arg.splat(convAlpha)), f.newVec(arg.splat(convFloor))
	shift, residual := f.newI32(arg.i32(convShift)), f.newI32(arg.i32(convRes))
	p, add, y := f.newI32(nil), f.newVec(nil), f.newVec(nil)
	var half [winOutEdge][winEdge]vec
	for u := range half {
		for v := range half[u] {
			half[u][v] = f.newVec(nil)
		}
	}
	f.while(tiles, func() {
		m.quads(f, width, func(offset i32, l lane) {
			set(f, add, vconst(0))
			f.when(shift, func() { set(f, add, l.load(shift.add(first).add(offset))) })
			set(f, p, product.add(offset))
			for v := range winEdge {
				element := func(u int) vec { return p.vec(winProduct * (winEdge*u + v)) }
				for u := range half {
					set(f, half[u][v], winogradA(u, element))
				}
			}
			for u := range winOutEdge {
				for v := range winOutEdge {
					slot := 4 * (winOutEdge*u + v)
					set(f, p, entry.i32(winOut+slot))
					f.when(p, func() {
						set(f, y, winogradA(v, func(i int) vec { return half[u][i] }).add(add).mul(alpha))
						f.when(residual, func() {
							set(f, y, y.add(l.load(entry.i32(winRes+slot).add(first).add(offset))))
						})
						l.store(f, p.add(first).add(offset), y.atLeast(floor))
					})
				}
			}
		})
		f.inc(product, nr*4)
		f.inc(entry, winEntry)
		f.inc(tiles, -1)
	})
	return f.Index
}

// winogradA is element i of A' m.
func winogradA(i int, m func(int) vec) vec {
	if i == 0 {
		return m(0).add(m(1)).add(m(2))
	}
	return m(1).sub(m(2)).sub(m(3))
}
