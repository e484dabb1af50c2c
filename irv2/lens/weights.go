package lens

import (
	"math"

	"thaw/irv2"
)

// Moved is |w - w0| / |w0| of each block, over all that a gradient can change: kernels,
// biases and betas, not moving statistics. Both are of the same model.
func Moved(before, after *irv2.Weights) []float64 {
	m := after.Model
	change, size := make([]float64, len(m.Blocks)), make([]float64, len(m.Blocks))
	at := blockIndex(m)
	for i, p := range m.Params {
		if p.Statistic() {
			continue
		}
		w0, w, block := before.Data[i], after.Data[i], at[p.Layer.Block]
		size[block] += distance(w0, nil)
		if &w0[0] != &w[0] { // else frozen: one slice
			change[block] += distance(w, w0)
		}
	}
	for i := range change {
		change[i] = math.Sqrt(change[i] / size[i])
	}
	return change
}

// distance is the sum of squares of a - b, or of a.
func distance(a, b []float32) float64 {
	sum := 0.0
	for i, v := range a {
		d := float64(v)
		if b != nil {
			d -= float64(b[i])
		}
		sum += d * d
	}
	return sum
}

func blockIndex(m *irv2.Model) map[string]int {
	at := map[string]int{}
	for i, name := range m.Blocks {
		at[name] = i
	}
	return at
}
