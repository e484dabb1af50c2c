package kerneltest

import (
	"fmt"
	"math"
	"testing"

	"thaw/kernels"
)

type convCase struct {
	name                       string
	n, h, w, cin, kh, kw, cout int
	stride                     int
	same                       bool
}

func (c convCase) shape() kernels.ConvShape {
	s := kernels.ConvShape{N: c.n, H: c.h, W: c.w, CIn: c.cin, KH: c.kh, KW: c.kw, COut: c.cout, Stride: c.stride}
	s.OH, s.PadTop = windows(c.h, c.kh, c.stride, c.same)
	s.OW, s.PadLeft = windows(c.w, c.kw, c.stride, c.same)
	return s
}

// windows returns how many windows of k fit along n, and TensorFlow's padding in front.
func windows(n, k, stride int, same bool) (out, pad int) {
	if !same {
		return (n-k)/stride + 1, 0
	}
	out = (n + stride - 1) / stride
	return out, max((out-1)*stride+k-n, 0) / 2
}

// Every family of convolution in the network, and its awkward relatives.
var convCases = []convCase{
	{"stem 3x3 s2 valid", 2, 13, 11, 3, 3, 3, 32, 2, false},
	{"stem 3x3 s2 same", 1, 12, 10, 3, 3, 3, 8, 2, true},
	{"stem 3x3 valid", 1, 9, 8, 32, 3, 3, 32, 1, false},
	{"stem 3x3 same", 1, 7, 8, 32, 3, 3, 64, 1, true},
	{"3x3 to 80 channels", 1, 5, 6, 80, 3, 3, 192, 1, false},
	{"1x1 block35", 2, 5, 5, 320, 1, 1, 32, 1, true},
	{"1x1 block35 up", 2, 3, 3, 128, 1, 1, 320, 1, true},
	{"1x1 block17", 1, 3, 4, 1088, 1, 1, 192, 1, true},
	{"1x1 block8, few pixels", 1, 3, 3, 2080, 1, 1, 192, 1, true},
	{"1x1 block8 up", 1, 2, 3, 448, 1, 1, 2080, 1, true},
	{"5x5 same", 1, 6, 7, 48, 5, 5, 64, 1, true},
	{"5x5 larger than map", 1, 3, 2, 5, 5, 5, 6, 1, true},
	{"1x7", 2, 4, 9, 128, 1, 7, 160, 1, true},
	{"7x1", 2, 9, 4, 160, 7, 1, 192, 1, true},
	{"1x7 of a batch, odd map", 3, 5, 8, 13, 1, 7, 21, 1, true},
	{"7x1 valid of a batch", 3, 9, 5, 12, 7, 1, 10, 1, false},
	{"1x7 larger than map", 1, 3, 3, 8, 1, 7, 8, 1, true},
	{"1x3", 1, 3, 3, 192, 1, 3, 224, 1, true},
	{"3x1", 1, 3, 3, 224, 3, 1, 256, 1, true},
	{"3x3 s2 valid", 2, 7, 9, 48, 3, 3, 40, 2, false},
	{"3x3 s2 valid, rows left over", 1, 8, 6, 20, 3, 3, 17, 2, false},
	{"3x3 s2 same even", 2, 8, 6, 24, 3, 3, 33, 2, true},
	{"3x3 s2 same odd", 1, 5, 7, 9, 3, 3, 10, 2, true},
	{"1x1 s2", 1, 5, 6, 7, 1, 1, 5, 2, false},
	{"2x2 s3", 1, 8, 7, 3, 2, 2, 4, 3, false},
	{"one pixel", 1, 1, 1, 16, 3, 3, 16, 1, true},
	{"dense head", 4, 1, 1, 384, 1, 1, 128, 1, true},
	{"dense classes", 4, 1, 1, 1024, 1, 1, 3, 1, true},
	{"mini 3x3", 2, 8, 8, 8, 3, 3, 12, 1, true},
	{"many pixels", 1, 40, 37, 8, 3, 3, 16, 1, true},
	{"3x3 of a batch, odd map", 2, 9, 7, 13, 3, 3, 21, 1, true},
	{"3x3 valid of a batch", 3, 7, 6, 12, 3, 3, 10, 1, false},
	{"3x3 valid, one pixel", 1, 3, 3, 5, 3, 3, 4, 1, false},
	{"1x1 of many pixels", 1, 62, 66, 60, 1, 1, 60, 1, true},
	{"5x5 of many channels", 1, 5, 6, 60, 5, 5, 188, 1, true},
}

