package simd

import (
	"time"

	"thaw/kernels"
)

// A browser compiles a kernel quickly when it is first called, and well once it has
// run for a while: until then a convolution takes two to ten times as long.

// warmTime is what each op of warm runs for: somewhat longer than V8 needs to call it
// hot. settleTime is what New then leaves the cores idle for: V8 compiles hot kernels in
// the background, Winograd's packing for up to 15 ms. Later is too late: with all cores in
// use the compiler gets little time, and packing once ran at a third of its speed for 15 s.
const (
	warmTime   = 8 * time.Millisecond
	settleTime = 20 * time.Millisecond
)

// warm runs, on numbers that mean nothing, the ops that training spends its time in.
// New does it while the workers start: it takes no time of its own.
func (b *Backend) warm() {
	s := kernels.ConvShape{N: 1, H: 12, W: 12, CIn: 64, KH: 3, KW: 3, COut: 96, Stride: 1, PadTop: 1, PadLeft: 1, OH: 12, OW: 12}
	b.warmConv(s) // by Winograd
	s.KH, s.PadTop = 1, 0
	in, out, filter, bias := b.warmConv(s)
	scratch := make([]float32, b.ScratchLen(s, kernels.BackwardFilter))
	m, v := make([]float32, len(filter)), make([]float32, len(filter))
	sums := make([]float32, b.SumsLen(out.Pixels(), out.C))
	warm(func() {
		b.ReLUBiasBackward(&kernels.ReLUBiasBackwardArgs{Out: out, D: out, Alpha: 1, DBias: bias, Scratch: sums})
	})
	warm(func() {
		b.Conv2DBackwardFilter(&kernels.Conv2DBackwardFilterArgs{Shape: s, In: in, DOut: out, Alpha: 1, DFilter: filter, Scratch: scratch})
	})
	warm(func() {
		b.Adam(&kernels.AdamArgs{Param: filter, Grad: filter, M: m, V: v, Rate: 1e-3, Beta1: 0.9, Beta2: 0.999, Eps: 1e-7, Step: 1})
	})
}

// warmConv runs what packs a filter and uses it packed.
func (b *Backend) warmConv(s kernels.ConvShape) (in, out kernels.View, filter, bias []float32) {
	view := func(c int) kernels.View {
		return kernels.View{Data: make([]float32, s.H*s.W*c), N: 1, H: s.H, W: s.W, C: c, Stride: c}
	}
	in, out, filter, bias = view(s.CIn), view(s.COut), make([]float32, s.FilterLen()), make([]float32, s.COut)
	packed, flipped := make([]float32, b.PackedLen(s, kernels.Forward)), make([]float32, b.PackedLen(s, kernels.BackwardInput))
	scratch := make([]float32, max(b.ScratchLen(s, kernels.Forward), b.ScratchLen(s, kernels.BackwardInput)))
	warm(func() { b.PackFilter(&kernels.PackFilterArgs{Shape: s, Filter: filter, Alpha: 1, Dst: packed}) })
	warm(func() {
		b.PackFilter(&kernels.PackFilterArgs{Shape: s, Pass: kernels.BackwardInput, Filter: filter, Alpha: 1, Dst: flipped})
	})
	warm(func() {
		b.Conv2D(&kernels.Conv2DArgs{Shape: s, In: in, Out: out, Filter: packed, Shift: bias, Alpha: 1, ReLU: true, Scratch: scratch})
	})
	warm(func() {
		b.Conv2DBackwardInput(&kernels.Conv2DBackwardInputArgs{Shape: s, DOut: out, DIn: in, Filter: flipped, Scratch: scratch})
	})
	return in, out, filter, bias
}

// warm runs op for warmTime.
func warm(op func()) {
	for start := time.Now(); time.Since(start) < warmTime; {
		op()
	}
}
