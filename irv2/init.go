package irv2

import "math"

// InitHead gives the head Keras's initial values: kernels glorot_uniform
// (keras/src/initializers/random_initializers.py: limit sqrt(6/(in+out))), biases
// zero. Which values is a function of seed and name, as in Uniform.
func (w *Weights) InitHead(seed uint64) {
	for _, p := range w.Model.Params {
		if p.Layer.Index < w.Model.Backbone {
			continue
		}
		dst := w.Of(p)
		if p.Kind != "kernel" {
			clear(dst)
			continue
		}
		Uniform(dst, seed, p.Name())
		limit := float32(math.Sqrt(6 / float64(p.Shape[0]+p.Shape[1])))
		for i, u := range dst {
			dst[i] = u * limit
		}
	}
}
