package webgpu

import (
	_ "embed"

	"thaw/kernels"
)

//go:embed relubias.wgsl
var reluBiasSource string

var reluBiasPipelines = newVariants("relubias", lanesSource+reluBiasSource)

// reluBiasRow is Row of relubias.wgsl.
type reluBiasRow struct {
	Out, OutStride, D, DStride    uint32
	Channels, Pixels, Chunk, Sums uint32
	ReLU, Bias                    uint32
}

func (l *lowering) reluBiasBackward(a *kernels.ReLUBiasBackwardArgs) {
	pixels, channels := a.D.Pixels(), a.D.C
	chunk, chunks := chunksOf(pixels)
	_, relu := l.at(&a.Out.Data)
	_, bias := l.at(&a.DBias)
	sums := l.in(inArena, &a.Scratch)
	row := reluBiasRow{Out: l.in(inArena, &a.Out.Data), OutStride: uint32(a.Out.Stride), D: l.in(inArena, &a.D.Data), DStride: uint32(a.D.Stride),
		Channels: uint32(channels), Pixels: uint32(pixels), Chunk: uint32(chunk), Sums: sums, ReLU: flag(relu), Bias: flag(bias)}
	p := reluBiasPipelines.pick(&row.Out, &row.OutStride, &row.D, &row.DStride, &row.Channels, &row.Sums)
	dispatchRow(l, p, &row, blocks(row.Channels), chunks, 1)
	if bias {
		l.sums(sums, 1, pixels, channels, &a.DBias, a.Alpha)
	}
}
