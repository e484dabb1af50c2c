package simd

import (
	"runtime"
	"time"

	"thaw/kernels/wasmasm"
)

// The limit kernel does nothing but multiply-add in registers: what the machine
// could do at most in this engine with this variant. Speeds are quoted as shares
// of it, measured in the same run.
const (
	limitTurns  = 0 // record: turns of the loop per tile
	limitOut    = 4 // record: 64 floats per tile for the sums, so that nobody drops them
	limitRecord = 8

	limitChains = 12 // independent sums, as many as a 6x8 tile has
	limitUnroll = 4
	// LimitFLOPs is the work of one turn.
	LimitFLOPs = limitChains * limitUnroll * 4 * 2
)

func emitLimit(m *module) function {
	f, arg, tile, _ := m.tile()
	x, y := f.newVec(vconst(0.999)), f.newVec(vconst(0.001))
	var acc [limitChains]vecVar
	for i := range acc {
		acc[i] = f.varVec(vconst(float32(i)))
	}
	turns := f.varI32(arg.i32(limitTurns))
	f.while(turns.get(), func() {
		for range limitUnroll {
			for i := range acc {
				acc[i].set(m.madd(acc[i].get(), x, y)) // a product of constants would leave the loop
			}
		}
		turns.inc(-1)
	})
	out := f.newI32(arg.i32(limitOut).add(tile.mulN(64 * 4)))
	for i := range acc {
		f.storeVec(out, i*16, acc[i].get())
	}
	return f
}

// Limit measures, in a fraction of a millisecond, the GFLOP/s of the limit kernel
// on all threads.
func (b *Backend) Limit() float64 {
	const turns = 10_000
	tiles := 4 * b.threads
	out := make([]float32, 64*tiles)
	b.set(limitTurns, turns)
	b.setAt(limitOut, at(out))
	start := time.Now()
	b.run(kernelLimit, tiles, true)
	runtime.KeepAlive(out)
	return float64(tiles) * turns * LimitFLOPs / time.Since(start).Seconds() / 1e9
}

// emitEmpty is a tile that does nothing: the price of fork and join.
func emitEmpty(m *module) function {
	f, _, _, _ := m.tile()
	return f
}

// emitDie is for tests: the thread in the record dies.
func emitDie(m *module) function {
	f, arg, _, thread := m.tile()
	f.when(thread.eq(arg.i32(0)), func() { f.Code = f.Code.Op(wasmasm.Unreachable) })
	return f
}
