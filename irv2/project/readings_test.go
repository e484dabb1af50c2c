package project

import (
	"encoding/json"
	"math"
	"testing"

	"thaw/irv2/freeze"
)

// readingsOf runs a plan with readings and returns what it told of blocks.
func readingsOf(t *testing.T, p *Project, spec freeze.Spec, o Options) (steps []*StepReadings, epochs []*EpochReadings, looked []Looked) {
	t.Helper()
	o.Readings, o.Batch = true, 4
	r, err := p.Train(t.Context(), spec, o, func(e Event) {
		switch e := e.(type) {
		case Stepped:
			steps = append(steps, e.Readings)
		case EpochDone:
			epochs = append(epochs, e.Readings)
		case Looked:
			looked = append(looked, e)
		case Warned:
			t.Error(e.Message)
		case Failed:
			t.Error(e.Message)
		}
		if _, err := json.Marshal(e); err != nil {
			t.Error(err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	r.Wait()
	return steps, epochs, looked
}

// A run with readings tells of every block with its steps, passes and end, in the order
// of the plan's blocks; what it cannot tell is null.
func TestReadings(t *testing.T) {
	p := open(t, 3, 2)
	o := DefaultOptions()
	o.Epochs = 2
	plan, err := p.Plan(freeze.Spec{From: "block17_2"}, o)
	if err != nil {
		t.Fatal(err)
	}
	steps, epochs, looked := readingsOf(t, p, plan.Spec, o)
	if len(steps) != 6 || len(epochs) != 2 || len(looked) != 1 {
		t.Fatalf("%d steps, %d epochs, %d looks", len(steps), len(epochs), len(looked))
	}
	last, live := epochs[1], map[string]bool{}
	for _, d := range last.Drift {
		live[d.Block] = true
		if *d.Shift <= 0 || *d.LogRatio <= 0 {
			t.Errorf("%+v of a live batch norm", d)
		}
	}
	if want := math.Pow(0.99, 6); math.Abs(last.Remaining-want) > 1e-12 {
		t.Errorf("%g remains after 6 steps, want %g", last.Remaining, want)
	}
	for i, b := range plan.Blocks {
		for _, s := range steps {
			if (s.Gradient[i] != nil) != b.Gradient || (s.Ratio[i] != nil) != (b.Trained > 0) {
				t.Errorf("%s: %v, %v", b.Name, s.Gradient[i], s.Ratio[i])
			}
		}
		if (*last.Moved[i] > 0) != (b.Trained > 0) || *epochs[0].Moved[i] > *last.Moved[i]*1.5 {
			t.Errorf("%s moved by %g, then %g", b.Name, *epochs[0].Moved[i], *last.Moved[i])
		}
		if live[b.Name] != b.BatchStatistics {
			t.Errorf("%s: drift %v, live %v", b.Name, live[b.Name], b.BatchStatistics)
		}
	}
	l := looked[0]
	if len(l.Start) != len(plan.Blocks)-1 || len(l.Runs) != 0 || l.Anew == nil || l.Anew.Images != 12 || *l.Anew.Accuracy.Low >= *l.Anew.Accuracy.High {
		t.Errorf("%+v", l)
	}
	for i, b := range plan.Blocks[:len(l.Start)] {
		if same := math.Abs(*l.Start[i].Value-1) < 1e-9; same != (b.Learns == "frozen") {
			t.Errorf("%s is %g like it was", b.Name, *l.Start[i].Value)
		}
	}

	// The same plan again makes the same network; a frozen one is not compared anew.
	_, _, looked = readingsOf(t, p, plan.Spec, o)
	if l := looked[0]; len(l.Runs) != 1 || l.Runs[0].Run != "run 1" || math.Abs(*l.Runs[0].Blocks[len(l.Start)-1].Value-1) > 1e-9 {
		t.Errorf("%+v", l.Runs)
	}
	if _, _, looked = readingsOf(t, p, freeze.Spec{Preset: "head-only"}, o); looked[0].Anew != nil || len(looked[0].Runs) != 2 {
		t.Errorf("head only: %+v", looked[0])
	}
	// Other images held back: nothing to compare with.
	o.Seed = 2
	if _, _, looked = readingsOf(t, p, freeze.Spec{Preset: "head-only"}, o); len(looked[0].Runs) != 0 {
		t.Errorf("other images: %+v", looked[0].Runs)
	}
}

// With and without readings a run comes to the same figures.
func TestReadingsChangeNothing(t *testing.T) {
	result := func(readings bool) RunResult {
		o := DefaultOptions()
		o.Readings = readings
		events := train(t, open(t, 3, 2), "unfreeze-all", o)
		r := *events[len(events)-1].(Ended).Result
		r.Seconds, r.Confusion, r.Classes = 0, nil, nil
		return r
	}
	a, err := json.Marshal(result(false))
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(result(true))
	if err != nil {
		t.Fatal(err)
	}
	if string(a) != string(b) {
		t.Errorf("%s without, %s with readings", a, b)
	}
}

func TestProbe(t *testing.T) {
	p := open(t, 3, 2)
	done := int64(0)
	probe, err := p.Probe(t.Context(), DefaultOptions(), func(n, total int64) { done = total - n })
	if err != nil {
		t.Fatal(err)
	}
	if probe.Train != 12 || probe.HeldBack != 8 || probe.Chance != 0.25 || len(probe.Blocks) < 10 || done != 0 {
		t.Errorf("%+v", probe)
	}
	for _, b := range probe.Blocks {
		if a := b.Accuracy; !(*a.Low < *a.High && *a.Low <= *a.Value && *a.Value <= *a.High) {
			t.Errorf("%s: %v", b.Block, a)
		}
		if b.LeftOut < 0 || b.LeftOut > 1 || b.Gap == nil || *b.Gap <= 0 {
			t.Errorf("%s: left out %g, gap %v", b.Block, b.LeftOut, b.Gap)
		}
	}
	if f := probe.Forecast; !(f.Low < f.Cost && f.Cost < f.High && 0 <= f.Much && f.Much <= 1) {
		t.Errorf("%+v", f)
	}
	o := DefaultOptions()
	o.Validation = 0
	if _, err := open(t, 3, 0).Probe(t.Context(), o, func(int64, int64) {}); err == nil {
		t.Error("probed without images to measure on")
	}
	if _, err := New().Probe(t.Context(), o, func(int64, int64) {}); err == nil {
		t.Error("probed nothing")
	}
}

// What a run tells of its blocks is kept with it, pass by pass, and of long runs not of every
// pass.
func TestSeriesIsKept(t *testing.T) {
	p := newDisk().visit(t, open(t, 3, 2))
	o := DefaultOptions()
	o.Epochs = 2
	_, epochs, _ := readingsOf(t, p, freeze.Spec{From: "block17_2"}, o)
	kept(t, p)
	runs := runsKept(p.keeper.doc.Runs)
	for i, raw := range runs[0].Epochs {
		var e EpochDone
		if err := json.Unmarshal(raw, &e); err != nil {
			t.Fatal(err)
		}
		s, want := e.Series, epochs[i]
		if s == nil || e.Readings != nil {
			t.Fatalf("pass %d keeps %+v", i+1, e)
		}
		last := len(want.Moved) - 1
		if len(s.Gradient) != last+1 || s.Gradient[0] != nil || *s.Gradient[last] <= 0 || *s.Ratio[last] <= 0 || s.Shift[0] != nil {
			t.Errorf("%s", raw)
		}
		if got := *s.Moved[last]; math.Abs(got / *want.Moved[last] - 1) > 0.006 {
			t.Errorf("moved by %g, kept as %g", *want.Moved[last], got)
		}
	}
	var long []json.RawMessage
	for i := range 3 * maxSeries {
		long = thinned(append(long, rawJSON(EpochDone{Epoch: i + 1, Series: &PassReadings{}})))
	}
	with := 0
	for i, raw := range long {
		var e EpochDone
		if err := json.Unmarshal(raw, &e); err != nil || e.Epoch != i+1 {
			t.Fatalf("%s: %v", raw, err)
		}
		if e.Series != nil {
			with++
		}
	}
	if with > maxSeries || with < maxSeries/2 {
		t.Errorf("%d of %d passes keep their readings", with, len(long))
	}
}
