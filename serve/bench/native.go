package main

import (
	"thaw/irv2"
	"thaw/irv2/freeze"
	"thaw/irv2/measure"
	"thaw/kernels"
	"thaw/kernels/program"
)

const classes = 10

// measureNative times the case on the portable backend with all cores.
func measureNative(c benchCase, steps int) (result, error) {
	m, err := irv2.New(irv2.Full(c.Size, classes))
	if err != nil {
		return result{}, err
	}
	plan, err := freeze.New(m, c.Plan)
	if err != nil {
		return result{}, err
	}
	backend := kernels.NewPortable(0)
	t, err := measure.Benchmark(plan, c.Batch, steps, program.OnHost(backend), nil)
	if err != nil {
		return result{}, err
	}
	r := result{
		Case: c.name(), Where: "native", Backend: backend.Name(), Threads: backend.Threads(),
		ForwardMs: measure.Milliseconds(t.Forward), StepMs: measure.Milliseconds(t.Step),
		ForwardFlops: t.ForwardFLOPs, StepFlops: t.StepFLOPs,
	}
	r.PeakBytes.Arena = t.ArenaBytes
	r.Ops = t.Sums()
	return r, nil
}
