package project

import (
	"math"
	"testing"

	"thaw/irv2/freeze"
)

// restatedOf trains a plan and gives what each pass showed with statistics computed anew.
func restatedOf(t *testing.T, p *Project, preset string, o Options) (passes []EpochDone, steps []Stepped, said []string, end *RunResult) {
	t.Helper()
	r, err := p.Train(t.Context(), freeze.Spec{Preset: preset}, o, func(e Event) {
		switch e := e.(type) {
		case EpochDone:
			passes = append(passes, e)
		case Stepped:
			steps = append(steps, e)
		case Ended:
			end = e.Result
		case Failed:
			t.Error(e.Message)
		case Warned:
			said = append(said, e.Message)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	r.Wait()
	return passes, steps, said, end
}

// Each pass is evaluated a second time; training does not notice, to the bit.
func TestRestated(t *testing.T) {
	o := DefaultOptions()
	o.Epochs, o.Batch = 2, 4
	p, without := open(t, 3, 2), open(t, 3, 2)
	plain, _, _, want := restatedOf(t, without, "unfreeze-all", o)
	o.Restate = true
	if plan, err := p.Plan(freeze.Spec{Preset: "unfreeze-all"}, o); err != nil || plan.Cost.RestateFlops < plan.Cost.Flops.Forward*20/4*9/10 {
		t.Errorf("20 images forward cost %d, a batch of 4 %d: %v", plan.Cost.RestateFlops, plan.Cost.Flops.Forward, err)
	}
	passes, steps, said, got := restatedOf(t, p, "unfreeze-all", o)
	sameWeights(t, p, without)
	if *got.ValidationLoss != *want.ValidationLoss || len(passes) != 2 || len(said) > 0 {
		t.Errorf("loss %g in %d passes, without %g; %q", *got.ValidationLoss, len(passes), *want.ValidationLoss, said)
	}
	for i, pass := range passes {
		a := pass.Anew
		if plain[i].Anew != nil || a == nil || a.Images != 12 || *a.Accuracy < 0 || *a.Accuracy > 1 {
			t.Fatalf("%+v, without %+v", a, plain[i].Anew)
		}
		if math.Abs(*a.Loss-*pass.ValidationLoss) < 1e-6 {
			t.Errorf("statistics that moved 3 %% of the way score as those of all images: %g", *a.Loss)
		}
	}
	if left := steps[len(steps)-1].SecondsLeft; left == nil || *left <= 0 {
		t.Error("no time is left for the last evaluation")
	}
}

// Where no batch norm is live there is nothing to compute anew; where there is no room it is
// said once.
func TestRestatedIsLeftOut(t *testing.T) {
	o := DefaultOptions()
	o.Epochs, o.Restate = 2, true
	p := open(t, 3, 2)
	passes, _, _, _ := restatedOf(t, p, "head-only", o)
	if plan, err := p.Plan(freeze.Spec{Preset: "head-only"}, o); err != nil || plan.Cost.RestateFlops != 0 || passes[1].Anew != nil {
		t.Errorf("head only: %+v, %v", passes[1].Anew, err)
	}
	ph, err := p.phases(freeze.Spec{Preset: "unfreeze-all"}, o, 4, [2]int{12, 8})
	if err != nil {
		t.Fatal(err)
	}
	l, err := p.layout(ph, 0)
	if err != nil {
		t.Fatal(err)
	}
	p.Memory = 1 << 40
	p.Memory = l.Cost().Peak + p.Memory - p.budget() + 1000
	passes, _, said, _ := restatedOf(t, p, "unfreeze-all", o)
	if len(said) != 1 || len(passes) != 2 || passes[0].Anew != nil {
		t.Errorf("%d passes in too little room, said %q", len(passes), said)
	}
}
