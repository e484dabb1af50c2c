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

// overPixels writes the fields that all jobs over chunks of pixels need and
// returns the number of chunks.
func (b *Backend) overPixels(v kernels.View) (chunks int) {
	pixels, size := v.Pixels(), pixelsPerChunk(v.C)
	chunks = ceilDiv(pixels, size)
	b.setFields(normPixels, pixels, normChunk, size, normC, v.C)
	return chunks
}

// sumPixels is overPixels for jobs that sum; it returns the sums over all pixels, too.
func (b *Backend) sumPixels(v kernels.View, scratch []float32) (chunks int, sums []float32) {
	if want := b.SumsLen(v.Pixels(), v.C); len(scratch) < want {
		panic(fmt.Sprintf("simd: scratch of %d floats for sums of %d channels over %d pixels, want %d", len(scratch), v.C, v.Pixels(), want))
	}
	sums = scratch[:2*v.C]
	b.setFields(normSums, int(at(sums)), normPartial, int(at(scratch[len(sums):])))
	return b.overPixels(v), sums
}

// setView writes the address and pixel stride of a view; nothing of an absent one.
func (b *Backend) setView(field int, v kernels.View) {
	b.setAt(field, at(v.Data))
	b.set(field+normXCol-normX, 4*v.Stride)
}

func (b *Backend) setFloor(relu bool) {
	b.setF32(normFloor, noFloor)
	if relu {
		b.setF32(normFloor, 0)
	}
}

// BatchNormFold implements kernels.Backend.
func (b *Backend) BatchNormFold(a *kernels.BatchNormFoldArgs) {
	b.setFields(foldBeta, int(at(a.Beta)), foldMean, int(at(a.Mean)), foldVariance, int(at(a.Variance)),
		foldScale, int(at(a.Scale)), foldShift, int(at(a.Shift)), foldC, len(a.Scale))
	b.setF32(foldEps, a.Eps)
	b.run(kernelNormFold, ceilDiv(len(a.Scale), combineChannels), true)
}

// BatchNormTrain implements kernels.Backend.
func (b *Backend) BatchNormTrain(a *kernels.BatchNormTrainArgs) {
	chunks, _ := b.sumPixels(a.X, a.Scratch)
	b.setView(normX, a.X)
	b.setAt(normMean, at(a.Mean))
	b.setAt(normInvStd, at(a.InvStd))
	b.setF32(normEps, a.Eps)
	b.setF32(normMomentum, a.Momentum)
	b.setF32(normRest, 1-a.Momentum)
	b.setAt(normRunMean, at(a.RunningMean))
	b.setAt(normRunVariance, at(a.RunningVariance))
	b.run(kernelNormStats, chunks, true)
	b.run(kernelNormCombine, ceilDiv(a.X.C, combineChannels), a.RunningMean == nil)
	b.BatchNormApply(&kernels.BatchNormApplyArgs{X: a.X, Out: a.Out, Beta: a.Beta, Mean: a.Mean, InvStd: a.InvStd, ReLU: a.ReLU})
}

// BatchNormApply implements kernels.Backend.
func (b *Backend) BatchNormApply(a *kernels.BatchNormApplyArgs) {
	chunks := b.overPixels(a.X)
	b.setView(normX, a.X)
	b.setView(normOut, a.Out)
	b.setFields(normBeta, int(at(a.Beta)), normMean, int(at(a.Mean)), normInvStd, int(at(a.InvStd)))
	b.setFloor(a.ReLU)
	b.run(kernelNormApply, chunks, at(a.X.Data) != at(a.Out.Data))
}

// BatchNormBackward implements kernels.Backend.
func (b *Backend) BatchNormBackward(a *kernels.BatchNormBackwardArgs) {
	chunks, sums := b.sumPixels(a.X, a.Scratch)
	b.setView(normX, a.X)
	b.setView(normD, a.DOut)
	b.setFields(normBeta, int(at(a.Beta)), normMean, int(at(a.Mean)), normInvStd, int(at(a.InvStd)))
	b.setFloor(a.ReLU)
	b.setF32(normScale, 1)
	b.run(kernelNormGradStats, chunks, true)
	b.run(kernelSumCombine, ceilDiv(a.X.C, combineChannels), true)
	copy(a.DBeta, sums[:a.X.C])
	if a.DX.Data == nil {
		return
	}
	b.setView(normOut, a.DX)
	b.setF32(normScale, 1/float32(a.X.Pixels()))
	b.run(kernelNormGradApply, chunks, at(a.DX.Data) != at(a.DOut.Data))
}

// ReLUBiasBackward implements kernels.Backend. Masking twice does no harm.
func (b *Backend) ReLUBiasBackward(a *kernels.ReLUBiasBackwardArgs) {
	chunks, sums := b.sumPixels(a.D, a.Scratch)
	b.setView(normX, a.Out)
	b.setView(normD, a.D)
	b.setF32(normScale, a.Alpha)
	b.run(kernelReLUBias, chunks, true)
	if a.DBias == nil {
		return
	}
	b.run(kernelSumCombine, ceilDiv(a.D.C, combineChannels), true)
	copy(a.DBias, sums[:a.D.C])
}
