package safetensors

import "math"

// Float16bits rounds v to the nearest IEEE 754 half, ties to even; what is too
// large becomes an infinity.
func Float16bits(v float32) uint16 {
	bits := math.Float32bits(v)
	sign := uint16(bits >> 16 & 0x8000)
	mantissa := bits & 0x7fffff
	exponent := int(bits>>23&0xff) - 127 + 15
	switch {
	case bits&0x7fffffff > 0x7f800000:
		return sign | 0x7e00 // NaN
	case exponent >= 31:
		return sign | 0x7c00
	case exponent < -10:
		return sign // below half the smallest subnormal
	case exponent <= 0: // subnormal: shift the implied one in
		mantissa |= 0x800000
		shift := uint(14 - exponent)
		return sign | uint16(roundShift(mantissa, shift))
	}
	// A carry out of the mantissa rightly moves into the exponent.
	return sign | uint16(uint32(exponent)<<10+roundShift(mantissa, 13))
}

// roundShift is m >> n, rounded to nearest, ties to even.
func roundShift(m uint32, n uint) uint32 {
	return (m + 1<<(n-1) - 1 + m>>n&1) >> n
}

// Float16 is the value of an IEEE 754 half.
func Float16(h uint16) float32 {
	sign := uint32(h&0x8000) << 16
	exponent, mantissa := uint32(h>>10&31), uint32(h&0x3ff)
	switch exponent {
	case 0: // zero or subnormal
		v := float32(mantissa) * (1.0 / (1 << 24))
		return math.Float32frombits(sign | math.Float32bits(v))
	case 31:
		return math.Float32frombits(sign | 0x7f800000 | mantissa<<13)
	}
	return math.Float32frombits(sign | (exponent+127-15)<<23 | mantissa<<13)
}
