// Code generated from elementwise_simd.go by go test -run ScalarCopies -update; DO NOT EDIT.

//go:build !goexperiment.simd

package vec

import simd "thaw/kernels/internal/vec/scalar"

// ChannelGate: d = 0 where not out > 0, for len(total) channels of all pixels, and
// total[c] = sum of what is left. out may be nil: d is only summed.
func ChannelGate(total []float64, d []float32, strideD int, out []float32, strideOut, pixels int) {
	zero := splat(0)
	for c := 0; c < len(total); c += Lanes() {
		part := total[c:min(c+Lanes(), len(total))]
		n := len(part)
		clear(part)
		for i := 0; i < pixels; i += sumPixels {
			var sum simd.Float32s
			for j := i; j < min(i+sumPixels, pixels); j++ {
				v := loadPart(d[j*strideD+c:], n)
				if out != nil {
					v = v.Masked(loadPart(out[j*strideOut+c:], n).Greater(zero))
					storePart(v, d[j*strideD+c:], n)
				}
				sum = sum.Add(v)
			}
			addLanes(part, sum)
		}
	}
}
