package main

import (
	"testing"

	"thaw/irv2/worlds"
	"thaw/kernels"
	"thaw/kernels/program"
)

func BenchmarkStep(b *testing.B) {
	t, err := newTrainer(recipe{Seed: 1, Steps: 1 << 20, Batch: 128, Rate: 3e-3}, generated{worlds.Source}, program.OnHost(kernels.NewPortable(0)))
	if err != nil {
		b.Fatal(err)
	}
	data := <-t.feed()
	for b.Loop() {
		if _, _, err := t.learn(data); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(128*float64(b.N)/b.Elapsed().Seconds(), "images/s")
}
