package project

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"thaw/irv2/experiment"
	"thaw/irv2/freeze"
)

// twoByTwo is a small experiment.
func twoByTwo() experiment.Description {
	options := json.RawMessage(`{"epochs":2,"batch":4,"validation":0.4,"augment":{"flip":true}}`)
	return experiment.Description{First: 4, Seeds: 2, Vary: experiment.Vary{Split: true, Head: true, Order: true}, Plans: []experiment.Plan{
		{Name: "head", Spec: json.RawMessage(`{"preset":"head-only"}`), Options: options},
		{Name: "end", Spec: json.RawMessage(`{"from":"block8_1"}`), Options: options},
	}}
}

// began is an experiment that could be started.
func began(t *testing.T) func(*Experiment, error) *Experiment {
	return func(e *Experiment, err error) *Experiment {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
}

// figuresOf is what an experiment showed, without times.
func figuresOf(t *testing.T, p *Project) (list []string) {
	t.Helper()
	for _, r := range p.Experiment().Runs {
		var result RunResult
		if err := json.Unmarshal(r.Result, &result); err != nil {
			t.Fatal(err)
		}
		result.Seconds, result.Run = 0, ""
		text := string(rawJSON(result)) + r.Split + r.Learned
		for _, raw := range r.Epochs {
			var e EpochDone
			if err := json.Unmarshal(raw, &e); err != nil {
				t.Fatal(err)
			}
			e.Seconds = 0
			text += string(rawJSON(e))
		}
		list = append(list, text)
	}
	return list
}

func quietly(Event) {}

// An experiment's runs are those that Train does with their options, to the bit; figures
// are kept, networks are not, and the network in use is as loaded.
func TestExperiment(t *testing.T) {
	d := newDisk()
	p := d.visit(t, open(t, 5, 0))
	train(t, p, "head-only", DefaultOptions())
	var kinds []string
	e := began(t)(p.StartExperiment(t.Context(), twoByTwo(), false, func(event Event) {
		switch e := event.(type) {
		case ExperimentRun:
			if _, ok := e.Event.(Started); ok {
				kinds = append(kinds, e.Event.(Started).Plan.Name)
			}
		case ExperimentRecorded:
			kinds = append(kinds, e.Kind)
		case ExperimentEnded:
			kinds = append(kinds, e.Kind)
		}
	}))
	if err := p.Reset(t.Context()); err == nil || !strings.Contains(err.Error(), "experiment is under way") {
		t.Errorf("beside an experiment: %v", err)
	}
	if _, err := p.Train(t.Context(), freeze.Spec{Preset: "head-only"}, DefaultOptions(), quietly); err == nil {
		t.Error("a run began beside an experiment")
	}
	e.Wait()
	if got := strings.Join(kinds, ","); got != "head only,recorded,from block8_1,recorded,head only,recorded,from block8_1,recorded,done" {
		t.Error(got)
	}
	info := p.Experiment()
	if info.UnderWay || info.Problem != nil || !info.Done() || p.network.current.outputs != nil || info.Under.Classes[0].Images != 5 {
		t.Errorf("%+v", info)
	}
	if a := info.Analysis["accuracy"]; a.Plans[0].N != 2 || a.Pairs[0].N != 2 || a.Pairs[0].Wider == nil {
		t.Errorf("%+v", a)
	}
	if info.Runs[0].Split == info.Runs[2].Split || info.Runs[0].Split != info.Runs[1].Split || info.Runs[0].Interval == nil {
		t.Errorf("splits %+v", info.Runs)
	}
	kept(t, p)
	q, found := d.after().reopen(t)
	if len(found.Runs) != 1 || found.Interrupted != nil || !reflect.DeepEqual(figuresOf(t, q), figuresOf(t, p)) || len(figuresOf(t, p)) != 4 {
		t.Error("another experiment is found at the next visit")
	}

	for i, r := range info.Runs {
		spec, o, err := planOf(&info.State, info.Job(i))
		if err != nil {
			t.Fatal(err)
		}
		alone := open(t, 5, 0)
		run, err := alone.Train(t.Context(), spec, o, quietly)
		if err != nil {
			t.Fatal(err)
		}
		run.Wait()
		w := alone.network
		if sum := valuesSum(w.current.Weights, changedParams(w.current, w.loaded.Weights)); sum != r.Learned || o.Seed != r.Seed {
			t.Errorf("run %d learned %s, alone %s", i, r.Learned, sum)
		}
	}
}

// Wherever a crash, a closed page or Cancel comes, the experiment ends at the same figures.
func TestExperimentGoesOn(t *testing.T) {
	undisturbed := open(t, 5, 0)
	began(t)(undisturbed.StartExperiment(t.Context(), twoByTwo(), false, quietly)).Wait()
	want := figuresOf(t, undisturbed)
	for _, stop := range []struct {
		run, step int
		cancel    bool
	}{{0, 2, false}, {1, 4, false}, {2, 1, true}, {3, 5, false}} {
		d := newDisk()
		p := d.visit(t, open(t, 5, 0))
		kept(t, p)
		var crashed *disk
		resumed := 0
		var e *Experiment
		began := began(t)
		ready := make(chan struct{})
		e = began(p.StartExperiment(t.Context(), twoByTwo(), false, func(event Event) {
			<-ready
			r, ok := event.(ExperimentRun)
			if !ok || r.Index != stop.run {
				return
			}
			if s, ok := r.Event.(Stepped); ok && s.Step == stop.step {
				p.Run().keptAt = time.Now().Add(-keepEvery) // the checkpoint comes behind this event
			} else if ok && s.Step == stop.step+1 && crashed == nil {
				crashed = d.after()
				if stop.cancel {
					e.Cancel()
				}
			}
		}))
		close(ready)
		e.Wait()
		q := p
		if !stop.cancel {
			var found *Opened
			if q, found = crashed.reopen(t); found.Interrupted != nil || found.Experiment == nil || len(found.Experiment.Runs) != stop.run || found.Experiment.Problem != nil {
				t.Fatalf("found %+v, %+v", found.Interrupted, found.Experiment)
			}
			_, err := q.GoOn(t.Context(), quietly)
			check(t, err, Invalid, "No run was interrupted")
		}
		began(q.GoOnExperiment(t.Context(), func(event Event) {
			if r, ok := event.(ExperimentRun); ok && r.Index == stop.run {
				if s, ok := r.Event.(Started); ok {
					resumed = s.Done
				}
			}
		})).Wait()
		if resumed != stop.step {
			t.Errorf("run %d went on from step %d, kept was %d", stop.run, resumed, stop.step)
		}
		if got := figuresOf(t, q); !slices.Equal(got, want) {
			t.Errorf("stopped in run %d: %.300s, want %.300s", stop.run, got, want)
		}
		if c, err := q.places.store.Checkpoint(t.Context(), q.keeper.id()); c != nil || err != nil {
			t.Errorf("the checkpoint stays: %v, %v", c, err)
		}
	}
}

// A second person repeats an experiment from its file, or hears why not.
func TestExperimentIsRepeated(t *testing.T) {
	p := open(t, 5, 0)
	d := twoByTwo()
	d.Vary.Split = false
	began(t)(p.StartExperiment(t.Context(), d, false, quietly)).Wait()
	text := rawJSON(p.Experiment())

	q := open(t, 5, 0)
	began(t)(q.RepeatExperiment(t.Context(), text, false, quietly)).Wait()
	if r := q.Experiment().Repeated; r == nil || r.Same != 4 || r.Of != 4 || !slices.Equal(figuresOf(t, q), figuresOf(t, p)) {
		t.Errorf("%+v", r)
	}
	other := open(t, 6, 0)
	_, err := other.RepeatExperiment(t.Context(), text, false, quietly)
	check(t, err, Mismatch, "other images")
	if _, err := other.Synthesize(t.Context(), "", 2); err != nil {
		t.Fatal(err)
	}
	_, err = other.RepeatExperiment(t.Context(), text, false, quietly)
	check(t, err, Mismatch, "other weights")
	_, err = other.RepeatExperiment(t.Context(), []byte("{}"), false, quietly)
	check(t, err, Corrupt, "at least one plan")
}

// What cannot be is refused before anything is trained.
func TestExperimentRefuses(t *testing.T) {
	p := open(t, 3, 0)
	start := func(options string) error {
		d := twoByTwo()
		d.Plans[1].Options = json.RawMessage(options)
		_, err := p.StartExperiment(t.Context(), d, false, quietly)
		return err
	}
	check(t, start(`{"continue":true}`), Invalid, "end: an experiment begins every run from the weights as loaded")
	check(t, start(`{"rate":0}`), Invalid, "end: The learning rate")
	check(t, start(`{"ratez":0}`), Invalid, `end: There is no option "ratez"`)
	_, err := p.GoOnExperiment(t.Context(), quietly)
	check(t, err, Invalid, "There is no experiment here")

	began(t)(p.StartExperiment(t.Context(), twoByTwo(), false, quietly)).Wait()
	_, err = p.GoOnExperiment(t.Context(), quietly)
	check(t, err, Invalid, "All runs of this experiment are done")
	_, err = p.StartExperiment(t.Context(), twoByTwo(), false, quietly)
	check(t, err, Exists, "an experiment with 4 runs")
	if err := p.ForgetExperiment(t.Context()); err != nil || p.Experiment() != nil {
		t.Error("it stays", err)
	}

	// Images that change meanwhile end it, and it says so.
	var failed Failed
	e := began(t)(p.StartExperiment(t.Context(), twoByTwo(), false, func(event Event) {
		if r, ok := event.(ExperimentRecorded); ok && r.Done == 1 {
			p.data.set.Remove([]int{p.data.set.Classes[0].Samples[0].ID})
		}
		if f, ok := event.(Failed); ok {
			failed = f
		}
	}))
	e.Wait()
	if failed.Code != Mismatch || !strings.Contains(failed.Message, "other images") || len(p.Experiment().Runs) != 1 || p.Experiment().Problem == nil {
		t.Errorf("%+v", failed)
	}
}

// A loss that grows beyond all numbers is what a plan shows: the other runs are done.
func TestExperimentDiverges(t *testing.T) {
	p := diverging(t)
	began(t)(p.StartExperiment(t.Context(), twoByTwo(), false, quietly)).Wait()
	info := p.Experiment()
	if !info.Done() || !strings.Contains(info.Runs[0].Problem, "lower learning rate") || info.Analysis["accuracy"].Plans[0].N != 0 {
		t.Errorf("%+v", info.Runs)
	}
}

// A paused experiment waits, also between its runs.
func TestExperimentPauses(t *testing.T) {
	p := open(t, 4, 0)
	paused := make(chan struct{}, 10)
	var e *Experiment
	ready := make(chan struct{})
	e = began(t)(p.StartExperiment(t.Context(), twoByTwo(), false, func(event Event) {
		<-ready
		if r, ok := event.(ExperimentRecorded); ok && r.Done == 2 {
			e.Pause()
		}
		if event, ok := event.(Paused); ok && event.Kind == "paused" {
			paused <- struct{}{}
		}
	}))
	close(ready)
	<-paused
	if n := len(p.Experiment().Runs); n != 2 || !p.Experiment().UnderWay {
		t.Errorf("%d runs are done", n)
	}
	e.Resume()
	e.Wait()
	if !p.Experiment().Done() {
		t.Error("it is not done")
	}
}
