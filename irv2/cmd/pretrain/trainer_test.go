package main

import (
	"math"
	"path/filepath"
	"slices"
	"testing"

	"thaw/irv2"
	"thaw/irv2/worlds"
	"thaw/kernels"
	"thaw/kernels/program"
)

func TestRate(t *testing.T) {
	r := recipe{Steps: 1000, Rate: 1}
	for step, want := range map[int]float64{0: 1.0 / warmUp, warmUp - 1: 1, warmUp: 1, 650: 0.5, 1000: 0} {
		if got := r.rate(step); math.Abs(got-want) > 1e-9 {
			t.Errorf("rate of step %d is %g, want %g", step, got, want)
		}
	}
}

func trainer8(t *testing.T) *trainer {
	tr, err := newTrainer(recipe{Seed: 1, Steps: 4, Batch: 8, Rate: 3e-3}, generated{worlds.Source}, program.OnHost(kernels.NewPortable(2)))
	if err != nil {
		t.Fatal(err)
	}
	return tr
}

// A run that was stopped and started again from its checkpoint ends at the same bits.
func TestResume(t *testing.T) {
	whole := trainer8(t)
	for feed := whole.feed(); whole.Step < 4; {
		train(t, whole, <-feed)
	}
	stopped := trainer8(t)
	for feed := stopped.feed(); stopped.Step < 2; {
		train(t, stopped, <-feed)
	}
	path := filepath.Join(t.TempDir(), "checkpoint")
	if err := stopped.save(path); err != nil {
		t.Fatal(err)
	}
	resumed := trainer8(t)
	if err := resumed.load(path); err != nil {
		t.Fatal(err)
	}
	for feed := resumed.feed(); resumed.Step < 4; {
		train(t, resumed, <-feed)
	}
	for i, p := range whole.model.Params {
		if !slices.Equal(whole.weights.Data[i], resumed.weights.Data[i]) {
			t.Fatalf("%s differs", p.Name())
		}
	}
	other := trainer8(t)
	other.Seed = 2
	if err := other.load(path); err == nil {
		t.Error("a checkpoint of another recipe was taken")
	}
}

func train(t *testing.T, tr *trainer, b batch) {
	if _, _, err := tr.learn(b); err != nil {
		t.Fatal(err)
	}
}

// Clipping leaves a global norm of clipNorm, and decay shrinks kernels only.
func TestClipAndDecay(t *testing.T) {
	tr := trainer8(t)
	p := tr.step
	for _, param := range tr.model.Params {
		if b := p.Gradient(param); b != nil {
			ones := slices.Repeat([]float32{1}, b.Len)
			p.Write(b, 0, ones)
		}
	}
	before := tr.weights.Clone()
	p.SetStep(1, func(*irv2.Param) float64 { return 0.5 }, 0)
	for _, op := range p.Phase(program.Update) {
		if a, ok := op.Args.(*kernels.AdamArgs); ok { // no step but the decay's
			a.Eps = 1e30
		}
	}
	if err := p.Do(program.Update); err != nil {
		t.Fatal(err)
	}
	sum := 0.0
	for i, param := range tr.model.Params {
		if b := p.Gradient(param); b != nil {
			g, err := p.Fetch(b)
			if err != nil {
				t.Fatal(err)
			}
			for _, v := range g {
				sum += float64(v) * float64(v)
			}
		}
		want := before.Data[i][0]
		if param.Kind == "kernel" {
			want *= 1 - 0.5*decay
		}
		if got := tr.weights.Data[i][0]; math.Abs(float64(got-want)) > 1e-7 {
			t.Errorf("%s: %g, want %g", param.Name(), got, want)
		}
	}
	if norm := math.Sqrt(sum); math.Abs(norm-clipNorm) > 1e-3 {
		t.Errorf("norm %g, want %d", norm, clipNorm)
	}
}
