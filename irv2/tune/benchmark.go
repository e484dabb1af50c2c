package tune

import (
	"cmp"
	"slices"
	"time"

	"thaw/irv2"
	"thaw/irv2/compile"
	"thaw/irv2/freeze"
	"thaw/kernels"
)

// Timing of a plan on synthesized weights and images: medians.
type Timing struct {
	Forward, Step           time.Duration // inference forward of a batch; training step (frozen prefix cached)
	ForwardFLOPs, StepFLOPs int64
	ArenaBytes              int64    // arena, state and weights of the step
	StepOps                 []OpTime // of one step, in order, each op's median
	// Limit is the GFLOP/s of the backend's Limit, asked right before each timed run:
	// the median, 0 for a backend without. On a noisy machine only the share counts.
	Limit float64
}

// limited is a backend that can measure the most that its machine could do.
type limited interface{ Limit() float64 }

// limitSamples before each run take a few milliseconds.
const limitSamples = 9

// OpTime is the time of one op in one step.
type OpTime struct {
	Name  string
	Phase compile.Phase
	Kind  string // type of its arguments
	Shape string // of a convolution, else ""
	FLOPs int64
	Time  time.Duration
}

// OpSum is what the ops of one kind and shape take together in one step.
type OpSum struct {
	Kind         string  `json:"kind"`
	Shape        string  `json:"shape"`
	Count        int     `json:"count"`
	Milliseconds float64 `json:"ms"`
	FLOPs        int64   `json:"flops"`
}

// Sums adds up the ops of a step by kind and shape, in the order of their first.
func (t *Timing) Sums() []OpSum {
	type key struct{ kind, shape string }
	var sums []OpSum
	at := map[key]int{}
	for _, op := range t.StepOps {
		k := key{op.Kind, op.Shape}
		i, ok := at[k]
		if !ok {
			i = len(sums)
			at[k] = i
			sums = append(sums, OpSum{Kind: op.Kind, Shape: op.Shape})
		}
		sums[i].Count++
		sums[i].Milliseconds += Milliseconds(op.Time)
		sums[i].FLOPs += op.FLOPs
	}
	return sums
}

// Milliseconds is d as a number of them, to the microsecond.
func Milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1e3 }

var stepPhases = []compile.Phase{compile.ForwardPhase, compile.BackwardPhase, compile.Update}

// Benchmark times the inference forward pass and the training step of a plan, over
// steps runs each after one that warms up.
func Benchmark(plan *freeze.Plan, batch, steps int, backend kernels.Backend, poll func() error) (*Timing, error) {
	weights := irv2.NewWeights(plan.Model)
	weights.Synthesize(1)
	t := &Timing{}
	forward, err := compile.Compile(plan, compile.Options{Batch: batch}, backend)
	if err != nil {
		return nil, err
	}
	step, err := compile.Compile(plan, compile.Options{Batch: batch, Training: true, From: compile.FrozenPrefix(plan)}, backend)
	if err != nil {
		return nil, err
	}
	t.ForwardFLOPs, t.StepFLOPs = forward.Cost().Forward, step.Cost().StepFLOPs()
	t.ArenaBytes = step.Cost().Peak()
	var limits []float64
	limit := func() {
		if b, ok := backend.(limited); ok {
			for range limitSamples {
				limits = append(limits, b.Limit())
			}
		}
	}
	if t.Forward, err = timed(forward, weights, steps, backend, poll, limit, compile.ForwardPhase); err != nil {
		return nil, err
	}
	if t.Step, err = timed(step, weights, steps, backend, poll, limit, stepPhases...); err != nil {
		return nil, err
	}
	if len(limits) > 0 {
		t.Limit = median(limits)
	}
	t.StepOps, err = timedOps(step, steps, backend, poll)
	return t, err
}

// timedOps times every op of steps steps of a program that has run before.
func timedOps(p *compile.Program, steps int, backend kernels.Backend, poll func() error) ([]OpTime, error) {
	var ops []OpTime
	var times [][]time.Duration
	for range steps {
		i := 0
		for _, phase := range stepPhases {
			p.RunEach(phase, backend, func(op *compile.Op, run func()) {
				if i == len(ops) {
					ops = append(ops, OpTime{Name: op.Name, Phase: op.Phase, Kind: op.Kind(), Shape: op.Shape(), FLOPs: op.FLOPs})
					times = append(times, nil)
				}
				start := time.Now()
				run()
				times[i] = append(times[i], time.Since(start))
				i++
			})
		}
		if poll != nil {
			if err := poll(); err != nil {
				return nil, err
			}
		}
	}
	for i := range ops {
		ops[i].Time = median(times[i])
	}
	return ops, nil
}

// timed returns the median time of the phases over steps runs, after one that warms
// up; limit is called before each.
func timed(p *compile.Program, weights *irv2.Weights, steps int, backend kernels.Backend, poll func() error, limit func(), phases ...compile.Phase) (time.Duration, error) {
	p.Bind(weights, make([]float32, p.ArenaLen), make([]float32, p.StateLen))
	irv2.FillUniform(p.InputData(), 1, "images")
	input := slices.Clone(p.InputData())
	classes := p.Plan.Model.Config.Classes
	labels := make([]float32, p.Options.Batch*classes)
	for n := range p.Options.Batch {
		labels[n*classes+n%classes] = 1
	}
	if err := p.Run(compile.Init, backend, poll); err != nil {
		return 0, err
	}
	p.SetStep(1, func(*irv2.Param) float64 { return 1e-5 }, 1)
	var times []time.Duration
	for range steps + 1 {
		copy(p.InputData(), input)
		copy(p.LabelData(), labels)
		limit()
		start := time.Now()
		for _, phase := range phases {
			if err := p.Run(phase, backend, nil); err != nil {
				return 0, err
			}
		}
		times = append(times, time.Since(start))
		if poll != nil {
			if err := poll(); err != nil {
				return 0, err
			}
		}
	}
	return median(times[1:]), nil
}

func median[T cmp.Ordered](x []T) T {
	slices.Sort(x)
	return x[len(x)/2]
}
