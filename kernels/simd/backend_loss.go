package simd

import "thaw/kernels"

// SoftmaxCrossEntropy implements kernels.Backend.
func (b *Backend) SoftmaxCrossEntropy(a *kernels.SoftmaxCrossEntropyArgs) {
	rows := a.Logits.Pixels()
	b.setView(lossLogits, a.Logits)
	b.setView(lossLabels, a.Labels)
	b.setView(lossProbs, a.Probs)
	b.setView(lossDLogits, a.DLogits)
	b.setFields(lossLoss, int(at(a.Loss)), lossRows, rows, lossClasses, a.Logits.C)
	b.run(kernelSoftmaxCrossEntropy, rows, true)
}
