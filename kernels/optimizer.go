package kernels

import "fmt"

// optimizerChunk floats of each array are updated at a time.
const optimizerChunk = 16 << 10

// Adam implements Backend.
func (p *Portable) Adam(a *AdamArgs) {
	sameLen("Adam", len(a.Grad), len(a.Param), len(a.M), len(a.V))
	alpha := a.Alpha()
	decay1, decay2, eps := float32(1-a.Beta1), float32(1-a.Beta2), float32(a.Eps)
	p.chunks(len(a.Grad), func(i, j int) {
		adamUpdate(a.Param[i:j], a.Grad[i:j], a.M[i:j], a.V[i:j], alpha, decay1, decay2, eps)
	})
}

// SGD implements Backend.
func (p *Portable) SGD(a *SGDArgs) {
	rate, momentum := float32(a.Rate), float32(a.Momentum)
	if momentum == 0 {
		sameLen("SGD", len(a.Grad), len(a.Param))
		p.chunks(len(a.Grad), func(i, j int) { sgdPlainUpdate(a.Param[i:j], a.Grad[i:j], rate) })
		return
	}
	sameLen("SGD", len(a.Grad), len(a.Param), len(a.M))
	p.chunks(len(a.Grad), func(i, j int) { sgdUpdate(a.Param[i:j], a.Grad[i:j], a.M[i:j], rate, momentum, a.Nesterov) })
}

func (p *Portable) chunks(n int, f func(i, j int)) {
	p.units(ceilDiv(n, optimizerChunk), n, func(i int) { f(i*optimizerChunk, min((i+1)*optimizerChunk, n)) })
}

func sameLen(op string, n int, others ...int) {
	for _, m := range others {
		if m != n {
			panic(fmt.Sprintf("kernels: %s: arrays of %d and %d floats, want one length", op, n, m))
		}
	}
}
