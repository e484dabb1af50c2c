package webgpu

import (
	_ "embed"

	"thaw/kernels"
)

//go:embed batchnorm_fold.wgsl
var batchNormFoldSource string

//go:embed batchnorm_chunks.wgsl
var batchNormChunksSource string

//go:embed batchnorm_join.wgsl
var batchNormJoinSource string

//go:embed batchnorm_normalized.wgsl
var normalizedSource string

//go:embed batchnorm_apply.wgsl
var batchNormApplySource string

//go:embed batchnorm_backward_sums.wgsl
var batchNormBackwardSumsSource string

//go:embed batchnorm_backward.wgsl
var batchNormBackwardSource string

var (
	batchNormFoldPipeline  = newShader("batchnorm_fold", regionsSource+batchNormFoldSource, nil)
	batchNormChunks        = newVariants("batchnorm_chunks", lanesSource+batchNormChunksSource)
	batchNormJoinPipeline  = newShader("batchnorm_join", lanesSource+batchNormJoinSource, nil, "ELEMENT", "f32", "INVOCATIONS", joinInvocations)
	batchNormApply         = newVariants("batchnorm_apply", lanesSource+normalizedSource+batchNormApplySource)
	batchNormBackwardSums  = newVariants("batchnorm_backward_sums", lanesSource+normalizedSource+batchNormBackwardSumsSource)
	batchNormBackwardInput = newVariants("batchnorm_backward", lanesSource+normalizedSource+batchNormBackwardSource)
)

// batchNormFoldRow is Row of batchnorm_fold.wgsl.
type batchNormFoldRow struct {
	Beta, BetaRegion, Mean, MeanRegion, Variance, VarianceRegion uint32
	Scale, ScaleRegion, Shift, ShiftRegion                       uint32
	Channels                                                     uint32
	Eps                                                          float32
}

func (l *lowering) batchNormFold(a *kernels.BatchNormFoldArgs) {
	scale, _ := l.op.At(&a.Scale)
	row := batchNormFoldRow{Channels: uint32(scale.Len), Eps: a.Eps}
	row.Beta, row.BetaRegion = l.anywhere(&a.Beta)
	row.Mean, row.MeanRegion = l.anywhere(&a.Mean)
	row.Variance, row.VarianceRegion = l.anywhere(&a.Variance)
	row.Scale, row.ScaleRegion = l.anywhere(&a.Scale)
	row.Shift, row.ShiftRegion = l.anywhere(&a.Shift)
	dispatchRow(l, batchNormFoldPipeline, &row, ceilDiv(scale.Len, 64), 1, 1)
}

// batchNormChunksRow is Row of batchnorm_chunks.wgsl.
type batchNormChunksRow struct {
	X, XStride, Channels, Pixels, Chunk, Moments uint32
}

// batchNormJoinRow is Row of batchnorm_join.wgsl.
type batchNormJoinRow struct {
	Moments, Chunk, Chunks, Channels, Pixels uint32
	Mean, InvStd                             uint32
	Moves, RunningMean, RunningVariance      uint32
	Eps, Momentum                            float32
}

func (l *lowering) batchNormTrain(a *kernels.BatchNormTrainArgs) {
	pixels, channels := a.X.Pixels(), a.X.C
	chunk, chunks := chunksOf(pixels)
	moments := l.in(inArena, &a.Scratch)
	part := batchNormChunksRow{X: l.in(inArena, &a.X.Data), XStride: uint32(a.X.Stride), Channels: uint32(channels),
		Pixels: uint32(pixels), Chunk: uint32(chunk), Moments: moments}
	p := batchNormChunks.pick(&part.X, &part.XStride, &part.Channels, &part.Moments)
	dispatchRow(l, p, &part, blocks(part.Channels), chunks, 1)

	_, moves := l.at(&a.RunningMean)
	join := batchNormJoinRow{Moments: moments, Chunk: uint32(chunk), Chunks: uint32(chunks), Channels: uint32(channels), Pixels: uint32(pixels),
		Mean: l.in(inArena, &a.Mean), InvStd: l.in(inArena, &a.InvStd), Moves: flag(moves),
		RunningMean: l.in(inTensors, &a.RunningMean), RunningVariance: l.in(inTensors, &a.RunningVariance), Eps: a.Eps, Momentum: a.Momentum}
	dispatchRow(l, batchNormJoinPipeline, &join, blocks(join.Channels), 1, 1)

	l.normalize(&a.X, &a.Out, &a.Beta, &a.Mean, &a.InvStd, a.ReLU)
}

