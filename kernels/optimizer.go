package kernels

import (
	"fmt"

	"thaw/kernels/internal/vec"
)

// optimizerChunk floats of each array are updated at a time.
const optimizerChunk = 16 << 10

// sumParts is how many parts a sum of squares is cut into, whatever the threads: the
// order of adding is always the same.
const sumParts = 64

// SquaresLen is 0: float64 needs no scratch.
func (p *Portable) SquaresLen(int) int { return 0 }

// SumSquares implements Backend.
func (p *Portable) SumSquares(a *SumSquaresArgs) {
	n := len(a.X)
	p.units(sumParts, n, func(i int) { p.sums[i] = sumSquares(a.X[i*n/sumParts : (i+1)*n/sumParts]) })
	total := 0.0
	for _, sum := range p.sums {
		total += sum
	}
	a.Sum[0] = float32(total)
}

// sumSquares adds in four chains: one would wait for each sum. The squares are exact.
func sumSquares(x []float32) float64 {
	var s0, s1, s2, s3 float64
	for ; len(x) >= 4; x = x[4:] {
		s0 += float64(x[0]) * float64(x[0])
		s1 += float64(x[1]) * float64(x[1])
		s2 += float64(x[2]) * float64(x[2])
		s3 += float64(x[3]) * float64(x[3])
	}
	for _, v := range x {
		s0 += float64(v) * float64(v)
	}
	return s0 + s1 + (s2 + s3)
}

// ClipByNorm implements Backend.
func (p *Portable) ClipByNorm(a *ClipByNormArgs) {
	if scale := a.Scale(); scale < 1 {
		p.chunks(len(a.X), func(i, j int) { vec.Scale(a.X[i:j], scale) })
	}
}

// Adam implements Backend.
func (p *Portable) Adam(a *AdamArgs) {
	sameLen("Adam", len(a.Grad), len(a.Param), len(a.M), len(a.V))
	alpha := a.Alpha()
	decay1, decay2, eps, kept := float32(1-a.Beta1), float32(1-a.Beta2), float32(a.Eps), a.Kept()
	p.chunks(len(a.Grad), func(i, j int) {
		vec.Adam(a.Param[i:j], a.Grad[i:j], a.M[i:j], a.V[i:j], alpha, decay1, decay2, eps, kept)
	})
}

// SGD implements Backend.
func (p *Portable) SGD(a *SGDArgs) {
	rate, momentum, kept := float32(a.Rate), float32(a.Momentum), a.Kept()
	if momentum == 0 {
		sameLen("SGD", len(a.Grad), len(a.Param))
		p.chunks(len(a.Grad), func(i, j int) { vec.SGD(a.Param[i:j], a.Grad[i:j], rate, kept) })
		return
	}
	sameLen("SGD", len(a.Grad), len(a.Param), len(a.M))
	p.chunks(len(a.Grad), func(i, j int) { vec.SGDMomentum(a.Param[i:j], a.Grad[i:j], a.M[i:j], rate, momentum, kept, a.Nesterov) })
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
