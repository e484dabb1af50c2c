package tune

import (
	"fmt"

	"thaw/irv2"
	"thaw/irv2/compile"
	"thaw/irv2/freeze"
	"thaw/kernels/program"
)

// Layout is what a run needs, compiled but not allocated.
type Layout struct {
	Plan    *freeze.Plan
	Options Options
	Counts  [2]int // images of each split

	// Prefix is the end of the frozen prefix, nil where nothing is frozen from the
	// images on. Its output is cached for the images of Cached splits; for the others
	// it is computed in every step.
	Prefix *irv2.Layer
	Cached [2]bool

	machine    program.Machine
	step, rest *compile.Program // training, at the batch size and at the last batch's
	evaluate   *compile.Program
	features   *compile.Program   // images -> Prefix
	cache      [2]*program.Buffer // features of a split, where cached
	recompute  bool
	counted    works // zero until asked for
}

// Cost is what a run takes.
type Cost struct {
	compile.Cost       // of a training step
	CacheFLOPs   int64 // of the frozen prefix, once per image
	CacheBytes   int64
	Peak         int64 // arenas, states, weights, cache and what waits for a later phase: exact
	Recompute    bool
}

// NewLayout compiles a run over counts images. augmented says that training images
// differ from epoch to epoch. A plan that does not fit Options.Budget even with
// recomputation is a *TooLarge error, which comes with the layout.
func NewLayout(plan *freeze.Plan, opts Options, counts [2]int, augmented bool, machine program.Machine) (*Layout, error) {
	opts, err := opts.withDefaults()
	if err != nil {
		return nil, err
	}
	l := &Layout{Plan: plan, Options: opts, Counts: counts, machine: machine, Prefix: compile.FrozenPrefix(plan)}
	l.Cached = [2]bool{l.Prefix != nil && !augmented, l.Prefix != nil}
	if err := l.compile(); err != nil {
		return nil, err
	}
	if m, ok := machine.(limited); ok {
		kept, programs := l.programs()
		if err := m.Fits(kept, programs...); err != nil {
			return nil, err
		}
	}
	if l.over() && !l.fit() {
		return l, l.tooLarge()
	}
	return l, nil
}

// limited is a machine with memory of its own, whose limits are known before anything is
// allocated: Fits says in a sentence what does not fit.
type limited interface {
	Fits(kept []*program.Buffer, programs ...*program.Program) error
}

// Machine is who will compute the run.
func (l *Layout) Machine() program.Machine { return l.machine }

// Work is FLOPs, as of compile.Cost, and the bytes that ops read and write.
type Work struct{ FLOPs, Bytes int64 }

// StepWork and FeatureWork are of a batch: a training step, the frozen prefix.
func (l *Layout) StepWork() Work    { return l.works().step }
func (l *Layout) FeatureWork() Work { return l.works().features }

type works struct{ step, features, evaluation Work }

// works are counted once: a step takes less than counting it.
func (l *Layout) works() works {
	if l.counted.step.Bytes == 0 {
		l.counted = works{workOf(l.step), workOf(l.features), workOf(l.evaluate)}
	}
	return l.counted
}

func workOf(p *compile.Program) Work {
	if p == nil {
		return Work{}
	}
	c := p.Cost()
	return Work{c.StepFLOPs(), c.BytesMoved}
}

// StepFLOPs is the work of a training step, StepOps of how many ops it consists.
func (l *Layout) StepFLOPs() int64 { return l.step.Cost().StepFLOPs() }

func (l *Layout) StepOps() int {
	return len(l.step.Phase(program.Forward)) + len(l.step.Phase(program.Backward)) + len(l.step.Phase(program.Update))
}

// Demand is what a run takes of its machine: all that its time depends on.
type Demand struct {
	Machine                    program.Machine
	Step, Features, Evaluation Work // of a batch
	Ops, Steps, Batch          int  // ops of a step, steps of an epoch
	Counts                     [2]int
	Cached                     [2]bool
}

func (l *Layout) Demand() Demand {
	w := l.works()
	return Demand{l.machine, w.step, w.features, w.evaluation, l.StepOps(), l.Steps(), l.batch(), l.Counts, l.Cached}
}

// compile compiles the programs of a run. Training and evaluation never run at the
// same time, so one arena serves both, and evaluation packs its filters anew in it.
func (l *Layout) compile() error {
	batch := l.batch()
	step := compile.Options{Batch: batch, Training: true, From: l.Prefix, Recompute: l.recompute, Readings: l.Options.Readings || l.Options.Scaled,
		Optimizer: l.Options.Optimizer, Momentum: l.Options.Momentum}
	var err error
	if l.step, err = compile.Compile(l.Plan, step, l.machine); err != nil {
		return err
	}
	l.rest = l.step
	if rest := l.Counts[Train] % batch; rest != 0 {
		step.Batch, step.Like = rest, l.step
		if l.rest, err = compile.Compile(l.Plan, step, l.machine); err != nil {
			return err
		}
	}
	if l.evaluate, err = compile.Compile(l.Plan, compile.Options{Batch: batch, From: l.Prefix, Anew: true}, l.machine); err != nil {
		return err
	}
	return l.compileFeatures()
}

