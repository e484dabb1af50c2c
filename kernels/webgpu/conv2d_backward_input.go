package webgpu

import (
	_ "embed"

	"thaw/kernels"
)

//go:embed conv2d_backward_input.wgsl
var conv2DBackwardInputSource string

var conv2DBackwardInputShader = newConvShader("conv2d backward input", conv2DBackwardInputSource)

func (l *lowering) conv2DBackwardInput(a *kernels.Conv2DBackwardInputArgs) {
	s := a.Shape
	r := newConvRow(s, a.Alpha)
	r.Left, r.LeftStride = l.in(inArena, &a.DOut.Data), uint32(a.DOut.Stride)
	r.Right = l.in(inTensors, &a.Filter)
	r.Rows, r.Columns = uint32(s.N*s.H*s.W), uint32(s.CIn)
	r.Out, r.OutStride = l.in(inArena, &a.DIn.Data), uint32(a.DIn.Stride)
	if a.Accumulate {
		r.Residual, r.ResidualStride, r.HasResidual = r.Out, r.OutStride, 1
	}
	r.DepthScale, r.DepthScaleRegion = l.operand(&a.Scale)
	r.Scratch = l.in(inArena, &a.Scratch)
	l.product(conv2DBackwardInputShader, r, kernels.BackwardInput, s, s)
}
