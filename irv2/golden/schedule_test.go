package golden

import (
	"testing"

	"thaw/irv2/freeze"
	"thaw/irv2/tune"
)

// schedule trains the phases of want as a run does, a session after the other. An epoch
// is one step, on all images.
func (r *runner) schedule(t *testing.T, want Schedule) {
	r.reset()
	spec, plans := freeze.Spec{}, []*freeze.Plan{}
	for _, phase := range want.Phases {
		spec.Phases = append(spec.Phases, freeze.Phase{Epochs: phase.Steps, Rate: phase.LearningRate})
		plans = append(plans, preset(t, r.model, phase.Preset))
	}
	gap := floor
	var carry *tune.Carry
	for i, phase := range want.Phases {
		if n := plans[i].Trained(); n != phase.TrainableCount {
			t.Errorf("phase %d: %d values trained, Keras %d", i+1, n, phase.TrainableCount)
		}
		opts := tune.Options{Batch: r.file.Batch}.InPhase(spec, plans, i)
		layout, err := tune.NewLayout(plans[i], opts, [2]int{r.file.Batch, 0}, false, r.machine)
		if err != nil {
			t.Fatal(err)
		}
		session, err := tune.New(layout, r.weights, goldenData{r})
		if err != nil {
			t.Fatal(err)
		}
		if carry != nil {
			session.Follow(carry)
		}
		kind := Change
		if i > 0 {
			kind = LaterChange
		}
		compare := func(what string, want map[string]Tensor) {
			if err := session.Fetch(t.Context()); err != nil {
				t.Fatal(err)
			}
			t.Run(what, func(t *testing.T) { r.report(t, Compare(kind, want, r.changed)) })
		}
		err = session.Run(nil, func(e tune.Event) {
			if e.Step == nil {
				return
			}
			n := e.Step.Step - 1
			gap = max(gap, want.LossesGap[n])
			if off := e.Step.Loss/want.Losses[n] - 1; !(max(off, -off) <= 10*gap) {
				t.Errorf("loss %d: %.9g, Keras %.9g: off by %.1e, limit %.1e", n, e.Step.Loss, want.Losses[n], off, 10*gap)
			}
			if n == opts.Epochs-phase.Steps {
				compare("change_1", phase.Change1)
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		compare("change_n", phase.ChangeN)
		if carry, err = session.Carry(t.Context()); err != nil {
			t.Fatal(err)
		}
		session.Close()
	}
	t.Run("eval_after", func(t *testing.T) { r.evaluated(t, plans[0], want.EvalAfter) })
}

// changed is how far a parameter of the weights is from where it began.
func (r *runner) changed(name string) []float64 {
	p := r.param(name)
	if p == nil {
		return nil
	}
	out := wide(r.weights.Of(p))
	for i, v := range r.initial.Of(p) {
		out[i] -= float64(v)
	}
	return out
}

// goldenData is the images of a golden file, all to train on.
type goldenData struct{ *runner }

func (d goldenData) Len(s tune.Split) int          { return [2]int{d.file.Batch, 0}[s] }
func (d goldenData) Label(_ tune.Split, i int) int { return i % d.file.Classes }
func (d goldenData) Augmented() bool               { return false }
func (d goldenData) Image(dst []float32, _ tune.Split, i, _ int) {
	copy(dst, d.images[i*len(dst):])
}
