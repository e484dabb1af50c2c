package webgpu

import (
	_ "embed"

	"thaw/kernels"
)

// A convolution's passes are matrix products, cut into tiles (conv2d_tile.go), of operands
// that lie in memory as they are: conv2d_common.wgsl says what they share.

//go:embed conv2d_common.wgsl
var convCommonSource string

//go:embed conv2d.wgsl
var conv2DSource string

//go:embed conv2d_finish.wgsl
var convFinishSource string

var (
	conv2DShader = newConvShader("conv2d", conv2DSource)

	convFinishScalar = convPipeline("conv2d finish", convFinishSource, smallTile, false)
	convFinishVec4   = convPipeline("conv2d finish vec4", convFinishSource, smallTile, true)
)

// convShader is three pipelines of one source. The first is always right; the others need
// all offsets, strides and channels to be multiples of 4.
type convShader struct{ scalar, vec4, large pipeline }

func newConvShader(name, source string) convShader {
	return convShader{
		scalar: convPipeline(name, source, smallTile, false),
		vec4:   convPipeline(name+" vec4", source, smallTile, true),
		large:  convPipeline(name+" vec4 large", source, largeTile, true),
	}
}

func convPipeline(name, source string, t tile, vec4 bool) pipeline {
	text := t.constants() + convCommonSource + t.unroll(source)
	if !vec4 {
		return newShader(name, accessScalar()+text, nil)
	}
	return newShader(name, accessVec4()+text, []string{"arena", "tensors", "gradients", "state"})
}

// convRow is Row of conv2d_common.wgsl.
type convRow struct {
	N, H, W, CIn, KH, KW, COut, Stride, PadTop, PadLeft, OH, OW uint32

	Left, LeftStride, Right, RightStride     uint32
	Rows, Columns, Parts, PartSteps, Scratch uint32
	Out, OutStride, OutRegion                uint32
	Residual, ResidualStride, HasResidual    uint32
	Scale, ScaleRegion, Shift, ShiftRegion   uint32
	DepthScale, DepthScaleRegion             uint32
	Alpha                                    float32
	ReLU                                     uint32
	StepN, StepH, StepW                      uint32
}

// nowhere is the region of an operand that the op goes without.
const nowhere = uint32(regions)

func newConvRow(s kernels.ConvShape, alpha float32) *convRow {
	return &convRow{
		N: uint32(s.N), H: uint32(s.H), W: uint32(s.W), CIn: uint32(s.CIn),
		KH: uint32(s.KH), KW: uint32(s.KW), COut: uint32(s.COut),
		Stride: uint32(s.Stride), PadTop: uint32(s.PadTop), PadLeft: uint32(s.PadLeft),
		OH: uint32(s.OH), OW: uint32(s.OW),
		ScaleRegion: nowhere, ShiftRegion: nowhere, DepthScaleRegion: nowhere,
		Alpha: alpha,
	}
}

// joinTaps makes one tap of a filter's row, of KW*CIn channels, where its pixels adjoin and
// all lie inside the map: few channels, such as an image's 3, then fill a step better.
func joinTaps(s kernels.ConvShape, in kernels.View) kernels.ConvShape {
	if s.CIn%convDepth != 0 && in.Stride == s.CIn && s.PadLeft == 0 && (s.OW-1)*s.Stride+s.KW <= s.W {
		s.KW, s.CIn = 1, s.KW*s.CIn
	}
	return s
}

// vec4 says whether floats can be read four at a time.
func (r *convRow) vec4() bool {
	return (r.CIn|r.COut|r.Left|r.LeftStride|r.Right|r.RightStride|r.Scratch|r.Out|r.OutStride|
		r.Residual|r.ResidualStride|r.Scale|r.Shift|r.DepthScale)%4 == 0
}

// operand is where an optional slice lies, as a region and an offset.
func (l *lowering) operand(slice *[]float32) (at, region uint32) {
	if p, ok := l.at(slice); ok {
		return p.at, uint32(p.region)
	}
	return 0, nowhere
}

// product appends a pass over a shape; joined is the shape with its taps joined, or shape.
func (l *lowering) product(shader convShader, r *convRow, pass kernels.Pass, shape, joined kernels.ConvShape) {
	p, whole := productOf(joined, pass), productOf(shape, pass)
	parts := whole.parts()
	r.Parts, r.PartSteps = uint32(parts), uint32(ceilDiv(p.steps, parts))
	t, pipeline, finish := smallTile, shader.scalar, convFinishScalar
	if r.vec4() {
		t, pipeline, finish = whole.tile(), shader.vec4, convFinishVec4
	}
	if t == largeTile {
		pipeline = shader.large
	}
	x, y := grid(p.tiles(t))
	dispatchRow(l, pipeline, r, x, y, parts)
	if parts > 1 {
		x, y = grid(ceilDiv(int(r.Rows)*ceilDiv(int(r.Columns), 4), 64))
		dispatchRow(l, finish, r, x, y, 1)
	}
}

func (l *lowering) conv2D(a *kernels.Conv2DArgs) {
	s := joinTaps(a.Shape, a.In)
	r := newConvRow(s, a.Alpha)
	r.Left, r.LeftStride = l.in(inArena, &a.In.Data), uint32(a.In.Stride)
	r.Right = l.in(inTensors, &a.Filter)
	r.Rows, r.Columns = uint32(s.N*s.OH*s.OW), uint32(s.COut)
	r.Out, r.OutStride = l.in(inArena, &a.Out.Data), uint32(a.Out.Stride)
	if _, ok := l.at(&a.Residual.Data); ok {
		r.Residual, r.ResidualStride, r.HasResidual = l.in(inArena, &a.Residual.Data), uint32(a.Residual.Stride), 1
	}
	r.Scale, r.ScaleRegion = l.operand(&a.Scale)
	r.Shift, r.ShiftRegion = l.operand(&a.Shift)
	r.ReLU = flag(a.ReLU)
	r.Scratch = l.in(inArena, &a.Scratch)
	l.product(conv2DShader, r, kernels.Forward, a.Shape, s)
}
