package main

import (
	"math"
	"path/filepath"
	"slices"
	"testing"

	"thaw/irv2/worlds"
	"thaw/kernels"
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
	tr, err := newTrainer(recipe{Seed: 1, Steps: 4, Batch: 8, Rate: 3e-3}, worlds.Source, kernels.NewPortable(2))
	if err != nil {
		t.Fatal(err)
	}
	return tr
}

// A run that was stopped and started again from its checkpoint ends at the same bits.
func TestResume(t *testing.T) {
	whole := trainer8(t)
	for feed := whole.feed(); whole.Step < 4; {
		whole.step(<-feed)
	}
	stopped := trainer8(t)
	for feed := stopped.feed(); stopped.Step < 2; {
		stopped.step(<-feed)
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
		resumed.step(<-feed)
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

// Clipping leaves a global norm of clipNorm, and decay shrinks kernels only.
func TestClipAndDecay(t *testing.T) {
	tr := trainer8(t)
	for _, p := range tr.model.Params {
		for i := range tr.program.GradientData(p) {
			tr.program.GradientData(p)[i] = 1
		}
	}
	before := tr.weights.Clone()
	tr.clipAndDecay(0.5)
	sum := 0.0
	for i, p := range tr.model.Params {
		for _, g := range tr.program.GradientData(p) {
			sum += float64(g) * float64(g)
		}
		want := before.Data[i][0]
		if p.Kind == "kernel" {
			want *= 1 - 0.5*decay
		}
		if got := tr.weights.Data[i][0]; math.Abs(float64(got-want)) > 1e-7 {
			t.Errorf("%s: %g, want %g", p.Name(), got, want)
		}
	}
	if norm := math.Sqrt(sum); math.Abs(norm-clipNorm) > 1e-3 {
		t.Errorf("norm %g, want %d", norm, clipNorm)
	}
}
