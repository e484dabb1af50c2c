package tune

import (
	"slices"
	"strings"
	"testing"

	"thaw/irv2"
	"thaw/irv2/freeze"
)

// inTime runs a plan in time on w, and calls each between its events. A checkpoint is where
// it begins; nil: at the start.
func inTime(t *testing.T, spec freeze.Spec, w *irv2.Weights, opts Options, data stripes, from *Checkpoint, each func(*Session, Event)) *Session {
	t.Helper()
	plans, err := freeze.InPhases(w.Model, spec)
	if err != nil {
		t.Fatal(err)
	}
	first := 0
	if from != nil {
		first = from.Phase
	}
	var s *Session
	for i := first; i < len(plans); i++ {
		var carry *Carry
		if s != nil {
			if carry, err = s.Carry(t.Context()); err != nil {
				t.Fatal(err)
			}
			s.Close()
		}
		s = sessionOn(t, host(0), plans[i], w, opts.InPhase(spec, plans, i), data)
		switch {
		case carry != nil:
			s.Follow(carry)
		case from != nil:
			if err := s.GoOn(from); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Run(nil, func(e Event) { each(s, e) }); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// Block8 learns, waits for a phase, and learns on; rates are per block and by its gradients.
var surgical = freeze.Spec{Phases: freeze.Phases{
	{Spec: freeze.Spec{Thaw: freeze.Selectors{{Pattern: "block8_*"}}}, Epochs: 2, Rate: 1e-2},
	{Spec: freeze.Spec{Thaw: freeze.Selectors{{Pattern: "stem"}}}, Epochs: 1, Scaled: true},
	{Spec: freeze.Spec{From: "block8_1"}, Epochs: 2, Rates: map[string]float64{"backbone": 0.1}, Scaled: true},
}}

// A run in phases is one run: steps, epochs and bits are the same from a checkpoint of any step.
func TestPhasesGoOnFromAnyCheckpoint(t *testing.T) {
	data := stripes{train: 10, validation: 4}
	for _, opts := range []Options{{Batch: 4, Seed: 7}, {Batch: 4, Seed: 7, Optimizer: "sgd", Momentum: 0.9}} {
		want := irv2.NewWeights(mini(t))
		want.Synthesize(1)
		start := want.Clone()
		var checkpoints []*Checkpoint
		s := inTime(t, surgical, want, opts, data, nil, func(s *Session, e Event) {
			if e.Cache != nil {
				return
			}
			c, err := s.Checkpoint(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for i := range c.State { // what earlier phases left is not copied
				c.State[i] = slices.Clone(c.State[i])
			}
			checkpoints = append(checkpoints, c)
		})
		steps, history := s.Done()
		if steps != 15 || len(history) != 5 {
			t.Fatalf("%d steps, %d epochs", steps, len(history))
		}
		for i := 0; i < len(checkpoints); i += 3 { // steps and ends of passes, of each phase
			c := checkpoints[i]
			got := start.Clone()
			last := inTime(t, surgical, got, opts, data, c, func(*Session, Event) {})
			equal(t, got, want)
			if _, again := last.Done(); again[4].Loss != history[4].Loss || again[4].Validation.Loss != history[4].Validation.Loss {
				t.Fatalf("from phase %d, step %d: %+v, want %+v", c.Phase+1, c.Steps, again[4], history[4])
			}
		}
	}
}

// Two phases of one plan are the plan: nothing is lost between them.
func TestPhasesOfOnePlanAreThePlan(t *testing.T) {
	data, opts := stripes{train: 10, validation: 4}, Options{Batch: 4, Seed: 7}
	spec := freeze.Spec{From: "block8_1"}
	whole, want := session(t, spec, Options{Epochs: 3, Batch: 4, Seed: 7}, data)
	run(t, whole)
	got := irv2.NewWeights(mini(t))
	got.Synthesize(1)
	inTime(t, freeze.Spec{Phases: freeze.Phases{{Spec: spec, Epochs: 1}, {Spec: spec, Epochs: 2}}}, got, opts, data, nil, func(*Session, Event) {})
	equal(t, got, want)
}

// Between phases the moments of what learns on go on, and those of what waits stand still.
func TestMomentsWait(t *testing.T) {
	w := irv2.NewWeights(mini(t))
	w.Synthesize(1)
	waiting := map[string][]float32{}
	inTime(t, surgical, w, Options{Batch: 4, Seed: 7}, stripes{train: 8, validation: 2}, nil, func(s *Session, e Event) {
		if e.Epoch == nil {
			return
		}
		switch e.Epoch.Epoch {
		case 2:
			learns := map[string]bool{}
			for _, p := range s.Plan.Model.Params {
				for _, m := range s.moments(p) {
					learns[m.name] = strings.HasPrefix(p.Layer.Block, "block8")
				}
			}
			for _, b := range s.step.Moments() {
				if learns[b.Name] {
					waiting[b.Name], _ = s.read(t.Context(), b)
				}
			}
		case 3:
			if len(waiting) == 0 || len(s.aside) != len(waiting) {
				t.Fatalf("%d moments wait, want %d", len(s.aside), len(waiting))
			}
			for name, m := range waiting {
				if !slices.Equal(s.aside[name], m) || slices.Max(m) == 0 {
					t.Errorf("%s does not wait as it was", name)
				}
			}
			if s.AsideBytes() == 0 {
				t.Error("what waits takes no memory")
			}
		}
	})
}

// Factors are the blocks' shares of the largest |g|/|w|; nothing else of the run moves by them.
func TestScaled(t *testing.T) {
	spec := freeze.Spec{From: "block8_1"}
	data := stripes{train: 8, validation: 2}
	s, _ := session(t, spec, Options{Epochs: 1, Batch: 4, Seed: 1, Scaled: true}, data)
	var factors []float64
	for _, e := range run(t, s) {
		if e.Step != nil && e.Step.Blocks != nil {
			t.Error("readings without being asked for")
		}
		if e.Epoch != nil {
			factors = e.Epoch.Factors
		}
	}
	if slices.Max(factors) != 1 || slices.Min(factors) != 0 {
		t.Fatalf("factors %v", factors)
	}
	for i, block := range s.Plan.Model.Blocks {
		learns := i >= slices.Index(s.Plan.Model.Blocks, "block8_1")
		if (factors[i] > 0) != learns {
			t.Errorf("%s learns %v, by %g", block, learns, factors[i])
		}
	}
}
