//go:build js && wasm

package simd

import (
	"fmt"
	"testing"
	"time"

	"thaw/kernels"
)

// layer is a convolution of InceptionResNetV2 at 299x299 and how often it occurs.
type layer struct {
	count int
	s     kernels.ConvShape
}

func conv(count, h, kh, kw, cin, cout, stride int, same bool) layer {
	s := kernels.ConvShape{N: 1, H: h, W: h, CIn: cin, KH: kh, KW: kw, COut: cout, Stride: stride}
	if same {
		s.OH, s.OW, s.PadTop, s.PadLeft = (h+stride-1)/stride, (h+stride-1)/stride, (kh-1)/2, (kw-1)/2
	} else {
		s.OH, s.OW = (h-kh)/stride+1, (h-kw)/stride+1
	}
	return layer{count, s}
}

var layers = []layer{
	conv(1, 299, 3, 3, 3, 32, 2, false),
	conv(1, 149, 3, 3, 32, 32, 1, false),
	conv(1, 147, 3, 3, 32, 64, 1, true),
	conv(1, 73, 1, 1, 64, 80, 1, true),
	conv(1, 73, 3, 3, 80, 192, 1, false),
	conv(1, 35, 5, 5, 48, 64, 1, true),
	conv(1, 35, 3, 3, 64, 96, 1, true),
	conv(1, 35, 3, 3, 96, 96, 1, true),
	conv(30, 35, 1, 1, 320, 32, 1, true),
	conv(10, 35, 3, 3, 32, 32, 1, true),
	conv(10, 35, 3, 3, 32, 48, 1, true),
	conv(10, 35, 3, 3, 48, 64, 1, true),
	conv(10, 35, 1, 1, 128, 320, 1, true),
	conv(1, 35, 3, 3, 320, 384, 2, false),
	conv(1, 35, 3, 3, 256, 256, 1, true),
	conv(20, 17, 1, 1, 1088, 192, 1, true),
	conv(20, 17, 1, 1, 1088, 128, 1, true),
	conv(20, 17, 1, 7, 128, 160, 1, true),
	conv(20, 17, 7, 1, 160, 192, 1, true),
	conv(20, 17, 1, 1, 384, 1088, 1, true),
	conv(1, 17, 3, 3, 256, 288, 1, true),
	conv(1, 17, 3, 3, 256, 384, 2, false),
	conv(20, 8, 1, 1, 2080, 192, 1, true),
	conv(10, 8, 1, 3, 192, 224, 1, true),
	conv(10, 8, 3, 1, 224, 256, 1, true),
	conv(10, 8, 1, 1, 448, 2080, 1, true),
	conv(1, 8, 1, 1, 2080, 1536, 1, true),
}

func newForTest(tb testing.TB, threads int) *Backend {
	k, err := New(threads)
	if err != nil {
		tb.Fatal(err)
	}
	return k.(*Backend)
}

// best runs op and the limit alternately and returns op's fastest time and the best limit.
func best(b *Backend, op func()) (d time.Duration, limit float64) {
	op()
	op()
	d = time.Hour
	end := time.Now().Add(150 * time.Millisecond)
	for i := 0; i < 8 || time.Now().Before(end); i++ {
		start := time.Now()
		op()
		d = min(d, time.Since(start))
		if i%4 == 0 {
			limit = max(limit, b.Limit())
		}
	}
	return d, limit
}

