package simd

import "thaw/kernels"

func (b *Backend) setUpdate(param, grad, m, v []float32, rate float64) {
	b.setFields(updateParam, int(at(param)), updateGrad, int(at(grad)), updateM, int(at(m)),
		updateV, int(at(v)), updateLen, len(grad))
	b.setF32(updateRate, float32(rate))
}

// Adam implements kernels.Backend.
func (b *Backend) Adam(a *kernels.AdamArgs) {
	b.setUpdate(a.Param, a.Grad, a.M, a.V, float64(a.Alpha()))
	b.setF32(updateA, float32(1-a.Beta1))
	b.setF32(updateB, float32(1-a.Beta2))
	b.setF32(updateEps, float32(a.Eps))
	b.run(kernelAdam, ceilDiv(len(a.Grad), updateTile), false)
}

// SGD implements kernels.Backend.
func (b *Backend) SGD(a *kernels.SGDArgs) {
	b.setUpdate(a.Param, a.Grad, a.M, nil, a.Rate)
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
