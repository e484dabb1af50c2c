package project

import (
	"errors"

	"thaw/irv2"
	"thaw/irv2/compile"
	"thaw/irv2/freeze"
	"thaw/irv2/tune"
)

// Plan says what a run would be and cost.
type Plan struct {
	Name            string          `json:"name"`
	Spec            freeze.Spec     `json:"spec"`
	Sentence        string          `json:"sentence"`
	Trainable       []int           `json:"trainable"`       // layers with something to learn
	BatchStatistics []int           `json:"batchStatistics"` // batch norms that run on them
	Blocks          []compile.Block `json:"blocks"`          // Cached: if training images stay the same
	Cost            Cost            `json:"cost"`
	Computes        string          `json:"computes"`         // simd, portable, or the GPU's name
	Head            *HeadStart      `json:"head"`             // nil: the whole head is new
	Phases          []PhasePlan     `json:"phases,omitempty"` // of a plan in time; all else is of it as a whole
}

// HeadStart is what a run keeps of a head that was trained before.
type HeadStart struct {
	Kept    int      `json:"kept"`    // outputs of classes that are still there
	Drawn   []string `json:"drawn"`   // new classes, whose outputs are drawn by the seed
	Dropped []string `json:"dropped"` // outputs whose classes are gone
}

// Cost is what a run takes.
type Cost struct {
	Parameters int `json:"parameters"`
	Trained    int `json:"trained"`
	Flops      struct {
		Forward        int64 `json:"forward"`
		InputGradient  int64 `json:"inputGradient"`
		FilterGradient int64 `json:"filterGradient"`
	} `json:"flops"` // of a step
	CacheFlops      int64    `json:"cacheFlops"`   // once per image
	CachedImages    int      `json:"cachedImages"` // for which that was done by a run before
	RestateFlops    int64    `json:"restateFlops"` // a pass, for Options.Restate; 0: not asked for, or nothing to restate
	PeakBytes       int64    `json:"peakBytes"`
	BudgetBytes     int64    `json:"budgetBytes"` // 0: of a GPU, which says only whether a plan fits
	Fits            bool     `json:"fits"`
	Problem         *string  `json:"problem"`        // where it does not
	SecondsPerStep  *float64 `json:"secondsPerStep"` // nil until a step was timed
	SecondsPerEpoch *float64 `json:"secondsPerEpoch"`
	SecondsFirst    *float64 `json:"secondsFirst"` // of a run's first pass, with the frozen prefix's features
	SecondsRun      *float64 `json:"secondsRun"`   // of all its passes
}

// Plan compiles what a run would do; nothing is allocated. Without images, costs are of
// one full batch.
func (p *Project) Plan(spec freeze.Spec, o Options) (*Plan, error) {
	if p.Machine == nil {
		return nil, errNotOpen
	}
	classes, counts := 2, [2]int{o.Batch, 0}
	var data *examples
	if split, err := p.data.divide(o.division()); err == nil {
		classes, counts = len(split.Classes), [2]int{len(split.Train), len(split.Validation)}
		if o, err = o.weighted(split); err != nil {
			return nil, err
		}
		data = p.examples(split, o)
	}
	ph, err := p.phases(spec, o, classes, counts)
	if err != nil {
		return nil, WithCode(Invalid, err)
	}
	from := p.start(o)
	plan, _, err := p.describePhases(ph, func(_ int, l *tune.Layout) *known { return p.known(l, from, data) })
	var tooLarge *tune.TooLarge
	if err != nil && !errors.As(err, &tooLarge) {
		return nil, WithCode(Invalid, err)
	}
	p.division = o.division()
	plan.Head = from.head(p.data.outputs())
	return plan, nil
}

// build makes the network of a run, with the options' dropout.
func (p *Project) build(o Options, classes int) (*irv2.Model, error) {
	config, err := p.choice.config(classes)
	if err != nil {
		return nil, err
	}
	config.Dropout = float32(o.Dropout)
	m, err := irv2.New(config)
	if err != nil {
		return nil, invalid(err)
	}
	return m, nil
}

// budget is the memory that a run may take: all but the images in memory, those that undo would
// bring back, and the weights as loaded, which stay beside it. 0: no limit.
func (p *Project) budget() int64 {
	if p.Memory == 0 {
		return 0
	}
	taken := p.data.set.Held() + p.data.history.bytes
	if p.network != nil {
		taken += bytesOf(p.network.loaded.Weights)
	}
	return max(p.Memory-taken, 1)
}

// describe says what so many epochs of a layout are; known is what need not be computed, or nil;
// restates: each is evaluated a second time.
func (p *Project) describe(l *tune.Layout, known *known, epochs int, restates bool) *Plan {
	plan := l.Plan
	d := &Plan{Name: plan.Name, Spec: plan.Spec, Sentence: plan.Sentence, Trainable: plan.Learning(), BatchStatistics: live(plan), Blocks: compile.Blocks(plan), Cost: p.cost(l, known, epochs, restates), Computes: p.computes(l)}
	for i := range d.Blocks {
		d.Blocks[i].Cached = d.Blocks[i].Cached && l.Cached[tune.Train]
	}
	return d
}

func (p *Project) cost(l *tune.Layout, known *known, epochs int, restates bool) Cost {
	c := l.Cost()
	cost := Cost{Parameters: c.Parameters, Trained: c.Trained, CacheFlops: c.CacheFLOPs, PeakBytes: c.Peak, BudgetBytes: l.Options.Budget, Fits: true}
	cost.Flops.Forward, cost.Flops.InputGradient, cost.Flops.FilterGradient = c.Forward, c.InputGradient, c.FilterGradient
	if known != nil {
		cost.CachedImages = known.count()
	}
	var again tune.Work
	if restates {
		again = restateWork(l)
		cost.RestateFlops = again.FLOPs
	}
	if step, pass, first, ok := p.paces.estimate(l.Demand(), known, again); ok {
		all := first + float64(epochs-1)*pass
		cost.SecondsPerStep, cost.SecondsPerEpoch, cost.SecondsFirst, cost.SecondsRun = &step, &pass, &first, &all
	}
	return cost
}