func (l *lowering) batchNormApply(a *kernels.BatchNormApplyArgs) {
	l.normalize(&a.X, &a.Out, &a.Beta, &a.Mean, &a.InvStd, a.ReLU)
}

// batchNormApplyRow is Row of batchnorm_apply.wgsl.
type batchNormApplyRow struct {
	X, XStride, Out, OutStride, Beta, Mean, InvStd uint32
	Channels, Pixels, Tile, ReLU                   uint32
}

// normalize is the second half of BatchNormTrain, and all of BatchNormApply.
func (l *lowering) normalize(x, out *kernels.View, beta, mean, invStd *[]float32, relu bool) {
	pixels := x.Pixels()
	row := batchNormApplyRow{X: l.in(inArena, &x.Data), XStride: uint32(x.Stride), Out: l.in(inArena, &out.Data), OutStride: uint32(out.Stride),
		Beta: l.in(inTensors, beta), Mean: l.in(inArena, mean), InvStd: l.in(inArena, invStd),
		Channels: uint32(x.C), Pixels: uint32(pixels), Tile: uint32(tile(pixels)), ReLU: flag(relu)}
	p := batchNormApply.pick(&row.X, &row.XStride, &row.Out, &row.OutStride, &row.Beta, &row.Mean, &row.InvStd, &row.Channels)
	dispatchRow(l, p, &row, blocks(row.Channels), ceilDiv(pixels, tile(pixels)), 1)
}

// batchNormBackwardRow is Row of batchnorm_backward_sums.wgsl, where Chunk and Sums are of
// the chunks, and of batchnorm_backward.wgsl, where they are a tile and the totals.
type batchNormBackwardRow struct {
	X, XStride, D, DStride, DX, DXStride uint32
	Beta, Mean, InvStd                   uint32
	Channels, Pixels, Chunk, Sums, ReLU  uint32
}

func (l *lowering) batchNormBackward(a *kernels.BatchNormBackwardArgs) {
	pixels, channels := a.X.Pixels(), a.X.C
	chunk, chunks := chunksOf(pixels)
	row := batchNormBackwardRow{X: l.in(inArena, &a.X.Data), XStride: uint32(a.X.Stride), D: l.in(inArena, &a.DOut.Data), DStride: uint32(a.DOut.Stride),
		DX: l.in(inArena, &a.DX.Data), DXStride: uint32(a.DX.Stride),
		Beta: l.in(inTensors, &a.Beta), Mean: l.in(inArena, &a.Mean), InvStd: l.in(inArena, &a.InvStd),
		Channels: uint32(channels), Pixels: uint32(pixels), Chunk: uint32(chunk), Sums: l.in(inArena, &a.Scratch), ReLU: flag(a.ReLU)}
	dispatch := func(row batchNormBackwardRow, v variants, parts int) {
		p := v.pick(&row.X, &row.XStride, &row.D, &row.DStride, &row.DX, &row.DXStride, &row.Beta, &row.Mean, &row.InvStd, &row.Channels, &row.Sums)
		dispatchRow(l, p, &row, blocks(row.Channels), parts, 1)
	}
	dispatch(row, batchNormBackwardSums, chunks)
	row.Sums = l.sums(row.Sums, 2, pixels, channels, &a.DBeta, 1)
	if _, wanted := l.at(&a.DX.Data); wanted {
		row.Chunk = uint32(tile(pixels))
		dispatch(row, batchNormBackwardInput, ceilDiv(pixels, tile(pixels)))
	}
}
