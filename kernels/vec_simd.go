//go:build goexperiment.simd

package kernels

import (
	"runtime"
	"simd"
	"unsafe"
)

// The vector kernels, files *_simd.go, are written once on simd.Float32s, as many
// float32 as the machine's vectors hold. Their copies *_go.go differ in the import
// alone: package scalar, one float32 (TestScalarCopies keeps them equal).
//
// Go 1.27.4 compiles a function that uses these types once for each vector length.
// It crashes on "for range n" in one, and cannot follow them into a file that does
// not import "simd".

// maxLanes is the largest number of float32 in a vector.
const maxLanes = 16

// lanes is the number of float32 in a vector.
func lanes() int { return simd.VectorBitSize() / 32 }

func load(s []float32) simd.Float32s { return simd.LoadFloat32s(s) }

// loadAt loads from memory that the caller has checked.
func loadAt(p unsafe.Pointer) simd.Float32s {
	return simd.LoadFloat32s(unsafe.Slice((*float32)(p), maxLanes))
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

// loadPart loads the first n floats of s, zeros behind; n is at most lanes().
func loadPart(s []float32, n int) simd.Float32s {
	if n == lanes() {
		return simd.LoadFloat32s(s)
	}
	v, _ := simd.LoadFloat32sPart(s[:n])
	return v
}

// storePart stores the first n lanes of v.
func storePart(v simd.Float32s, s []float32, n int) {
	if n == lanes() {
		v.Store(s)
		return
	}
	v.StorePart(s[:n])
}
