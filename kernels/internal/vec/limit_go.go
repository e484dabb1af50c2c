// Code generated from limit_simd.go by go test -run ScalarCopies -update; DO NOT EDIT.

//go:build !goexperiment.simd

package vec

import simd "thaw/kernels/internal/vec/scalar"

var limitSink [MaxLanes]float32

// Limit does rounds of multiply-adds on registers and returns their number of
// floating-point operations: benchmarks quote shares of its speed.
func Limit(rounds int) float64 {
	multiplyAdd(rounds, []float32{.1, .2, .3, .4, .5, .6, .7, .8})
	return float64(rounds) * 8 * 2 * float64(Lanes())
}

// Eight chains cover the latency of two units; their starts differ, or the
// compiler would compute them as one.
func multiplyAdd(rounds int, start []float32) {
	var x, y simd.Float32s = splat(0.5), splat(0.25)
	c0, c1, c2, c3 := splat(start[0]), splat(start[1]), splat(start[2]), splat(start[3])
	c4, c5, c6, c7 := splat(start[4]), splat(start[5]), splat(start[6]), splat(start[7])
	for i := 0; i < rounds; i++ {
		c0, c1 = fma(x, c0, y), fma(x, c1, y)
		c2, c3 = fma(x, c2, y), fma(x, c3, y)
		c4, c5 = fma(x, c4, y), fma(x, c5, y)
		c6, c7 = fma(x, c6, y), fma(x, c7, y)
	}
	sum := c0.Add(c1).Add(c2).Add(c3).Add(c4).Add(c5).Add(c6).Add(c7)
	sum.Store(limitSink[:])
}
