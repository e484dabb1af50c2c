package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"thaw/irv2/weights"
	"thaw/irv2/worlds"
	"thaw/kernels"
	"thaw/kernels/program"
)

const models = "../../../web/models/"

func readCard(t *testing.T, name string) card {
	t.Helper()
	raw, err := os.ReadFile(models + name)
	if err != nil {
		t.Fatal(err)
	}
	var c card
	if err := json.Unmarshal(raw, &c); err != nil {
		t.Fatal(err)
	}
	return c
}

// What the page says of the networks that come with it is what their cards' figures say.
func TestEmbeddedCards(t *testing.T) {
	for _, name := range []string{"mini", "mini-photo"} {
		c := readCard(t, name+".json")
		if c.Seen != c.seen() || c.Terms == "" || c.Size != side {
			t.Errorf("%s: seen %q, by its figures %q; terms %q, %d pixels: pretrain writes these", name, c.Seen, c.seen(), c.Terms, c.Size)
		}
		if want := float64(c.Steps*c.Batch) / float64(c.Trained); c.World == "" && math.Abs(c.Passes-want) > 1e-9 {
			t.Errorf("%s: %g passes, by its figures %g", name, c.Passes, want)
		}
		info, err := os.Stat(models + name + ".safetensors")
		if err != nil {
			t.Fatal(err)
		}
		if info.Size() > 4<<20 {
			t.Errorf("%s: %d bytes: a visit should not take more than 4 MB for it", name, info.Size())
		}
	}
	if c := readCard(t, "mini-photo.json"); c.Name == "" || c.Terms == noTerms || c.Varied != varied() || len(c.Classes) != 200 {
		t.Errorf("mini-photo: %q, %q, %q, %d classes", c.Name, c.Terms, c.Varied, len(c.Classes))
	}
}

// What photographs are called and under which terms they come is never guessed.
func TestCardOfPhotographs(t *testing.T) {
	one := photo{0, make([]uint8, pixels)}
	p := &photos{names: []string{"cat", "dog"}, training: slices.Repeat([]photo{one}, 8), validation: []photo{one}}
	tr, err := newTrainer(recipe{Data: "DIR", Seed: 1, Steps: 2, Batch: 12, Rate: 1e-3}, p, program.OnHost(kernels.NewPortable(2)))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []source{{}, {"Pets", "CC BY 4.0"}} {
		p.source = s
		c, err := tr.card()
		if err != nil {
			t.Fatal(err)
		}
		if c.Name != s.name || c.Terms != cmp.Or(s.terms, noTerms) || strings.Contains(c.Data, "ImageNet") {
			t.Errorf("of %q: name %q, terms %q, %s", s, c.Name, c.Terms, c.Data)
		}
		if c.Seen != "8 photographs of 2 kinds of things, 64 pixels small" || c.Passes != 3 || c.Trained != 8 || c.Images != 1 || c.Varied == "" {
			t.Errorf("%+v", c)
		}
	}
}

// The network that comes with the page recognises what its model card says, on fresh
// images that the stated accuracy was not measured on.
func TestEmbeddedWeights(t *testing.T) {
	raw, err := os.ReadFile(models + "mini.safetensors")
	if err != nil {
		t.Fatal(err)
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
	accuracy, stated := e.Accuracy, readCard(t, "mini.json")
	// Both are counts of right answers: three standard errors of their difference.
	p := stated.Accuracy
	n := float64(perClass * len(worlds.Source.Classes))
	tolerance := 3 * math.Sqrt(p*(1-p)*(1/n+1/float64(stated.Images)))
	t.Logf("%.1f %% of %.0f fresh images, stated %.1f %% of %d", 100*accuracy, n, 100*p, stated.Images)
	if math.Abs(accuracy-p) > tolerance {
		t.Errorf("%.4f, stated %.4f +- %.4f", accuracy, p, tolerance)
	}
}

// A run that is over writes its file and card again, the same weights to the bit: what the
// photographs are called may be said afterwards.
func TestCardIsWrittenAnew(t *testing.T) {
	dir, out := t.TempDir(), filepath.Join(t.TempDir(), "photo.safetensors")
	for i, name := range []string{"train/cat/1.png", "train/cat/2.png", "train/dog/1.png", "val/cat/3.png", "val/dog/3.png"} {
		at := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(at, picture(t, uint8(40*i)), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	var files [][]byte
	for _, s := range []source{{}, {"Pets", "CC BY 4.0"}} {
		if err := run(recipe{Data: dir, Seed: 1, Steps: 3, Batch: 2, Rate: 1e-3}, s, 2, out); err != nil {
			t.Fatal(err)
		}
		raw, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, raw)
		text, err := os.ReadFile(out + ".json")
		if err != nil {
			t.Fatal(err)
		}
		var c card
		if err := json.Unmarshal(text, &c); err != nil || c.Name != s.name || c.Passes != 2 || c.Trained != 3 {
			t.Errorf("%s, %v", text, err)
		}
	}
	if !bytes.Equal(files[0], files[1]) {
		t.Error("the weights differ")
	}
}
