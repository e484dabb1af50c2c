package main

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"testing"

	"thaw/irv2/weights"
	"thaw/irv2/worlds"
	"thaw/kernels"
	"thaw/kernels/program"
)

// The network that comes with the page recognises what its model card says, on fresh
// images that the stated accuracy was not measured on.
func TestEmbeddedWeights(t *testing.T) {
	const embedded = "../../../web/models/mini"
	raw, err := os.ReadFile(embedded + ".safetensors")
	if err != nil {
		t.Fatal(err)
	}
	if len(raw) > 4<<20 {
		t.Errorf("%d bytes: a visit should not take more than 4 MB for them", len(raw))
	}
	trainer, err := newTrainer(recipe{Seed: 1, Steps: 1, Batch: 1, Rate: 1}, generated{worlds.Source}, program.OnHost(kernels.NewPortable(0)))
	if err != nil {
		t.Fatal(err)
	}
	w, report, err := weights.Read(bytes.NewReader(raw), int64(len(raw)), "mini.safetensors", trainer.model, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(report.Left) > 0 {
		t.Fatalf("the file has no %v", report.Left)
	}
	trainer.weights = w
	const perClass = 10
	e, err := trainer.evaluate(generated{worlds.Source}.from(worlds.Fresh+freshPerClass, perClass))
	if err != nil {
		t.Fatal(err)
	}
	accuracy := e.Accuracy
	text, err := os.ReadFile(embedded + ".json")
	if err != nil {
		t.Fatalf("%v; measured: %.4f", err, accuracy)
	}
	var stated card
	if err := json.Unmarshal(text, &stated); err != nil {
		t.Fatal(err)
	}
	// Both are counts of right answers: three standard errors of their difference.
	p := stated.Accuracy
	n := float64(perClass * len(worlds.Source.Classes))
	tolerance := 3 * math.Sqrt(p*(1-p)*(1/n+1/float64(stated.Images)))
	t.Logf("%.1f %% of %.0f fresh images, stated %.1f %% of %d", 100*accuracy, n, 100*p, stated.Images)
	if math.Abs(accuracy-p) > tolerance {
		t.Errorf("%.4f, stated %.4f +- %.4f", accuracy, p, tolerance)
	}
}
