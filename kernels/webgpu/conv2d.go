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
	conv2DShader     = convShader("conv2d", conv2DSource)
	convFinishShader = convShader("conv2d finish", convFinishSource)
)

func convShader(name, source string) variants {
	text := convTile.constants() + convCommonSource + convTile.unroll(source)
	return variants{
		newShader(name, accessScalar()+text, nil),
		newShader(name+" vec4", accessVec4()+text, []string{"arena", "tensors", "gradients", "state"}),
	}
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
func (r *convRow) joinTaps() {
	if r.CIn%convDepth != 0 && r.LeftStride == r.CIn && r.PadLeft == 0 && (r.OW-1)*r.Stride+r.KW <= r.W {
		r.KW, r.CIn = 1, r.KW*r.CIn
	}
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

// product appends a product in count tiles, each for z classes of rows, over steps of
// depth that are cut into parts; where it is cut, the sum of the parts too.
func (l *lowering) product(shader variants, row *convRow, count, z, steps, parts int) {
	row.Parts, row.PartSteps = uint32(parts), uint32(ceilDiv(steps, parts))
	of := func(v variants) pipeline {
		if row.vec4() {
			return v.vec4
		}
		return v.scalar
	}
	x, y := grid(count)
	dispatchRow(l, of(shader), row, x, y, z*parts)
	if parts > 1 {
		x, y = grid(ceilDiv(int(row.Rows)*ceilDiv(int(row.Columns), 4), 64))
		dispatchRow(l, of(convFinishShader), row, x, y, 1)
	}
}

func (l *lowering) conv2D(a *kernels.Conv2DArgs) {
	s := a.Shape
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
	r.joinTaps()
	p := productOf(s, kernels.Forward)
	l.product(conv2DShader, r, p.tiles, 1, int(r.KH*r.KW)*ceilDiv(int(r.CIn), convDepth), p.parts())
}
