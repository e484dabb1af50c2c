package simd

import (
	"math"

	"thaw/kernels/wasmasm"
)

// kUnroll steps of k per turn of the inner loop.
const kUnroll = 4

// microKernels emits the micro kernels of 1..mr rows x nr columns,
// (table, taps, kBytes, filter, arg, panel), and puts them into the table.
func (m *module) microKernels() microFamily {
	edge := m.edgeEpilogue()
	params := i32s(6)
	family := microFamily{first: m.nextExtra(), typ: m.Type(params, nil)}
	for rows := 1; rows <= m.Rows; rows++ {
		f := function{m.Func(params, nil)}
		m.emitMicro(f, rows, edge)
		m.extra = append(m.extra, f.Func)
	}
	return family
}

// emitMicro: acc[r] = sum over taps and k of A[r] * B, then the epilogue.
func (m *module) emitMicro(f function, rows int, edge wasmasm.FuncIndex) {
	table, taps, kBytes, b, arg, panel := f.param(0), f.param(1), f.param(2), f.param(3), f.param(4), f.param(5)
	acc := make([][2]vec, rows)
	for r := range acc {
		acc[r] = [2]vec{f.newVec(nil), f.newVec(nil)} // zero at entry
	}
	a := make([]i32, rows)
	for r := range a {
		a[r] = f.newI32(nil)
	}
	k, slot := f.newI32(nil), f.newI32(table)
	f.while(taps, func() {
		for r := range a {
			set(f, a[r], slot.i32(tableTaps+4*r))
		}
		set(f, k, kBytes)
		m.multiply(f, acc, a, b, k)
		f.inc(slot, tableEntry)
		f.inc(taps, -1)
	})

	b0, b1 := f.newVec(nil), f.newVec(nil)
	cols := f.newI32(arg.i32(convCols).sub(panel.mulN(nr)))
	f.when(cols.ltN(nr), func() {
		for r := range acc {
			f.storeVec(table, r*nr*4, acc[r][0])
			f.storeVec(table, r*nr*4+16, acc[r][1])
		}
		f.do(concat(table, num(rows), cols, arg, panel).Call(edge))
		f.back()
	})

	col := f.newI32(panel.mulN(nr * 4))
	alpha := f.newVec(arg.splat(convAlpha))
	shift := f.newI32(arg.i32(convShift))
	f.choose(shift, func() {
		set(f, b0, shift.add(col).vec(0))
		set(f, b1, shift.add(col).vec(16))
	}, func() {
		set(f, b0, vconst(0))
		set(f, b1, vconst(0))
	})
	for r := range acc {
		set(f, acc[r][0], acc[r][0].add(b0).mul(alpha))
		set(f, acc[r][1], acc[r][1].add(b1).mul(alpha))
	}
	p := f.newI32(nil)
	f.when(arg.i32(convRes), func() {
		for r := range acc {
			set(f, p, table.i32(tableRes+4*r).add(col))
			set(f, acc[r][0], acc[r][0].add(p.vec(0)))
			set(f, acc[r][1], acc[r][1].add(p.vec(16)))
		}
	})
	floor := f.newVec(arg.splat(convFloor))
	for r := range acc {
		set(f, p, table.i32(tableOut+4*r).add(col))
		f.storeVec(p, 0, acc[r][0].atLeast(floor))
		f.storeVec(p, 16, acc[r][1].atLeast(floor))
	}
}

// multiply emits acc[r] += A[r] * B over k bytes of each row of A. It leaves a and b
// behind what was read, and k at 0.
func (m *module) multiply(f function, acc [][2]vec, a []i32, b, k i32) {
	b0, b1, splat := f.newVec(nil), f.newVec(nil), f.newVec(nil)
	step := func(u int) {
		set(f, b0, b.vec(u*nr*4))
		set(f, b1, b.vec(u*nr*4+16))
		for r := range acc {
			set(f, splat, a[r].splat(u*4))
			set(f, acc[r][0], m.madd(splat, b0, acc[r][0]))
			set(f, acc[r][1], m.madd(splat, b1, acc[r][1]))
		}
	}
	advance := func(n int) {
		for r := range a {
			f.inc(a[r], n*4)
		}
		f.inc(b, n*nr*4)
		f.inc(k, -n*4)
	}
	f.when(k.ge(num(kUnroll*4)), func() {
		f.repeat(func() {
			for u := range kUnroll {
				step(u)
			}
			advance(kUnroll)
		}, k.ge(num(kUnroll*4)))
	})
	f.while(k, func() {
		step(0)
		advance(1)
	})
}

// edgeEpilogue emits the epilogue of a panel of fewer than nr columns:
// (table, rows, cols, arg, panel), accumulators in the spill area.
func (m *module) edgeEpilogue() wasmasm.FuncIndex {
	params := i32s(5)
	f := function{m.Func(params, nil)}
	table, rows, cols, arg, panel := f.param(0), f.param(1), f.param(2), f.param(3), f.param(4)
	first := f.newI32(panel.mulN(nr))
	v := f.newF32(nil)
	f.count(rows, func(r i32) {
		f.count(cols, func(c i32) {
			byteCol := first.add(c).shl(2)
			set(f, v, table.add(r.mulN(nr).add(c).shl(2)).f32(0))
			f.when(arg.i32(convShift), func() {
				set(f, v, v.add(arg.i32(convShift).add(byteCol).f32(0)))
			})
			set(f, v, v.mul(arg.f32(convAlpha)))
			f.when(arg.i32(convRes), func() {
				set(f, v, v.add(table.add(r.shl(2)).i32(tableRes).add(byteCol).f32(0)))
			})
			f.when(v.lt(arg.f32(convFloor)), func() { set(f, v, arg.f32(convFloor)) })
			f.storeF32(table.add(r.shl(2)).i32(tableOut).add(byteCol), 0, v)
		})
	})
	return f.Index
}

var noFloor = float32(math.Inf(-1))
