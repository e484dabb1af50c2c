package tune

import (
	"fmt"

	"thaw/irv2"
	"thaw/irv2/compile"
	"thaw/irv2/freeze"
	"thaw/kernels"
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

	step, rest *compile.Program // training, at the batch size and at the last batch's
	evaluate   *compile.Program
	features   *compile.Program // images -> Prefix
	recompute  bool
}

// Cost is what a run takes.
type Cost struct {
	compile.Cost       // of a training step
	CacheFLOPs   int64 // of the frozen prefix, once per image
	CacheBytes   int64
	Peak         int64 // arenas, states, weights and cache: exact
	Recompute    bool
}

// NewLayout compiles a run over counts images. augmented says that training images
// differ from epoch to epoch. A plan that does not fit Options.Budget even with
// recomputation is a *TooLarge error.
func NewLayout(plan *freeze.Plan, opts Options, counts [2]int, augmented bool, backend kernels.Backend) (*Layout, error) {
	opts, err := opts.withDefaults()
	if err != nil {
		return nil, err
	}
	l := &Layout{Plan: plan, Options: opts, Counts: counts, Prefix: compile.FrozenPrefix(plan)}
	l.Cached = [2]bool{l.Prefix != nil && !augmented, l.Prefix != nil}
	if err := l.compile(backend); err != nil {
		return nil, err
	}
	if over := l.over(); over && !l.fit(backend) {
		return l, l.tooLarge(backend)
	}
	return l, nil
}

func (l *Layout) compile(backend kernels.Backend) error {
	program := func(batch int, training bool, from, to *irv2.Layer) (*compile.Program, error) {
		return compile.Compile(l.Plan, compile.Options{Batch: batch, Training: training, From: from, To: to,
			Recompute: l.recompute, Optimizer: l.Options.Optimizer, Momentum: l.Options.Momentum}, backend)
	}
	var err error
	batch := l.batch()
	if l.step, err = program(batch, true, l.Prefix, nil); err != nil {
		return err
	}
	l.rest = l.step
	if rest := l.Counts[Train] % batch; rest != 0 {
		if l.rest, err = program(rest, true, l.Prefix, nil); err != nil {
			return err
		}
	}
	if l.evaluate, err = program(batch, false, l.Prefix, nil); err != nil {
		return err
	}
	if l.Prefix != nil {
		l.features, err = program(batch, false, nil, l.Prefix)
	}
	return err
}

// batch is the batch size, no larger than the training set.
func (l *Layout) batch() int { return min(l.Options.Batch, max(l.Counts[Train], 1)) }

// fit gives up speed for memory until the budget holds: first the cache of large
// features, then activations that can be computed again.
func (l *Layout) fit(backend kernels.Backend) bool {
	for _, split := range []Split{Train, Validation} {
		if l.Cached[split] {
			l.Cached[split] = false
			if !l.over() {
				return true
			}
		}
	}
	l.recompute = true
	return l.compile(backend) == nil && !l.over()
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

func (l *Layout) tooLarge(backend kernels.Backend) error {
	e := &TooLarge{Need: l.Cost().Peak, Budget: l.Options.Budget}
	for batch := l.batch() / 2; batch >= 1; batch /= 2 {
		smaller := *l
		smaller.Options.Batch = batch
		if smaller.compile(backend) == nil && !smaller.over() {
			e.Batch, e.BatchNeed = batch, smaller.Cost().Peak
			break
		}
	}
	return e
}

// Cost of the run.
func (l *Layout) Cost() Cost {
	c := Cost{Cost: l.step.Cost(), Recompute: l.recompute}
	for split, cached := range l.Cached {
		if cached {
			c.CacheBytes += 4 * int64(l.Counts[split]) * int64(l.featureLen())
		}
	}
	if l.features != nil {
		c.CacheFLOPs = l.features.Cost().Forward / int64(l.batch())
	}
	c.ArenaBytes, c.StateBytes = 4*int64(l.arenaLen()), 4*int64(l.step.StateLen+l.featureStateLen())
	c.Peak = c.ArenaBytes + c.StateBytes + c.ParameterBytes + c.CacheBytes
	return c
}

// arenaLen: training and evaluation never run at the same time, and evaluation
// packs its filters anew each time, so one arena serves all. Features that are
// computed in every step stand beside the step's buffers.
func (l *Layout) arenaLen() int {
	n := max(l.step.ArenaLen, l.rest.ArenaLen, l.evaluate.ArenaLen+l.evaluate.StateLen)
	if l.features != nil {
		if l.featuresPersist() {
			return n + l.features.ArenaLen
		}
		n = max(n, l.features.ArenaLen+l.features.StateLen)
	}
	return n
}

// featuresPersist says that the prefix runs in every step: its packed filters stay.
func (l *Layout) featuresPersist() bool {
	return l.features != nil && (!l.Cached[Train] || !l.Cached[Validation])
}

func (l *Layout) featureStateLen() int {
	if l.featuresPersist() {
		return l.features.StateLen
	}
	return 0
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
