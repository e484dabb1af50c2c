package kerneltest

import (
	"math"
	"math/rand/v2"
	"testing"

	"thaw/kernels"
)

// guard is a NaN that no arithmetic makes: its payload says who wrote it.
var guard = math.Float32frombits(0x7FC0BEEF)

// guardLen is odd, so that no tensor is aligned to a vector.
const guardLen = 19

func isGuard(f float32) bool { return math.Float32bits(f) == math.Float32bits(guard) }

// buffer is memory with guard words around, and between the pixels of, one view.
type buffer struct {
	all  []float32
	view kernels.View
}

// newBuffer returns [n, h, w, c] of guards; extra floats lie between pixels.
func newBuffer(n, h, w, c, extra int) *buffer {
	v := kernels.View{N: n, H: h, W: w, C: c, Stride: c + extra}
	all := make([]float32, guardLen+v.Len()+guardLen)
	for i := range all {
		all[i] = guard
	}
	v.Data = all[guardLen : guardLen+v.Len() : guardLen+v.Len()]
	return &buffer{all, v}
}

// newVector returns n floats of guards.
func newVector(n int) *buffer { return newBuffer(1, 1, 1, n, 0) }

func (b *buffer) set(t tensor) *buffer {
	for i, v := range t.v {
		b.view.Data[i/t.c*b.view.Stride+i%t.c] = float32(v)
	}
	return b
}

// data is the view's memory, for arguments that are plain slices.
func (b *buffer) data() []float32 { return b.view.Data }

// check says whether the view holds want, each element within tolerance, and
// whether all guards stand.
func (b *buffer) check(t *testing.T, what string, want tensor, tolerance func(i int) float64) {
	t.Helper()
	v := b.view
	for i, w := range want.v {
		got := float64(v.Data[i/want.c*v.Stride+i%want.c])
		if !(math.Abs(got-w) <= tolerance(i)) {
			t.Errorf("%s: pixel %d channel %d is %g, want %g within %g", what, i/want.c, i%want.c, got, w, tolerance(i))
			return
		}
	}
	b.checkGuards(t, what)
}

func (b *buffer) checkGuards(t *testing.T, what string) {
	t.Helper()
	v := b.view
	for i, f := range b.all {
		j := i - guardLen
		inside := j >= 0 && j < v.Len() && j%v.Stride < v.C
		if !inside && !isGuard(f) {
			t.Errorf("%s: float %d of [0, %d) was written outside the view (pixel %d, channel %d of %d)", what, j, v.Len(), j/v.Stride, j%v.Stride, v.C)
			return
		}
	}
}

// tensor is [n, h, w, c] in float64, dense: what the definitions compute with.
type tensor struct {
	n, h, w, c int
	v          []float64
}

func newTensor(n, h, w, c int) tensor { return tensor{n, h, w, c, make([]float64, n*h*w*c)} }

func (t tensor) like() tensor { return newTensor(t.n, t.h, t.w, t.c) }

func (t tensor) pixels() int { return t.n * t.h * t.w }

// at returns the place of an element, nil outside the map.
func (t tensor) at(n, h, w, c int) *float64 {
	if h < 0 || h >= t.h || w < 0 || w >= t.w {
		return nil
	}
	return &t.v[((n*t.h+h)*t.w+w)*t.c+c]
}

func (t tensor) clone() tensor {
	u := t
	u.v = append([]float64(nil), t.v...)
	return u
}

func (t tensor) apply(f func(v float64) float64) tensor {
	u := t.clone()
	for i, v := range u.v {
		u.v[i] = f(v)
	}
	return u
}

// random fills with float32 values from [-1, 1).
func (t tensor) random(r *rand.Rand) tensor {
	for i := range t.v {
		t.v[i] = float64(r.Float32()*2 - 1)
	}
	return t
}

func newRand(seed int) *rand.Rand { return rand.New(rand.NewPCG(uint64(seed), 1)) }

// ulp is the rounding unit of float32: a single operation errs by at most this share.
const ulp = 1.0 / (1 << 24)

// within returns a tolerance of units roundings of the element's own size plus
// floor, for ops that take each element through a few float32 operations on
// numbers of order 1.
func within(want tensor, units float64) func(int) float64 {
	return func(i int) float64 { return units * ulp * (math.Abs(want.v[i]) + 1) }
}

func exact(int) float64 { return 0 }

// sameBits fails unless a and b agree in every bit.
func sameBits(t *testing.T, what string, a, b *buffer) {
	t.Helper()
	for i := range a.all {
		if math.Float32bits(a.all[i]) != math.Float32bits(b.all[i]) {
			t.Errorf("%s: float %d is %g the first time and %g the second", what, i-guardLen, a.all[i], b.all[i])
			return
		}
	}
}
