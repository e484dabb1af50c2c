package webgpu

import (
	_ "embed"

	"thaw/kernels"
)

//go:embed adam.wgsl
var adamSource string

//go:embed sgd.wgsl
var sgdSource string

var (
	adamPipeline = newWide("adam", adamSource)
	sgdPipeline  = newWide("sgd", sgdSource)
)

// adamRow is Row of adam.wgsl.
type adamRow struct {
	Param, Grad, M, V, Len           uint32
	Alpha, Decay1, Decay2, Eps, Kept float32
}

func (l *lowering) adam(a *kernels.AdamArgs) {
	param, _ := l.op.At(&a.Param)
	row := adamRow{Param: l.in(inTensors, &a.Param), Grad: l.in(inGradients, &a.Grad), M: l.in(inState, &a.M), V: l.in(inState, &a.V), Len: uint32(param.Len),
		Alpha: a.Alpha(), Decay1: float32(1 - a.Beta1), Decay2: float32(1 - a.Beta2), Eps: float32(a.Eps), Kept: a.Kept()}
	l.wide(&row.Len, &row.Param, &row.Grad, &row.M, &row.V)
	x, y := elementGrid(row.Len)
	dispatchRow(l, adamPipeline, &row, x, y, 1)
}

// sgdRow is Row of sgd.wgsl.
type sgdRow struct {
	Param, Grad, M, Len, UsesM, Nesterov uint32
	Rate, Momentum, Kept                 float32
}

func (l *lowering) sgd(a *kernels.SGDArgs) {
	param, _ := l.op.At(&a.Param)
	row := sgdRow{Param: l.in(inTensors, &a.Param), Grad: l.in(inGradients, &a.Grad), M: l.in(inState, &a.M), Len: uint32(param.Len),
		UsesM: flag(a.Momentum != 0), Nesterov: flag(a.Nesterov), Rate: float32(a.Rate), Momentum: float32(a.Momentum), Kept: a.Kept()}
	l.wide(&row.Len, &row.Param, &row.Grad, &row.M)
	x, y := elementGrid(row.Len)
	dispatchRow(l, sgdPipeline, &row, x, y, 1)
}

// elementGrid is the workgroups that hold one element an invocation.
func elementGrid(n uint32) (x, y int) { return grid(ceilDiv(int(n), 64)) }