// epilogue is one combination of options.
type epilogue struct {
	scale, shift, residual, alias, relu, accumulate bool
	alpha                                           float32
}

var epilogues = []epilogue{
	{alpha: 1},
	{alpha: 1, scale: true, shift: true, relu: true},
	{alpha: 0.17, shift: true, residual: true, relu: true, accumulate: true},
	{alpha: 0.5, scale: true, residual: true, alias: true, accumulate: true},
	{alpha: -2, shift: true},
}

func testConv2D(t *testing.T, b kernels.Backend) {
	for i, c := range convCases {
		t.Run(c.name, func(t *testing.T) {
			for j, e := range epilogues {
				if c.shape().FLOPs() > 2e6 && j%3 != i%3 {
					continue // the float64 reference takes its time
				}
				// Views wider than their channels in all but the first combination.
				checkConv(t, b, c, e, j*(i%5), newRandSeed(i, j))
			}
		})
	}
}

func newRandSeed(i, j int) int { return i*len(epilogues) + j }

// testConv2DEdges walks m, n, k of the matrix product over every tile edge.
func testConv2DEdges(t *testing.T, b kernels.Backend) {
	sizes := []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 13, 15, 16, 17}
	i := 0
	for _, m := range sizes {
		for _, n := range sizes {
			for _, k := range sizes {
				c := convCase{fmt.Sprintf("m=%d n=%d k=%d", m, n, k), 1, m, 1, k, 1, 1, n, 1, true}
				checkConv(t, b, c, epilogues[i%len(epilogues)], i%3, i)
				i++
			}
		}
	}
	for _, n := range []int{23, 24, 25, 31, 32, 33, 47, 48, 49, 63, 64, 65, 96, 97} {
		for _, m := range []int{1, 5, 31, 33, 97} {
			c := convCase{fmt.Sprintf("m=%d n=%d 3x3", m, n), 1, 1, m, 10, 3, 3, n, 1, true}
			checkConv(t, b, c, epilogues[i%len(epilogues)], i%2*3, i)
			i++
		}
	}
}

// sumTolerance bounds the rounding of a float32 sum of k products: absolute is
// the same sum of absolute values. Errors of a sum grow like sqrt(k) roundings
// where they are independent; the constants leave room for any order of summing,
// with or without fused multiply-add, and for the epilogue.
func sumTolerance(k int, absolute tensor) func(int) float64 {
	share := (16 + 4*math.Sqrt(float64(k))) * ulp
	return func(i int) float64 { return share * absolute.v[i] }
}

func checkConv(t *testing.T, b kernels.Backend, c convCase, e epilogue, extra, seed int) {
	t.Helper()
	what := fmt.Sprintf("%s %s, %+v, %d floats between pixels", b.Name(), c.name, e, extra)
	s, r := c.shape(), newRand(seed)
	p := convProblem{
		s: s, e: e, extra: extra, what: what,
		in:     newTensor(s.N, s.H, s.W, s.CIn).random(r),
		filter: newTensor(s.KH, s.KW, s.CIn, s.COut).random(r),
		dOut:   newTensor(s.N, s.OH, s.OW, s.COut).random(r),
		shift:  newTensor(1, 1, 1, s.COut).random(r),
		prior:  newTensor(s.N, s.OH, s.OW, s.COut).random(r),
		priorD: newTensor(s.N, s.H, s.W, s.CIn).random(r),
	}
	if e.scale {
		p.scale = newTensor(1, 1, 1, s.COut).random(r)
	}
	p.checkForward(t, b)
	p.checkBackwardInput(t, b)
	p.checkBackwardFilter(t, b)
}

