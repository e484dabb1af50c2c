package irv2

import "math"

// InitHead gives the head Keras's initial values: kernels glorot_uniform
// (keras/src/initializers/random_initializers.py: limit sqrt(6/(in+out))), biases
// zero. Which values is a function of seed and name, as in FillUniform.
func (w *Weights) InitHead(seed uint64) {
	for _, p := range w.Model.Params {
		if p.Layer.Index < w.Model.Backbone {
			continue
		}
		if p.Kind != "kernel" {
			clear(w.Of(p))
			continue
		}
		w.Draw(p, seed, math.Sqrt(6/float64(p.Shape[0]+p.Shape[1])))
	}
}

// Draw fills p uniformly from -limit to limit, by seed and name as in FillUniform.
func (w *Weights) Draw(p *Param, seed uint64, limit float64) {
	dst := w.Of(p)
	FillUniform(dst, seed, p.Name())
	for i := range dst {
		dst[i] *= float32(limit)
	}
}
