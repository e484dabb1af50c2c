package simd

import (
	"unsafe"

	"thaw/kernels"
)

// sumPart is how many floats of a sum of squares are worth a tile.
const sumPart = 8192

// SumSquares implements kernels.Backend. How X is cut follows from its length alone.
func (b *Backend) SumSquares(a *kernels.SumSquaresArgs) {
	parts := max(1, min(len(a.X)/sumPart, maxSumParts))
	b.setFields(sumX, int(at(a.X)), sumLen, len(a.X), sumParts, parts)
	b.run(kernelSumSquares, parts, true)
	total := 0.0
	for i := range 2 * parts {
		total += *(*float64)(unsafe.Pointer(&b.rec[sumPairs/4+2*i]))
	}
	a.Sum[0] = float32(total)
}

// ClipByNorm implements kernels.Backend.
func (b *Backend) ClipByNorm(a *kernels.ClipByNormArgs) {
	scale := a.Scale()
	if scale >= 1 {
		return
	}
	b.setFields(updateParam, int(at(a.X)), updateLen, len(a.X))
	b.setF32(updateKept, scale)
	b.run(kernelScale, ceilDiv(len(a.X), updateTile), false)
}

func (b *Backend) setUpdate(param, grad, m, v []float32, rate float64, kept float32) {
	b.setFields(updateParam, int(at(param)), updateGrad, int(at(grad)), updateM, int(at(m)),
		updateV, int(at(v)), updateLen, len(grad))
	b.setF32(updateRate, float32(rate))
	b.setF32(updateKept, kept)
}

// Adam implements kernels.Backend.
func (b *Backend) Adam(a *kernels.AdamArgs) {
	b.setUpdate(a.Param, a.Grad, a.M, a.V, float64(a.Alpha()), a.Kept())
	b.setF32(updateA, float32(1-a.Beta1))
	b.setF32(updateB, float32(1-a.Beta2))
	b.setF32(updateEps, float32(a.Eps))
	b.run(kernelAdam, ceilDiv(len(a.Grad), updateTile), false)
}

// SGD implements kernels.Backend.
func (b *Backend) SGD(a *kernels.SGDArgs) {
	b.setUpdate(a.Param, a.Grad, a.M, nil, a.Rate, a.Kept())
	b.setF32(updateA, float32(a.Momentum))
	k := kernelSGD
	switch {
	case a.Momentum != 0 && a.Nesterov:
		k = kernelNesterov
	case a.Momentum != 0:
		k = kernelMomentum
	}
	b.run(k, ceilDiv(len(a.Grad), updateTile), false)
}
