package webgpu

import (
	_ "embed"

	"thaw/kernels"
)

//go:embed loss.wgsl
var lossSource string

var lossPipeline = newShader("loss", lossSource, nil)

// lossRow is Row of loss.wgsl.
type lossRow struct {
	Logits, LogitsStride, Labels, LabelsStride, Probs, ProbsStride, DLogits, DLogitsStride uint32
	Loss, Rows, Classes, Train                                                             uint32
}

func (l *lowering) softmaxCrossEntropy(a *kernels.SoftmaxCrossEntropyArgs) {
	_, train := l.at(&a.DLogits.Data)
	rows := a.Logits.Pixels()
	row := lossRow{Logits: l.in(inArena, &a.Logits.Data), LogitsStride: uint32(a.Logits.Stride), Labels: l.in(inArena, &a.Labels.Data), LabelsStride: uint32(a.Labels.Stride),
		Probs: l.in(inArena, &a.Probs.Data), ProbsStride: uint32(a.Probs.Stride), DLogits: l.in(inArena, &a.DLogits.Data), DLogitsStride: uint32(a.DLogits.Stride),
		Loss: l.in(inArena, &a.Loss), Rows: uint32(rows), Classes: uint32(a.Logits.C), Train: flag(train)}
	x, y := grid(rows)
	dispatchRow(l, lossPipeline, &row, x, y, 1)
}
