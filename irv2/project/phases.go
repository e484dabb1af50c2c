package project

import (
	"context"
	"errors"
	"fmt"

	"thaw/irv2/compile"
	"thaw/irv2/freeze"
	"thaw/irv2/tune"
)

// phases are what a run trains one after the other: of a plan that is not in time, one.
type phases struct {
	spec      freeze.Spec
	whole     *freeze.Plan // what learns and moves in any of them
	plans     []*freeze.Plan
	options   Options
	counts    [2]int
	augmented bool
}

// phases makes the plans of a run. The passes of a plan in time are its own, whatever the
// options say.
func (p *Project) phases(spec freeze.Spec, o Options, classes int, counts [2]int) (*phases, error) {
	m, err := p.build(o, classes)
	if err != nil {
		return nil, err
	}
	whole, err := freeze.New(m, spec)
	if err != nil {
		return nil, invalid(err)
	}
	plans, err := freeze.InPhases(m, spec)
	if err != nil {
		return nil, invalid(err)
	}
	o = o.inTime(spec)
	if err := o.Check(m); err != nil {
		return nil, err
	}
	for i, phase := range spec.Phases {
		of := o
		of.Rates = phase.Rates
		if phase.Rate != 0 {
			of.Rate = phase.Rate
		}
		if err := of.Check(m); err != nil {
			return nil, Errorf(Invalid, "Phase %d: %s", i+1, sentence(err))
		}
	}
	return &phases{spec, whole, plans, o, counts, o.Augment.images().On()}, nil
}

// inTime is o with the passes of a plan in time.
func (o Options) inTime(spec freeze.Spec) Options {
	if spec.InTime() {
		o.Epochs = spec.Epochs()
	}
	return o
}

// tune are the options of phase i within a budget.
func (ph *phases) tune(i int, budget int64) tune.Options {
	return ph.options.tune(budget).InPhase(ph.spec, ph.plans, i)
}

// epochs of phase i alone.
func (ph *phases) epochs(i int) int {
	if ph.spec.InTime() {
		return ph.spec.Phases[i].Epochs
	}
	return ph.options.Epochs
}

// PhasePlan is a phase of a plan in time: what it is and costs alone.
type PhasePlan struct {
	*Plan
	Epochs int                `json:"epochs"`
	Rate   float64            `json:"rate"`
	Rates  map[string]float64 `json:"rates,omitempty"`
	Scaled bool               `json:"scaled"`
}

// demand is what a phase takes of its machine, again: in each pass beside it (restateWork).
type demand struct {
	tune.Demand
	again tune.Work
}

// describePhases says what a run is, and what each phase takes of its machine. knows is what
// phase i need not compute, or nil. An error that is a *tune.TooLarge comes with the plan.
func (p *Project) describePhases(ph *phases, knows func(i int, l *tune.Layout) *known) (*Plan, []demand, error) {
	list, demands := make([]PhasePlan, len(ph.plans)), make([]demand, len(ph.plans))
	var refused error
	for i := range ph.plans {
		l, err := p.layout(ph, i)
		var tooLarge *tune.TooLarge
		if err != nil && !errors.As(err, &tooLarge) {
			return nil, nil, ph.named(i, err)
		}
		again := restates(ph.options, l)
		d := p.describe(l, knows(i, l), ph.epochs(i), again)
		if err != nil {
			problem := sentence(ph.named(i, err))
			d.Cost.Fits, d.Cost.Problem, refused = false, &problem, err
		}
		o := l.Options
		list[i], demands[i] = PhasePlan{d, ph.epochs(i), o.Rate, o.Rates, o.Scaled}, demand{Demand: l.Demand()}
		if again {
			demands[i].again = restateWork(l)
		}
	}
	if !ph.spec.InTime() {
		return list[0].Plan, demands, refused
	}
	return together(ph.whole, list), demands, refused
}

// named is an error with the phase that it is of.
func (ph *phases) named(i int, err error) error {
	if !ph.spec.InTime() {
		return err
	}
	return fmt.Errorf("phase %d: %w", i+1, err)
}