type convProblem struct {
	s                                             kernels.ConvShape
	e                                             epilogue
	extra                                         int
	what                                          string
	in, filter, scale, dOut, shift, prior, priorD tensor
}

// scaled is the filter as PackFilter understands it, without Alpha.
func (p *convProblem) scaled() tensor {
	f := p.filter.clone()
	for i := range f.v {
		if p.e.scale {
			f.v[i] *= p.scale.v[i%f.c]
		}
	}
	return f
}

// scales is the filter's scale, nil for none.
func (p *convProblem) scales() []float32 {
	if !p.e.scale {
		return nil
	}
	return vector(p.scale.v)
}

// packs says whether the backend packs this filter; if not, it must take it in place.
func (p *convProblem) packs(t *testing.T, b kernels.Backend, pass kernels.Pass) bool {
	t.Helper()
	packs := b.PackedLen(p.s, pass) > 0
	if !packs && !b.InPlace(p.s, pass) {
		t.Errorf("%s: the filter of pass %d is neither packed nor taken in place", p.what, pass)
	}
	return packs
}

// pack runs PackFilter into memory poisoned with NaN.
func (p *convProblem) pack(t *testing.T, b kernels.Backend, pass kernels.Pass, alpha float32) []float32 {
	dst := newVector(b.PackedLen(p.s, pass))
	b.PackFilter(&kernels.PackFilterArgs{Shape: p.s, Pass: pass, Filter: vector(p.filter.v), Scale: p.scales(), Alpha: alpha, Dst: dst.data()})
	dst.checkGuards(t, p.what+": packed filter")
	return dst.data()
}

func (p *convProblem) scratch(b kernels.Backend, pass kernels.Pass) *buffer {
	return newVector(b.ScratchLen(p.s, pass))
}

func (p *convProblem) checkForward(t *testing.T, b kernels.Backend) {
	t.Helper()
	s, e := p.s, p.e
	scratch := p.scratch(b, kernels.Forward)
	in := newBuffer(s.N, s.H, s.W, s.CIn, p.extra).set(p.in)
	out := newBuffer(s.N, s.OH, s.OW, s.COut, p.extra)
	a := kernels.Conv2DArgs{Shape: s, In: in.view, Out: out.view, Alpha: e.alpha, ReLU: e.relu, Scratch: scratch.data()}
	want := conv2D(s, p.in, p.scaled())
	absolute := conv2D(s, p.in.apply(math.Abs), p.scaled().apply(math.Abs))
	for i := range want.v {
		if e.shift {
			want.v[i] += p.shift.v[i%s.COut]
			absolute.v[i]++
		}
		want.v[i] *= float64(e.alpha)
		absolute.v[i] *= math.Abs(float64(e.alpha))
		if e.residual {
			want.v[i] += p.prior.v[i]
			absolute.v[i]++
		}
		if e.relu {
			want.v[i] = math.Max(want.v[i], 0)
		}
	}
	if e.shift {
		a.Shift = vector(p.shift.v)
	}
	if e.residual && e.alias {
		out.set(p.prior)
		a.Residual = out.view
	} else if e.residual {
		a.Residual = newBuffer(s.N, s.OH, s.OW, s.COut, p.extra+1).set(p.prior).view
	}
	what, tolerance := p.what+": Conv2D", sumTolerance(s.KH*s.KW*s.CIn, absolute)
	if p.packs(t, b, kernels.Forward) {
		a.Filter = p.pack(t, b, kernels.Forward, 1)
		b.Conv2D(&a)
		out.check(t, what, want, tolerance)
		in.checkGuards(t, what+" input")
		scratch.checkGuards(t, what+" scratch")
	}
	if !b.InPlace(s, kernels.Forward) {
		return
	}
	a.InPlace, a.Filter, a.Scale = true, vector(p.filter.v), p.scales()
	if e.residual && e.alias {
		out.set(p.prior)
	}
	b.Conv2D(&a)
	out.check(t, what+" in place", want, tolerance)
	scratch.checkGuards(t, what+" in place: scratch")
}

