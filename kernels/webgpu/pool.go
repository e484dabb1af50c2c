package webgpu

import (
	_ "embed"

	"thaw/kernels"
)

//go:embed pool.wgsl
var poolSource string

//go:embed pool_backward.wgsl
var poolBackwardSource string

var (
	poolPipelines         = newVariants("pool", lanesSource+poolSource)
	poolBackwardPipelines = newVariants("pool_backward", lanesSource+poolBackwardSource)
)

// poolRow is Row of pool.wgsl.
type poolRow struct {
	In, InStride, Out, OutStride   uint32
	Channels, Pixels, H, W, OH, OW uint32
	K, Stride, PadTop, PadLeft     uint32
	Maximum                        uint32
}

func (l *lowering) maxPool(a *kernels.PoolArgs) { l.pool(a, true) }
func (l *lowering) avgPool(a *kernels.PoolArgs) { l.pool(a, false) }

func (l *lowering) pool(a *kernels.PoolArgs, maximum bool) {
	row := poolRow{In: l.in(inArena, &a.In.Data), InStride: uint32(a.In.Stride), Out: l.in(inArena, &a.Out.Data), OutStride: uint32(a.Out.Stride),
		Channels: uint32(a.Out.C), Pixels: uint32(a.Out.Pixels()), H: uint32(a.In.H), W: uint32(a.In.W), OH: uint32(a.Out.H), OW: uint32(a.Out.W),
		K: uint32(a.K), Stride: uint32(a.Stride), PadTop: uint32(a.PadTop), PadLeft: uint32(a.PadLeft), Maximum: flag(maximum)}
	p := poolPipelines.pick(&row.In, &row.InStride, &row.Out, &row.OutStride, &row.Channels)
	y, z := pixelGrid(a.Out.Pixels())
	dispatchRow(l, p, &row, blocks(row.Channels), y, z)
}

// poolBackwardRow is Row of pool_backward.wgsl.
type poolBackwardRow struct {
	In, InStride, Out, OutStride, D, DStride, DIn, DInStride uint32
	Channels, Pixels, H, W, OH, OW                           uint32
	K, Stride, PadTop, PadLeft, Accumulate, Maximum          uint32
}

func (l *lowering) maxPoolBackward(a *kernels.PoolBackwardArgs) { l.poolBackward(a, true) }
func (l *lowering) avgPoolBackward(a *kernels.PoolBackwardArgs) { l.poolBackward(a, false) }

func (l *lowering) poolBackward(a *kernels.PoolBackwardArgs, maximum bool) {
	row := poolBackwardRow{In: l.in(inArena, &a.In.Data), InStride: uint32(a.In.Stride), Out: l.in(inArena, &a.Out.Data), OutStride: uint32(a.Out.Stride),
		D: l.in(inArena, &a.DOut.Data), DStride: uint32(a.DOut.Stride), DIn: l.in(inArena, &a.DIn.Data), DInStride: uint32(a.DIn.Stride),
		Channels: uint32(a.DIn.C), Pixels: uint32(a.DIn.Pixels()), H: uint32(a.DIn.H), W: uint32(a.DIn.W), OH: uint32(a.DOut.H), OW: uint32(a.DOut.W),
		K: uint32(a.K), Stride: uint32(a.Stride), PadTop: uint32(a.PadTop), PadLeft: uint32(a.PadLeft), Accumulate: flag(a.Accumulate), Maximum: flag(maximum)}
	p := poolBackwardPipelines.pick(&row.In, &row.InStride, &row.Out, &row.OutStride, &row.D, &row.DStride, &row.DIn, &row.DInStride, &row.Channels)
	y, z := pixelGrid(a.DIn.Pixels())
	dispatchRow(l, p, &row, blocks(row.Channels), y, z)
}
