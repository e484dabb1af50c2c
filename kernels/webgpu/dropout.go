package webgpu

import (
	_ "embed"

	"thaw/kernels"
)

//go:embed dropout.wgsl
var dropoutSource string

var dropoutPipeline = newShader("dropout", lanesSource+dropoutSource, nil, "ELEMENT", "f32", "INVOCATIONS", "64")

// dropoutRow is Row of dropout.wgsl.
type dropoutRow struct {
	X, XStride, Out, OutStride, Channels, Pixels uint32
	SeedLow, SeedHigh                            uint32
	Rate, Scale                                  float32
}

func (l *lowering) dropout(a *kernels.DropoutArgs) {
	row := dropoutRow{X: l.in(inArena, &a.X.Data), XStride: uint32(a.X.Stride), Out: l.in(inArena, &a.Out.Data), OutStride: uint32(a.Out.Stride),
		Channels: uint32(a.X.C), Pixels: uint32(a.X.Pixels()), SeedLow: uint32(a.Seed), SeedHigh: uint32(a.Seed >> 32), Rate: a.Rate, Scale: 1 / (1 - a.Rate)}
	y, z := pixelGrid(a.X.Pixels())
	dispatchRow(l, dropoutPipeline, &row, blocks(row.Channels), y, z)
}
