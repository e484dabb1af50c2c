package webgpu

import (
	_ "embed"

	"thaw/kernels"
)

//go:embed globalpool.wgsl
var globalPoolSource string

//go:embed globalpool_backward.wgsl
var globalPoolBackwardSource string

var (
	globalPoolPipelines         = newVariants("globalpool", lanesSource+globalPoolSource)
	globalPoolBackwardPipelines = newVariants("globalpool_backward", lanesSource+globalPoolBackwardSource)
)

// globalPoolRow is Row of globalpool.wgsl and globalpool_backward.wgsl.
type globalPoolRow struct {
	Map, MapStride, Vec, VecStride, Channels, Pixels, Area uint32
}

func (l *lowering) globalAvgPool(a *kernels.GlobalAvgPoolArgs) {
	row, p := l.globalPool(a, globalPoolPipelines)
	y, z := grid(a.Map.N)
	dispatchRow(l, p, &row, blocks(row.Channels), y, z)
}

func (l *lowering) globalAvgPoolBackward(a *kernels.GlobalAvgPoolArgs) {
	row, p := l.globalPool(a, globalPoolBackwardPipelines)
	y, z := pixelGrid(a.Map.Pixels())
	dispatchRow(l, p, &row, blocks(row.Channels), y, z)
}

func (l *lowering) globalPool(a *kernels.GlobalAvgPoolArgs, v variants) (globalPoolRow, pipeline) {
	row := globalPoolRow{Map: l.in(inArena, &a.Map.Data), MapStride: uint32(a.Map.Stride), Vec: l.in(inArena, &a.Vec.Data), VecStride: uint32(a.Vec.Stride),
		Channels: uint32(a.Map.C), Pixels: uint32(a.Map.Pixels()), Area: uint32(a.Map.H * a.Map.W)}
	p := v.pick(&row.Map, &row.MapStride, &row.Vec, &row.VecStride, &row.Channels)
	return row, p
}
