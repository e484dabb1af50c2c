package webgpu

import (
	_ "embed"

	"thaw/kernels"
)

//go:embed conv2d_backward_filter.wgsl
var conv2DBackwardFilterSource string

var conv2DBackwardFilterShader = newConvShader("conv2d backward filter", conv2DBackwardFilterSource)

func (l *lowering) conv2DBackwardFilter(a *kernels.Conv2DBackwardFilterArgs) {
	s := joinTaps(a.Shape, a.In)
	r := newConvRow(s, a.Alpha)
	r.Left, r.LeftStride = l.in(inArena, &a.In.Data), uint32(a.In.Stride)
	r.Right, r.RightStride = l.in(inArena, &a.DOut.Data), uint32(a.DOut.Stride)
	r.Rows, r.Columns = uint32(s.KH*s.KW*s.CIn), uint32(s.COut)
	r.Out, r.OutStride, r.OutRegion = l.in(inGradients, &a.DFilter), uint32(s.COut), uint32(inGradients)
	r.Scale, r.ScaleRegion = l.operand(&a.Scale)
	r.Scratch = l.in(inArena, &a.Scratch)
	r.StepN, r.StepH, r.StepW = uint32(convDepth/(s.OH*s.OW)), uint32(convDepth/s.OW%s.OH), uint32(convDepth%s.OW)
	l.product(conv2DBackwardFilterShader, r, kernels.BackwardFilter, a.Shape, s)
}
