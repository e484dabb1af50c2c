package compile

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"thaw/irv2"
	"thaw/irv2/freeze"
	"thaw/kernels"
	"thaw/kernels/program"
)

func TestBlockOutputs(t *testing.T) {
	for _, m := range []*irv2.Model{small(t), model(t, irv2.Full(75, 2))} {
		ends := map[*irv2.Layer]bool{}
		for _, u := range fuse(m) {
			ends[u.out] = true
		}
		for i, l := range BlockOutputs(m) {
			if l == nil || l.Block != m.Blocks[i] || !ends[l] {
				t.Errorf("%s ends with %v", m.Blocks[i], l)
			}
		}
	}
}

// A program without readings is one with readings less their ops, and both train to the
// same bits.
func TestReadingsUnaskedCostNothing(t *testing.T) {
	m := small(t)
	ops := func(p *Program) (list []string) {
		for _, op := range p.Ops {
			if strings.HasSuffix(op.Name, readingSuffix) {
				continue
			}
			text := fmt.Sprint(op.Name, op.Phase, op.Kind(), op.FLOPs, op.Bytes)
			for _, o := range op.Operands {
				text += fmt.Sprint(" ", o.Buffer.Name, o.Off, o.Len)
			}
			list = append(list, text)
		}
		return list
	}
	for _, spec := range specs {
		pl := plan(t, m, spec)
		opts := Options{Batch: 3, Training: true, Recompute: true, ClipNorm: 1}
		plain := compiled(t, pl, opts)
		opts.Readings = true
		read := compiled(t, pl, opts)
		if len(ops(plain)) != len(plain.Ops) {
			t.Errorf("%s: reads without being asked", pl.Name)
		}
		if !slices.Equal(ops(plain), ops(read)) {
			t.Errorf("%s: other ops than without readings", pl.Name)
		}
		a, b := twoSteps(t, plain, host), twoSteps(t, read, host)
		for i, param := range m.Params {
			if !slices.Equal(a.Data[i], b.Data[i]) {
				t.Fatalf("%s: %s differs with readings", pl.Name, param.Name())
			}
		}
		if parts, blocks := plain.Readings(); parts != nil || blocks() != nil {
			t.Errorf("%s: readings that nobody asked for", pl.Name)
		}
	}
}

// readOnce runs a step of p up to its gradients and returns its readings.
func readOnce(t *testing.T, p *Program, w *irv2.Weights) (*Loaded, []Reading) {
	t.Helper()
	l, err := p.Load(host, w)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Close)
	input, labels, classes := make([]float32, p.Input.Len), make([]float32, p.Labels.Len), w.Model.Config.Classes
	irv2.FillUniform(input, 1, "images")
	for i := range p.Options.Batch {
		labels[i*classes+i%classes] = 1
	}
	l.Write(p.Input, 0, input)
	l.Write(p.Labels, 0, labels)
	if err := l.Do(program.Forward, program.Backward); err != nil {
		t.Fatal(err)
	}
	parts, blocks := p.Readings()
	if err := l.Ask(parts...)(); err != nil {
		t.Fatal(err)
	}
	return l, blocks()
}

// Readings are there where the plan says that gradients flow and something learns, and
// their ratio is that of the gradients and weights read one by one.
func TestReadings(t *testing.T) {
	m := small(t)
	w := irv2.NewWeights(m)
	w.Synthesize(2)
	for _, spec := range specs {
		pl := plan(t, m, spec)
		p := compiled(t, pl, Options{Batch: 2, Training: true, Readings: true, From: FrozenPrefix(pl)})
		l, got := readOnce(t, p, w.Clone())
		for i, b := range Blocks(pl) {
			// The gradient of a block that learns only in its middle reaches its output.
			if there := !math.IsNaN(got[i].Gradient); there != b.Gradient || there && got[i].Gradient <= 0 {
				t.Errorf("%s, %s: gradient %g, flows: %v", pl.Name, b.Name, got[i].Gradient, b.Gradient)
			}
			gradient, weight := 0.0, 0.0
			for _, param := range m.Params {
				if param.Layer.Block == b.Name && pl.Learns(param) {
					g, err := l.Fetch(p.Gradient(param))
					if err != nil {
						t.Fatal(err)
					}
					gradient += squares(g)
					weight += squares(w.Of(param))
				}
			}
			if want := math.Sqrt(gradient / weight); b.Trained > 0 && math.Abs(got[i].Ratio/want-1) > 1e-6 || (b.Trained == 0) != math.IsNaN(got[i].Ratio) {
				t.Errorf("%s, %s: ratio %g, want %g", pl.Name, b.Name, got[i].Ratio, want)
			}
		}
	}
}

func squares(x []float32) float64 {
	sum := 0.0
	for _, v := range x {
		sum += float64(v) * float64(v)
	}
	return sum
}

