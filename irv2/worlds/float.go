package worlds

import "math"

// Go may fuse a product and a sum into one rounding, and does so on arm64 but not in
// wasm; package math uses assembly on some machines and fuses on others. Pictures must
// agree to the bit everywhere, so in this package every product that could be fused
// stands in a float32 conversion, which forbids it (Go specification, "Floating-point
// operators"), a division by a power of two too, since it is compiled to a product, and the few functions needed are below. A test looks for fused
// instructions in the code compiled for arm64.

// sqrt is rounded correctly on every machine (IEEE 754), unlike the rest of math.
func sqrt(x float32) float32 { return float32(math.Sqrt(float64(x))) }

func floor(x float32) float32 {
	i := float32(int32(x))
	if i > x {
		return i - 1
	}
	return i
}

func abs(x float32) float32 {
	if x < 0 {
		return -x
	}
	return x
}

func clamp(x, lo, hi float32) float32 { return max(lo, min(hi, x)) }

// lerp goes from a at t = 0 to b at t = 1.
func lerp(a, b, t float32) float32 { return a + float32((b-a)*t) }

// smooth is 3t^2 - 2t^3.
func smooth(t float32) float32 { return float32(t*t) * (3 - float32(2*t)) }

// sin is the sine of x turns (x = 1 is a full circle), to 1e-3: a parabola and one
// correction of it. Enough for pictures.
func sin(x float32) float32 {
	x = float32(2*(x-floor(x))) - 1 // -1 to 1 is half a turn either way, from pi
	y := float32(float32(4*x) * (1 - abs(x)))
	return -(y + float32(0.224*float32(float32(y*abs(y))-y)))
}

func cos(x float32) float32 { return sin(x + 0.25) }

// exp2 is 2^x to 1.1e-4 of its value, for -100 < x < 100.
func exp2(x float32) float32 {
	n := floor(x)
	t := x - n
	p := 1 + float32(t*(0.6954244+float32(t*(0.22630766+float32(t*0.07826794)))))
	return float32(p * math.Float32frombits(uint32(127+int32(n))<<23))
}

// log2 is the logarithm of a normal x > 0, to 1.2e-4: the exponent's bits, and a polynomial
// for the mantissa.
func log2(x float32) float32 {
	bits := math.Float32bits(x)
	t := math.Float32frombits(bits&0x7fffff|127<<23) - 1
	p := float32(t * (1.4387256 + float32(t*(-0.67778305+float32(t*(0.3211876+float32(t*-0.0821301)))))))
	return float32(int32(bits>>23)-127) + p
}

// hypot is the length of (x, y).
func hypot(x, y float32) float32 { return sqrt(float32(x*x) + float32(y*y)) }

// A point or a direction, x to the right and y downwards.
type point struct{ x, y float32 }

// turn is the direction at x turns from the x axis.
func turn(x float32) point { return point{cos(x), sin(x)} }

// along and across are the coordinates of p in the frame of a unit direction d.
func (p point) along(d point) float32  { return float32(p.x*d.x) + float32(p.y*d.y) }
func (p point) across(d point) float32 { return float32(p.y*d.x) - float32(p.x*d.y) }

// in is p in the frame of a unit direction d.
func (p point) in(d point) point { return point{p.along(d), p.across(d)} }

func (p point) minus(q point) point      { return point{p.x - q.x, p.y - q.y} }
func (p point) times(f float32) point    { return point{float32(p.x * f), float32(p.y * f)} }
func (p point) length() float32          { return hypot(p.x, p.y) }
func (p point) distance(q point) float32 { return p.minus(q).length() }
