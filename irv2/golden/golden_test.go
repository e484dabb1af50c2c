package golden

import (
	"encoding/json"
	"io/fs"
	"runtime"
	"slices"
	"sort"
	"strings"
	"testing"

	"thaw/irv2"
	"thaw/irv2/compile"
	"thaw/irv2/freeze"
	"thaw/kernels/program"
)

// TestGolden checks every golden file: layers, activations in both modes, and for
// every preset gradients, updates, losses and outputs.
func TestGolden(t *testing.T) {
	folder, machine := folder(), machine(t)
	files, _ := fs.Glob(folder, "*.json")
	if len(files) == 0 {
		t.Fatalf("no golden files in %v", folder)
	}
	for _, name := range files {
		t.Run(strings.TrimSuffix(name, ".json"), func(t *testing.T) {
			f, err := Read(folder, name)
			if err != nil {
				t.Fatal(err)
			}
			check(t, f, machine)
		})
	}
}

func check(t *testing.T, f *File, machine program.Machine) {
	c := irv2.Full(f.Size, f.Classes)
	c.Dense = f.Dense
	m, err := irv2.New(c)
	if err != nil {
		t.Fatal(err)
	}
	r := &runner{file: f, model: m, weights: irv2.NewWeights(m), initial: irv2.NewWeights(m), machine: machine, trusted: trusted(t)}
	r.initial.Synthesize(f.Seed)
	r.images = Images(f.Seed, f.Batch, f.Size)
	r.labels = make([]float32, f.Batch*f.Classes)
	for n := range f.Batch {
		r.labels[n*f.Classes+n%f.Classes] = 1
	}
	if f.LayerList != nil {
		t.Run("layers", r.layers)
	}
	if f.ForwardInference != nil {
		t.Run("forward_inference", func(t *testing.T) { r.forward(t, f.ForwardInference, false) })
		t.Run("forward_train", func(t *testing.T) { r.forward(t, f.ForwardTrain, true) })
	}
	names := make([]string, 0, len(f.Presets))
	for name := range f.Presets {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		t.Run(name, func(t *testing.T) { r.preset(t, name, f.Presets[name]) })
	}
	for name, schedule := range f.Schedules {
		t.Run(name, func(t *testing.T) { r.schedule(t, schedule) })
	}
}

type runner struct {
	file             *File
	model            *irv2.Model
	weights, initial *irv2.Weights
	images, labels   []float32
	machine          program.Machine
	trusted          program.Machine // which passes, nil: machine itself
}

func (r *runner) layers(t *testing.T) {
	for i, want := range r.file.LayerList {
		l := r.model.Layers[i]
		if l.Name != want.Name || string(l.Class) != want.Class || len(l.Params) != len(want.Weights) {
			t.Fatalf("layer %d is %s with %d weights, Keras has %s (%s) with %d", i, l, len(l.Params), want.Name, want.Class, len(want.Weights))
		}
		for j, p := range l.Params {
			var kind string
			var shape []int
			if json.Unmarshal(want.Weights[j][0], &kind) != nil || json.Unmarshal(want.Weights[j][1], &shape) != nil || p.Kind != kind || !slices.Equal(p.Shape, shape) {
				t.Fatalf("%s is %v, Keras has %s", p.Name(), p.Shape, want.Weights[j])
			}
		}
	}
}

func (r *runner) forward(t *testing.T, want map[string]Tensor, training bool) {
	r.reset()
	opts := compile.Options{Batch: r.file.Batch, Training: training}
	for name := range want {
		if l := r.model.Layer(name); l != nil {
			opts.Keep = append(opts.Keep, l)
		}
	}
	p := r.compile(t, preset(t, r.model, "ex3_unfreeze_all"), opts)
	r.fill(p)
	r.run(t, p, program.Forward)
	r.report(t, Compare(Forward, want, func(name string) []float64 {
		if name == "probabilities" {
			return r.fetch(t, p, p.Probs)
		}
		if l := r.model.Layer(name); l != nil {
			value, err := p.Value(l)
			if err != nil {
				t.Fatal(err)
			}
			return wide(value)
		}
		return nil
	}))
}

