package compile

import (
	"bytes"
	"math"
	"slices"
	"strings"
	"testing"

	"thaw/irv2"
	"thaw/irv2/freeze"
	"thaw/kernels"
	"thaw/kernels/program"
)

func model(t testing.TB, c irv2.Config) *irv2.Model {
	t.Helper()
	m, err := irv2.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func small(t testing.TB) *irv2.Model {
	c := irv2.Mini(3)
	c.Size = 40
	c.Dropout = 0.3
	return model(t, c)
}

func plan(t testing.TB, m *irv2.Model, s freeze.Spec) *freeze.Plan {
	t.Helper()
	p, err := freeze.New(m, s)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

var host = program.OnHost(kernels.NewPortable(1))

func compiled(t testing.TB, p *freeze.Plan, opts Options) *Program {
	t.Helper()
	program, err := Compile(p, opts, host)
	if err != nil {
		t.Fatal(err)
	}
	return program
}

var specs = []freeze.Spec{
	{Preset: "freeze-conv", AsWritten: true}, {Preset: "freeze-conv"},
	{Preset: "freeze-first-100", AsWritten: true}, {Preset: "freeze-first-100"},
	{Preset: "unfreeze-all", AsWritten: true}, {Preset: "unfreeze-all", BatchNorm: freeze.Inference},
	{Preset: "head-only"}, {Preset: "head-only", BatchNorm: freeze.Batch}, {From: "block17_2"}, {From: "mixed_7a", BatchNorm: freeze.Inference},
	{Thaw: []freeze.Selector{{Pattern: "stem"}}}, {Thaw: []freeze.Selector{{Pattern: "block35_1"}, {Pattern: "batch_normalization_4*"}}},
}

// Units absorb every layer that has no op of its own.
func TestFuse(t *testing.T) {
	m := model(t, irv2.Full(299, 2))
	count := map[irv2.Class]int{}
	bn, sums, relus := 0, 0, 0
	for _, u := range fuse(m) {
		count[u.class]++
		if u.bn != nil {
			bn++
		}
		if u.sum != nil {
			sums++
		}
		if u.class == irv2.Conv2D && u.relu {
			relus++
		}
	}
	if count[irv2.Conv2D] != 244 || bn != 204 || sums != 40 || relus != 243 {
		t.Errorf("%v, %d with batch norm, %d sums, %d with ReLU", count, bn, sums, relus)
	}
}

func TestFrozenPrefix(t *testing.T) {
	m := model(t, irv2.Full(75, 2))
	for _, c := range []struct {
		spec freeze.Spec
		want string
	}{
		{freeze.Spec{Preset: "freeze-conv", AsWritten: true}, ""}, // batch norm varies from the first layer on
		{freeze.Spec{Preset: "freeze-conv"}, "avg_pool"},
		{freeze.Spec{Preset: "freeze-first-100"}, "block35_2_ac"}, // layer 100 is inside block35_3
		{freeze.Spec{Preset: "unfreeze-all"}, ""},
		{freeze.Spec{Preset: "unfreeze-all", BatchNorm: freeze.Inference}, ""},
		{freeze.Spec{From: "block8_1"}, "mixed_7a"},
		{freeze.Spec{From: "conv_7b"}, "custom_scale_layer_39"},
		{freeze.Spec{Preset: "head-only", BatchNorm: freeze.Batch}, ""},
		{freeze.Spec{Thaw: []freeze.Selector{{Pattern: "block17_5_mixed"}}}, "avg_pool"}, // a layer without parameters
	} {
		got := ""
		if l := FrozenPrefix(plan(t, m, c.spec)); l != nil {
			got = l.Name
		}
		if got != c.want {
			t.Errorf("prefix of %q ends at %q, want %q", plan(t, m, c.spec).Name, got, c.want)
		}
	}
}

// Gradients are computed for what learns, and on the way to it, and nowhere else.
func TestGradientsOnlyWhereNeeded(t *testing.T) {
	m := small(t)
	for _, spec := range specs {
		pl := plan(t, m, spec)
		p := compiled(t, pl, Options{Batch: 2, Training: true})
		lowest := len(m.Layers)
		for _, i := range pl.Learning() {
			lowest = min(lowest, i)
		}
		filters := map[string]bool{}
		for _, op := range p.Ops {
			switch op.Args.(type) {
			case *kernels.Conv2DBackwardFilterArgs:
				filters[strings.TrimSuffix(op.Name, " filter gradient")] = true
			case *kernels.Conv2DBackwardInputArgs:
				if l := m.Layer(strings.TrimSuffix(op.Name, " input gradient")); !learnsAbove(pl, l.Inputs[0]) {
					t.Errorf("%s: input gradient of %s, above which nothing learns", pl.Name, l.Name)
				}
			}
		}
		for _, l := range m.Layers {
			if k := l.Param("kernel"); k != nil && pl.Learns(k) != filters[l.Name] {
				t.Errorf("%s: filter gradient of %s: %v", pl.Name, l.Name, filters[l.Name])
			}
			for _, param := range l.Params {
				if (p.gradients[param] != nil) != pl.Learns(param) {
					t.Errorf("%s: gradient of %s: %v", pl.Name, param.Name(), p.gradients[param] != nil)
				}
			}
		}
	}
}

func learnsAbove(p *freeze.Plan, l *irv2.Layer) bool {
	return slices.ContainsFunc(l.Params, p.Learns) || slices.ContainsFunc(l.Inputs, func(in *irv2.Layer) bool { return learnsAbove(p, in) })
}

// What is constant is folded and packed once; what learns is packed in every step.
func TestConstantsArePackedOnce(t *testing.T) {
	m := small(t)
	pl := plan(t, m, freeze.Spec{From: "block8_1"})
	p := compiled(t, pl, Options{Batch: 2, Training: true})
	for _, op := range p.Ops {
		if _, ok := op.Args.(*kernels.PackFilterArgs); ok {
			l := m.Layer(strings.Fields(op.Name)[0])
			if learns := pl.Learns(l.Param("kernel")); learns == (op.Phase == program.Init) {
				t.Errorf("%s in phase %s", op.Name, op.Phase)
			}
		}
	}
}

// inPlace is a backend that takes every filter in place: it packs and does the same.
type inPlace struct {
	kernels.Backend
	taken int
}

func (b *inPlace) InPlace(kernels.ConvShape, kernels.Pass) bool { return true }

func (b *inPlace) pack(s kernels.ConvShape, pass kernels.Pass, filter, scale []float32, alpha float32) []float32 {
	b.taken++
	packed := make([]float32, b.PackedLen(s, pass))
	b.PackFilter(&kernels.PackFilterArgs{Shape: s, Pass: pass, Filter: filter, Scale: scale, Alpha: alpha, Dst: packed})
	return packed
}

func (b *inPlace) Conv2D(a *kernels.Conv2DArgs) {
	packed := *a
	if a.InPlace {
		packed.Filter = b.pack(a.Shape, kernels.Forward, a.Filter, a.Scale, 1)
	}
	b.Backend.Conv2D(&packed)
}

func (b *inPlace) Conv2DBackwardInput(a *kernels.Conv2DBackwardInputArgs) {
	packed := *a
	if a.InPlace {
		packed.Filter = b.pack(a.Shape, kernels.BackwardInput, a.Filter, a.Scale, a.Alpha)
	}
	b.Backend.Conv2DBackwardInput(&packed)
}

// Filters in place, where the backend likes them so, are those that learn or whose scale
// does, and give the same bits in less memory.
func TestFiltersInPlace(t *testing.T) {
	m := small(t)
	for _, spec := range specs {
		pl := plan(t, m, spec)
		opts := Options{Batch: 3, Training: true}
		packed := compiled(t, pl, opts)
		backend := &inPlace{Backend: kernels.NewPortable(1)}
		placed, err := Compile(pl, opts, program.OnHost(backend))
		if err != nil {
			t.Fatal(err)
		}
		steps := 0
		for _, op := range packed.Ops {
			if _, ok := op.Args.(*kernels.PackFilterArgs); ok && op.Phase != program.Init {
				steps++
			}
		}
		for _, op := range placed.Ops {
			if _, ok := op.Args.(*kernels.PackFilterArgs); ok && op.Phase != program.Init {
				t.Errorf("%s: %s in phase %s", pl.Name, op.Name, op.Phase)
			}
		}
		if placed.ArenaLen > packed.ArenaLen {
			t.Errorf("%s: an arena of %d floats, packed %d", pl.Name, placed.ArenaLen, packed.ArenaLen)
		}
		a, b := twoSteps(t, packed, program.OnHost(backend.Backend)), twoSteps(t, placed, program.OnHost(backend))
		if backend.taken != 2*steps {
			t.Errorf("%s: %d filters in place in two steps, want %d", pl.Name, backend.taken, 2*steps)
		}
		for i, param := range m.Params {
			if !slices.Equal(a.Data[i], b.Data[i]) {
				t.Fatalf("%s: %s differs", pl.Name, param.Name())
			}
		}
	}
}

// summing is a backend that sums in scratch, as the portable one does not.
type summing struct{ kernels.Backend }

func (summing) SumsLen(pixels, channels int) int { return pixels + channels }

// Every op that sums has its scratch, also where nothing wants the sums.
func TestSumsHaveScratch(t *testing.T) {
	machine := program.OnHost(summing{kernels.NewPortable(1)})
	for _, spec := range specs {
		pl := plan(t, small(t), spec)
		p, err := Compile(pl, Options{Batch: 2, Training: true}, machine)
		if err != nil {
			t.Fatal(err)
		}
		for _, op := range p.Ops {
			var scratch *[]float32
			var over kernels.View
			switch a := op.Args.(type) {
			case *kernels.BatchNormTrainArgs:
				scratch, over = &a.Scratch, a.X
			case *kernels.BatchNormBackwardArgs:
				scratch, over = &a.Scratch, a.X
			case *kernels.ReLUBiasBackwardArgs:
				scratch, over = &a.Scratch, a.D
			default:
				continue
			}
			if at, _ := op.At(scratch); at.Len != machine.SumsLen(over.Pixels(), over.C) {
				t.Errorf("%s: %s has scratch of %d floats for %d pixels of %d channels", pl.Name, op.Name, at.Len, over.Pixels(), over.C)
			}
		}
	}
}

// Sharing the arena changes nothing: every program gives the same bits when each
// buffer has its own memory.
func TestPlacementIsSafe(t *testing.T) {
	m := small(t)
	for _, spec := range specs {
		for _, recompute := range []bool{false, true} {
			opts := Options{Batch: 3, Training: true, Recompute: recompute, Optimizer: "sgd", Momentum: 0.9}
			shared, apart := compiled(t, plan(t, m, spec), opts), compiled(t, plan(t, m, spec), opts)
			floats := 0
			for _, b := range apart.Buffers {
				if b.InArena() {
					b.Kind = program.Kept // which has memory of its own
					floats += b.Len
				}
			}
			if shared.ArenaLen >= floats {
				t.Errorf("arena of %d floats, %d without sharing", shared.ArenaLen, floats)
			}
			a, b := twoSteps(t, shared, host), twoSteps(t, apart, host)
			for i, param := range m.Params {
				if !slices.Equal(a.Data[i], b.Data[i]) {
					t.Fatalf("%s, recompute %v: %s differs when buffers share memory", shared.Plan.Name, recompute, param.Name())
				}
			}
		}
	}
}

// twoSteps trains from the synthesized weights in memory full of NaNs.
func twoSteps(t *testing.T, p *Program, machine program.Machine) *irv2.Weights {
	w := irv2.NewWeights(p.Plan.Model)
	w.Synthesize(5)
	l, err := p.Load(machine, w)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for _, b := range p.Buffers {
		if b.InArena() || b.Kind == program.Kept {
			l.Write(b, 0, slices.Repeat([]float32{float32(math.NaN())}, b.Len))
		}
	}
	for step := range 2 {
		input, labels := make([]float32, p.Input.Len), make([]float32, p.Labels.Len)
		irv2.FillUniform(input, uint64(step), "images")
		for i := range p.Options.Batch {
			labels[i*3+i%3] = 1
		}
		l.Write(p.Input, 0, input)
		l.Write(p.Labels, 0, labels)
		p.SetStep(step+1, func(*irv2.Param) float64 { return 0.01 }, uint64(step))
		if err := l.Do(program.Forward, program.Backward, program.Update); err != nil {
			t.Fatal(err)
		}
	}
	for i, d := range w.Data {
		if slices.ContainsFunc(d, func(v float32) bool { return v != v }) {
			t.Fatalf("%s: %s is NaN", p.Plan.Name, w.Model.Params[i].Name())
		}
	}
	return w
}

// The cost of the full network at 299 is that of FACTS: 26.3 GFLOP forward, about
// three forwards for a step that trains all.
func TestCost(t *testing.T) {
	m := model(t, irv2.Full(299, 2))
	all := compiled(t, plan(t, m, freeze.Spec{Preset: "unfreeze-all"}), Options{Batch: 1, Training: true}).Cost()
	if g := float64(all.Forward) / 1e9; g < 26.2 || g > 26.4 {
		t.Errorf("forward is %.2f GFLOP", g)
	}
	if r := float64(all.StepFLOPs()) / float64(all.Forward); r < 2.95 || r > 3 {
		t.Errorf("a step is %.3f forwards", r)
	}
	head := plan(t, m, freeze.Spec{Preset: "head-only"})
	c := compiled(t, head, Options{Batch: 1, Training: true, From: FrozenPrefix(head)}).Cost()
	if want := int64(2 * (1536*1024 + 1024*2)); c.Forward != want || c.FilterGradient != want || c.InputGradient != 2*1024*2 {
		t.Errorf("head only: forward %d, filter gradient %d, input gradient %d", c.Forward, c.FilterGradient, c.InputGradient)
	}
	if c.Trained != 1536*1024+1024+1024*2+2 {
		t.Errorf("%d trained", c.Trained)
	}
}

func TestDump(t *testing.T) {
	p := compiled(t, plan(t, small(t), freeze.Spec{From: "conv_7b"}), Options{Batch: 2, Training: true})
	var b bytes.Buffer
	p.Dump(&b)
	for _, want := range []string{"init:", "conv2d pack", "forward:", "conv_7b_bn", "BatchNormTrain", "backward:", "conv_7b filter gradient", "update:", "conv_7b/kernel adam", "MB arena"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in the dump", want)
		}
	}
	if strings.Contains(b.String(), "conv_7b input gradient") {
		t.Error("an input gradient that nobody needs")
	}
}

func TestCompileErrors(t *testing.T) {
	m := small(t)
	pl := plan(t, m, freeze.Spec{Preset: "unfreeze-all"})
	for _, opts := range []Options{{}, {Batch: 1, Training: true, To: m.Output()}, {Batch: 1, Training: true, From: m.Layer("mixed_5b")}, {Batch: 1, From: m.Layer("activation_5")}, {Batch: 1, To: m.Layer("conv2d")}} {
		if _, err := Compile(pl, opts, host); err == nil {
			t.Errorf("%+v compiled", opts)
		}
	}
}

func BenchmarkCompileFull(b *testing.B) {
	pl := plan(b, model(b, irv2.Full(299, 2)), freeze.Spec{Preset: "unfreeze-all"})
	for b.Loop() {
		compiled(b, pl, Options{Batch: 4, Training: true})
	}
}