// together describes a plan in time as a whole: work and time of a step and of a pass are
// the mean over the passes, memory is the largest.
func together(whole *freeze.Plan, list []PhasePlan) *Plan {
	first := list[0]
	d := &Plan{Name: whole.Name, Spec: whole.Spec, Sentence: whole.Sentence, Trainable: whole.Learning(), BatchStatistics: live(whole),
		Blocks: compile.Blocks(whole), Cost: first.Cost, Computes: first.Computes, Phases: list}
	c := &d.Cost
	c.Trained, c.RestateFlops = whole.Trained(), 0
	passes, forward, inputs, filters := 0.0, 0.0, 0.0, 0.0
	step, pass, run := 0.0, 0.0, 0.0
	timed := true
	for _, phase := range list {
		n := float64(phase.Epochs)
		passes += n
		forward += n * float64(phase.Cost.Flops.Forward)
		inputs += n * float64(phase.Cost.Flops.InputGradient)
		filters += n * float64(phase.Cost.Flops.FilterGradient)
		c.CacheFlops, c.PeakBytes = max(c.CacheFlops, phase.Cost.CacheFlops), max(c.PeakBytes, phase.Cost.PeakBytes)
		c.RestateFlops = max(c.RestateFlops, phase.Cost.RestateFlops)
		if c.Fits && !phase.Cost.Fits {
			c.Fits, c.Problem = false, phase.Cost.Problem
		}
		if timed = timed && phase.Cost.SecondsRun != nil; timed {
			step += n * *phase.Cost.SecondsPerStep
			pass += n * *phase.Cost.SecondsPerEpoch
			run += *phase.Cost.SecondsRun
		}
		for i := range d.Blocks {
			d.Blocks[i].Cached = d.Blocks[i].Cached && phase.Blocks[i].Cached
		}
	}
	c.Flops.Forward, c.Flops.InputGradient, c.Flops.FilterGradient = int64(forward/passes), int64(inputs/passes), int64(filters/passes)
	if timed {
		step, pass = step/passes, pass/passes
		c.SecondsPerStep, c.SecondsPerEpoch, c.SecondsRun = &step, &pass, &run
	}
	return d
}

// live lists the batch norms that run on batch statistics.
func live(plan *freeze.Plan) []int {
	list := []int{}
	for i, live := range plan.BatchStatistics {
		if live {
			list = append(list, i)
		}
	}
	return list
}

// live says which batch norms ran on batch statistics in a phase up to i.
func (ph *phases) live(i int) []bool {
	live := make([]bool, len(ph.whole.BatchStatistics))
	for _, plan := range ph.plans[:i+1] {
		for layer, is := range plan.BatchStatistics {
			live[layer] = live[layer] || is
		}
	}
	return live
}

// Phased: a phase of a plan in time begins, with the pass after Epoch.
type Phased struct {
	Kind  string `json:"kind"`  // phase
	Phase int    `json:"phase"` // from 1
	Of    int    `json:"of"`
	Epoch int    `json:"epoch"` // passes done before it
	Plan  *Plan  `json:"plan"`  // what learns in it
}

// inPhases trains the phase at hand and those that follow it.
func (r *Run) inPhases() error {
	r.tellPhase()
	for {
		if err := r.safely(); err != nil || r.phase+1 == len(r.phases.plans) {
			return err
		}
		at := r.phase
		err := r.nextPhase()
		if lost(err) {
			err = r.move()
		}
		if err != nil {
			return err
		}
		if r.phase > at {
			r.tellPhase()
		}
	}
}

func (r *Run) tellPhase() {
	if ph := r.phases; ph.spec.InTime() {
		before := r.layout.Options.Epochs - ph.epochs(r.phase)
		r.emit(Phased{"phase", r.phase + 1, len(ph.plans), before, r.project.describe(r.layout, r.known, ph.epochs(r.phase), restates(r.options, r.layout))})
	}
}

// nextPhase gives the memory of a phase that has ended to the one that follows.
func (r *Run) nextPhase() (err error) {
	defer Recover(&err)
	if err := r.poll()(); err != nil {
		return err
	}
	carry, err := r.session.Carry(r.ctx)
	if err != nil {
		return err
	}
	r.keepFeatures()
	r.close()
	r.carry, r.checkpoint = carry, nil
	next, err := r.project.layout(r.phases, r.phase+1)
	if err != nil {
		return Errorf(Memory, "%s", sentence(r.phases.named(r.phase+1, err)))
	}
	r.layout = next
	r.phase++
	if err := r.load(); err != nil {
		return err
	}
	r.session.Follow(r.carry)
	if r.layout.Machine() != r.project.Machine { // it may be lost in the first step
		if r.checkpoint, err = r.session.Checkpoint(context.Background()); err != nil {
			return err
		}
	}
	r.carry = nil
	return nil
}

// secondsLater estimates what the phases behind the one at hand take.
func (r *Run) secondsLater() float64 {
	sum := 0.0
	for i := r.phase + 1; i < len(r.demands); i++ {
		if _, pass, first, ok := r.project.paces.estimate(r.demands[i].Demand, nil, r.demands[i].again); ok {
			sum += first + float64(r.phases.epochs(i)-1)*pass
		}
	}
	return sum
}
