package lens

import (
	"math"
	"slices"
	"testing"

	"thaw/irv2"
	"thaw/irv2/compile"
	"thaw/irv2/freeze"
	"thaw/irv2/tune"
	"thaw/kernels"
	"thaw/kernels/program"
)

var host = program.OnHost(kernels.NewPortable(2))

func poll() error { return nil }

// stripes are images of two classes: horizontal and vertical stripes with noise.
type stripes struct{ train, heldBack int }

func (d stripes) Len(s tune.Split) int          { return [2]int{d.train, d.heldBack}[s] }
func (d stripes) Label(s tune.Split, i int) int { return i % 2 }
func (d stripes) Augmented() bool               { return false }
func (d stripes) Image(dst []float32, s tune.Split, i, epoch int) {
	irv2.FillUniform(dst, uint64(i+1000*int(s)), "noise")
	for p := range 32 * 32 {
		at := p / 32
		if i%2 == 1 {
			at = p % 32
		}
		for c := range 3 {
			dst[3*p+c] = 0.5*dst[3*p+c] + 0.5*float32(at/4%2*2-1)
		}
	}
}

func weights(t *testing.T) *irv2.Weights {
	t.Helper()
	c := irv2.Mini(2)
	c.Size = 32
	m, err := irv2.New(c)
	if err != nil {
		t.Fatal(err)
	}
	w := irv2.NewWeights(m)
	w.Synthesize(1)
	return w
}

// Only what gradients change counts, block by block.
func TestMoved(t *testing.T) {
	before := weights(t)
	after := before.Clone()
	after.Data[0] = before.Data[0] // frozen: shared
	for _, p := range after.Model.Params {
		if p.Layer.Block == "mixed_6a" || p.Statistic() {
			for i := range after.Of(p) {
				after.Of(p)[i] *= 1.25
			}
		}
	}
	for i, got := range Moved(before, after) {
		want := 0.0
		if after.Model.Blocks[i] == "mixed_6a" {
			want = 0.25
		}
		if math.Abs(got-want) > 1e-6 {
			t.Errorf("%s moved by %g, want %g", after.Model.Blocks[i], got, want)
		}
	}
	for l, d := range Drifted(before, after) {
		if d.Shift <= 0 || d.LogRatio <= 0 || d.LogRatio > math.Log(1.25) {
			t.Errorf("%s: %+v", l.Name, d)
		}
	}
	if got := len(Drifted(before, before)); got == 0 || Drifted(before, before)[before.Model.Layer("conv_7b_bn")] != (Drift{}) {
		t.Errorf("%d batch norms, or drift of the same weights", got)
	}
}

// With statistics computed anew the network does in inference mode what it did with those
// of the batch.
func TestRestate(t *testing.T) {
	data := stripes{train: 12}
	w := weights(t)
	logits := func(spec freeze.Spec, training bool) []float32 {
		plan, err := freeze.New(w.Model, spec)
		if err != nil {
			t.Fatal(err)
		}
		p, err := compile.Compile(plan, compile.Options{Batch: 12, Training: training}, host)
		if err != nil {
			t.Fatal(err)
		}
		l, err := p.Load(host, w.Clone())
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		fill(l, data, tune.Train, Spread(12, 12))
		if err := l.Do(program.Forward); err != nil {
			t.Fatal(err)
		}
		out, err := l.Fetch(l.Logits)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	want := logits(freeze.Spec{Preset: "head-only", BatchNorm: freeze.Batch}, true)
	n, err := Restate(w, nil, data, 0, host, poll)
	if n != 12 || err != nil {
		t.Fatal(n, err)
	}
	for i, got := range logits(freeze.Spec{Preset: "head-only"}, false) {
		if math.Abs(float64(got-want[i])) > 1e-4 {
			t.Errorf("logit %d is %g, on batch statistics %g", i, got, want[i])
		}
	}
	before := w.Clone()
	live := make([]bool, len(w.Model.Layers))
	bn := w.Model.Layer("conv_7b_bn")
	live[bn.Index] = true
	if _, err := Restate(w, live, stripes{train: 7}, 0, host, poll); err != nil {
		t.Fatal(err)
	}
	for l, d := range Drifted(before, w) {
		if (d == Drift{}) != (l != bn) {
			t.Errorf("%s: %+v, and only %s is live", l.Name, d, bn.Name)
		}
	}
	nine, err := restating(freeze.FromFlags(w.Model, func(*irv2.Layer) bool { return false }, freeze.Batch), 9, 0, host)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := Restate(w, nil, data, nine.Cost().Peak(), host, poll); n != 9 || err != nil {
		t.Errorf("%d images in the memory of 9, %v", n, err)
	}
	if n, err := Restate(w, nil, data, 1, host, poll); n != 0 || err != nil {
		t.Errorf("%d images in a byte, %v", n, err)
	}
}

// A network is like itself in every block, and less like one with other filters the
// deeper they are.
func TestRepresent(t *testing.T) {
	data := stripes{heldBack: 20}
	represent := func(w *irv2.Weights) *Representation {
		r, err := Represent(w, data, host, poll)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	w := weights(t)
	a := represent(w)
	same := Alike(a, represent(w))
	if len(same) != len(w.Model.Blocks)-1 {
		t.Fatalf("%d blocks", len(same))
	}
	for i, s := range same {
		if math.Abs(s.Value-1) > 1e-9 || s.Low > s.Value || s.High < s.Value {
			t.Errorf("%s is like itself: %+v", w.Model.Blocks[i], s)
		}
	}
	for _, p := range w.Model.Params {
		if p.Layer.Block == "block17_2" {
			irv2.FillUniform(w.Of(p), 9, "other")
		}
	}
	changed, at := Alike(a, represent(w)), slices.Index(w.Model.Blocks, "block17_2")
	for i, s := range changed {
		if (s.Value > 1-1e-9) != (i < at) {
			t.Errorf("%s: %g", w.Model.Blocks[i], s.Value)
		}
	}
	few, err := Represent(w, stripes{heldBack: leastImages - 1}, host, poll)
	if err != nil || len(Alike(few, few)) != 0 {
		t.Errorf("so few images have a likeness: %v", err)
	}
}

// Even filters drawn at random tell stripes apart; what is the same for all images, or no
// number, tells nothing and breaks nothing.
func TestMeasure(t *testing.T) {
	w, data := weights(t), stripes{train: 31, heldBack: 21}
	last := 0
	probes, err := Measure(w, data, host, poll, func(done, total int) {
		if done < last || done > total {
			t.Errorf("%d of %d after %d", done, total, last)
		}
		last = done
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(probes.Blocks) != len(w.Model.Blocks)-1 || probes.Train != 31 || probes.HeldBack != 21 || probes.Chance != 11./21 {
		t.Errorf("%+v", probes)
	}
	if p := probes.Blocks[0]; p.Block != "stem" || p.Accuracy.Value < 0.9 || p.Accuracy.Low >= p.Accuracy.Value {
		t.Errorf("%+v", p)
	}
	for _, v := range []float32{0, float32(math.NaN())} {
		for i := range w.Data[0] {
			w.Data[0][i] = v
		}
		probes, err := Measure(w, data, host, poll, func(int, int) {})
		if err != nil {
			t.Fatal(err)
		}
		if p := probes.Blocks[len(probes.Blocks)-1]; p.Accuracy.Value != probes.Chance {
			t.Errorf("first filter %g: %+v", v, p)
		}
	}
}
