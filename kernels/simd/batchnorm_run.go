package simd

import (
	"fmt"

	"thaw/kernels"
)

// chunkFloats is about the size of a chunk of pixels: it stays in the first-level
// cache between the two passes over it.
const chunkFloats = 8192

// pixelsPerChunk is the pixels of a chunk, of so many channels.
func pixelsPerChunk(channels int) int { return max(16, chunkFloats/channels) }

// SumsLen implements kernels.Sizes: two rows of sums over all pixels, then two per chunk.
func (b *Backend) SumsLen(pixels, channels int) int {
	return 2 * channels * (1 + ceilDiv(pixels, pixelsPerChunk(channels)))
}

// over sets the fields that all jobs over chunks of pixels need and returns the
// number of chunks.
func (j *sumsJob) over(v kernels.View) (chunks int) {
	j.pixels, j.chunk, j.c = v.Pixels(), pixelsPerChunk(v.C), v.C
	return ceilDiv(j.pixels, j.chunk)
}

// sum is over for jobs that sum, in scratch; it returns the sums over all pixels, too.
func (b *Backend) sum(j *sumsJob, v kernels.View, scratch []float32) (chunks int, sums []float32) {
	if want := b.SumsLen(v.Pixels(), v.C); len(scratch) < want {
		panic(fmt.Sprintf("simd: scratch of %d floats for sums of %d channels over %d pixels, want %d", len(scratch), v.C, v.Pixels(), want))
	}
	sums = scratch[:2*v.C]
	j.sums, j.partial = at(sums), at(scratch[len(sums):])
	return j.over(v), sums
}

// floorOf is the least that a ReLU lets through, or that no ReLU does.
func floorOf(relu bool) float32 {
	if relu {
		return 0
	}
	return noFloor
}

// BatchNormTrain implements kernels.Backend.
func (b *Backend) BatchNormTrain(a *kernels.BatchNormTrainArgs) {
	j := (*sumsJob)(b.record())
	*j = sumsJob{
		x: pixelsOf(a.X), mean: at(a.Mean), invStd: at(a.InvStd), eps: a.Eps,
		momentum: a.Momentum, rest: 1 - a.Momentum, runMean: at(a.RunningMean), runVar: at(a.RunningVariance),
	}
	chunks, _ := b.sum(j, a.X, a.Scratch)
	b.run(kernelNormStats, chunks, true)
	b.run(kernelNormCombine, ceilDiv(a.X.C, combineChannels), a.RunningMean == nil)
	b.BatchNormApply(&kernels.BatchNormApplyArgs{X: a.X, Out: a.Out, Beta: a.Beta, Mean: a.Mean, InvStd: a.InvStd, ReLU: a.ReLU})
}

// BatchNormApply implements kernels.Backend.
func (b *Backend) BatchNormApply(a *kernels.BatchNormApplyArgs) {
	j := (*sumsJob)(b.record())
	*j = sumsJob{
		x: pixelsOf(a.X), out: pixelsOf(a.Out),
		beta: at(a.Beta), mean: at(a.Mean), invStd: at(a.InvStd), floor: floorOf(a.ReLU),
	}
	b.run(kernelNormApply, j.over(a.X), at(a.X.Data) != at(a.Out.Data))
}

// BatchNormBackward implements kernels.Backend.
func (b *Backend) BatchNormBackward(a *kernels.BatchNormBackwardArgs) {
	j := (*sumsJob)(b.record())
	*j = sumsJob{
		x: pixelsOf(a.X), d: pixelsOf(a.DOut), out: pixelsOf(a.DX),
		beta: at(a.Beta), mean: at(a.Mean), invStd: at(a.InvStd), floor: floorOf(a.ReLU), scale: 1,
	}
	chunks, sums := b.sum(j, a.X, a.Scratch)
	b.run(kernelNormGradStats, chunks, true)
	b.run(kernelSumCombine, ceilDiv(a.X.C, combineChannels), true)
	copy(a.DBeta, sums[:a.X.C])
	if a.DX.Data == nil {
		return
	}
	j.scale = 1 / float32(a.X.Pixels())
	b.run(kernelNormGradApply, chunks, at(a.DX.Data) != at(a.DOut.Data))
}

// ReLUBiasBackward implements kernels.Backend. Masking twice does no harm.
func (b *Backend) ReLUBiasBackward(a *kernels.ReLUBiasBackwardArgs) {
	j := (*sumsJob)(b.record())
	*j = sumsJob{x: pixelsOf(a.Out), d: pixelsOf(a.D), scale: a.Alpha}
	chunks, sums := b.sum(j, a.D, a.Scratch)
	b.run(kernelReLUBias, chunks, true)
	if a.DBias == nil {
		return
	}
	b.run(kernelSumCombine, ceilDiv(a.D.C, combineChannels), true)
	copy(a.DBias, sums[:a.D.C])
}
