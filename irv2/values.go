package irv2

import (
	"math"

	"thaw/kernels/splitmix"
)

// Weights are the values of a model's parameters: Data[i] belongs to
// Model.Params[i] and has its Len, row-major in its Shape.
type Weights struct {
	Model *Model
	Data  [][]float32
}

// NewWeights returns zeros, with moving variances 1.
func NewWeights(m *Model) *Weights {
	w := &Weights{Model: m, Data: make([][]float32, len(m.Params))}
	for i, p := range m.Params {
		w.Data[i] = make([]float32, p.Len())
		if p.Kind == "moving_variance" {
			for j := range w.Data[i] {
				w.Data[i][j] = 1
			}
		}
	}
	return w
}

// Of returns the values of p.
func (w *Weights) Of(p *Param) []float32 { return w.Data[p.Index] }

// Clone copies all values.
func (w *Weights) Clone() *Weights {
	c := &Weights{Model: w.Model, Data: make([][]float32, len(w.Data))}
	for i, d := range w.Data {
		c.Data[i] = append([]float32(nil), d...)
	}
	return c
}

// Synthesize fills every parameter by the golden rule (testdata/golden/README.md):
// values that any implementation can compute from seed and name.
func (w *Weights) Synthesize(seed uint64) {
	for _, p := range w.Model.Params {
		synthesize(w.Of(p), seed, p)
	}
}

func synthesize(dst []float32, seed uint64, p *Param) {
	FillUniform(dst, seed, p.Name())
	switch p.Kind {
	case "kernel":
		fanIn := p.Len() / p.Shape[len(p.Shape)-1]
		limit := float32(math.Sqrt(6 / float64(fanIn)))
		for i, u := range dst {
			dst[i] = u * limit
			if p.Layer.Name == "predictions" {
				dst[i] *= float32(0.1)
			}
		}
	case "moving_variance":
		for i, u := range dst {
			dst[i] = float32(1) + float32(u*0.5)
		}
	default:
		for i, u := range dst {
			dst[i] = u * float32(0.1)
		}
	}
}

// FillUniform fills dst with the golden rule's uniform(seed, name): float32 in [-1, 1).
func FillUniform(dst []float32, seed uint64, name string) {
	h := uint64(0xcbf29ce484222325)
	for i := 0; i < len(name); i++ {
		h = (h ^ uint64(name[i])) * 0x100000001b3
	}
	for i := range dst {
		dst[i] = float32(splitmix.At(h^seed, uint64(i))>>40)*(1.0/(1<<23)) - 1
	}
}
