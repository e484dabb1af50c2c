package tune

import (
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
	StepOps                 []OpTime // of one step, in order
}

// OpTime is the time of one op in one step.
type OpTime struct {
	Name  string
	Phase compile.Phase
	Kind  string // type of its arguments
	FLOPs int64
	Time  time.Duration
}

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
	if t.Forward, err = timed(forward, weights, steps, backend, poll, compile.ForwardPhase); err != nil {
		return nil, err
	}
	if t.Step, err = timed(step, weights, steps, backend, poll, stepPhases...); err != nil {
		return nil, err
	}
	for _, phase := range stepPhases {
		step.RunEach(phase, backend, func(op *compile.Op, run func()) {
			start := time.Now()
			run()
			t.StepOps = append(t.StepOps, OpTime{op.Name, op.Phase, op.Kind(), op.FLOPs, time.Since(start)})
		})
	}
	return t, nil
}

func timed(p *compile.Program, weights *irv2.Weights, steps int, backend kernels.Backend, poll func() error, phases ...compile.Phase) (time.Duration, error) {
	p.Bind(weights, make([]float32, p.ArenaLen), make([]float32, p.StateLen))
	irv2.Uniform(p.InputData(), 1, "images")
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
	times = times[1:]
	slices.Sort(times)
	return times[len(times)/2], nil
}
