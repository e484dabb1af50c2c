// Package scalar stands in for Go's package simd where that is not compiled in
// (GOEXPERIMENT=simd): the same names for the few operations that package vec uses, on
// vectors of one float32. Files of package vec ending in _go.go import it as simd.
package scalar

import "math"

// VectorBitSize is the size of one float32.
func VectorBitSize() int { return 32 }

// Float32s is a vector of one float32.
type Float32s float32

// Mask32s is a vector of one truth value.
type Mask32s bool

func LoadFloat32s(s []float32) Float32s    { return Float32s(s[0]) }
func BroadcastFloat32s(x float32) Float32s { return Float32s(x) }

// LoadFloat32sPart loads what s has: one float32, or none (0). It returns how many.
func LoadFloat32sPart(s []float32) (Float32s, int) {
	if len(s) == 0 {
		return 0, 0
	}
	return Float32s(s[0]), 1
}

// StorePart stores what s has room for and returns how many.
func (x Float32s) StorePart(s []float32) int {
	if len(s) == 0 {
		return 0
	}
	s[0] = float32(x)
	return 1
}

func (x Float32s) Store(s []float32) { s[0] = float32(x) }

func (x Float32s) Add(y Float32s) Float32s { return x + y }
func (x Float32s) Sub(y Float32s) Float32s { return x - y }
func (x Float32s) Mul(y Float32s) Float32s { return x * y }
func (x Float32s) Div(y Float32s) Float32s { return x / y }
func (x Float32s) Max(y Float32s) Float32s { return max(x, y) }
func (x Float32s) Sqrt() Float32s          { return Float32s(math.Sqrt(float64(x))) }

// MulAdd is x*y + z, rounded twice where the machine has no fused operation.
func (x Float32s) MulAdd(y, z Float32s) Float32s { return x*y + z }

func (x Float32s) Greater(y Float32s) Mask32s { return x > y }
func (x Float32s) Equal(y Float32s) Mask32s   { return x == y }

// Masked returns x where mask holds, else 0.
func (x Float32s) Masked(mask Mask32s) Float32s {
	if mask {
		return x
	}
	return 0
}
