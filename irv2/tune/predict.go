package tune

import (
	"thaw/irv2"
	"thaw/irv2/compile"
	"thaw/irv2/freeze"
	"thaw/kernels/program"
)

// Predictor answers for single images with the weights as they are when it is made:
// filters are packed then. Make a new one after training.
type Predictor struct{ loaded *compile.Loaded }

// NewPredictor compiles and packs the network for inference on one image.
func NewPredictor(weights *irv2.Weights, machine program.Machine) (*Predictor, error) {
	plan := freeze.FromFlags(weights.Model, func(*irv2.Layer) bool { return false }, freeze.Keras)
	p, err := compile.Compile(plan, compile.Options{Batch: 1}, machine)
	if err != nil {
		return nil, err
	}
	l, err := p.Load(machine, weights)
	if err != nil {
		return nil, err
	}
	return &Predictor{l}, nil
}

// Predict returns the probability of each class for an image [size, size, 3] in [-1, 1].
func (p *Predictor) Predict(image []float32) ([]float32, error) {
	p.loaded.Write(p.loaded.Input, 0, image)
	if err := p.loaded.Do(program.Forward); err != nil {
		return nil, err
	}
	return p.loaded.Fetch(p.loaded.Probs)
}

// Close gives the predictor's memory up.
func (p *Predictor) Close() { p.loaded.Close() }
