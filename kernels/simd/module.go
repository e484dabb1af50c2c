package simd

import (
	"slices"

	"thaw/kernels/wasmasm"
)

// Options choose between variants of the module.
type Options struct {
	// FMA uses relaxed_madd (one rounding where the machine has fused
	// multiply-add) instead of mul and add.
	FMA bool
	// Rows of the register tile, at most mr; 0 means mr.
	Rows int
	// Shared: the memory is shared and workers may run.
	Shared bool
	// Control is the address of the control block (controlLen bytes, zero).
	Control uint32
}

// The memory that the module imports, and what it exports.
const (
	importModule = "go"
	importMemory = "memory"
	exportRun    = "run"
	exportWorker = "worker"
)

// kernel is the place of a tile function in the module's table.
type kernel int32

// emitters are the kernels' emitters, in the order of the table.
var emitters []func(*module) function

// newKernel adds a kernel to the module: once, beside its emitter.
func newKernel(emit func(*module) function) kernel {
	emitters = append(emitters, emit)
	return kernel(len(emitters) - 1)
}

// module is the module being emitted: every kernel is a tile function
// (arg, tile, thread) that computes one tile of an op described by the record at arg.
type module struct {
	wasmasm.Module
	Options
	tileType wasmasm.TypeIndex
	extra    []*wasmasm.Func // micro kernels: in the table after the tile functions
	products microFamily     // Winograd's
	pair     *function       // packPair's
	flipped  *function       // packFlipped's
}

var i32x3 = i32s(3)

// i32s is so many integers.
func i32s(n int) []wasmasm.ValType { return slices.Repeat([]wasmasm.ValType{wasmasm.I32}, n) }

// Emit returns the module. It is pure: the same options give the same bytes.
func Emit(o Options) []byte {
	if o.Rows == 0 {
		o.Rows = mr
	}
	m := &module{Options: o}
	m.ImportMemory(importModule, importMemory, wasmasm.Limits{Max: wasmasm.SharedMemoryMax, Shared: o.Shared})
	m.tileType = m.Type(i32x3, nil)
	for _, emit := range emitters {
		m.TableFunc(emit(m).Func)
	}
	for _, f := range m.extra {
		m.TableFunc(f)
	}
	emitRun(m)
	emitWorker(m)
	return m.Bytes()
}

// tile starts a tile function: its parameters are the address of the op's record,
// the tile's number and the thread's.
func (m *module) tile() (f function, arg, tile, thread i32) {
	f = function{m.Func(i32x3, nil)}
	return f, f.param(0).get(), f.param(1).get(), f.param(2).get()
}

// once emits a function of so many integers where it is first asked for.
func (m *module) once(known **function, params int, emit func(f function)) wasmasm.FuncIndex {
	if *known == nil {
		f := function{m.Func(i32s(params), nil)}
		*known = &f
		emit(f)
	}
	return (*known).Index
}

// madd is a*b + c, fused where the variant allows.
func (m *module) madd(a, b, c vec) vec {
	if m.FMA {
		return asVec(apply(wasmasm.F32x4RelaxedMadd, a, b, c))
	}
	return c.add(a.mul(b))
}

// nextExtra is the place in the table of the next micro kernel.
func (m *module) nextExtra() int32 { return int32(len(emitters) + len(m.extra)) }