// compileFeatures compiles the frozen prefix. Where it runs in every step, its packed
// filters stay and its buffers stand beside the step's; else it comes before all steps.
func (l *Layout) compileFeatures() error {
	l.cache = [2]*program.Buffer{}
	if l.Prefix == nil {
		return nil
	}
	everyStep := !l.Cached[Train] || !l.Cached[Validation]
	var err error
	l.features, err = compile.Compile(l.Plan, compile.Options{Batch: l.batch(), To: l.Prefix, Beside: everyStep, Anew: !everyStep}, l.machine)
	for split, cached := range l.Cached {
		if cached {
			l.cache[split] = program.NewBuffer("features", l.Counts[split]*l.featureLen(), program.Kept)
		}
	}
	return err
}

// programs of the run, and the buffers that none of them names.
func (l *Layout) programs() (kept []*program.Buffer, programs []*program.Program) {
	programs = append(programs, l.step.Program, l.evaluate.Program)
	if l.rest != l.step {
		programs = append(programs, l.rest.Program)
	}
	if l.features != nil {
		programs = append(programs, l.features.Program)
	}
	for _, b := range l.cache {
		if b != nil {
			kept = append(kept, b)
		}
	}
	return kept, programs
}

// Batch is the batch size of a step.
func (l *Layout) Batch() int { return l.batch() }

// batch is the batch size, no larger than the training set.
func (l *Layout) batch() int { return min(l.Options.Batch, max(l.Counts[Train], 1)) }

// fit gives up speed for memory until the budget holds: first the cache of large
// features, then activations that can be computed again.
func (l *Layout) fit() bool {
	for _, split := range []Split{Train, Validation} {
		if l.Cached[split] {
			l.Cached[split] = false
			if l.compileFeatures() == nil && !l.over() {
				return true
			}
		}
	}
	l.recompute = true
	return l.compile() == nil && !l.over()
}

func (l *Layout) over() bool { return l.Options.Budget > 0 && l.Cost().Peak > l.Options.Budget }

// TooLarge says that a plan does not fit, and what would.
type TooLarge struct {
	Need, Budget int64
	Batch        int // the largest that fits, 0 where none does
	BatchNeed    int64
}

func (e *TooLarge) Error() string {
	gb := func(n int64) string { return fmt.Sprintf("%.2f GB", float64(n)/1e9) }
	if e.Batch == 0 {
		return fmt.Sprintf("this plan needs %s and %s are free: thaw fewer blocks or choose smaller images", gb(e.Need), gb(e.Budget))
	}
	return fmt.Sprintf("this plan needs %s and %s are free: batch %d fits (%s)", gb(e.Need), gb(e.Budget), e.Batch, gb(e.BatchNeed))
}

func (l *Layout) tooLarge() error {
	e := &TooLarge{Need: l.Cost().Peak, Budget: l.Options.Budget}
	for batch := l.batch() / 2; batch >= 1; batch /= 2 {
		smaller := *l
		smaller.Options.Batch = batch
		if smaller.compile() == nil && !smaller.over() {
			e.Batch, e.BatchNeed = batch, smaller.Cost().Peak
			break
		}
	}
	return e
}

// Cost of the run.
func (l *Layout) Cost() Cost {
	c := Cost{Cost: l.step.Cost(), Recompute: l.recompute}
	for _, b := range l.cache {
		if b != nil {
			c.CacheBytes += 4 * int64(b.Len)
		}
	}
	if l.features != nil {
		c.CacheFLOPs = l.features.Cost().Forward / int64(l.batch())
	}
	kept, programs := l.programs()
	memory := program.Lay(kept, programs...)
	c.ArenaBytes, c.StateBytes = 4*int64(memory.Arena), 4*int64(memory.State+memory.KeptLen())-c.CacheBytes
	c.Peak = c.ArenaBytes + c.StateBytes + c.ParameterBytes + c.CacheBytes + l.AsideBytes()
	return c
}

// featureLen is the length of one image's features: the output of Prefix, or the image.
func (l *Layout) featureLen() int {
	if l.Prefix == nil {
		size := l.Plan.Model.Config.Size
		return size * size * 3
	}
	return l.Prefix.H * l.Prefix.W * l.Prefix.C
}

// Steps is the number of training steps of an epoch; the last may be smaller.
func (l *Layout) Steps() int { return (l.Counts[Train] + l.batch() - 1) / l.batch() }
