package main

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"testing"

	"gonum.org/v1/gonum/stat"

	"thaw/kernels/webgpu"
	data "thaw/testdata/lesson"
)

// noiseOfSeeds is how many standard deviations over the processor's seeds a GPU's run of
// one of them may be from their mean; noPoints where they differ by less. Rounding differs,
// and training carries that as far as another order of the images would.
const noiseOfSeeds = 3

// The GPU gives the lesson that the processor gave: the main contrast with one seed on
// each of three worlds comes out within the noise of the stored runs. It takes the
// second net, and what THAW_LESSON names of worlds, images a class and plans, as -only
// does.
func TestLessonOnGPU(t *testing.T) {
	f, err := parseFilter(os.Getenv("THAW_LESSON"), standard)
	if err != nil {
		t.Fatal(err)
	}
	m, err := webgpu.Open(true)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	raw, err := data.Files.ReadFile("mini-seed2.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	n, err := readNet("mini-seed2.safetensors", raw, standard)
	if err != nil {
		t.Fatal(err)
	}
	stored := storedRuns(t)
	l := lesson{recipe: standard, seeds: 1}
	for _, j := range l.schedule([]*net{n}, f) {
		if !j.plan.Main || j.plan.Probe {
			continue
		}
		var points []float64 // of all seeds
		for _, r := range stored {
			same := r.setting
			same.Seed = j.Seed
			if same == j.setting {
				points = append(points, 100*r.Accuracy)
			}
		}
		if len(points) < 3 {
			t.Fatalf("%s: %d stored runs", j.setting, len(points))
		}
		got, err := j.run(m)
		if err != nil {
			t.Fatal(err)
		}
		mean, sd := stat.MeanStdDev(points, nil)
		noise := math.Max(noiseOfSeeds*sd, noPoints)
		t.Logf("%s: %s; %d seeds of the processor %.1f ± %.1f %%", j.setting, got.figures(), len(points), mean, sd)
		if off := 100*got.Accuracy - mean; !(math.Abs(off) <= noise) {
			t.Errorf("%s: %+.1f points from the processor's mean, noise is %.1f", j.setting, off, noise)
		}
	}
}

func storedRuns(t *testing.T) (runs []result) {
	t.Helper()
	raw, err := data.Files.ReadFile("runs.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	for line := range bytes.Lines(raw) {
		var r result
		if err := json.Unmarshal(line, &r); err != nil {
			t.Fatal(err)
		}
		runs = append(runs, r)
	}
	return runs
}