func (p *convProblem) checkBackwardInput(t *testing.T, b kernels.Backend) {
	t.Helper()
	s, e := p.s, p.e
	scratch := p.scratch(b, kernels.BackwardInput)
	dOut := newBuffer(s.N, s.OH, s.OW, s.COut, p.extra).set(p.dOut)
	dIn := newBuffer(s.N, s.H, s.W, s.CIn, p.extra)
	filter := p.scaled().apply(func(v float64) float64 { return v * float64(e.alpha) })
	want := conv2DBackwardInput(s, p.dOut, filter)
	absolute := conv2DBackwardInput(s, p.dOut.apply(math.Abs), filter.apply(math.Abs))
	if e.accumulate {
		dIn.set(p.priorD)
		for i := range want.v {
			want.v[i] += p.priorD.v[i]
			absolute.v[i]++
		}
	}
	a := kernels.Conv2DBackwardInputArgs{Shape: s, DOut: dOut.view, DIn: dIn.view, Accumulate: e.accumulate, Scratch: scratch.data()}
	what, tolerance := p.what+": Conv2DBackwardInput", sumTolerance(s.KH*s.KW*s.COut, absolute)
	if p.packs(t, b, kernels.BackwardInput) {
		a.Filter = p.pack(t, b, kernels.BackwardInput, e.alpha)
		b.Conv2DBackwardInput(&a)
		dIn.check(t, what, want, tolerance)
		dOut.checkGuards(t, what+" dOut")
		scratch.checkGuards(t, what+" scratch")
	}
	if !b.InPlace(s, kernels.BackwardInput) {
		return
	}
	a.InPlace, a.Filter, a.Scale, a.Alpha = true, vector(p.filter.v), p.scales(), e.alpha
	if e.accumulate {
		dIn.set(p.priorD)
	}
	b.Conv2DBackwardInput(&a)
	dIn.check(t, what+" in place", want, tolerance)
	scratch.checkGuards(t, what+" in place: scratch")
}

func (p *convProblem) checkBackwardFilter(t *testing.T, b kernels.Backend) {
	t.Helper()
	s, e := p.s, p.e
	scratch := p.scratch(b, kernels.BackwardFilter)
	in := newBuffer(s.N, s.H, s.W, s.CIn, p.extra).set(p.in)
	dOut := newBuffer(s.N, s.OH, s.OW, s.COut, p.extra).set(p.dOut)
	dFilter := newVector(s.FilterLen())
	a := kernels.Conv2DBackwardFilterArgs{Shape: s, In: in.view, DOut: dOut.view, Alpha: e.alpha, DFilter: dFilter.data(), Scratch: scratch.data()}
	want := conv2DBackwardFilter(s, p.in, p.dOut)
	absolute := conv2DBackwardFilter(s, p.in.apply(math.Abs), p.dOut.apply(math.Abs))
	a.Scale = p.scales()
	for i := range want.v {
		factor := float64(e.alpha)
		if e.scale {
			factor *= p.scale.v[i%s.COut]
		}
		want.v[i] *= factor
		absolute.v[i] *= math.Abs(factor)
	}
	b.Conv2DBackwardFilter(&a)
	what := p.what + ": Conv2DBackwardFilter"
	flat := tensor{1, 1, 1, len(want.v), want.v}
	dFilter.check(t, what, flat, sumTolerance(s.N*s.OH*s.OW, absolute))
	in.checkGuards(t, what+" input")
	dOut.checkGuards(t, what+" dOut")
	scratch.checkGuards(t, what+" scratch")

	first := append([]float32(nil), dFilter.all...)
	b.Conv2DBackwardFilter(&a)
	sameBits(t, what, &buffer{all: first}, dFilter)
}

// vector converts, rounding to float32.
func vector(v []float64) []float32 {
	f := make([]float32, len(v))
	for i, x := range v {
		f[i] = float32(x)
	}
	return f
}
