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
	forward float64 // work a second of the frozen prefix and of evaluation
	step    float64 // work a second of steps that are mostly arithmetic, beside their calls
	op      float64 // seconds of a call, from steps that are mostly calls
}

// byteWork is how many FLOPs take the time of moving a byte. By it the forward pass of the
// whole network at 150 pixels foretells every plan of SPEED.md within 10 %, at 150 and at
// 299 pixels; by FLOPs alone block8_1, which for 7x7 pixels moves all its filters, their
// gradients and Adam's moments, would take a third less than it does.
const byteWork = 4

func work(w tune.Work) float64 { return float64(w.FLOPs) + byteWork*float64(w.Bytes) }

// newest is the weight of what was seen last, so that one odd step changes little.
const newest = 0.5

func mix(before, now float64) float64 {
	if before == 0 {
		return now
	}
	return before + newest*(now-before)
}

func (p *paces) machine(m program.Machine) *pace {
	if p.of == nil {
		p.of = map[program.Machine]*pace{}
	}
	if p.of[m] == nil {
		p.of[m] = &pace{}
	}
	return p.of[m]
}

// stepped learns from a step of a whole batch.
func (p *paces) stepped(l *tune.Layout, seconds float64) {
	p.Lock()
	defer p.Unlock()
	m, step, ops := p.machine(l.Machine()), work(l.StepWork()), float64(l.StepOps())
	arithmetic := step / max(m.step, m.forward, 1)
	switch calls := seconds - arithmetic; {
	case m.step == 0 && m.forward == 0:
		m.step = step / seconds
	case calls > arithmetic: // mostly calls
		m.op = mix(m.op, calls/ops)
	default:
		m.step = mix(m.step, step/max(seconds-ops*m.op, seconds/2))
	}
}

// computed learns from images whose features were computed.
func (p *paces) computed(l *tune.Layout, images int, seconds float64) {
	p.Lock()
	defer p.Unlock()
	batches := float64(images) / float64(l.Batch())
	p.machine(l.Machine()).forward = work(l.FeatureWork()) * batches / max(seconds, 1e-6)
}

// estimate is the time of a step, of a pass, and of a run's first pass, which computes the
// features of the frozen prefix that are not known; again is what else a pass takes, forward.
// False before anything was seen.
func (p *paces) estimate(d tune.Demand, known *known, again tune.Work) (step, pass, first float64, ok bool) {
	p.Lock()
	defer p.Unlock()
	m := *p.machine(d.Machine)
	if m.forward == 0 && m.step == 0 {
		return 0, 0, 0, false
	}
	if m.forward == 0 {
		m.forward = m.step
	}
	if m.step == 0 {
		m.step = m.forward
	}
	batches := func(images int) float64 { return float64(images) / float64(d.Batch) }
	step = work(d.Step)/m.step + float64(d.Ops)*m.op
	pass = step*float64(d.Steps) + work(d.Evaluation)/m.forward*batches(d.Counts[tune.Validation]) + work(again)/m.forward
	first = pass
	for split, images := range d.Counts {
		features := work(d.Features) / m.forward * batches(images)
		if !d.Cached[split] {
			pass += features
		}
		if known == nil || known[split] == nil {
			first += features
		}
	}
	return step, pass, first, true
}
