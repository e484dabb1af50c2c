//go:build goexperiment.simd

package vec

import (
	"runtime"
	"simd"
	"unsafe"
)

// MaxLanes is the largest number of float32 in a vector.
const MaxLanes = 16

// Lanes is the number of float32 in a vector.
func Lanes() int { return simd.VectorBitSize() / 32 }

func load(s []float32) simd.Float32s { return simd.LoadFloat32s(s) }

// loadAt loads from memory that the caller has checked.
func loadAt(p unsafe.Pointer) simd.Float32s {
	return simd.LoadFloat32s(unsafe.Slice((*float32)(p), MaxLanes))
}
func splat(x float32) simd.Float32s { return simd.BroadcastFloat32s(x) }

// fma is x*y + z: fused, but in WebAssembly, where Go emulates the fused operation
// at many times the price of two roundings.
func fma(x, y, z simd.Float32s) simd.Float32s {
	if runtime.GOARCH == "wasm" {
		return x.Mul(y).Add(z)
	}
	return x.MulAdd(y, z)
}

// loadPart loads the first n floats of s, zeros behind; n is at most Lanes().
func loadPart(s []float32, n int) simd.Float32s {
	if n == Lanes() {
		return simd.LoadFloat32s(s)
	}
	v, _ := simd.LoadFloat32sPart(s[:n])
	return v
}

// storePart stores the first n Lanes of v.
func storePart(v simd.Float32s, s []float32, n int) {
	if n == Lanes() {
		v.Store(s)
		return
	}
	v.StorePart(s[:n])
}
