// Code generated from batchnorm_simd.go by go test -run ScalarCopies -update; DO NOT EDIT.

//go:build !goexperiment.simd

package vec

import simd "thaw/kernels/internal/vec/scalar"

// sumPixels is how many pixels are summed in float32 before the sum goes into a
// float64: statistics over any number of pixels keep the accuracy of so few.
const sumPixels = 64

// ChannelSums: total[c] = sum of x[i*stride+c] over pixels i, for len(total) channels.
func ChannelSums(total []float64, x []float32, stride, pixels int) {
	for c := 0; c < len(total); c += Lanes() {
		part := total[c:min(c+Lanes(), len(total))]
		clear(part)
		for i := 0; i < pixels; i += sumPixels {
			var sum simd.Float32s
			for j := i; j < min(i+sumPixels, pixels); j++ {
				sum = sum.Add(loadPart(x[j*stride+c:], len(part)))
			}
			addLanes(part, sum)
		}
	}
}

// ChannelSquares: total[c] = sum of (x[i*stride+c]-mean[c])^2.
func ChannelSquares(total []float64, x []float32, stride, pixels int, mean []float32) {
	for c := 0; c < len(total); c += Lanes() {
		part := total[c:min(c+Lanes(), len(total))]
		m := loadPart(mean[c:], len(part))
		clear(part)
		for i := 0; i < pixels; i += sumPixels {
			var sum simd.Float32s
			for j := i; j < min(i+sumPixels, pixels); j++ {
				d := loadPart(x[j*stride+c:], len(part)).Sub(m)
				sum = fma(d, d, sum)
			}
			addLanes(part, sum)
		}
	}
}

// ChannelGradientSums: with g and xhat as in BatchNormBackwardArgs, total[c] = sum
// of g, totalX[c] = sum of g*xhat.
func ChannelGradientSums(total, totalX []float64, x []float32, stride int, d []float32, strideD, pixels int, beta, mean, inv []float32, relu bool) {
	zero := splat(0)
	for c := 0; c < len(total); c += Lanes() {
		n := min(Lanes(), len(total)-c)
		b, m, s := loadPart(beta[c:], n), loadPart(mean[c:], n), loadPart(inv[c:], n)
		clear(total[c:][:n])
		clear(totalX[c:][:n])
		for i := 0; i < pixels; i += sumPixels {
			var sum, sumX simd.Float32s
			for j := i; j < min(i+sumPixels, pixels); j++ {
				centred := loadPart(x[j*stride+c:], n).Sub(m)
				g := loadPart(d[j*strideD+c:], n)
				if relu {
					g = g.Masked(fma(centred, s, b).Greater(zero))
				}
				sum = sum.Add(g)
				sumX = fma(g, centred.Mul(s), sumX)
			}
			addLanes(total[c:][:n], sum)
			addLanes(totalX[c:][:n], sumX)
		}
	}
}

// addLanes: total += the first len(total) Lanes of v.
func addLanes(total []float64, v simd.Float32s) {
	var lane [MaxLanes]float32
	v.Store(lane[:])
	for i := range total {
		total[i] += float64(lane[i])
	}
}

// Normalize: out = (x-mean)*inv + beta, then ReLU, for the channels of beta in all
// pixels. Pixel by pixel, as memory lies.
func Normalize(out []float32, strideOut int, x []float32, stride, pixels int, beta, mean, inv []float32, relu bool) {
	w, zero := Lanes(), splat(0)
	for i := 0; i < pixels; i++ {
		for c := 0; c < len(beta); c += w {
			n := min(w, len(beta)-c)
			v := fma(loadPart(x[i*stride+c:], n).Sub(loadPart(mean[c:], n)), loadPart(inv[c:], n), loadPart(beta[c:], n))
			if relu {
				v = v.Max(zero)
			}
			storePart(v, out[i*strideOut+c:], n)
		}
	}
}

// NormGradient: dx = inv * (g - meanG - xhat*meanGX), g and xhat as in
// BatchNormBackwardArgs, for the channels of beta in all pixels.
func NormGradient(dx []float32, strideDX int, x []float32, stride int, d []float32, strideD, pixels int, beta, mean, inv, meanG, meanGX []float32, relu bool) {
	w, zero := Lanes(), splat(0)
	for i := 0; i < pixels; i++ {
		for c := 0; c < len(beta); c += w {
			n := min(w, len(beta)-c)
			s := loadPart(inv[c:], n)
			centred := loadPart(x[i*stride+c:], n).Sub(loadPart(mean[c:], n))
			g := loadPart(d[i*strideD+c:], n)
			if relu {
				g = g.Masked(fma(centred, s, loadPart(beta[c:], n)).Greater(zero))
			}
			g = g.Sub(loadPart(meanG[c:], n)).Sub(centred.Mul(s).Mul(loadPart(meanGX[c:], n)))
			storePart(g.Mul(s), dx[i*strideDX+c:], n)
		}
	}
}
