package kernels_test

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"thaw/kernels"
	"thaw/kernels/internal/vec"
)

// benchShapes are convolutions of the full network that carry most of its work:
// for 299x299, batch 1, and 150x150, batch 4.
var benchShapes = []struct {
	name                       string
	n, h, w, cin, kh, kw, cout int
	stride                     int
	same                       bool
}{
	{"299b1/stem1_3x3s2_3-32", 1, 299, 299, 3, 3, 3, 32, 2, false},
	{"299b1/stem2_3x3_32-32", 1, 149, 149, 32, 3, 3, 32, 1, false},
	{"299b1/stem3_3x3_32-64", 1, 147, 147, 32, 3, 3, 64, 1, true},
	{"299b1/stem5_3x3_80-192", 1, 73, 73, 80, 3, 3, 192, 1, false},
	{"299b1/mixed5b_5x5_48-64", 1, 35, 35, 48, 5, 5, 64, 1, true},
	{"299b1/block35_1x1_320-32", 1, 35, 35, 320, 1, 1, 32, 1, true},
	{"299b1/block35_3x3_32-32", 1, 35, 35, 32, 3, 3, 32, 1, true},
	{"299b1/block35_3x3_48-64", 1, 35, 35, 48, 3, 3, 64, 1, true},
	{"299b1/block35_up_128-320", 1, 35, 35, 128, 1, 1, 320, 1, true},
	{"299b1/mixed6a_3x3s2_320-384", 1, 35, 35, 320, 3, 3, 384, 2, false},
	{"299b1/block17_1x1_1088-192", 1, 17, 17, 1088, 1, 1, 192, 1, true},
	{"299b1/block17_1x7_128-160", 1, 17, 17, 128, 1, 7, 160, 1, true},
	{"299b1/block17_7x1_160-192", 1, 17, 17, 160, 7, 1, 192, 1, true},
	{"299b1/block17_up_384-1088", 1, 17, 17, 384, 1, 1, 1088, 1, true},
	{"299b1/block8_1x1_2080-192", 1, 8, 8, 2080, 1, 1, 192, 1, true},
	{"299b1/block8_up_448-2080", 1, 8, 8, 448, 1, 1, 2080, 1, true},
	{"150b4/stem2_3x3_32-32", 4, 74, 74, 32, 3, 3, 32, 1, false},
	{"150b4/block35_3x3_32-32", 4, 16, 16, 32, 3, 3, 32, 1, true},
	{"150b4/block17_1x1_1088-192", 4, 7, 7, 1088, 1, 1, 192, 1, true},
	{"150b4/block17_7x1_160-192", 4, 7, 7, 160, 7, 1, 192, 1, true},
	{"150b4/block17_up_384-1088", 4, 7, 7, 384, 1, 1, 1088, 1, true},
	{"150b4/mixed7a_3x3s2_288-320", 4, 7, 7, 288, 3, 3, 320, 2, false},
	{"150b4/block8_1x1_2080-192", 4, 3, 3, 2080, 1, 1, 192, 1, true},
	{"150b4/block8_1x3_192-224", 4, 3, 3, 192, 1, 3, 224, 1, true},
	{"150b4/block8_up_448-2080", 4, 3, 3, 448, 1, 1, 2080, 1, true},
}

// BenchmarkConv reports GFLOP/s of each pass, and the share of the machine's
// register-only limit measured just before it.
func BenchmarkConv(b *testing.B) {
	p := kernels.NewPortable(0)
	for _, c := range benchShapes {
		s := kernels.ConvShape{N: c.n, H: c.h, W: c.w, CIn: c.cin, KH: c.kh, KW: c.kw, COut: c.cout, Stride: c.stride}
		if c.same {
			s.OH, s.OW = ceilDiv(c.h, c.stride), ceilDiv(c.w, c.stride)
			s.PadTop, s.PadLeft = max((s.OH-1)*c.stride+c.kh-c.h, 0)/2, max((s.OW-1)*c.stride+c.kw-c.w, 0)/2
		} else {
			s.OH, s.OW = (c.h-c.kh)/c.stride+1, (c.w-c.kw)/c.stride+1
		}
		in, out := filled(s.N, s.H, s.W, s.CIn), filled(s.N, s.OH, s.OW, s.COut)
		filter := filled(1, 1, 1, s.FilterLen()).Data
		packed, packedT := make([]float32, p.PackedLen(s, kernels.Forward)), make([]float32, p.PackedLen(s, kernels.BackwardInput))
		scratch := make([]float32, max(p.ScratchLen(s, kernels.Forward), p.ScratchLen(s, kernels.BackwardInput), p.ScratchLen(s, kernels.BackwardFilter)))
		pack := func(pass kernels.Pass, dst []float32) {
			p.PackFilter(&kernels.PackFilterArgs{Shape: s, Pass: pass, Filter: filter, Alpha: 1, Dst: dst})
		}
		pack(kernels.Forward, packed)
		pack(kernels.BackwardInput, packedT)
		shift := make([]float32, s.COut)
		flops := float64(s.FLOPs())
		b.Run(c.name+"/forward", func(b *testing.B) {
			benchFLOPs(b, flops, func() {
				p.Conv2D(&kernels.Conv2DArgs{Shape: s, In: in, Out: out, Filter: packed, Shift: shift, Alpha: 1, ReLU: true, Scratch: scratch})
			})
		})
		b.Run(c.name+"/input", func(b *testing.B) {
			benchFLOPs(b, flops, func() {
				p.Conv2DBackwardInput(&kernels.Conv2DBackwardInputArgs{Shape: s, DOut: out, DIn: in, Filter: packedT, Scratch: scratch})
			})
		})
		b.Run(c.name+"/filter", func(b *testing.B) {
			benchFLOPs(b, flops, func() {
				p.Conv2DBackwardFilter(&kernels.Conv2DBackwardFilterArgs{Shape: s, In: in, DOut: out, Alpha: 1, DFilter: filter, Scratch: scratch})
			})
		})
		b.Run(c.name+"/pack", func(b *testing.B) {
			benchBytes(b, 4*4*float64(s.FilterLen()), func() {
				pack(kernels.Forward, packed)
				pack(kernels.BackwardInput, packedT)
			})
		})
	}
}