func (r *runner) preset(t *testing.T, name string, want Preset) {
	r.reset()
	plan := preset(t, r.model, name)
	if n := plan.Trained(); n != want.TrainableCount {
		t.Errorf("%d values trained, Keras %d", n, want.TrainableCount)
	}
	var learning []string
	for _, i := range plan.Learning() {
		learning = append(learning, r.model.Layers[i].Name)
	}
	if !slices.Equal(learning, want.TrainableLayers) {
		t.Errorf("%d layers learn, Keras %d", len(learning), len(want.TrainableLayers))
	}
	p, gradients, change := r.firstStep(t, plan, want, false)
	if len(gradients.Failures)+len(change.Failures) > 0 {
		p.Close()
		p, gradients, change = r.firstStep(t, plan, want, true)
	}
	t.Run("gradients", func(t *testing.T) { r.report(t, gradients) })
	t.Run("change_1", func(t *testing.T) { r.report(t, change) })
	gap := floor
	for i, wantLoss := range want.Losses {
		if i > 0 {
			r.step(t, p, i, want.LearningRate, nil)
			r.run(t, p, program.Update)
		}
		loss := 0.0
		for _, l := range r.fetch(t, p, p.Loss) {
			loss += l / float64(r.file.Batch)
		}
		gap = max(gap, want.LossesGap[i])
		if e := loss/wantLoss - 1; !(max(e, -e) <= 10*gap) {
			t.Errorf("loss %d: %.9g, Keras %.9g: off by %.1e, limit %.1e", i, loss, wantLoss, e, 10*gap)
		}
	}
	t.Run("change_n", func(t *testing.T) { r.report(t, Compare(Change, want.ChangeN, r.change(t, p))) })
	t.Run("eval_after", func(t *testing.T) {
		r.bringBack(t, p)
		p.Close()
		r.evaluated(t, plan, want.EvalAfter)
	})
}

// evaluated compares the probabilities of the weights as they stand, in inference mode.
func (r *runner) evaluated(t *testing.T, plan *freeze.Plan, want Tensor) {
	p := r.compile(t, plan, compile.Options{Batch: r.file.Batch})
	r.fill(p)
	r.run(t, p, program.Forward)
	r.report(t, Compare(Forward, map[string]Tensor{"probabilities": want}, func(string) []float64 { return r.fetch(t, p, p.Probs) }))
}

// firstStep compiles plan and trains its first step from the initial weights. With
// settle, ReLUs whose side rounding decided are settled first (flips_test.go).
func (r *runner) firstStep(t *testing.T, plan *freeze.Plan, want Preset, settle bool) (p *compile.Loaded, gradients, change Report) {
	r.reset()
	p = r.compile(t, plan, compile.Options{Batch: r.file.Batch, Training: true})
	compare := func() Report {
		return Compare(Gradient, want.Gradients, func(name string) []float64 {
			if b := p.Gradient(r.param(name)); b != nil {
				return r.fetch(t, p, b)
			}
			return nil
		})
	}
	r.step(t, p, 0, want.LearningRate, nil)
	gradients = compare()
	if settle {
		gradients = r.settle(t, p, want.LearningRate, gradients, compare)
	}
	r.run(t, p, program.Update)
	return p, gradients, Compare(Change, want.Change1, r.change(t, p))
}

// step runs the forward and backward phases of step i, with some ReLUs on their other side.
func (r *runner) step(t *testing.T, p *compile.Loaded, i int, rate float64, flipped []gate) {
	r.fill(p)
	p.SetStep(i+1, func(*irv2.Param) float64 { return rate }, 0)
	for _, part := range parts(p.Phase(program.Forward), flipped) {
		r.runOps(t, p, part)
		for _, g := range flipped {
			if op := part[len(part)-1]; g.op == op.Name {
				g.flip(t, p, op)
			}
		}
	}
	r.run(t, p, program.Backward)
}

