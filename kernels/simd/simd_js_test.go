//go:build js && wasm

package simd

import (
	"errors"
	"slices"
	"testing"

	"thaw/kernels"

	"thaw/kernels/kerneltest"
)

// TestConformance holds the emitted kernels to the contract; THAW_THREADS and
// THAW_BROWSER of wasmexec choose how and where.
func TestConformance(t *testing.T) {
	b := newForTest(t, 0)
	t.Logf("%d threads", b.Threads())
	kerneltest.Run(t, b)
}

// TestResultsDoNotDependOnThreads: the same bits for one thread and two.
func TestResultsDoNotDependOnThreads(t *testing.T) {
	run := func(threads int) []float32 {
		b := newForTest(t, threads)
		s := conv(1, 35, 3, 3, 32, 48, 1, true).s
		in, out := image(s.N, s.H, s.W, s.CIn), image(s.N, s.OH, s.OW, s.COut)
		dFilter := make([]float32, s.FilterLen())
		sums := make([]float32, b.ScratchLen(s, kernels.BackwardFilter))
		for range 20 {
			b.Conv2DBackwardFilter(&kernels.Conv2DBackwardFilterArgs{Shape: s, In: in, DOut: out, DFilter: dFilter, Alpha: 1, Scratch: sums})
		}
		packed, scratch := make([]float32, b.PackedLen(s, kernels.Forward)), make([]float32, b.ScratchLen(s, kernels.Forward))
		b.PackFilter(&kernels.PackFilterArgs{Shape: s, Filter: dFilter, Alpha: 1, Dst: packed})
		b.Conv2D(&kernels.Conv2DArgs{Shape: s, In: in, Out: out, Filter: packed, Alpha: 1, Scratch: scratch})
		c := make([]float32, 4*s.COut)
		b.BatchNormTrain(&kernels.BatchNormTrainArgs{X: out, Out: out, Beta: c[:s.COut], Eps: 1e-3, Momentum: 0.99, Mean: c[s.COut:], InvStd: c[2*s.COut:], ReLU: true,
			Scratch: make([]float32, b.SumsLen(out.Pixels(), out.C))})
		return slices.Concat(dFilter, out.Data, c)
	}
	if !slices.Equal(run(1), run(2)) {
		t.Error("two threads give other bits than one")
	}
}

// TestInPlaceChangesNothing: a filter packed by the tasks gives the bits of one that was
// packed before, for every residue.
func TestInPlaceChangesNothing(t *testing.T) {
	b := newForTest(t, 2)
	for _, l := range []layer{conv(1, 8, 1, 1, 448, 2080, 1, true), conv(1, 8, 1, 3, 192, 224, 1, true), conv(1, 17, 3, 3, 256, 388, 2, false)} {
		s := l.s
		scale, filter := image(1, 1, 1, s.COut).Data, image(1, 1, 1, s.FilterLen()).Data
		run := func(pass kernels.Pass, inPlace bool) []float32 {
			if inPlace && !b.InPlace(s, pass) {
				t.Errorf("%+v is not taken in place by pass %d", s, pass)
			}
			used := filter
			if !inPlace {
				used = make([]float32, b.PackedLen(s, pass))
				b.PackFilter(&kernels.PackFilterArgs{Shape: s, Pass: pass, Filter: filter, Scale: scale, Alpha: 1, Dst: used})
			}
			in, out, scratch := image(s.N, s.H, s.W, s.CIn), image(s.N, s.OH, s.OW, s.COut), make([]float32, b.ScratchLen(s, pass))
			if pass == kernels.Forward {
				b.Conv2D(&kernels.Conv2DArgs{Shape: s, In: in, Out: out, Filter: used, InPlace: inPlace, Scale: scale, Alpha: 1, Scratch: scratch})
				return out.Data
			}
			b.Conv2DBackwardInput(&kernels.Conv2DBackwardInputArgs{Shape: s, DOut: out, DIn: in, Filter: used, InPlace: inPlace, Scale: scale, Alpha: 1, Accumulate: true, Scratch: scratch})
			return in.Data
		}
		for _, pass := range []kernels.Pass{kernels.Forward, kernels.BackwardInput} {
			if !slices.EqualFunc(run(pass, true), run(pass, false), sameBits) {
				t.Errorf("%+v, pass %d: other bits in place", s, pass)
			}
		}
	}
}

// image is a view of numbers that vary.
func image(n, h, w, c int) kernels.View {
	v := kernels.View{Data: make([]float32, n*h*w*c), N: n, H: h, W: w, C: c, Stride: c}
	for i := range v.Data {
		v.Data[i] = kernels.Uniform(1, uint64(i)) - 0.5
	}
	return v
}

// TestWorkerDies: a job is done again without the worker that died in it, and one
// that cannot be done again says so.
func TestWorkerDies(t *testing.T) {
	b := newForTest(t, 2)
	e := b.machine.(*engine)
	if *e.field(ctlWorkers) == 0 {
		t.Skip("no worker threads here")
	}
	die := func(repeatable bool) error {
		return kernels.Lost(func() {
			victim := 1
			*(*int)(b.record()) = victim
			b.run(kernelDie, 5_000_000, repeatable)
		})
	}
	if err := die(true); err != nil {
		t.Errorf("a job that can be repeated panicked: %v", err)
	}
	if workers := *e.field(ctlWorkers); workers != 0 {
		t.Errorf("%d workers alive, want 0", workers)
	}
	b = newForTest(t, 2)
	if err := die(false); !errors.Is(err, kernels.ErrThreadLost) {
		t.Errorf("a job that cannot be repeated: %v, want ErrThreadLost", err)
	}
}