func TestLayers(t *testing.T) {
	b := newForTest(t, 0)
	for range 20 {
		b.Limit()
	}
	fmt.Printf("threads %d\n", b.threads)
	var flops, limit float64
	var sum [3]float64
	for _, l := range layers {
		s := l.s
		in, out := make([]float32, s.N*s.H*s.W*s.CIn), make([]float32, s.N*s.OH*s.OW*s.COut)
		vi := kernels.View{Data: in, N: s.N, H: s.H, W: s.W, C: s.CIn, Stride: s.CIn}
		vo := kernels.View{Data: out, N: s.N, H: s.OH, W: s.OW, C: s.COut, Stride: s.COut}
		filter := make([]float32, s.FilterLen())
		packed := make([]float32, b.PackedLen(s, kernels.Forward))
		back := make([]float32, b.PackedLen(s, kernels.BackwardInput))
		scratch := make([]float32, max(b.ScratchLen(s, kernels.Forward), b.ScratchLen(s, kernels.BackwardInput), b.ScratchLen(s, kernels.BackwardFilter)))
		pack, _ := best(b, func() {
			b.PackFilter(&kernels.PackFilterArgs{Shape: s, Filter: filter, Alpha: 1, Dst: packed})
		})
		flip, _ := best(b, func() {
			b.PackFilter(&kernels.PackFilterArgs{Shape: s, Pass: kernels.BackwardInput, Filter: filter, Alpha: 1, Dst: back})
		})
		fwd, l1 := best(b, func() {
			b.Conv2D(&kernels.Conv2DArgs{Shape: s, In: vi, Out: vo, Filter: packed, Alpha: 1, Scratch: scratch})
		})
		bwd, l2 := best(b, func() {
			b.Conv2DBackwardInput(&kernels.Conv2DBackwardInputArgs{Shape: s, DOut: vo, DIn: vi, Filter: back, Scratch: scratch})
		})
		grad, l3 := best(b, func() {
			b.Conv2DBackwardFilter(&kernels.Conv2DBackwardFilterArgs{Shape: s, In: vi, DOut: vo, DFilter: filter, Alpha: 1, Scratch: scratch})
		})
		limit = max(limit, l1, l2, l3)
		g := float64(s.FLOPs()) / 1e9
		flops += float64(l.count) * g
		for i, d := range []time.Duration{fwd, bwd, grad} {
			sum[i] += float64(l.count) * d.Seconds()
		}
		share := func(d time.Duration) float64 { return 100 * g / d.Seconds() / max(l1, l2, l3) }
		fmt.Printf("%2dx %3dx%-3d %dx%d/%d %4d->%-4d L %5.1f  fwd %7v %3.0f%%  bwd-in %7v %3.0f%%  bwd-filter %7v %3.0f%%  pack %v %v\n", l.count, s.H, s.W, s.KH, s.KW, s.Stride, s.CIn, s.COut, max(l1, l2, l3),
			fwd.Round(time.Microsecond), share(fwd), bwd.Round(time.Microsecond), share(bwd), grad.Round(time.Microsecond), share(grad), pack.Round(time.Microsecond), flip.Round(time.Microsecond))
	}
	for i, name := range []string{"forward", "backward input", "backward filter"} {
		fmt.Printf("%s: %.1f GFLOP in %.0f ms, %.0f%% of L\n", name, flops, sum[i]*1000, 100*flops/sum[i]/limit)
	}
}

// TestSumsAndUpdates prints what the ops outside of GEMM cost, in GB/s of the
// floats that they must read and write at least.
func TestSumsAndUpdates(t *testing.T) {
	b := newForTest(t, 0)
	report := func(name string, floats int, op func()) {
		d, _ := best(b, op)
		fmt.Printf("%-40s %8v  %5.1f GB/s\n", name, d.Round(time.Microsecond), 4*float64(floats)/d.Seconds()/1e9)
	}
	for _, size := range [][2]int{{147, 64}, {71, 192}, {35, 32}, {17, 192}, {8, 256}} {
		h, c := size[0], size[1]
		x, out, d := image(1, h, h, c), image(1, h, h, c), image(1, h, h, c)
		v := make([]float32, 6*c)
		n := h * h * c
		name := fmt.Sprintf("%dx%dx%d ", h, h, c)
		mean, inv, beta := v[:c], v[c:2*c], v[2*c:3*c]
		sums := make([]float32, b.SumsLen(h*h, c))
		report(name+"BatchNormTrain", 3*n, func() {
			b.BatchNormTrain(&kernels.BatchNormTrainArgs{X: x, Out: out, Beta: beta, Eps: 1e-3, Momentum: 0.99, Mean: mean, InvStd: inv, RunningMean: v[3*c : 4*c], RunningVariance: v[4*c : 5*c], ReLU: true, Scratch: sums})
		})
		report(name+"BatchNormBackward", 5*n, func() {
			b.BatchNormBackward(&kernels.BatchNormBackwardArgs{X: x, DOut: d, DX: d, Beta: beta, Mean: mean, InvStd: inv, ReLU: true, DBeta: v[5*c:], Scratch: sums})
		})
		report(name+"ReLUBiasBackward", 3*n, func() {
			b.ReLUBiasBackward(&kernels.ReLUBiasBackwardArgs{Out: out, D: d, Alpha: 1, DBias: v[5*c:], Scratch: sums})
		})
	}
	in, out := image(1, 147, 147, 64), image(1, 73, 73, 64)
	report("MaxPool 147x147x64", len(in.Data)+len(out.Data), func() {
		b.MaxPool(&kernels.PoolArgs{In: in, Out: out, K: 3, Stride: 2})
	})
	dIn, dOut := image(1, 147, 147, 64), image(1, 73, 73, 64)
	report("MaxPoolBackward 147x147x64", 3*len(in.Data)+2*len(out.Data), func() {
		b.MaxPoolBackward(&kernels.PoolBackwardArgs{In: in, Out: out, DOut: dOut, DIn: dIn, K: 3, Stride: 2})
	})
	const n = 8 << 20
	p := make([]float32, 4*n)
	report("Adam of 8M parameters", 7*n, func() {
		b.Adam(&kernels.AdamArgs{Param: p[:n], Grad: p[n : 2*n], M: p[2*n : 3*n], V: p[3*n:], Rate: 1e-3, Beta1: 0.9, Beta2: 0.999, Eps: 1e-7, Step: 1})
	})
	s := conv(1, 17, 1, 1, 2048, 4096, 1, true).s
	report("PackFilter Forward of 8M", 2*n, func() {
		b.PackFilter(&kernels.PackFilterArgs{Shape: s, Filter: p[:n], Alpha: 1, Dst: p[n : 2*n]})
	})
	report("PackFilter BackwardInput of 8M", 2*n, func() {
		b.PackFilter(&kernels.PackFilterArgs{Shape: s, Pass: kernels.BackwardInput, Filter: p[:n], Alpha: 1, Dst: p[n : 2*n]})
	})
}

