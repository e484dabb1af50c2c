package webgpu

import "thaw/kernels"

// Not yet lowered.

func (l *lowering) batchNormFold(a *kernels.BatchNormFoldArgs) { panic("webgpu: batchNormFold") }

func (l *lowering) batchNormTrain(a *kernels.BatchNormTrainArgs) { panic("webgpu: batchNormTrain") }

func (l *lowering) batchNormApply(a *kernels.BatchNormApplyArgs) { panic("webgpu: batchNormApply") }

func (l *lowering) batchNormBackward(a *kernels.BatchNormBackwardArgs) {
	panic("webgpu: batchNormBackward")
}

func (l *lowering) reluBiasBackward(a *kernels.ReLUBiasBackwardArgs) {
	panic("webgpu: reluBiasBackward")
}

func (l *lowering) maxPool(a *kernels.PoolArgs) { panic("webgpu: maxPool") }

func (l *lowering) avgPool(a *kernels.PoolArgs) { panic("webgpu: avgPool") }

func (l *lowering) maxPoolBackward(a *kernels.PoolBackwardArgs) { panic("webgpu: maxPoolBackward") }

func (l *lowering) avgPoolBackward(a *kernels.PoolBackwardArgs) { panic("webgpu: avgPoolBackward") }

func (l *lowering) globalAvgPool(a *kernels.GlobalAvgPoolArgs) { panic("webgpu: globalAvgPool") }

func (l *lowering) globalAvgPoolBackward(a *kernels.GlobalAvgPoolArgs) {
	panic("webgpu: globalAvgPoolBackward")
}

func (l *lowering) dropout(a *kernels.DropoutArgs) { panic("webgpu: dropout") }

func (l *lowering) softmaxCrossEntropy(a *kernels.SoftmaxCrossEntropyArgs) {
	panic("webgpu: softmaxCrossEntropy")
}

func (l *lowering) sumSquares(a *kernels.SumSquaresArgs) { panic("webgpu: sumSquares") }

func (l *lowering) clipByNorm(a *kernels.ClipByNormArgs) { panic("webgpu: clipByNorm") }

func (l *lowering) adam(a *kernels.AdamArgs) { panic("webgpu: adam") }

func (l *lowering) sgd(a *kernels.SGDArgs) { panic("webgpu: sgd") }

func (sizes) SumsLen(pixels, channels int) int { return 0 }