// The norm of a block's output gradient is that of finite differences: each number of
// the output is moved, and the rest of the network run again on it.
func TestReadingsAgainstFiniteDifferences(t *testing.T) {
	c := irv2.Mini(3)
	c.Size = 32
	m := model(t, c)
	w := irv2.NewWeights(m)
	w.Synthesize(2)
	inference := plan(t, m, freeze.Spec{Preset: "unfreeze-all", BatchNorm: freeze.Inference})
	outputs := BlockOutputs(m)
	for _, block := range []string{"mixed_7a", "block8_2", "conv_7b"} {
		at := slices.Index(m.Blocks, block)
		l, got := readOnce(t, compiled(t, inference, Options{Batch: 2, Training: true, Readings: true, Keep: outputs[at : at+1]}), w)
		output, err := l.Value(outputs[at])
		if err != nil {
			t.Fatal(err)
		}
		rest, err := compiled(t, plan(t, m, freeze.Spec{Preset: "head-only"}), Options{Batch: 2, From: outputs[at]}).Load(host, w)
		if err != nil {
			t.Fatal(err)
		}
		defer rest.Close()
		loss := func() float64 {
			rest.Write(rest.Input, 0, output)
			if err := rest.Do(program.Forward); err != nil {
				t.Fatal(err)
			}
			logits, err := rest.Fetch(rest.Logits)
			if err != nil {
				t.Fatal(err)
			}
			return (crossEntropy(logits[:3], 0) + crossEntropy(logits[3:], 1)) / 2
		}
		sum := 0.0
		for i, v := range output {
			const h = 1.0 / 32
			output[i] = v + h
			above := loss()
			output[i] = v - h
			slope := (above - loss()) / (2 * h)
			output[i] = v
			sum += slope * slope
		}
		// Steps of 1/32 are blind to losses in the eighth digit and cross some ReLUs.
		if want := math.Sqrt(sum); math.Abs(got[at].Gradient/want-1) > 0.01 {
			t.Errorf("%s: |dLoss/dOutput| %g, by finite differences %g", block, got[at].Gradient, want)
		}
	}
}

func crossEntropy(logits []float32, label int) float64 {
	sum := 0.0
	for _, v := range logits {
		sum += math.Exp(float64(v))
	}
	return math.Log(sum) - float64(logits[label])
}

// Pooled outputs are the means over the pixels of what Keep holds.
func TestPool(t *testing.T) {
	m := small(t)
	w := irv2.NewWeights(m)
	w.Synthesize(2)
	outputs := BlockOutputs(m)
	backbone := outputs[:len(outputs)-1]
	p := compiled(t, plan(t, m, freeze.Spec{Preset: "head-only"}), Options{Batch: 2, To: backbone[len(backbone)-1], Pool: backbone, Keep: backbone})
	l, err := p.Load(host, w)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	input := make([]float32, p.Input.Len)
	irv2.FillUniform(input, 1, "images")
	l.Write(p.Input, 0, input)
	if err := l.Do(program.Forward); err != nil {
		t.Fatal(err)
	}
	for _, layer := range backbone {
		whole, err := l.Value(layer)
		if err != nil {
			t.Fatal(err)
		}
		got, err := l.Fetch(p.Pooled[layer])
		if err != nil {
			t.Fatal(err)
		}
		pixels := layer.H * layer.W
		for i := range got {
			mean := 0.0
			for k := range pixels {
				mean += float64(whole[(i/layer.C*pixels+k)*layer.C+i%layer.C]) / float64(pixels)
			}
			if math.Abs(float64(got[i])-mean) > 1e-5*(1+math.Abs(mean)) {
				t.Fatalf("%s: mean %d is %g, want %g", layer.Name, i, got[i], mean)
			}
		}
	}
}

// What readings cost: the share of their ops in the time of a step of the small network
// that trains all, which other work on the machine slows alike.
func BenchmarkStepWithReadings(b *testing.B) {
	machine := program.OnHost(kernels.NewPortable(0))
	m := model(b, irv2.Mini(4))
	p, err := Compile(plan(b, m, freeze.Spec{Preset: "unfreeze-all"}), Options{Batch: 8, Training: true, Readings: true}, machine)
	if err != nil {
		b.Fatal(err)
	}
	w := irv2.NewWeights(m)
	w.Synthesize(1)
	l, err := p.Load(machine, w)
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	p.SetStep(1, func(*irv2.Param) float64 { return 0 }, 0)
	var step, readings time.Duration
	for b.Loop() {
		for _, phase := range []program.Phase{program.Forward, program.Backward, program.Update} {
			for _, op := range p.Phase(phase) {
				start := time.Now()
				if err := l.Run([]*program.Op{op}, nil); err != nil {
					b.Fatal(err)
				}
				took := time.Since(start)
				step += took
				if strings.HasSuffix(op.Name, readingSuffix) {
					readings += took
				}
			}
		}
	}
	b.ReportMetric(100*readings.Seconds()/step.Seconds(), "%readings")
}
