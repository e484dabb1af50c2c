// Package measure times plans on synthesized weights and images, as whole passes and op
// by op, beside the most that the machine could do.
package measure

import (
	"cmp"
	"context"
	"slices"
	"time"

	"thaw/irv2"
	"thaw/irv2/compile"
	"thaw/irv2/freeze"
	"thaw/kernels/program"
)

// Timing of a plan on synthesized weights and images: medians.
type Timing struct {
	Forward, Step           time.Duration // inference forward of a batch; training step (frozen prefix cached)
	ForwardFLOPs, StepFLOPs int64
	ArenaBytes              int64    // arena, state and weights of the step
	StepOps                 []OpTime // of one step, in order, each op's median
	// Limit is the GFLOP/s of the machine's Limit, asked right before each timed run:
	// the median, 0 for a machine without. On a noisy machine only the share counts.
	Limit float64
}

// limited is a machine that can measure the most that it could do.
type limited interface{ Limit() float64 }

// limitSamples before each run take a few milliseconds.
const limitSamples = 9

// OpTime is the time of one op in one step.
type OpTime struct {
	Name  string
	Phase program.Phase
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

var stepPhases = []program.Phase{program.Forward, program.Backward, program.Update}

// Benchmark times the inference forward pass and the training step of a plan, over
// steps runs each after one that warms up.
func Benchmark(plan *freeze.Plan, batch, steps int, machine program.Machine, poll func() error) (*Timing, error) {
	forward, step, err := programs(plan, batch, machine)
	if err != nil {
		return nil, err
	}
	t := &Timing{ForwardFLOPs: forward.Cost().Forward, StepFLOPs: step.Cost().StepFLOPs(), ArenaBytes: step.Cost().Peak()}
	r := newRunner(plan, steps, machine, poll)
	defer r.close()
	if t.Forward, err = r.time(forward, program.Forward); err != nil {
		return nil, err
	}
	if t.Step, err = r.time(step, stepPhases...); err != nil {
		return nil, err
	}
	if len(r.limits) > 0 {
		t.Limit = median(r.limits)
	}
	t.StepOps, err = r.timeOps()
	return t, err
}

// Need is the memory in bytes of the larger of the programs that a benchmark runs.
func Need(plan *freeze.Plan, batch int, machine program.Machine) (int64, error) {
	forward, step, err := programs(plan, batch, machine)
	if err != nil {
		return 0, err
	}
	return max(forward.Cost().Peak(), step.Cost().Peak()), nil
}

// Work is what Repeat does.
type Work string

const (
	Forward Work = "forward"
	Step    Work = "step"
)

// Repeat does work so often, after once that warms up, and nothing else: for whoever
// times it from outside, such as by the seconds of all processors.
func Repeat(plan *freeze.Plan, work Work, batch, times int, machine program.Machine, poll func() error) error {
	forward, step, err := programs(plan, batch, machine)
	if err != nil {
		return err
	}
	r := newRunner(plan, times, struct{ program.Machine }{machine}, poll) // which has no limit to measure
	defer r.close()
	if work == Forward {
		_, err = r.time(forward, program.Forward)
	} else {
		_, err = r.time(step, stepPhases...)
	}
	return err
}

// programs are a plan's inference and its training step behind the frozen prefix.
func programs(plan *freeze.Plan, batch int, machine program.Machine) (forward, step *compile.Program, err error) {
	if forward, err = compile.Compile(plan, compile.Options{Batch: batch}, machine); err != nil {
		return nil, nil, err
	}
	step, err = compile.Compile(plan, compile.Options{Batch: batch, Training: true, From: compile.FrozenPrefix(plan)}, machine)
	return forward, step, err
}

func newRunner(plan *freeze.Plan, steps int, machine program.Machine, poll func() error) *runner {
	weights := irv2.NewWeights(plan.Model)
	weights.Synthesize(1)
	return &runner{steps: steps, machine: machine, weights: weights, poll: poll}
}

// runner times programs on one machine.
type runner struct {
	steps   int
	machine program.Machine
	weights *irv2.Weights
	poll    func() error
	limits  []float64
	memory  *compile.Loaded // of the program timed last, or nil
}

// limit asks the machine what it could do.
func (r *runner) limit() {
	if m, ok := r.machine.(limited); ok {
		for range limitSamples {
			if l := m.Limit(); l > 0 {
				r.limits = append(r.limits, l)
			}
		}
	}
}

func (r *runner) polled() error {
	if r.poll == nil {
		return nil
	}
	return r.poll()
}

// wait returns when all that was asked of the machine is done.
func (r *runner) wait() error {
	var one [1]float32
	return r.memory.Read(context.Background(), one[:], r.memory.Loss, 0)
}

// timeOps times every op of some steps of the program timed last.
func (r *runner) timeOps() ([]OpTime, error) {
	var ops []*program.Op
	for _, phase := range stepPhases {
		ops = append(ops, r.memory.Phase(phase)...)
	}
	times := make([][]time.Duration, len(ops))
	for range r.steps {
		for i := range ops {
			took, err := r.timeOp(ops[i : i+1])
			if err != nil {
				return nil, err
			}
			times[i] = append(times[i], took)
		}
		if err := r.polled(); err != nil {
			return nil, err
		}
	}
	list := make([]OpTime, len(ops))
	for i, op := range ops {
		list[i] = OpTime{Name: op.Name, Phase: op.Phase, Kind: op.Kind(), Shape: op.Shape(), FLOPs: op.FLOPs, Time: median(times[i])}
	}
	return list, nil
}

// opRepeats are done of an op on a machine that takes longer to say that it is done than
// to do it.
const opRepeats = 16

func (r *runner) timeOp(op []*program.Op) (time.Duration, error) {
	repeats := opRepeats
	if _, host := r.machine.(program.Host); host {
		repeats = 1
	}
	start := time.Now()
	for range repeats {
		if err := r.memory.Run(op, nil); err != nil {
			return 0, err
		}
	}
	err := r.wait()
	return time.Since(start) / time.Duration(repeats), err
}

// close gives up the memory of the program timed last.
func (r *runner) close() {
	if r.memory != nil {
		r.memory.Close()
	}
}

// time loads p and returns the median time of the phases, after a run that warms up.
func (r *runner) time(p *compile.Program, phases ...program.Phase) (time.Duration, error) {
	r.close()
	var err error
	if r.memory, err = p.Load(r.machine, r.weights); err != nil {
		return 0, err
	}
	input := make([]float32, p.Input.Len)
	irv2.FillUniform(input, 1, "images")
	classes := p.Plan.Model.Config.Classes
	labels := make([]float32, p.Options.Batch*classes)
	for n := range p.Options.Batch {
		labels[n*classes+n%classes] = 1
	}
	p.SetStep(1, func(*irv2.Param) float64 { return 1e-5 }, 1)
	var times []time.Duration
	for range r.steps + 1 {
		r.memory.Write(p.Input, 0, input)
		r.memory.Write(p.Labels, 0, labels)
		if err := r.wait(); err != nil {
			return 0, err
		}
		r.limit()
		start := time.Now()
		if err := r.memory.Do(phases...); err != nil {
			return 0, err
		}
		if err := r.wait(); err != nil {
			return 0, err
		}
		times = append(times, time.Since(start))
		if err := r.polled(); err != nil {
			return 0, err
		}
	}
	return median(times[1:]), nil
}

func median[T cmp.Ordered](x []T) T {
	slices.Sort(x)
	return x[len(x)/2]
}
