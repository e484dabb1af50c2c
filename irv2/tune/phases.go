package tune

import (
	"context"
	"slices"

	"thaw/irv2"
	"thaw/irv2/compile"
	"thaw/irv2/freeze"
)

// A plan in time is a session per phase, one after the other, each with a layout of its
// own and the weights as the last one left them. What else goes on is what Keras's
// optimiser keeps when it is built over all variables and then given those that learn:
// the count of steps, for all; the moments of what learns on; and those of what is frozen
// for some phases, which stand still. What learns for the first time has moments of zero.

// phase is the number of the session's phase, from 0.
func (l *Layout) phase() int { return len(l.Options.Before) }

func learnsIn(plans []*freeze.Plan, p *irv2.Param) bool {
	return slices.ContainsFunc(plans, func(plan *freeze.Plan) bool { return plan.Learns(p) })
}

// InPhase is o for phase i of spec, which has these plans; o itself where spec is not in
// time.
func (o Options) InPhase(spec freeze.Spec, plans []*freeze.Plan, i int) Options {
	if !spec.InTime() {
		return o
	}
	o.Before, o.After, o.Epochs = plans[:i], plans[i+1:], 0
	for _, phase := range spec.Phases[:i+1] {
		o.Epochs += phase.Epochs
	}
	phase := spec.Phases[i]
	if phase.Rate != 0 {
		o.Rate = phase.Rate
	}
	if phase.Rates != nil {
		o.Rates = phase.Rates
	}
	o.Scaled = phase.Scaled
	return o
}

// left lists the parameters that earlier phases changed and this one does not.
func (l *Layout) left() []*irv2.Param {
	var list []*irv2.Param
	for _, p := range l.Plan.Model.Params {
		changed := slices.ContainsFunc(l.Options.Before, func(plan *freeze.Plan) bool { return plan.Learns(p) || plan.Moves(p) })
		if changed && !l.Plan.Learns(p) && !l.Plan.Moves(p) {
			list = append(list, p)
		}
	}
	return list
}

// PrefixChanged says that an earlier phase changed what is now the frozen prefix.
func (l *Layout) PrefixChanged() bool {
	return slices.ContainsFunc(l.left(), func(p *irv2.Param) bool { return l.Prefix != nil && p.Layer.Index <= l.Prefix.Index })
}

// values is a part of a state.
type values struct {
	name string
	len  int
}

// moments lists what the optimiser keeps of p.
func (l *Layout) moments(p *irv2.Param) []values {
	var list []values
	for _, name := range compile.Moments(p, l.Options.Optimizer, l.Options.Momentum) {
		list = append(list, values{name, p.Len()})
	}
	return list
}

// asides lists the moments that stand still in this phase, for a later one.
func (l *Layout) asides() []values {
	var list []values
	for _, p := range l.Plan.Model.Params {
		if !l.Plan.Learns(p) && learnsIn(l.Options.Before, p) && learnsIn(l.Options.After, p) {
			list = append(list, l.moments(p)...)
		}
	}
	return list
}

// AsideBytes is what waits in the host's memory beside the phase: as it begins, all the
// moments that go on.
func (l *Layout) AsideBytes() int64 {
	n := int64(0)
	for _, p := range l.Plan.Model.Params {
		if learnsIn(l.Options.Before, p) && (l.Plan.Learns(p) || learnsIn(l.Options.After, p)) {
			for _, m := range l.moments(p) {
				n += 4 * int64(m.len)
			}
		}
	}
	return n
}

// Carry is what a phase leaves to the next, beside the weights.
type Carry struct {
	Position
	moments map[string][]float32
}

// Carry copies out what the next phase takes up. The weights are there after Fetch.
func (s *Session) Carry(ctx context.Context) (*Carry, error) {
	goesOn := map[string]bool{}
	for _, p := range s.Plan.Model.Params {
		for _, m := range s.moments(p) {
			goesOn[m.name] = learnsIn(s.Options.After, p)
		}
	}
	c := &Carry{s.Position(), map[string][]float32{}}
	for name, values := range s.aside {
		if goesOn[name] {
			c.moments[name] = values
		}
	}
	for _, b := range s.step.Moments() {
		if !goesOn[b.Name] {
			continue
		}
		values, err := s.read(ctx, b)
		if err != nil {
			return nil, err
		}
		c.moments[b.Name] = values
	}
	return c, nil
}

// Follow has a session that has not begun take up what the phase before left.
func (s *Session) Follow(c *Carry) {
	for _, b := range s.step.Moments() {
		if values := c.moments[b.Name]; values != nil {
			s.memory.Write(b, 0, values)
		}
	}
	s.aside = map[string][]float32{}
	for _, m := range s.asides() {
		s.aside[m.name] = c.moments[m.name]
	}
	s.goTo(c.Position)
}

// rewrite has the memory know of a frozen parameter that changed in the weights.
func (s *Session) rewrite(p *irv2.Param) {
	for _, from := range []*compile.Program{s.step, s.rest, s.evaluate, s.features} {
		if from == nil {
			continue
		}
		if b := from.Param(p); b != nil {
			s.memory.Write(b, 0, s.weights.Of(p))
			return
		}
	}
}
