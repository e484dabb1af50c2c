package kernels

import "math"

// SoftmaxCrossEntropy implements Backend, in float64: there are only N rows.
func (p *Portable) SoftmaxCrossEntropy(a *SoftmaxCrossEntropyArgs) {
	a.Logits.same("SoftmaxCrossEntropy", a.Labels)
	a.Logits.same("SoftmaxCrossEntropy", a.Probs)
	if a.DLogits.Data != nil {
		a.Logits.same("SoftmaxCrossEntropy", a.DLogits)
	}
	rows := a.Logits.Pixels()
	for n := range rows {
		logits, labels, probs := a.Logits.pixel(n), a.Labels.pixel(n), a.Probs.pixel(n)
		top := math.Inf(-1)
		for _, v := range logits {
			top = math.Max(top, float64(v))
		}
		var sum, mass, loss float64
		for _, v := range logits {
			sum += math.Exp(float64(v) - top)
		}
		logSum := top + math.Log(sum)
		for c, v := range logits {
			loss += float64(labels[c]) * (logSum - float64(v))
			mass += float64(labels[c])
		}
		a.Loss[n] = float32(loss)
		for c, v := range logits {
			prob := math.Exp(float64(v) - logSum)
			if a.DLogits.Data != nil {
				a.DLogits.pixel(n)[c] = float32((prob*mass - float64(labels[c])) / float64(rows))
			}
			probs[c] = float32(prob)
		}
	}
}
