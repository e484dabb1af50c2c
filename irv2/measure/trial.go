package measure

import (
	"thaw/irv2"
	"thaw/irv2/compile"
	"thaw/irv2/freeze"
	"thaw/kernels"
	"thaw/kernels/program"
)

// trialTolerance is far above rounding, which is below 1e-5 of an output's norm, and far
// below what any mistake makes.
const trialTolerance = 1e-3

// trialPerKind ops of each kind and filter are tried.
const trialPerKind = 2

// Trial runs a training step of the small network op by op on a machine and on a backend
// that is trusted: forward, gradients and update. The error names the first op that is
// wrong. It takes about a second.
func Trial(m program.Machine, trusted kernels.Backend) error {
	config := irv2.Mini(3)
	config.Size, config.Dropout = 48, 0.25
	model, err := irv2.New(config)
	if err != nil {
		return err
	}
	weights := irv2.NewWeights(model)
	weights.Synthesize(1)
	for _, spec := range []freeze.Spec{
		{Preset: "unfreeze-all"},
		{From: "block8_1", BatchNorm: freeze.Inference}, // batch norm folded
	} {
		if err := trial(m, trusted, weights, spec); err != nil {
			return err
		}
	}
	return nil
}

func trial(m program.Machine, trusted kernels.Backend, weights *irv2.Weights, spec freeze.Spec) error {
	plan, err := freeze.New(weights.Model, spec)
	if err != nil {
		return err
	}
	p, err := compile.Compile(plan, compile.Options{Batch: 2, Training: true, Decay: 0.01, ClipNorm: 1}, m)
	if err != nil {
		return err
	}
	p.SetStep(3, func(*irv2.Param) float64 { return 1e-3 }, 7)
	input, labels := make([]float32, p.Input.Len), make([]float32, p.Labels.Len)
	irv2.FillUniform(input, 1, "images")
	labels[0], labels[len(labels)-1] = 1, 1
	given := map[*program.Buffer][]float32{p.Input: input, p.Labels: labels}
	phases := []program.Phase{program.Init, program.Save, program.Forward, program.Backward, program.Update, program.Restore}
	return program.Compare(trusted, m, weights.Data, p.Program, given, phases, trialPerKind, trialTolerance)
}
