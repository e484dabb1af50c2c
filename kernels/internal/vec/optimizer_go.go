// Code generated from optimizer_simd.go by go test -run ScalarCopies -update; DO NOT EDIT.

//go:build !goexperiment.simd

package vec

import simd "thaw/kernels/internal/vec/scalar"

// Adam: AdamArgs with alpha ready, decay1 = 1-Beta1, decay2 = 1-Beta2.
func Adam(param, grad, m, v []float32, alpha, decay1, decay2, eps, kept float32) {
	a, d1, d2, e, k := splat(alpha), splat(decay1), splat(decay2), splat(eps), splat(kept)
	for i := 0; i < len(grad); i += Lanes() {
		n := min(Lanes(), len(grad)-i)
		g, mi, vi := loadPart(grad[i:], n), loadPart(m[i:], n), loadPart(v[i:], n)
		mi = mi.Add(g.Sub(mi).Mul(d1))
		vi = vi.Add(g.Mul(g).Sub(vi).Mul(d2))
		storePart(mi, m[i:], n)
		storePart(vi, v[i:], n)
		step := mi.Mul(a).Div(vi.Sqrt().Add(e))
		storePart(loadPart(param[i:], n).Mul(k).Sub(step), param[i:], n)
	}
}

// SGDMomentum: SGDArgs with momentum.
func SGDMomentum(param, grad, m []float32, rate, momentum, kept float32, nesterov bool) {
	r, mu, k := splat(rate), splat(momentum), splat(kept)
	for i := 0; i < len(grad); i += Lanes() {
		n := min(Lanes(), len(grad)-i)
		var step simd.Float32s = loadPart(grad[i:], n).Mul(r)
		mi := loadPart(m[i:], n).Mul(mu).Sub(step)
		storePart(mi, m[i:], n)
		if nesterov {
			mi = mi.Mul(mu).Sub(step)
		}
		storePart(loadPart(param[i:], n).Mul(k).Add(mi), param[i:], n)
	}
}

// SGD: SGDArgs without momentum.
func SGD(param, grad []float32, rate, kept float32) {
	var r, k simd.Float32s = splat(rate), splat(kept)
	for i := 0; i < len(grad); i += Lanes() {
		n := min(Lanes(), len(grad)-i)
		storePart(loadPart(param[i:], n).Mul(k).Sub(loadPart(grad[i:], n).Mul(r)), param[i:], n)
	}
}