// TestWinograd prints what Winograd gives over the direct convolution, measured by
// turns: of one image at 299x299 and four at 150x150.
func TestWinograd(t *testing.T) {
	b := newForTest(t, 0)
	at150 := map[int]int{149: 74, 147: 72, 73: 35, 35: 16, 17: 7}
	for _, taps := range [][2]int{{3, 3}, {1, 7}} {
		warm := conv(1, 17, taps[0], taps[1], 32, 32, 1, true).s
		b.bestOfBoth(warm, kernels.Forward, zeros(1, 17, 17, 32), zeros(1, 17, 17, 32))
	}
	for _, batch := range []int{1, 4} {
		var total [2]time.Duration
		for _, l := range layers {
			s := l.s
			if winogradFor(s, kernels.Forward) == nil {
				continue
			}
			if batch > 1 {
				s = conv(1, at150[s.H], s.KH, s.KW, s.CIn, s.COut, 1, s.OH == s.H).s
				s.N = batch
			}
			in, out := zeros(s.N, s.H, s.W, s.CIn), zeros(s.N, s.OH, s.OW, s.COut)
			fmt.Printf("%2dx %d %3dx%-3d %dx%d %3d->%-3d", l.count, s.N, s.H, s.W, s.KH, s.KW, s.CIn, s.COut)
			for pass, name := range []string{"fwd", "bwd-in"} {
				d := b.bestOfBoth(s, kernels.Pass(pass), in, out)
				fmt.Printf("  %s direct %6.2f ms, Winograd %6.2f, %.2fx", name, 1e3*d[0].Seconds(), 1e3*d[1].Seconds(), d[0].Seconds()/d[1].Seconds())
				for i := range total {
					total[i] += time.Duration(l.count) * d[i]
				}
			}
			fmt.Println()
		}
		fmt.Printf("threads %d, batch %d: direct %v, Winograd %v\n", b.threads, batch, total[0], total[1])
	}
}

// bestOfBoth returns the fastest time of the direct pass and of Winograd.
func (b *Backend) bestOfBoth(s kernels.ConvShape, pass kernels.Pass, in, out kernels.View) [2]time.Duration {
	filter := make([]float32, s.FilterLen())
	var packed, scratch [2][]float32
	d := [2]time.Duration{time.Hour, time.Hour}
	end := time.Now().Add(100 * time.Millisecond)
	for n := 0; n < 6 || time.Now().Before(end); n++ {
		for i := range d {
			b.direct = i == 0
			if packed[i] == nil {
				packed[i], scratch[i] = make([]float32, b.PackedLen(s, pass)), make([]float32, b.ScratchLen(s, pass))
				b.PackFilter(&kernels.PackFilterArgs{Shape: s, Pass: pass, Filter: filter, Alpha: 1, Dst: packed[i]})
			}
			start := time.Now()
			if pass == kernels.Forward {
				b.Conv2D(&kernels.Conv2DArgs{Shape: s, In: in, Out: out, Filter: packed[i], Alpha: 1, Scratch: scratch[i]})
			} else {
				b.Conv2DBackwardInput(&kernels.Conv2DBackwardInputArgs{Shape: s, DOut: out, DIn: in, Filter: packed[i], Scratch: scratch[i]})
			}
			d[i] = min(d[i], time.Since(start))
		}
	}
	return d
}

// zeros is a view of zeros.
func zeros(n, h, w, c int) kernels.View {
	return kernels.View{Data: make([]float32, n*h*w*c), N: n, H: h, W: w, C: c, Stride: c}
}
