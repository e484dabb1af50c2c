package tune

import (
	"context"
	"fmt"
	"slices"

	"thaw/kernels/program"
)

// Position is where a run stands between two steps: with its layout, its data and its
// state (see Session.State) all that it takes to go on to the same weights, on the same
// machine bit for bit.
type Position struct {
	Steps   int       `json:"steps"`
	History []Epoch   `json:"history"`
	Loss    float64   `json:"loss"` // of the steps of the epoch at hand, as Epoch's before it is divided
	Correct int       `json:"correct"`
	Phase   int       `json:"phase"`             // from 0
	Factors []float64 `json:"factors,omitempty"` // of each block's rate in the pass at hand, see scale
}

// Checkpoint is a run between two steps, in memory.
type Checkpoint struct {
	Position
	State [][]float32 // see Session.State
}

// Position is where the run stands now. It is asked for between steps: from an event, or
// when Run has returned.
func (s *Session) Position() Position {
	return Position{Steps: s.steps, History: slices.Clone(s.history), Loss: s.clock.loss, Correct: s.clock.correct, Phase: s.phase(), Factors: s.factors}
}

// State visits what a step changes, always in the same order: the parameters that learn or
// move, then the optimiser's state; then what earlier phases changed and this one does not.
// It is for between steps, as Position is.
func (s *Session) State(ctx context.Context, visit func(values []float32) error) error {
	for _, b := range s.state() {
		values, err := s.read(ctx, b)
		if err != nil {
			return err
		}
		if err := visit(values); err != nil {
			return err
		}
	}
	for _, p := range s.left() {
		if err := visit(s.weights.Of(p)); err != nil {
			return err
		}
	}
	for _, m := range s.asides() {
		if err := visit(s.aside[m.name]); err != nil {
			return err
		}
	}
	return nil
}

// StateLen is how many values State visits.
func (s *Session) StateLen() int64 {
	n := int64(0)
	for _, part := range s.parts() {
		n += int64(part.len)
	}
	return n
}

// parts are the names and lengths of what State visits.
func (s *Session) parts() []values {
	var list []values
	for _, b := range s.state() {
		list = append(list, values{b.Name, b.Len})
	}
	for _, p := range s.left() {
		list = append(list, values{p.Name(), p.Len()})
	}
	return append(list, s.asides()...)
}

// Continue puts a session that has not begun to where a run of the same layout stood. fill
// gives what State visited, in that order.
func (s *Session) Continue(at Position, fill func(values []float32) error) error {
	for _, b := range s.state() {
		values := make([]float32, b.Len)
		if err := fill(values); err != nil {
			return err
		}
		s.memory.Write(b, 0, values)
	}
	for _, p := range s.left() {
		if err := fill(s.weights.Of(p)); err != nil {
			return err
		}
		s.rewrite(p)
	}
	s.aside = map[string][]float32{}
	for _, m := range s.asides() {
		s.aside[m.name] = make([]float32, m.len)
		if err := fill(s.aside[m.name]); err != nil {
			return err
		}
	}
	s.goTo(at)
	return nil
}

func (s *Session) goTo(at Position) {
	s.steps, s.history = at.Steps, slices.Clone(at.History)
	s.clock.loss, s.clock.correct = at.Loss, at.Correct
	if s.Options.Scaled { // the phase before may have been, and this one not
		s.factors = at.Factors
	}
}

// Checkpoint copies the run as it stands.
func (s *Session) Checkpoint(ctx context.Context) (*Checkpoint, error) {
	c := &Checkpoint{Position: s.Position()}
	err := s.State(ctx, func(values []float32) error {
		c.State = append(c.State, values)
		return nil
	})
	return c, err
}

// GoOn puts a session that has not begun to where c was taken.
func (s *Session) GoOn(c *Checkpoint) error {
	parts := s.parts()
	if len(parts) != len(c.State) {
		return fmt.Errorf("this run cannot go on: its checkpoint has %d tensors, the plan %d: start it anew", len(c.State), len(parts))
	}
	for i, part := range parts {
		if n := len(c.State[i]); n != part.len {
			return fmt.Errorf("this run cannot go on: its checkpoint has %d numbers of %s, the plan %d: start it anew", n, part.name, part.len)
		}
	}
	next := 0
	return s.Continue(c.Position, func(values []float32) error {
		copy(values, c.State[next])
		next++
		return nil
	})
}

func (s *Session) state() []*program.Buffer { return append(s.changing(), s.step.Moments()...) }

// changing lists the parameters that a step changes.
func (s *Session) changing() []*program.Buffer {
	var list []*program.Buffer
	for _, p := range s.Plan.Model.Params {
		if b := s.step.Param(p); b != nil && (s.Plan.Learns(p) || s.Plan.Moves(p)) {
			list = append(list, b)
		}
	}
	return list
}