// BenchmarkElementwise reports GB/s of the ops that are bound by memory.
func BenchmarkElementwise(b *testing.B) {
	p := kernels.NewPortable(0)
	for _, c := range [][4]int{{4, 72, 72, 64}, {4, 16, 16, 320}, {4, 7, 7, 1088}, {4, 3, 3, 2080}, {4, 16, 16, 32}} {
		x, y, d := filled(c[0], c[1], c[2], c[3]), filled(c[0], c[1], c[2], c[3]), filled(c[0], c[1], c[2], c[3])
		channels := func() []float32 { return filled(1, 1, 1, c[3]).Data }
		beta, mean, inv, dBeta := channels(), channels(), channels(), channels()
		size := 4 * float64(x.Len())
		name := fmt.Sprintf("/%dx%dx%dx%d", c[0], c[1], c[2], c[3])
		b.Run("BatchNormTrain"+name, func(b *testing.B) {
			benchBytes(b, 4*size, func() {
				p.BatchNormTrain(&kernels.BatchNormTrainArgs{X: x, Out: y, Beta: beta, Eps: 1e-3, Mean: mean, InvStd: inv, ReLU: true})
			})
		})
		b.Run("BatchNormBackward"+name, func(b *testing.B) {
			benchBytes(b, 5*size, func() {
				p.BatchNormBackward(&kernels.BatchNormBackwardArgs{X: x, DOut: d, DX: y, Beta: beta, Mean: mean, InvStd: inv, ReLU: true, DBeta: dBeta})
			})
		})
		b.Run("ReLUBiasBackward"+name, func(b *testing.B) {
			benchBytes(b, 3*size, func() {
				p.ReLUBiasBackward(&kernels.ReLUBiasBackwardArgs{Out: x, D: d, Alpha: 1, DBias: dBeta})
			})
		})
		if c[1] < 4 {
			continue
		}
		half := filled(c[0], (c[1]-3)/2+1, (c[2]-3)/2+1, c[3])
		pool := kernels.PoolArgs{In: x, Out: half, K: 3, Stride: 2}
		b.Run("MaxPool"+name, func(b *testing.B) { benchBytes(b, size, func() { p.MaxPool(&pool) }) })
		b.Run("MaxPoolBackward"+name, func(b *testing.B) {
			benchBytes(b, 2*size, func() {
				p.MaxPoolBackward(&kernels.PoolBackwardArgs{In: x, Out: half, DOut: half, DIn: d, K: 3, Stride: 2})
			})
		})
	}
	n := 1 << 22
	vector := func() []float32 { return filled(1, 1, 1, n).Data }
	param, grad, m, v := vector(), vector(), vector(), vector()
	for i := range v {
		v[i] = v[i] * v[i]
	}
	b.Run("Adam", func(b *testing.B) {
		benchBytes(b, 7*4*float64(n), func() {
			p.Adam(&kernels.AdamArgs{Param: param, Grad: grad, M: m, V: v, Rate: 1e-3, Beta1: 0.9, Beta2: 0.999, Eps: 1e-7, Step: 1})
		})
	})
	b.Run("SGD", func(b *testing.B) {
		benchBytes(b, 5*4*float64(n), func() {
			p.SGD(&kernels.SGDArgs{Param: param, Grad: grad, M: m, Rate: 1e-3, Momentum: 0.9})
		})
	})
}

func benchFLOPs(b *testing.B, flops float64, f func()) {
	f() // caches and threads warm
	limit := float64(runtime.GOMAXPROCS(0)) * fmaLimit()
	for b.Loop() {
		f()
	}
	rate := flops * float64(b.N) / b.Elapsed().Seconds()
	b.ReportMetric(rate/1e9, "GFLOP/s")
	b.ReportMetric(100*rate/limit, "%limit")
}

func benchBytes(b *testing.B, bytes float64, f func()) {
	f()
	for b.Loop() {
		f()
	}
	b.ReportMetric(bytes*float64(b.N)/b.Elapsed().Seconds()/1e9, "GB/s")
}

// fmaLimit measures one thread's FLOP/s on registers alone, as the best of a few
// runs: what no matrix product can pass.
func fmaLimit() float64 {
	best := time.Duration(1 << 62)
	var flops float64
	for range 5 {
		start := time.Now()
		flops = vec.Limit(20000)
		best = min(best, time.Since(start))
	}
	return flops / best.Seconds()
}

// filled is a tensor of numbers in [-1, 1), others for another size.
func filled(n, h, w, c int) kernels.View {
	v := kernels.View{Data: make([]float32, n*h*w*c), N: n, H: h, W: w, C: c, Stride: c}
	for i := range v.Data {
		v.Data[i] = 2*kernels.Uniform(uint64(len(v.Data)), uint64(i)) - 1
	}
	return v
}

func ceilDiv(a, b int) int { return (a + b - 1) / b }
