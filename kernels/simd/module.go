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

// kernel names a tile function in the module's table, in the order of Emit.
type kernel int32

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
	emitters := [...]func(*module) function{
		kernelLimit:                 emitLimit,
		kernelEmpty:                 emitEmpty,
		kernelDie:                   emitDie,
		kernelConv:                  emitConv,
		kernelPackForward:           emitPackForward,
		kernelPackBackward:          emitPackBackward,
		kernelWinograd3x3:           winograd3x3.emit,
		kernelWinogradPack3x3:       winograd3x3.emitPack,
		kernelWinograd1x7:           winograd1x7.emit,
		kernelWinogradPack1x7:       winograd1x7.emitPack,
		kernelFilterGradient:        emitFilterGradient,
		kernelFilterReduce:          emitFilterReduce,
		kernelNormFold:              emitNormFold,
		kernelNormStats:             emitNormStats,
		kernelNormCombine:           emitNormCombine,
		kernelNormApply:             emitNormApply,
		kernelNormGradStats:         emitNormGradStats,
		kernelNormGradApply:         emitNormGradApply,
		kernelSumCombine:            emitSumCombine,
		kernelReLUBias:              emitReLUBias,
		kernelMaxPool:               emitMaxPool,
		kernelMaxPoolBackward:       emitMaxPoolBackward,
		kernelAvgPool:               emitAvgPool,
		kernelAvgPoolBackward:       emitAvgPoolBackward,
		kernelGlobalAvgPool:         emitGlobalAvgPool,
		kernelGlobalAvgPoolBackward: emitGlobalAvgPoolBackward,
		kernelDropout:               emitDropout,
		kernelSoftmaxCrossEntropy:   emitSoftmaxCrossEntropy,
		kernelSumSquares:            emitSumSquares,
		kernelScale:                 emitScale,
		kernelAdam:                  emitAdam,
		kernelSGD:                   emitSGD,
		kernelMomentum:              emitMomentum,
		kernelNesterov:              emitNesterov,
	}
	for k, emit := range emitters {
		if got := m.TableFunc(emit(m).Func); int(got) != k {
			panic("simd: a kernel is missing in Emit")
		}
	}
	for _, f := range m.extra {
		m.TableFunc(f)
	}
	emitRun(m)
	emitWorker(m)
	return m.Bytes()
}

// Kernels of the module.
const (
	kernelLimit kernel = iota // limit.go
	kernelEmpty
	kernelDie
	kernelConv
	kernelPackForward
	kernelPackBackward
	kernelWinograd3x3
	kernelWinogradPack3x3
	kernelWinograd1x7
	kernelWinogradPack1x7
	kernelFilterGradient
	kernelFilterReduce
	kernelNormFold
	kernelNormStats
	kernelNormCombine
	kernelNormApply
	kernelNormGradStats
	kernelNormGradApply
	kernelSumCombine
	kernelReLUBias
	kernelMaxPool
	kernelMaxPoolBackward
	kernelAvgPool
	kernelAvgPoolBackward
	kernelGlobalAvgPool
	kernelGlobalAvgPoolBackward
	kernelDropout
	kernelSoftmaxCrossEntropy
	kernelSumSquares
	kernelScale
	kernelAdam
	kernelSGD
	kernelMomentum
	kernelNesterov
	kernelCount
)

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
func (m *module) nextExtra() int32 { return int32(kernelCount) + int32(len(m.extra)) }
