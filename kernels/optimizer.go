package kernels

import "math"

// Adam implements Backend.
func (p *Portable) Adam(a *AdamArgs) {
	alpha := a.Alpha()
	b1, b2, eps := float32(1-a.Beta1), float32(1-a.Beta2), float32(a.Eps)
	for i, g := range a.Grad {
		a.M[i] += (g - a.M[i]) * b1
		a.V[i] += (g*g - a.V[i]) * b2
		a.Param[i] -= a.M[i] * alpha / (float32(math.Sqrt(float64(a.V[i]))) + eps)
	}
}

// SGD implements Backend.
func (p *Portable) SGD(a *SGDArgs) {
	rate, momentum := float32(a.Rate), float32(a.Momentum)
	for i, g := range a.Grad {
		if momentum == 0 {
			a.Param[i] -= rate * g
			continue
		}
		a.M[i] = momentum*a.M[i] - rate*g
		if a.Nesterov {
			a.Param[i] += momentum*a.M[i] - rate*g
		} else {
			a.Param[i] += a.M[i]
		}
	}
}
