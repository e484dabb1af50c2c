package measure

import (
	"testing"

	"thaw/irv2"
	"thaw/irv2/freeze"
	"thaw/kernels"
	"thaw/kernels/program"
)

// BenchmarkStep times whole steps of the full network: the figures that the golden
// README gives for Keras on the same work.
func BenchmarkStep(b *testing.B) {
	machine := program.OnHost(kernels.NewPortable(0))
	for _, c := range []struct {
		name        string
		size, batch int
		spec        freeze.Spec
	}{
		{"150b4/unfreeze-all", 150, 4, freeze.Spec{Preset: "unfreeze-all"}},
		{"150b4/from-mixed_7a", 150, 4, freeze.Spec{From: "mixed_7a"}},
		{"150b4/head-only", 150, 4, freeze.Spec{Preset: "head-only"}},
		{"299b1/unfreeze-all", 299, 1, freeze.Spec{Preset: "unfreeze-all"}},
	} {
		b.Run(c.name, func(b *testing.B) {
			m, err := irv2.New(irv2.Full(c.size, 3))
			if err != nil {
				b.Fatal(err)
			}
			plan, err := freeze.New(m, c.spec)
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				t, err := Benchmark(plan, c.batch, 3, machine, nil)
				if err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(float64(t.Forward.Microseconds())/1e3, "forward-ms")
				b.ReportMetric(float64(t.Step.Microseconds())/1e3, "step-ms")
				b.ReportMetric(float64(t.ForwardFLOPs)/t.Forward.Seconds()/1e9, "forward-GFLOP/s")
				b.ReportMetric(float64(t.StepFLOPs)/t.Step.Seconds()/1e9, "step-GFLOP/s")
				b.ReportMetric(0, "ns/op")
			}
		})
	}
}
