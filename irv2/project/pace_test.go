package project

import (
	"math"
	"testing"

	"thaw/irv2/freeze"
	"thaw/irv2/tune"
)

// A run of the head alone, nearly all calls, foretells the time of one of a block, nearly
// all arithmetic; and the first pass is known with its features.
func TestPaces(t *testing.T) {
	p := open(t, 20, 4)
	layout := func(spec freeze.Spec) *tune.Layout {
		l, err := p.layout(spec, DefaultOptions(), 4, [2]int{80, 16})
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	head, block := layout(freeze.Spec{Preset: "head-only"}), layout(freeze.Spec{From: "block8_1"})
	const rate, op = 2e9, 20e-6 // of the machine that is told of
	truth := func(l *tune.Layout) float64 {
		return float64(l.StepFLOPs())/(rate*backward) + float64(l.StepOps())*op
	}
	if _, _, _, ok := p.paces.estimate(block, nil); ok {
		t.Error("an estimate before anything was seen")
	}
	features := float64(head.Cost().CacheFLOPs) * 96 / rate
	p.paces.computed(head, 96, features)
	for range 5 {
		p.paces.stepped(head, truth(head))
	}
	for name, l := range map[string]*tune.Layout{"head": head, "block8_1": block} {
		step, pass, first, _ := p.paces.estimate(l, nil)
		if math.Abs(step/truth(l)-1) > 0.2 || pass < 10*step {
			t.Errorf("%s: step %.2g s, in truth %.2g s, pass %.2g s", name, step, truth(l), pass)
		}
		own := float64(l.Cost().CacheFLOPs) * 96 / rate
		if math.Abs((first-pass)/own-1) > 0.01 {
			t.Errorf("%s: first pass %.2g s, others %.2g s, features %.2g s", name, first, pass, own)
		}
	}
	for range 5 {
		p.paces.stepped(block, 2*truth(block)) // slower than its forward pass told
	}
	if step, _, _, _ := p.paces.estimate(block, nil); math.Abs(step/truth(block)-2) > 0.3 {
		t.Errorf("%.2g s, in truth %.2g s", step, 2*truth(block))
	}
}
