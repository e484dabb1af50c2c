package project

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"thaw/irv2/freeze"
	"thaw/kernels/program"
)

// The head, then block8 while the head waits for nothing, then the stem alone: what block8
// learned is frozen there.
var inThree = freeze.Spec{Phases: freeze.Phases{
	{Spec: freeze.Spec{Preset: "head-only"}, Epochs: 1},
	{Spec: freeze.Spec{From: "block8_1"}, Epochs: 2, Rate: 1e-4, Scaled: true},
	{Spec: freeze.Spec{Thaw: freeze.Selectors{{Pattern: "stem"}}, BatchNorm: freeze.Inference}, Epochs: 1, Rates: map[string]float64{"backbone": 0.1}},
}}

func threePhases() Options {
	o := DefaultOptions()
	o.Batch, o.Dropout = 4, 0.2
	return o
}

func trainPhases(t *testing.T, p *Project, o Options, hear func(Event)) {
	t.Helper()
	r, err := p.Train(t.Context(), inThree, o, hear)
	if err != nil {
		t.Fatal(err)
	}
	r.Wait()
}

// A plan in time is one run: one curve, its phases told, the frozen part computed once a phase.
func TestRunInPhases(t *testing.T) {
	p := open(t, 3, 2)
	var events []Event
	trainPhases(t, p, threePhases(), func(e Event) { events = append(events, e) })
	want := []string{"started", "phase", "cache", "step", "epoch", "phase", "cache", "step", "epoch", "step", "epoch", "phase", "step", "epoch", "done"}
	if got := kinds(t, events); !slices.Equal(got, want) {
		t.Fatalf("events %v, want %v", got, want)
	}
	started, ended := events[0].(Started), events[len(events)-1].(Ended)
	if started.Epochs != 4 || started.Steps != 12 || len(started.Plan.Phases) != 3 {
		t.Errorf("%+v", started)
	}
	if r := ended.Result; r.Epochs != 4 || r.Steps != 12 || r.Trained != started.Plan.Cost.Trained || !strings.HasPrefix(r.Plan, "head only × 1, then from block8_1 × 2, then") {
		t.Errorf("%+v", r)
	}
	epochs := 0
	for _, e := range events {
		switch e := e.(type) {
		case Phased:
			if e.Epoch != epochs || e.Of != 3 {
				t.Errorf("phase %d of %d after %d passes, want after %d", e.Phase, e.Of, e.Epoch, epochs)
			}
		case EpochDone:
			epochs++
			if (e.Factors != nil) != (epochs == 2 || epochs == 3) {
				t.Errorf("pass %d: factors %v", epochs, e.Factors)
			}
		}
	}
	if p.Train(t.Context(), freeze.Spec{Phases: freeze.Phases{{Spec: freeze.Spec{Preset: "head-only"}, Epochs: 1, Rate: -1}}}, threePhases(), nil); p.Run() != nil {
		t.Error("a phase with a negative rate trains")
	}
}

// What a plan in time costs is the sum, or the largest, of its phases.
func TestPlanInPhases(t *testing.T) {
	p := open(t, 3, 2)
	trainPhases(t, p, threePhases(), func(Event) {})
	o := threePhases()
	whole, err := p.Plan(inThree, o)
	if err != nil {
		t.Fatal(err)
	}
	seconds, peak := 0.0, int64(0)
	for _, phase := range whole.Phases {
		seconds += *phase.Cost.SecondsRun
		peak = max(peak, phase.Cost.PeakBytes)
	}
	if *whole.Cost.SecondsRun != seconds || whole.Cost.PeakBytes != peak || !whole.Cost.Fits {
		t.Errorf("%+v, want %g s, %d bytes", whole.Cost, seconds, peak)
	}
	text, err := json.Marshal(whole.Phases[1])
	if err != nil || !strings.Contains(string(text), `"epochs":2,"rate":0.0001,"scaled":true`) {
		t.Errorf("%s, %v", text, err)
	}
	p.Memory = p.Memory - p.budget() + peak - 1
	if tight, err := p.Plan(inThree, o); err != nil || tight.Cost.Fits || !strings.Contains(*tight.Cost.Problem, "Phase ") {
		t.Errorf("one byte short: %+v, %v", tight, err)
	}
}

// A run that was stopped in any phase goes on to the bits of one that was not.
func TestPhasesGoOn(t *testing.T) {
	calm := open(t, 3, 2)
	trainPhases(t, calm, threePhases(), func(Event) {})
	for _, stop := range []int{2, 3, 5, 10} {
		d := newDisk()
		p := d.visit(t, open(t, 3, 2))
		kept(t, p)
		var crashed *disk
		trainPhases(t, p, threePhases(), func(e Event) {
			s, ok := e.(Stepped)
			if ok && s.Step == stop {
				p.Run().keptAt = time.Now().Add(-keepEvery) // the checkpoint comes behind this event
			}
			if ok && s.Step == stop+1 {
				crashed = d.after()
			}
		})
		q, found := crashed.reopen(t)
		if i := found.Interrupted; i == nil || i.Steps < stop || i.Of != 12 || i.Problem != nil {
			t.Fatalf("interrupted: %+v", i)
		}
		again, err := q.GoOn(t.Context(), func(Event) {})
		if err != nil {
			t.Fatal(err)
		}
		again.Wait()
		sameWeights(t, q, calm)
	}
}

// A device that is lost in any phase, or between two, changes nothing.
func TestPhasesLoseDevice(t *testing.T) {
	calm := open(t, 3, 2)
	trainPhases(t, calm, threePhases(), func(Event) {})
	lose := func(name string, device func(p *Project)) {
		p := open(t, 3, 2)
		device(p)
		var events []Event
		trainPhases(t, p, threePhases(), func(e Event) { events = append(events, e) })
		if list := kinds(t, events); !slices.Contains(list, "moved") || list[len(list)-1] != "done" {
			t.Errorf("%s: events %v", name, list)
		}
		sameWeights(t, p, calm)
	}
	for _, steps := range []int{1, 3, 4, 9} {
		lose("in a step", func(p *Project) { p.withDevice(program.Update, steps) })
	}
	for _, reads := range []int{12, 40, 80, 110} {
		lose("while it brings back", func(p *Project) {
			p.withDevice(program.Forward, 1<<30)
			p.Device.Machine.(*device).reads = reads
		})
	}
}
