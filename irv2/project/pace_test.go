package project

import (
	"math"
	"testing"

	"thaw/irv2"
	"thaw/irv2/freeze"
	"thaw/irv2/tune"
	"thaw/kernels"
	"thaw/kernels/program"
)

// A run of the head alone, nearly all calls, foretells the time of one of a block, nearly
// all arithmetic; and the first pass is known with its features.
func TestPaces(t *testing.T) {
	p := open(t, 20, 4)
	layout := func(spec freeze.Spec) *tune.Layout {
		ph, err := p.phases(spec, DefaultOptions(), 4, [2]int{80, 16})
		if err != nil {
			t.Fatal(err)
		}
		l, err := p.layout(ph, 0)
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	head, block := layout(freeze.Spec{Preset: "head-only"}), layout(freeze.Spec{From: "block8_1"})
	const rate, op = 2e9, 20e-6 // of the machine that is told of
	truth := func(l *tune.Layout) float64 {
		return work(l.StepWork())/rate + float64(l.StepOps())*op
	}
	if _, _, _, ok := p.paces.estimate(block.Demand(), nil, tune.Work{}); ok {
		t.Error("an estimate before anything was seen")
	}
	features := func(l *tune.Layout) float64 { return work(l.FeatureWork()) / float64(l.Batch()) * 96 / rate }
	p.paces.computed(head, 96, features(head))
	for range 5 {
		p.paces.stepped(head, truth(head))
	}
	for name, l := range map[string]*tune.Layout{"head": head, "block8_1": block} {
		step, pass, first, _ := p.paces.estimate(l.Demand(), nil, tune.Work{})
		if math.Abs(step/truth(l)-1) > 0.2 || pass < 10*step {
			t.Errorf("%s: step %.2g s, in truth %.2g s, pass %.2g s", name, step, truth(l), pass)
		}
		own := features(l)
		if math.Abs((first-pass)/own-1) > 0.01 {
			t.Errorf("%s: first pass %.2g s, others %.2g s, features %.2g s", name, first, pass, own)
		}
	}
	for range 5 {
		p.paces.stepped(block, 2*truth(block)) // slower than its forward pass told
	}
	if step, _, _, _ := p.paces.estimate(block.Demand(), nil, tune.Work{}); math.Abs(step/truth(block)-2) > 0.3 {
		t.Errorf("%.2g s, in truth %.2g s", step, 2*truth(block))
	}
}

// What the features of a first run took foretells steps of the whole network as SPEED.md has
// them, measured in the page on two cores.
func TestPacesOfTheWholeNetwork(t *testing.T) {
	machine := program.OnHost(kernels.NewPortable(2))
	layout := func(spec freeze.Spec, size, batch int) *tune.Layout {
		m, err := irv2.New(irv2.Full(size, 10))
		if err != nil {
			t.Fatal(err)
		}
		plan, err := freeze.New(m, spec)
		if err != nil {
			t.Fatal(err)
		}
		l, err := tune.NewLayout(plan, tune.Options{Batch: batch}, [2]int{batch, 0}, false, machine)
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	var p paces
	p.computed(layout(freeze.Spec{Preset: "head-only"}, 150, 4), 4, 0.140)
	const within = 0.15
	for _, c := range []struct {
		spec        freeze.Spec
		size, batch int
		seconds     float64
	}{
		{freeze.Spec{Preset: "unfreeze-all"}, 299, 1, 0.676},
		{freeze.Spec{Preset: "unfreeze-all"}, 299, 4, 2.378},
		{freeze.Spec{Preset: "unfreeze-all"}, 150, 4, 0.523},
		{freeze.Spec{Preset: "freeze-first-100"}, 150, 4, 0.403},
		{freeze.Spec{Preset: "freeze-conv", AsWritten: true}, 150, 4, 0.282},
		{freeze.Spec{From: "mixed_7a"}, 150, 4, 0.080},
		{freeze.Spec{From: "block8_1"}, 150, 4, 0.064},
	} {
		if step, _, _, _ := p.estimate(layout(c.spec, c.size, c.batch).Demand(), nil, tune.Work{}); math.Abs(step/c.seconds-1) > within {
			t.Errorf("%+v, %d pixels, batch %d: %.3f s, SPEED.md has %.3f", c.spec, c.size, c.batch, step, c.seconds)
		}
	}
}
