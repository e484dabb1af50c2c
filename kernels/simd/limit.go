package simd

import (
	"runtime"
	"time"
	"unsafe"

	"thaw/kernels/wasmasm"
)

// The limit kernel does nothing but multiply-add in registers: what the machine
// could do at most in this engine with this variant. Speeds are quoted as shares
// of it, measured in the same run.
type limitJob struct {
	turns int // of the loop, per tile
	out   int // 64 floats per tile for the sums, so that nobody drops them
}

var inLimit limitJob

const (
	limitChains = 12 // independent sums, as many as a 6x8 tile has
	limitUnroll = 4
	// LimitFLOPs is the work of one turn.
	LimitFLOPs = limitChains * limitUnroll * 4 * 2
)

var kernelLimit = newKernel(emitLimit)

func emitLimit(m *module) function {
	f, arg, tile, _ := m.tile()
	r := recordAt(arg, unsafe.Pointer(&inLimit), unsafe.Sizeof(inLimit))
	x, y := f.newVec(vconst(0.999)), f.newVec(vconst(0.001))
	var acc [limitChains]vecVar
	for i := range acc {
		acc[i] = f.varVec(vconst(float32(i)))
	}
	turns := f.varI32(r.i32(&inLimit.turns))
	f.while(turns.get(), func() {
		for range limitUnroll {
			for i := range acc {
				acc[i].set(m.madd(acc[i].get(), x, y)) // a product of constants would leave the loop
			}
		}
		turns.inc(-1)
	})
	out := f.newI32(r.i32(&inLimit.out).add(tile.mulN(64 * 4)))
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
	start := time.Now()
	*(*limitJob)(b.record()) = limitJob{turns, at(out)}
	b.run(kernelLimit, tiles, true)
	runtime.KeepAlive(out)
	return float64(tiles) * turns * LimitFLOPs / time.Since(start).Seconds() / 1e9
}

var kernelDie = newKernel(emitDie)

// DieKernel is the number of the kernel that a thread dies of: a test of the page runs it.
func DieKernel() int { return int(kernelDie) }

// emitDie is for tests: the thread whose number is the record dies.
func emitDie(m *module) function {
	f, arg, _, thread := m.tile()
	f.when(thread.eq(arg.i32(0)), func() { f.Code = f.Code.Op(wasmasm.Unreachable) })
	return f
}
