package measure

import (
	"testing"

	"thaw/irv2"
	"thaw/irv2/freeze"
	"thaw/kernels"
	"thaw/kernels/program"
)

// fast is a backend that knows its machine's limit.
type fast struct{ kernels.Backend }

func (fast) Limit() float64 { return 42 }

func TestBenchmark(t *testing.T) {
	c := irv2.Mini(2)
	c.Size = 32
	m, err := irv2.New(c)
	if err != nil {
		t.Fatal(err)
	}
	plan, err := freeze.New(m, freeze.Spec{Preset: "unfreeze-all"})
	if err != nil {
		t.Fatal(err)
	}
	timing, err := Benchmark(plan, 2, 3, program.OnHost(fast{kernels.NewPortable(0)}), nil)
	if err != nil {
		t.Fatal(err)
	}
	need, err := Need(plan, 2, program.OnHost(kernels.NewPortable(0)))
	if err != nil || need < timing.ArenaBytes {
		t.Errorf("needs %d bytes, the step takes %d, %v", need, timing.ArenaBytes, err)
	}
	if most, err := Need(plan, 4096, program.OnHost(kernels.NewPortable(0))); err != nil || most < 40*need {
		t.Errorf("batch 4096 needs %d bytes, batch 2 %d, %v", most, need, err)
	}
	if timing.Limit != 42 {
		t.Errorf("limit %g, want the backend's 42", timing.Limit)
	}
	var flops int64
	for _, op := range timing.StepOps {
		flops += op.FLOPs
		if op.Time <= 0 {
			t.Errorf("%s took %v", op.Name, op.Time)
		}
	}
	if flops != timing.StepFLOPs {
		t.Errorf("ops of %d FLOPs, the step has %d", flops, timing.StepFLOPs)
	}
}
