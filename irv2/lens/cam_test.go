package lens

import (
	"encoding/json"
	"math"
	"slices"
	"testing"

	"thaw/irv2"
	"thaw/irv2/compile"
	"thaw/irv2/freeze"
	"thaw/irv2/golden"
	"thaw/irv2/tune"
	"thaw/kernels/program"
	figures "thaw/testdata/lens"
)

// Maps are those of Keras's own network by tf.GradientTape, in float64; enlarged they are
// tf.image.resize's.
func TestExplainAgainstKeras(t *testing.T) {
	var f struct {
		Size, Classes, Dense int
		Seed                 uint64
		Losses               []float64
		Cams                 []struct {
			Class, H, W           int
			Block                 string
			Probabilities, Values []float64
			At                    []int
			Large                 []float64
			Agrees                *float64
		}
	}
	if err := json.Unmarshal(figures.Cam, &f); err != nil {
		t.Fatal(err)
	}
	c := irv2.Full(f.Size, f.Classes)
	c.Dense = f.Dense
	m, err := irv2.New(c)
	if err != nil {
		t.Fatal(err)
	}
	w := irv2.NewWeights(m)
	w.Synthesize(f.Seed)
	l, err := explainer(w, host)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	image := golden.Images(f.Seed, 1, f.Size)
	seen := map[int]*Explained{}
	for _, want := range f.Cams {
		e := seen[want.Class]
		if e == nil {
			if e, err = explain(l, image, want.Class, poll); err != nil {
				t.Fatal(err)
			}
			seen[want.Class] = e
		}
		for i, p := range want.Probabilities {
			near(t, "probability", float64(e.Probabilities[i]), p, 1e-6)
		}
		got := e.Cams[slices.Index(m.Blocks, want.Block)]
		if got.Block != want.Block || got.H != want.H || got.W != want.W {
			t.Fatalf("%s %dx%d, Keras has %s %dx%d", got.Block, got.H, got.W, want.Block, want.H, want.W)
		}
		tolerance := 1e-4 * slices.Max(want.Values) // of float32, through as many layers
		for i, v := range want.Values {
			near(t, want.Block, got.Values[i], v, tolerance)
		}
		large := got.At(f.Size)
		for i, at := range want.At {
			near(t, want.Block+" enlarged", large[at], want.Large[i], tolerance)
		}
		agrees := (&Occlusion{Cells: occlusionCells, Values: f.Losses}).Agrees(&got, f.Size)
		if want.Agrees == nil {
			if !math.IsNaN(agrees) {
				t.Errorf("%s is the same everywhere, and agrees by %g", want.Block, agrees)
			}
		} else {
			near(t, want.Block+" agrees", agrees, *want.Agrees, 1e-3)
		}
	}
}

// The weight of a channel is what the logit gains when all its pixels grow.
func TestExplainAgainstDifferences(t *testing.T) {
	w := weights(t)
	m := w.Model
	image := make([]float32, 32*32*3)
	stripes{}.Image(image, tune.Train, 1, -1)
	l, err := explainer(w, host)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	const class = 1
	if _, err := explain(l, image, class, poll); err != nil {
		t.Fatal(err)
	}
	plan := freeze.FromFlags(m, func(*irv2.Layer) bool { return false }, freeze.Inference)
	for i, layer := range compile.BlockOutputs(m)[:len(m.Blocks)-1] {
		mean, err := l.Fetch(l.Pooled[layer])
		if err != nil {
			t.Fatal(err)
		}
		output, err := l.Value(layer)
		if err != nil {
			t.Fatal(err)
		}
		p, err := compile.Compile(plan, compile.Options{Batch: 1, From: layer}, host)
		if err != nil {
			t.Fatal(err)
		}
		rest, err := p.Load(host, w)
		if err != nil {
			t.Fatal(err)
		}
		// All channels at once, each by its own share: the sum of |weight| shows any that is wrong.
		logit := func(step float64) float64 {
			moved := slices.Clone(output)
			for k := range moved {
				moved[k] += float32(step) * float32(math.Copysign(1, float64(mean[k%layer.C])))
			}
			rest.Write(rest.Input, 0, moved)
			if err := rest.Do(program.Forward); err != nil {
				t.Fatal(err)
			}
			out, err := rest.Fetch(rest.Logits)
			if err != nil {
				t.Fatal(err)
			}
			return float64(out[class])
		}
		want := 0.0
		for _, v := range mean {
			want += math.Abs(float64(v)) * float64(layer.H*layer.W)
		}
		const step = 1e-3 // smaller drowns in float32, larger passes more ReLUs' corners
		got := (logit(step) - logit(-step)) / (2 * step)
		if math.Abs(got-want) > 0.03*want {
			t.Errorf("%s: the logit grows by %g, its channels' gradients say %g", m.Blocks[i], got, want)
		}
		rest.Close()
	}
}

// What covering a part costs is the difference of two answers, and each cell has the mean
// of those patches that cover it.
func TestOcclude(t *testing.T) {
	w := weights(t)
	image := make([]float32, 32*32*3)
	stripes{}.Image(image, tune.Train, 1, -1)
	grey := [3]float32{0.1, 0.2, 0.3}
	last := -1
	o, err := Occlude(w, image, grey, 1, host, poll, func(done, total int) {
		if done <= last || done > total {
			t.Errorf("%d of %d after %d", done, total, last)
		}
		last = done
	})
	if err != nil {
		t.Fatal(err)
	}
	predictor, err := tune.NewPredictor(w, host)
	if err != nil {
		t.Fatal(err)
	}
	defer predictor.Close()
	probability := func(image []float32) float64 {
		p, err := predictor.Predict(image)
		if err != nil {
			t.Fatal(err)
		}
		return float64(p[1])
	}
	whole := probability(image)
	loss := func(row, column int) float64 { // of the patch that begins at this cell
		covered := slices.Clone(image)
		for y := range 32 {
			for x := range 32 {
				if row*32 <= 10*y+4 && 10*y+4 < (row+2)*32 && column*32 <= 10*x+4 && 10*x+4 < (column+2)*32 {
					copy(covered[3*(32*y+x):], grey[:])
				}
			}
		}
		return whole - probability(covered)
	}
	for _, c := range []struct {
		row, column int
		patches     [][2]int
	}{
		{0, 0, [][2]int{{0, 0}}},
		{9, 9, [][2]int{{8, 8}}},
		{0, 4, [][2]int{{0, 3}, {0, 4}}},
		{5, 2, [][2]int{{4, 1}, {4, 2}, {5, 1}, {5, 2}}},
	} {
		want := 0.0
		for _, p := range c.patches {
			want += loss(p[0], p[1]) / float64(len(c.patches))
		}
		near(t, "loss", o.Values[c.row*10+c.column], want, 1e-6)
	}
	if o.Most < slices.Max(o.Values)-1e-12 {
		t.Errorf("the largest loss is %g, a cell's %g", o.Most, slices.Max(o.Values))
	}
}
