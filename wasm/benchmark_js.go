package main

import (
	"thaw/irv2/freeze"
	"thaw/irv2/measure"
	"thaw/irv2/project"
	"thaw/kernels/program"
)

// benchmarkResult is Benchmark of thaw.d.ts.
type benchmarkResult struct {
	ForwardMs    float64 `json:"forwardMs"`
	StepMs       float64 `json:"stepMs"`
	ForwardFlops int64   `json:"forwardFlops"`
	StepFlops    int64   `json:"stepFlops"`
	PeakBytes    struct {
		Arena  int64 `json:"arena"`
		Memory int64 `json:"memory"`
	} `json:"peakBytes"`
	Backend     string          `json:"backend"`
	Threads     int             `json:"threads"`
	LimitGflops float64         `json:"limitGflops"`
	Ops         []measure.OpSum `json:"ops"`
}

// benchmark answers benchmark: what a user gets from a network and a plan, on
// synthesized weights and images. A step starts where training would, behind the
// frozen prefix, whose output is cached.
func (e *engine) benchmark(r *request) (any, error) {
	args := struct {
		project.Choice
		Plan    freeze.Spec `json:"plan"`
		Batch   int         `json:"batch"`
		Steps   int         `json:"steps"`
		Classes int         `json:"classes"`
		Backend string      `json:"backend"`
		Threads int         `json:"threads"`

		Only measure.Work `json:"only"`
	}{Choice: project.Choice{Model: "full", Dense: -1}, Batch: 1, Steps: 5, Classes: 10}
	if err := r.decode(&args); err != nil {
		return nil, err
	}
	if args.Batch < 1 || args.Batch > 4096 || args.Steps < 1 || args.Steps > 10000 || args.Threads < 0 {
		return nil, project.Errorf(project.Invalid, "A benchmark takes a batch of 1 to 4,096, 1 to 10,000 steps, and threads of at least 0 (all).")
	}
	if args.Only != "" && args.Only != measure.Forward && args.Only != measure.Step {
		return nil, project.Errorf(project.Invalid, "There is no work %.100q to repeat: choose forward or step.", args.Only)
	}
	if args.Plan.Preset == "" && args.Plan.From == "" && args.Plan.Thaw == nil {
		args.Plan.Preset = "unfreeze-all"
	}
	done, err := e.Begin(r.ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	m, err := args.Build(args.Classes)
	if err != nil {
		return nil, err
	}
	plan, err := freeze.New(m, args.Plan)
	if err != nil {
		return nil, project.WithCode(project.Invalid, err)
	}
	machine := e.Machine
	switch {
	case args.Backend == "webgpu":
		device, err := openGPU(true, func() {})
		if err != nil {
			return nil, project.Errorf(project.Unsupported, "No GPU can be measured here (%v).", err)
		}
		defer device.Close()
		machine = device.Machine
	case args.Backend != "" || args.Threads != 0:
		if machine, err = newMachine(args.Backend, args.Threads); err != nil {
			return nil, err
		}
		defer e.restoreMachine() // two backends do not share the worker threads
	}
	need, err := measure.Need(plan, args.Batch, machine)
	if err != nil {
		return nil, err
	}
	if _, host := machine.(program.Host); host && need > maxMemory {
		return nil, project.Errorf(project.Memory, "This benchmark needs %.1f GB and there are %.1f: choose a smaller batch or smaller images.", float64(need)/1e9, maxMemory/1e9)
	}
	if args.Only != "" {
		return nil, measure.Repeat(plan, args.Only, args.Batch, args.Steps, machine, e.loop.poll(r.ctx))
	}
	t, err := measure.Benchmark(plan, args.Batch, args.Steps, machine, e.loop.poll(r.ctx))
	if err != nil {
		return nil, err
	}
	result := benchmarkResult{
		ForwardMs: measure.Milliseconds(t.Forward), StepMs: measure.Milliseconds(t.Step), ForwardFlops: t.ForwardFLOPs, StepFlops: t.StepFLOPs,
		Backend: machine.Name(), Threads: threadsOf(machine), LimitGflops: t.Limit,
	}
	result.Ops = t.Sums()
	result.PeakBytes.Arena, result.PeakBytes.Memory = t.ArenaBytes, memoryBytes()
	return result, nil
}
