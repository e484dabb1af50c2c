package tune

import (
	"errors"
	"runtime"
	"slices"
	"testing"

	"thaw/irv2"
	"thaw/irv2/freeze"
	"thaw/kernels"
	"thaw/kernels/program"
)

// stripes is a data set of two classes: horizontal and vertical stripes with noise.
type stripes struct {
	size, train, validation int
	augmented               bool
}

func (d stripes) Len(s Split) int          { return [2]int{d.train, d.validation}[s] }
func (d stripes) Label(s Split, i int) int { return i % 2 }
func (d stripes) Augmented() bool          { return d.augmented }
func (d stripes) Image(dst []float32, s Split, i, epoch int) {
	seed := uint64(i + 1000*int(s))
	if d.augmented && s == Train && epoch >= 0 {
		seed += uint64(epoch) << 32
	}
	irv2.FillUniform(dst, seed, "noise")
	for p := range d.size * d.size {
		at := p / d.size
		if i%2 == 1 {
			at = p % d.size
		}
		for c := range 3 {
			dst[3*p+c] = 0.5*dst[3*p+c] + 0.5*float32(at/4%2*2-1)
		}
	}
}

func mini(t testing.TB) *irv2.Model {
	c := irv2.Mini(2)
	c.Size = 32
	m, err := irv2.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func session(t testing.TB, spec freeze.Spec, opts Options, data stripes) (*Session, *irv2.Weights) {
	m := mini(t)
	plan, err := freeze.New(m, spec)
	if err != nil {
		t.Fatal(err)
	}
	w := irv2.NewWeights(m)
	w.Synthesize(1)
	return sessionOn(t, host(0), plan, w, opts, data), w
}

func host(threads int) program.Machine { return program.OnHost(kernels.NewPortable(threads)) }

func sessionOn(t testing.TB, m program.Machine, plan *freeze.Plan, w *irv2.Weights, opts Options, data stripes) *Session {
	data.size = plan.Model.Config.Size
	l, err := NewLayout(plan, opts, [2]int{data.train, data.validation}, data.augmented, m)
	if err != nil {
		t.Fatal(err)
	}
	s, err := New(l, w, data)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func run(t testing.TB, s *Session) []Event {
	var events []Event
	if err := s.Run(nil, func(e Event) { events = append(events, e) }); err != nil {
		t.Fatal(err)
	}
	return events
}

func TestLearns(t *testing.T) {
	s, _ := session(t, freeze.Spec{Preset: "unfreeze-all"}, Options{Epochs: 6, Batch: 8, Seed: 1}, stripes{train: 30, validation: 20})
	events := run(t, s)
	steps, history := s.Done()
	if steps != 24 || len(history) != 6 {
		t.Fatalf("%d steps, %d epochs, want 24, 6", steps, len(history))
	}
	first, last := history[0], history[5]
	if !(last.Loss < first.Loss/2) || last.Accuracy < 0.9 {
		t.Errorf("loss %.3f -> %.3f, accuracy %.2f", first.Loss, last.Loss, last.Accuracy)
	}
	var left []float64
	for _, e := range events {
		if e.Step != nil {
			if known := e.Step.SecondsLeft; known != nil {
				left = append(left, *known)
			}
		}
	}
	if len(left) != steps-1 || left[len(left)-1] >= left[0] {
		t.Errorf("time left does not fall: %v", left)
	}
}

// Features of the frozen prefix from the cache and computed in every step train alike.
func TestCacheChangesNothing(t *testing.T) {
	data := stripes{train: 10, validation: 6}
	for _, spec := range []freeze.Spec{{Preset: "head-only"}, {From: "block17_3"}} {
		cached, w1 := session(t, spec, Options{Epochs: 2, Batch: 4, Seed: 3}, data)
		fresh, w2 := session(t, spec, Options{Epochs: 2, Batch: 4, Seed: 3}, data)
		if cached.Prefix == nil || !cached.Cached[Train] {
			t.Fatalf("%s: prefix %v, cached %v", cached.Plan.Name, cached.Prefix, cached.Cached)
		}
		layout := fresh.Layout
		layout.Cached = [2]bool{}
		if err := layout.compile(); err != nil {
			t.Fatal(err)
		}
		fresh, err := New(layout, w2, stripes{size: 32, train: 10, validation: 6})
		if err != nil {
			t.Fatal(err)
		}
		run(t, cached)
		run(t, fresh)
		equal(t, w1, w2)
		_, a := cached.Done()
		_, b := fresh.Done()
		if a[1].Validation.Loss != b[1].Validation.Loss {
			t.Errorf("validation loss %g cached, %g fresh", a[1].Validation.Loss, b[1].Validation.Loss)
		}
	}
}

// A run stopped anywhere, between and inside steps, goes on to the same weights; and
// when stopped it leaves the weights of the last whole step.
func TestStopAndGoOn(t *testing.T) {
	data := stripes{train: 10, validation: 4}
	opts := Options{Epochs: 2, Batch: 4, Seed: 7}
	spec := freeze.Spec{Preset: "unfreeze-all"}
	whole, want := session(t, spec, opts, data)
	after := []*irv2.Weights{want.Clone()}
	whole.Run(nil, func(e Event) {
		if e.Step != nil {
			after = append(after, want.Clone())
		}
	})
	stopped, got := session(t, spec, opts, data)
	stop, polls := errors.New("stop"), 0
	for {
		left := 211 // ops until the next stop: no divisor of a step's
		err := stopped.Run(func() error {
			polls++
			if left--; left == 0 {
				return stop
			}
			return nil
		}, func(Event) {})
		steps, _ := stopped.Done()
		equal(t, got, after[steps])
		if err == nil {
			break
		}
		if polls > 200000 {
			t.Fatal("a step has more ops than fit between two stops")
		}
		if left > 0 {
			t.Fatal(err)
		}
		// go on: let a whole step pass
		if err := stopped.Run(untilStep(stopped, stop), func(Event) {}); err == nil {
			break
		}
	}
	equal(t, got, want)
}

func untilStep(s *Session, stop error) func() error {
	from, _ := s.Done()
	return func() error {
		if now, _ := s.Done(); now > from {
			return stop
		}
		return nil
	}
}

// A session that goes on from a checkpoint, with weights of its own, ends at the same bits.
func TestGoesOnFromCheckpoint(t *testing.T) {
	data := stripes{train: 10, validation: 4}
	opts := Options{Epochs: 3, Batch: 4, Seed: 7}
	for _, spec := range []freeze.Spec{{Preset: "unfreeze-all"}, {From: "block8_1"}} {
		first, want := session(t, spec, opts, data)
		var checkpoint *Checkpoint
		err := first.Run(nil, func(e Event) {
			if e.Step == nil || e.Step.Step != 4 { // the first of the second epoch
				return
			}
			var err error
			if checkpoint, err = first.Checkpoint(t.Context()); err != nil {
				t.Fatal(err)
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		second, got := session(t, spec, opts, data)
		if err := second.GoOn(checkpoint); err != nil {
			t.Fatal(err)
		}
		run(t, second)
		equal(t, got, want)
		_, a := first.Done()
		_, b := second.Done()
		for i := range a {
			if a[i].Loss != b[i].Loss || a[i].Accuracy != b[i].Accuracy || a[i].Validation.Loss != b[i].Validation.Loss {
				t.Errorf("epoch %d: %+v, gone on %+v", i+1, a[i], b[i])
			}
		}
		checkpoint.State = checkpoint.State[1:]
		if err := second.GoOn(checkpoint); err == nil {
			t.Error("a checkpoint without a moment was taken")
		}
	}
}

func TestRecomputeChangesNothing(t *testing.T) {
	data := stripes{train: 8, validation: 4}
	plain, w1 := session(t, freeze.Spec{Preset: "unfreeze-all"}, Options{Epochs: 1, Batch: 4, Seed: 3}, data)
	m := mini(t)
	plan, _ := freeze.New(m, freeze.Spec{Preset: "unfreeze-all"})
	peak := plain.Cost().Peak
	l, err := NewLayout(plan, Options{Epochs: 1, Batch: 4, Seed: 3, Budget: peak - 1}, [2]int{8, 4}, false, host(0))
	if err != nil {
		t.Fatal(err)
	}
	if c := l.Cost(); !c.Recompute || c.Peak >= peak {
		t.Fatalf("recompute %v, %d bytes of %d", c.Recompute, c.Peak, peak)
	}
	w2 := irv2.NewWeights(m)
	w2.Synthesize(1)
	data.size = 32
	run(t, plain)
	again, err := New(l, w2, data)
	if err != nil {
		t.Fatal(err)
	}
	run(t, again)
	equal(t, w1, w2)
}

func TestTooLarge(t *testing.T) {
	plan, _ := freeze.New(mini(t), freeze.Spec{Preset: "unfreeze-all"})
	b := host(1)
	small, err := NewLayout(plan, Options{Batch: 2}, [2]int{64, 8}, false, b)
	if err != nil {
		t.Fatal(err)
	}
	_, err = NewLayout(plan, Options{Batch: 32, Budget: small.Cost().Peak + 1<<16}, [2]int{64, 8}, false, b)
	var e *TooLarge
	if !errors.As(err, &e) || e.Batch < 2 || e.BatchNeed > e.Budget || e.Need <= e.Budget {
		t.Fatalf("%v", err)
	}
}

func TestRates(t *testing.T) {
	m := mini(t)
	rate := Options{Rate: 1, Rates: map[string]float64{"backbone": 0.1, "block8_*": 0.5, "conv_7b": 0}}.rates(m)
	for name, want := range map[string]float64{"conv2d": 0.1, "block8_1_conv": 0.5, "conv_7b": 0, "conv_7b_bn": 0, "predictions": 1} {
		if got := rate(m.Layer(name).Params[0]); got != want {
			t.Errorf("rate of %s is %g, want %g", name, got, want)
		}
	}
}

// What is frozen stays, bit for bit; what learns moves.
func TestOnlyThawedMoves(t *testing.T) {
	for _, spec := range []freeze.Spec{{Preset: "freeze-conv", AsWritten: true}, {From: "block8_2"}, {Preset: "unfreeze-all", BatchNorm: freeze.Inference},
		{Preset: "head-only", BatchNorm: freeze.Batch}, {Thaw: []freeze.Selector{{Pattern: "block17_2"}, freeze.Range(3, 9)}}} {
		s, w := session(t, spec, Options{Epochs: 1, Batch: 4, Seed: 1}, stripes{train: 8, validation: 2})
		before := w.Clone()
		run(t, s)
		for _, p := range w.Model.Params {
			same := slices.Equal(before.Of(p), w.Of(p))
			if moves := s.Plan.Learns(p) || s.Plan.Moves(p); same == moves && p.Kind != "bias" {
				t.Errorf("%s: %s moves %v, want %v", s.Plan.Name, p.Name(), !same, moves)
			}
		}
	}
}

func TestPredictor(t *testing.T) {
	s, w := session(t, freeze.Spec{Preset: "unfreeze-all"}, Options{Epochs: 1, Batch: 4, Seed: 1}, stripes{train: 8, validation: 4})
	run(t, s)
	p, err := NewPredictor(w, host(0))
	if err != nil {
		t.Fatal(err)
	}
	confusion := [2][2]int{}
	image := make([]float32, 32*32*3)
	for i := range 4 {
		stripes{size: 32}.Image(image, Validation, i, -1)
		probs, err := p.Predict(image)
		if err != nil {
			t.Fatal(err)
		}
		confusion[i%2][Argmax(probs)]++
	}
	_, history := s.Done()
	for i, row := range history[0].Validation.Confusion {
		if !slices.Equal(row, confusion[i][:]) {
			t.Errorf("confusion %v, predictions %v", history[0].Validation.Confusion, confusion)
		}
	}
}

// The peak that a layout states is what a session allocates, within 5 %.
func TestPeakIsTrue(t *testing.T) {
	for _, spec := range []freeze.Spec{{Preset: "unfreeze-all"}, {Preset: "head-only"}} {
		m := mini(t)
		plan, _ := freeze.New(m, spec)
		b := host(1)
		l, err := NewLayout(plan, Options{Batch: 16}, [2]int{64, 32}, false, b)
		if err != nil {
			t.Fatal(err)
		}
		data := stripes{size: 32, train: 64, validation: 32}
		var w *irv2.Weights
		var s *Session
		used := heapGrowth(func() {
			w = irv2.NewWeights(m)
			if s, err = New(l, w, data); err != nil {
				t.Fatal(err)
			}
			run(t, s)
		})
		peak := float64(l.Cost().Peak)
		if ratio := float64(used) / peak; ratio < 0.95 || ratio > 1.05 {
			t.Errorf("%s: %d bytes used, %.0f stated: %.3f", plan.Name, used, peak, ratio)
		}
		s.Done()
	}
}

func equal(t testing.TB, a, b *irv2.Weights) {
	t.Helper()
	for i, p := range a.Model.Params {
		if !slices.Equal(a.Data[i], b.Data[i]) {
			t.Fatalf("%s differs", p.Name())
		}
	}
}

// heapGrowth is how many bytes f leaves on the heap.
func heapGrowth(f func()) int64 {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	f()
	runtime.GC()
	runtime.ReadMemStats(&after)
	return int64(after.HeapAlloc) - int64(before.HeapAlloc)
}

// losing is a backend that loses a thread in some of its filter gradients and of
// its pools (in training and in evaluation) and, after the work, in some updates.
type losing struct {
	kernels.Backend
	calls, pools int
}

func (b *losing) GlobalAvgPool(a *kernels.GlobalAvgPoolArgs) {
	if b.pools++; b.pools == 2 || b.pools == 8 {
		panic(kernels.ErrThreadLost)
	}
	b.Backend.GlobalAvgPool(a)
}

func (b *losing) Conv2DBackwardFilter(a *kernels.Conv2DBackwardFilterArgs) {
	b.Backend.Conv2DBackwardFilter(a)
	if b.calls++; b.calls == 40 || b.calls == 60 {
		clear(a.DFilter)
		panic(kernels.ErrThreadLost)
	}
}

func (b *losing) Adam(a *kernels.AdamArgs) {
	b.Backend.Adam(a)
	if a.Step == 2 {
		panic(kernels.ErrThreadLost)
	}
}

// TestLostThread: a step whose gradients are lost is done again, bit for bit, and
// the updates after one that lost a thread are still done.
func TestLostThread(t *testing.T) {
	opts, data := Options{Epochs: 1, Batch: 8, Seed: 1}, stripes{train: 30, validation: 4}
	calm, want := session(t, freeze.Spec{Preset: "unfreeze-all"}, opts, data)
	run(t, calm)
	got := irv2.NewWeights(want.Model)
	got.Synthesize(1)
	backend := &losing{Backend: kernels.NewPortable(0)}
	run(t, sessionOn(t, program.OnHost(backend), calm.Plan, got, opts, data))
	if backend.calls < 60 || backend.pools < 8 {
		t.Fatalf("%d filter gradients, %d pools: not all threads were lost", backend.calls, backend.pools)
	}
	for i, p := range got.Model.Params {
		if !slices.Equal(got.Data[i], want.Data[i]) {
			t.Fatalf("%s differs from a run that lost no thread", p.Name())
		}
	}
}
