package tune

import (
	"context"
	"fmt"
	"slices"

	"thaw/kernels/program"
)

// Checkpoint is a run between two steps: with its layout and data all that it takes to
// go on to the same weights, on the same machine bit for bit.
type Checkpoint struct {
	Steps   int
	History []Epoch
	Loss    float64 // of the steps of the epoch at hand, as Epoch's before it is divided
	Correct int

	Tensors map[string][]float32 // what learns or moves, by the parameter's name
	Moments map[string][]float32 // the optimiser's state
}

// Checkpoint copies the run as it stands. It is called between steps: from an event, or
// when Run has returned.
func (s *Session) Checkpoint(ctx context.Context) (*Checkpoint, error) {
	c := &Checkpoint{Steps: s.steps, History: slices.Clone(s.history), Loss: s.clock.loss, Correct: s.clock.correct,
		Tensors: map[string][]float32{}, Moments: map[string][]float32{}}
	for _, part := range s.parts(c) {
		for _, b := range part.buffers {
			data, err := s.read(ctx, b)
			if err != nil {
				return nil, err
			}
			part.values[b.Name] = data
		}
	}
	return c, nil
}

// GoOn puts a session that has not begun to where c was taken.
func (s *Session) GoOn(c *Checkpoint) error {
	parts := s.parts(c)
	for _, part := range parts {
		for _, b := range part.buffers {
			if n := len(part.values[b.Name]); n != b.Len {
				return fmt.Errorf("this run cannot go on: its checkpoint has %d numbers of %s, the plan %d: start it anew", n, b.Name, b.Len)
			}
		}
	}
	for _, part := range parts {
		for _, b := range part.buffers {
			s.memory.Write(b, 0, part.values[b.Name])
		}
	}
	s.steps, s.history = c.Steps, slices.Clone(c.History)
	s.clock.loss, s.clock.correct = c.Loss, c.Correct
	return nil
}

// part is values of a checkpoint, by the names of the buffers that they are of.
type part struct {
	values  map[string][]float32
	buffers []*program.Buffer
}

func (s *Session) parts(c *Checkpoint) []part {
	return []part{{c.Tensors, s.changing()}, {c.Moments, s.step.Moments()}}
}

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
