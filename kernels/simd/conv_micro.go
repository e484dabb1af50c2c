package simd

import (
	"math"
	"unsafe"

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
	conv := recordAt(arg.get(), unsafe.Pointer(&inConv), unsafe.Sizeof(inConv))
	acc := make([][2]vecVar, rows)
	for r := range acc {
		acc[r] = [2]vecVar{f.varVec(nil), f.varVec(nil)} // zero at entry
	}
	a := make([]i32Var, rows)
	for r := range a {
		a[r] = f.varI32(nil)
	}
	k, slot := f.varI32(nil), f.varI32(table.get())
	f.while(taps.get(), func() {
		for r := range a {
			a[r].set(slot.i32(tableTaps + 4*r))
		}
		k.set(kBytes.get())
		m.multiply(f, acc, a, b, k)
		slot.inc(tableEntry)
		taps.inc(-1)
	})

	b0, b1 := f.varVec(nil), f.varVec(nil)
	cols := f.newI32(conv.i32(&inConv.cols).sub(panel.mulN(nr)))
	f.when(cols.ltN(nr), func() {
		for r := range acc {
			f.storeVec(table.get(), r*nr*4, acc[r][0].get())
			f.storeVec(table.get(), r*nr*4+16, acc[r][1].get())
		}
		f.do(concat(table, num(rows), cols, arg, panel).Call(edge))
		f.back()
	})

	col := f.newI32(panel.mulN(nr * 4))
	alpha := f.newVec(conv.splat(&inConv.alpha))
	shift := f.newI32(conv.i32(&inConv.shift))
	f.choose(shift, func() {
		b0.set(shift.add(col).vec(0))
		b1.set(shift.add(col).vec(16))
	}, func() {
		b0.set(vconst(0))
		b1.set(vconst(0))
	})
	for r := range acc {
		acc[r][0].set(acc[r][0].add(b0.get()).mul(alpha))
		acc[r][1].set(acc[r][1].add(b1.get()).mul(alpha))
	}
	p := f.varI32(nil)
	f.when(conv.i32(&inConv.res.at), func() {
		for r := range acc {
			p.set(table.i32(tableRes + 4*r).add(col))
			acc[r][0].set(acc[r][0].add(p.vec(0)))
			acc[r][1].set(acc[r][1].add(p.vec(16)))
		}
	})
	floor := f.newVec(conv.splat(&inConv.floor))
	for r := range acc {
		p.set(table.i32(tableOut + 4*r).add(col))
		f.storeVec(p.get(), 0, acc[r][0].atLeast(floor))
		f.storeVec(p.get(), 16, acc[r][1].atLeast(floor))
	}
}

// multiply emits acc[r] += A[r] * B over k bytes of each row of A. It leaves a and b
// behind what was read, and k at 0.
func (m *module) multiply(f function, acc [][2]vecVar, a []i32Var, b, k i32Var) {
	b0, b1, splat := f.varVec(nil), f.varVec(nil), f.varVec(nil)
	step := func(u int) {
		b0.set(b.vec(u * nr * 4))
		b1.set(b.vec(u*nr*4 + 16))
		for r := range acc {
			splat.set(a[r].splat(u * 4))
			acc[r][0].set(m.madd(splat.get(), b0.get(), acc[r][0].get()))
			acc[r][1].set(m.madd(splat.get(), b1.get(), acc[r][1].get()))
		}
	}
	advance := func(n int) {
		for r := range a {
			a[r].inc(n * 4)
		}
		b.inc(n * nr * 4)
		k.inc(-n * 4)
	}
	f.when(k.ge(num(kUnroll*4)), func() {
		f.repeat(func() {
			for u := range kUnroll {
				step(u)
			}
			advance(kUnroll)
		}, k.ge(num(kUnroll*4)))
	})
	f.while(k.get(), func() {
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
	conv := recordAt(arg.get(), unsafe.Pointer(&inConv), unsafe.Sizeof(inConv))
	first := f.newI32(panel.mulN(nr))
	v := f.varF32(nil)
	f.count(rows.get(), func(r i32) {
		f.count(cols.get(), func(c i32) {
			byteCol := first.add(c).shl(2)
			v.set(table.add(r.mulN(nr).add(c).shl(2)).f32(0))
			f.when(conv.i32(&inConv.shift), func() {
				v.set(v.add(conv.i32(&inConv.shift).add(byteCol).f32(0)))
			})
			v.set(v.mul(conv.f32(&inConv.alpha)))
			f.when(conv.i32(&inConv.res.at), func() {
				v.set(v.add(table.add(r.shl(2)).i32(tableRes).add(byteCol).f32(0)))
			})
			f.when(v.lt(conv.f32(&inConv.floor)), func() { v.set(conv.f32(&inConv.floor)) })
			f.storeF32(table.add(r.shl(2)).i32(tableOut).add(byteCol), 0, v.get())
		})
	})
	return f.Index
}

var noFloor = float32(math.Inf(-1))
