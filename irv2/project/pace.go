package project

import (
	"sync"

	"thaw/irv2/tune"
	"thaw/kernels/program"
)

// paces is what machines were seen to do, by which the time of other plans is estimated.
type paces struct {
	sync.Mutex
	of map[program.Machine]*pace
}

// pace of a machine; zero: not seen yet. A step of the head alone is nearly all calls, one
// of a block nearly all arithmetic: one figure of FLOP/s would be wrong for one of them.
type pace struct {
	forward float64 // FLOP/s of the frozen prefix and of evaluation
	step    float64 // FLOP/s of steps that are mostly arithmetic, beside their calls
	op      float64 // seconds of a call, from steps that are mostly calls
}

// backward is what a step's FLOP/s are of a forward pass's, before one was seen
// (SPEED.md: both gradients beside the forward pass).
const backward = 0.9

func (p *paces) machine(m program.Machine) *pace {
	if p.of == nil {
		p.of = map[program.Machine]*pace{}
	}
	if p.of[m] == nil {
		p.of[m] = &pace{}
	}
	return p.of[m]
}

// stepped learns from a step.
func (p *paces) stepped(l *tune.Layout, seconds float64) {
	p.Lock()
	defer p.Unlock()
	m, flops, ops := p.machine(l.Machine()), float64(l.StepFLOPs()), float64(l.StepOps())
	arithmetic := flops / max(m.step, m.forward*backward, 1)
	switch calls := seconds - arithmetic; {
	case m.step == 0 && m.forward == 0:
		m.step = flops / seconds
	case calls > arithmetic: // mostly calls
		m.op = calls / ops
	default:
		m.step = flops / max(seconds-ops*m.op, seconds/2)
	}
}

// computed learns from images whose features were computed.
func (p *paces) computed(l *tune.Layout, images int, seconds float64) {
	p.Lock()
	defer p.Unlock()
	p.machine(l.Machine()).forward = float64(l.Cost().CacheFLOPs) * float64(images) / max(seconds, 1e-6)
}

// estimate is the time of a step, of a pass, and of a run's first pass, which computes the
// features of the frozen prefix that are not known; false before anything was seen.
func (p *paces) estimate(l *tune.Layout, known *features) (step, pass, first float64, ok bool) {
	p.Lock()
	defer p.Unlock()
	m := *p.machine(l.Machine())
	if m.forward == 0 && m.step == 0 {
		return 0, 0, 0, false
	}
	if m.forward == 0 {
		m.forward = m.step / backward
	}
	if m.step == 0 {
		m.step = m.forward * backward
	}
	c := l.Cost()
	step = float64(c.StepFLOPs())/m.step + float64(l.StepOps())*m.op
	perImage := float64(c.Forward) / float64(l.Batch()) / m.forward
	pass = step*float64(l.Steps()) + perImage*float64(l.Counts[tune.Validation])
	first = pass
	for split, images := range l.Counts {
		features := float64(c.CacheFLOPs) * float64(images) / m.forward
		if !l.Cached[split] {
			pass += features
		}
		if known == nil || known.values[split] == nil {
			first += features
		}
	}
	return step, pass, first, true
}
