// Code generated from row_simd.go by go test -run ScalarCopies -update; DO NOT EDIT.

//go:build !goexperiment.simd

package vec

import simd "thaw/kernels/internal/vec/scalar"

// PackRow: dst = src*scale*alpha; scale may be nil.
func PackRow(dst, src, scale []float32, alpha float32) {
	w, n := Lanes(), len(dst)
	factor := splat(alpha)
	i := 0
	for ; i+w <= n; i += w {
		v := load(src[i:]).Mul(factor)
		if scale != nil {
			v = v.Mul(load(scale[i:]))
		}
		v.Store(dst[i:])
	}
	for ; i < n; i++ {
		dst[i] = src[i] * alpha
		if scale != nil {
			dst[i] *= scale[i]
		}
	}
}

// CopyFloats is copy(dst, src), inline: a run of a few channels is not worth a call
// of memmove.
func CopyFloats(dst, src []float32) {
	w, n := Lanes(), len(dst)
	src = src[:n]
	if w == 1 || n > 256 {
		copy(dst, src)
		return
	}
	i := 0
	for ; i+w <= n; i += w {
		load(src[i:]).Store(dst[i:])
	}
	for ; i < n; i++ {
		dst[i] = src[i]
	}
}

// AddFloats is dst += src for whole vectors.
func AddFloats(dst, src []float32) {
	for i, w := 0, Lanes(); i < len(dst); i += w {
		load(dst[i:]).Add(load(src[i:])).Store(dst[i:])
	}
}

// Scale: x *= scale.
func Scale(x []float32, scale float32) {
	var s simd.Float32s = splat(scale)
	for i := 0; i < len(x); i += Lanes() {
		n := min(Lanes(), len(x)-i)
		storePart(loadPart(x[i:], n).Mul(s), x[i:], n)
	}
}
