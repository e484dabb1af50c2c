package tune

import (
	"thaw/irv2"
	"thaw/irv2/compile"
	"thaw/irv2/freeze"
	"thaw/kernels"
)

// Predictor answers for single images with the weights as they are when it is made:
// filters are packed then. Make a new one after training.
type Predictor struct {
	program *compile.Program
	backend kernels.Backend
}

// NewPredictor compiles and packs the network for inference on one image.
func NewPredictor(weights *irv2.Weights, backend kernels.Backend) (*Predictor, error) {
	plan := freeze.FromFlags(weights.Model, func(*irv2.Layer) bool { return false }, freeze.Keras)
	p, err := compile.Compile(plan, compile.Options{Batch: 1}, backend)
	if err != nil {
		return nil, err
	}
	p.Bind(weights, make([]float32, p.ArenaLen), make([]float32, p.StateLen))
	return &Predictor{p, backend}, p.Run(compile.Init, backend, nil)
}

// Predict returns the probability of each class for an image [size, size, 3] in [-1, 1].
func (p *Predictor) Predict(image []float32) []float32 {
	copy(p.program.InputData(), image)
	p.program.Run(compile.ForwardPhase, p.backend, nil)
	return append([]float32(nil), p.program.ProbData()...)
}