// preset makes the plan of a golden preset (testdata/golden/README.md).
func preset(t *testing.T, m *irv2.Model, name string) *freeze.Plan {
	spec := func(s freeze.Spec) *freeze.Plan {
		p, err := freeze.New(m, s)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	after := func(name string, batchNorm bool) *freeze.Plan {
		cut := m.Layer(name).Index
		return freeze.FromFlags(m, func(l *irv2.Layer) bool {
			return l.Index > cut && (batchNorm || l.Class != irv2.BatchNormalization)
		}, freeze.Keras)
	}
	switch name {
	case "ex1_as_written":
		return spec(freeze.Spec{Preset: "freeze-conv", AsWritten: true})
	case "ex2_as_written":
		return spec(freeze.Spec{Preset: "freeze-first-100", AsWritten: true})
	case "ex3_unfreeze_all":
		return spec(freeze.Spec{Preset: "unfreeze-all", AsWritten: true})
	case "head_only":
		return spec(freeze.Spec{Preset: "head-only"})
	case "from_block8_1_bn_inference":
		return after("mixed_7a", false)
	case "from_mixed_7a_bn_batch":
		return after("block17_20_ac", true)
	case "stem_only_bn_inference":
		return freeze.FromFlags(m, func(l *irv2.Layer) bool {
			return 0 < l.Index && l.Index <= 17 && l.Class != irv2.BatchNormalization
		}, freeze.Keras)
	}
	t.Fatalf("preset %q is not known", name)
	return nil
}

func (r *runner) reset() {
	for i, d := range r.initial.Data {
		copy(r.weights.Data[i], d)
	}
}

func (r *runner) compile(t *testing.T, plan *freeze.Plan, opts compile.Options) *compile.Loaded {
	p, err := compile.Compile(plan, opts, r.machine)
	if err != nil {
		t.Fatal(err)
	}
	runtime.GC() // a page has 4 GB: the last program's memory makes room for this one's
	l, err := p.Load(r.machine, r.weights)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Close)
	return l
}

func (r *runner) fill(p *compile.Loaded) {
	p.Write(p.Input, 0, r.images)
	p.Write(p.Labels, 0, r.labels)
}

func (r *runner) run(t *testing.T, p *compile.Loaded, phase program.Phase) {
	r.runOps(t, p, p.Phase(phase))
}

func (r *runner) runOps(t *testing.T, p *compile.Loaded, ops []*program.Op) {
	if err := p.Run(ops, nil); err != nil {
		t.Fatal(err)
	}
}

func (r *runner) fetch(t *testing.T, p *compile.Loaded, b *program.Buffer) []float64 {
	data, err := p.Fetch(b)
	if err != nil {
		t.Fatal(err)
	}
	return wide(data)
}

func (r *runner) report(t *testing.T, c Report) {
	t.Logf("median %.1e of %.1e, worst %.2f of its limit at %s, %d over", c.Median, c.MedianLimit, c.Worst, c.WorstName, c.Over)
	for _, f := range c.Failures[:min(len(c.Failures), 20)] {
		t.Error(f)
	}
}

func (r *runner) param(name string) *irv2.Param {
	i := slices.IndexFunc(r.model.Params, func(p *irv2.Param) bool { return p.Name() == name })
	if i < 0 {
		return nil
	}
	return r.model.Params[i]
}

// bringBack copies what learned and moved to the weights, where a machine has memory of its own.
func (r *runner) bringBack(t *testing.T, p *compile.Loaded) {
	for _, param := range r.model.Params {
		if b := p.Param(param); b != nil {
			if err := p.Read(t.Context(), r.weights.Of(param), b, 0); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// change is how far parameters are from where they began.
func (r *runner) change(t *testing.T, l *compile.Loaded) func(name string) []float64 {
	return func(name string) []float64 {
		p := r.param(name)
		if p == nil || l.Param(p) == nil {
			return nil
		}
		out := r.fetch(t, l, l.Param(p))
		for i, v := range r.initial.Of(p) {
			out[i] -= float64(v)
		}
		return out
	}
}

func wide(x []float32) []float64 {
	if x == nil {
		return nil
	}
	out := make([]float64, len(x))
	for i, v := range x {
		out[i] = float64(v)
	}
	return out
}
