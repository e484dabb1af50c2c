package project

import (
	"context"
	"encoding/json"
	"math"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"thaw/irv2"
	"thaw/irv2/freeze"
	"thaw/irv2/tune"
	"thaw/irv2/worlds"
)

// train runs a preset for one epoch and returns its events.
func train(t testing.TB, p *Project, preset string, o Options) []Event {
	t.Helper()
	o.Epochs, o.Batch = 1, 4
	var events []Event
	r, err := p.Train(t.Context(), freeze.Spec{Preset: preset}, o, func(e Event) { events = append(events, e) })
	if err != nil {
		t.Fatal(err)
	}
	r.Wait()
	return events
}

func predict(t testing.TB, p *Project) []Probability {
	t.Helper()
	content, err := os.ReadFile(testImages + "photos/boat/boat-1.jpg")
	if err != nil {
		t.Fatal(err)
	}
	prediction, err := p.Predict(t.Context(), func() (string, []byte, error) { return "boat-1.jpg", content, nil })
	if err != nil {
		t.Fatal(err)
	}
	return prediction.Classes
}

// kinds lists the kinds of events, as the protocol has them, without repetition.
func kinds(t testing.TB, events []Event) []string {
	t.Helper()
	var list []string
	for _, e := range events {
		text, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		var named struct{ Kind string }
		json.Unmarshal(text, &named)
		list = append(list, named.Kind)
	}
	return slices.Compact(list)
}

func TestRun(t *testing.T) {
	p := open(t, 3, 2)
	events := train(t, p, "head-only", DefaultOptions())
	if got, want := kinds(t, events), []string{"started", "cache", "step", "epoch", "done"}; !slices.Equal(got, want) {
		t.Errorf("events %v, want %v", got, want)
	}
	started, ended := events[0].(Started), events[len(events)-1].(Ended)
	if started.Run != "run 1" || started.Steps != 3 || started.Train != 12 || started.Validation != 8 || started.Plan.Name != "head only" {
		t.Errorf("%+v", started)
	}
	r := ended.Result
	validated := 0
	for _, row := range r.Confusion {
		for _, n := range row {
			validated += n
		}
	}
	if r.Run != "run 1" || r.Epochs != 1 || r.Steps != 3 || validated != 8 || !slices.Equal(r.Classes, worlds.Near.Classes) || r.Trained != started.Plan.Cost.Trained {
		t.Errorf("%+v", r)
	}
	probabilities := predict(t, p)
	sum := float32(0)
	for _, c := range probabilities {
		sum += c.Probability
	}
	if len(probabilities) != 4 || math.Abs(float64(sum)-1) > 1e-5 || probabilities[0].Probability < probabilities[3].Probability {
		t.Errorf("%v", probabilities)
	}
	if plan, err := p.Plan(freeze.Spec{Preset: "head-only"}, DefaultOptions()); err != nil || plan.Cost.SecondsPerStep == nil {
		t.Errorf("once steps were timed a plan says how long it takes: %v", err)
	}
}

// A run starts from the weights as loaded, or where asked from those as they are. What
// it may not change it shares; the loaded weights never change.
func TestRunsStartFrom(t *testing.T) {
	p := open(t, 3, 1)
	loaded := p.network.loaded.Clone()
	o := DefaultOptions()
	train(t, p, "unfreeze-all", o)
	first := p.network.current.Clone()
	train(t, p, "unfreeze-all", o)
	if !reflect.DeepEqual(p.network.current.Data, first.Data) {
		t.Error("the second run gave other weights than the first")
	}
	o.Continue = true
	train(t, p, "head-only", o)
	backbone := p.network.current.Model.Backbone
	for i, param := range p.network.current.Model.Params {
		same := slices.Equal(p.network.current.Data[i], first.Data[i])
		if inBackbone := param.Layer.Index < backbone; same != inBackbone {
			t.Fatalf("%s: unchanged %v after training the head further", param.Name(), same)
		}
	}
	if !reflect.DeepEqual(p.network.loaded.Data[:10], loaded.Data[:10]) {
		t.Error("training changed the weights as loaded")
	}
	if err := p.Reset(t.Context()); err != nil || p.network.current.Weights != p.network.loaded.Weights || p.network.current.outputs != nil {
		t.Errorf("not as loaded: %v", err)
	}
	_, err := p.Predict(t.Context(), nil)
	check(t, err, Invalid, "knows no classes")
}

// What a trained head knows stays with its classes, in whatever order and beside whichever
// others; the rest is drawn anew.
func TestHeadStaysForItsClasses(t *testing.T) {
	p := trained(t)
	m := p.network.current.Model
	last := len(m.Params) - 2 // predictions/kernel
	old := p.network.current.Data[last]
	classes := p.data.outputs()
	start := func(classes ...output) (*irv2.Weights, int) {
		t.Helper()
		plan, err := p.phases(freeze.Spec{Preset: "head-only"}, DefaultOptions(), len(classes), [2]int{1, 0})
		if err != nil {
			t.Fatal(err)
		}
		kept := 0
		if head := p.network.current.head(classes); head != nil {
			kept = head.Kept
		}
		return p.network.current.startFor(plan.whole, classes, 5), kept
	}
	same, kept := start(classes...)
	if kept != 4 || !slices.Equal(same.Data[last], old) || &same.Data[last][0] == &old[0] {
		t.Error("the head was not copied")
	}
	if &same.Data[0][0] != &p.network.current.Data[0][0] {
		t.Error("a frozen filter was copied")
	}
	fresh := output{"new", 99}
	changed, kept := start(classes[2], fresh, classes[0])
	if kept != 2 || !slices.Equal(changed.Data[last-2], p.network.current.Data[last-2]) {
		t.Errorf("%d kept, or the hidden layer was drawn anew", kept)
	}
	for row := range len(old) / 4 {
		now, before := changed.Data[last][3*row:][:3], old[4*row:][:4]
		if now[0] != before[2] || now[2] != before[0] || slices.Contains(before, now[1]) {
			t.Fatalf("row %d: %v, was %v", row, now, before)
		}
	}
	if strangers, kept := start(output{"a", 98}, fresh); kept != 0 || slices.Equal(strangers.Data[last-2], p.network.current.Data[last-2]) {
		t.Error("the head of other classes was kept")
	}
}

// A class that is renamed keeps what was learned of it: in the network as it is, in the
// file that it becomes, and where training goes on.
func TestRenamedClassKeepsItsOutput(t *testing.T) {
	p := trained(t)
	before := predict(t, p)
	if _, err := p.RenameClass(worlds.Near.Classes[0], "renamed"); err != nil {
		t.Fatal(err)
	}
	after := predict(t, p)
	for i, want := range before {
		if want.Name == worlds.Near.Classes[0] {
			want.Name = "renamed"
		}
		if after[i] != want {
			t.Errorf("%v, want %v", after[i], want)
		}
	}
	o := DefaultOptions()
	o.Continue = true
	if head := train(t, p, "head-only", o)[0].(Started).Plan.Head; head == nil || head.Kept != 4 || len(head.Drawn) != 0 {
		t.Errorf("head %+v", head)
	}
	if _, err := p.RemoveClass("renamed"); err != nil {
		t.Fatal(err)
	}
	addFiles(t, p, "boat", "photos/boat/boat-1.jpg", "photos/boat/boat-2.jpg")
	if head := train(t, p, "head-only", o)[0].(Started).Plan.Head; head == nil || head.Kept != 3 || !slices.Equal(head.Drawn, []string{"boat"}) || !slices.Equal(head.Dropped, []string{"renamed"}) {
		t.Errorf("head %+v", head)
	}
}

// Pause holds a run, resume lets it go on, cancel ends it with its last whole step.
func TestSteering(t *testing.T) {
	p := open(t, 3, 1)
	o := DefaultOptions()
	o.Epochs, o.Batch = 1000, 4
	events := make(chan Event, 1000)
	next := func(kind string) {
		t.Helper()
		for e := range events {
			if kinds(t, []Event{e})[0] == kind {
				return
			}
		}
	}
	r, err := p.Train(t.Context(), freeze.Spec{Preset: "unfreeze-all"}, o, func(e Event) { events <- e })
	if err != nil {
		t.Fatal(err)
	}
	next("step")
	if named, err := p.Named(r.ID); named != r || err != nil {
		t.Errorf("%v, %v", named, err)
	}
	_, err = p.Train(t.Context(), freeze.Spec{Preset: "head-only"}, o, nil)
	check(t, err, Invalid, "A run is training")
	_, err = p.Predict(t.Context(), nil)
	check(t, err, Invalid, "A run is training")
	check(t, p.Reset(t.Context()), Invalid, "A run is training")
	check(t, p.Export(t.Context(), "h5", nil), Invalid, "A run is training")
	r.Pause()
	r.Pause()
	next("paused")
	r.Resume()
	r.Resume()
	next("resumed")
	next("step")
	r.Pause()
	next("paused")
	r.Cancel()
	next("cancelled")
	r.Wait()
	_, err = p.Named(r.ID)
	check(t, err, Invalid, "has ended")
	if p.network.current.outputs == nil {
		t.Error("the network has not kept the last whole step")
	}
	predict(t, p)
}

// A run can be held and ended before it has memory, which for the whole network takes
// seconds on a slow machine; Train returns before.
func TestSteeringWhilePrepared(t *testing.T) {
	p := open(t, 3, 1)
	events := make(chan Event, 100)
	polled := make(chan struct{})
	p.Poll = func(ctx context.Context) func() error {
		return func() error { <-polled; return ctx.Err() }
	}
	r, err := p.Train(t.Context(), freeze.Spec{Preset: "unfreeze-all"}, DefaultOptions(), func(e Event) { events <- e })
	if err != nil {
		t.Fatal(err)
	}
	r.Pause()
	close(polled)
	if got := kinds(t, []Event{<-events}); got[0] != "paused" {
		t.Errorf("%v", got)
	}
	r.Cancel()
	r.Wait()
	if ended, ok := (<-events).(Ended); !ok || ended.Kind != "cancelled" || ended.Result != nil {
		t.Errorf("%+v", ended)
	}
	if p.network.current.Weights != p.network.loaded.Weights {
		t.Error("a run that never began changed the network")
	}
}

// A pause is no time of the work: neither of a step nor of what is left.
func TestPauseIsNoWork(t *testing.T) {
	p := open(t, 3, 1)
	o := DefaultOptions()
	o.Epochs, o.Batch = 2, 4
	const pause = 500 * time.Millisecond
	var r *Run
	var steps []Stepped
	held := false
	began := make(chan struct{})
	r, err := p.Train(t.Context(), freeze.Spec{Preset: "head-only"}, o, func(e Event) {
		<-began
		switch e := e.(type) {
		case Stepped:
			if steps = append(steps, e); !held {
				held = true
				r.Pause()
				time.AfterFunc(pause, r.Resume)
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	close(began)
	r.Wait()
	if steps[0].SecondsLeft != nil || steps[1].SecondsLeft == nil {
		t.Error("time left is told from the second step on: the first is no measure")
	}
	for _, s := range steps {
		if s.Seconds >= pause.Seconds() || s.SecondsLeft != nil && *s.SecondsLeft >= pause.Seconds() {
			t.Errorf("a pause of %v counts as work: %+v", pause, s)
		}
	}
}

// A loss far above guessing is told once, and the run goes on.
func TestOddLoss(t *testing.T) {
	p := open(t, 3, 1)
	o := DefaultOptions()
	o.Epochs, o.Batch, o.Rate = 6, 4, 50
	var warned []Warned
	r, err := p.Train(t.Context(), freeze.Spec{Preset: "head-only"}, o, func(e Event) {
		if w, ok := e.(Warned); ok {
			warned = append(warned, w)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	r.Wait()
	if len(warned) != 1 || !strings.Contains(warned[0].Message, "far above guessing (1.39)") {
		t.Errorf("%+v", warned)
	}
}

// diverging is a project whose runs all diverge.
func diverging(t *testing.T) *Project {
	p := open(t, 3, 1)
	for i, param := range p.network.loaded.Model.Params {
		if param.Name() == "conv_7b_bn/beta" {
			for j := range p.network.loaded.Data[i] {
				p.network.loaded.Data[i][j] = 3e38
			}
		}
	}
	return p
}

// A loss beyond all numbers ends the run in a sentence, and its weights are not taken.
func TestDivergence(t *testing.T) {
	p := diverging(t)
	var last Event
	r, err := p.Train(t.Context(), freeze.Spec{Preset: "unfreeze-all"}, DefaultOptions(), func(e Event) { last = e })
	if err != nil {
		t.Fatal(err)
	}
	r.Wait()
	failed, ok := last.(Failed)
	if !ok || !strings.Contains(failed.Message, "lower learning rate") || p.network.current.Weights != p.network.loaded.Weights {
		t.Errorf("%+v", last)
	}
}

// A panic in a run is that run's failure; the project goes on.
func TestPanicInARun(t *testing.T) {
	p := open(t, 3, 1)
	var last Event
	r, err := p.Train(t.Context(), freeze.Spec{Preset: "head-only"}, DefaultOptions(), func(e Event) {
		last = e
		if _, ok := e.(Stepped); ok {
			panic("as a test")
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	r.Wait()
	if failed, ok := last.(Failed); !ok || !strings.Contains(failed.Message, "as a test") || !strings.Contains(failed.Message, "report it") {
		t.Errorf("%+v", last)
	}
	if err := p.Reset(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestPlan(t *testing.T) {
	p := open(t, 0, 0)
	o := DefaultOptions()
	plan, err := p.Plan(freeze.Spec{Preset: "head-only"}, o)
	if err != nil || !plan.Cost.Fits || plan.Cost.CacheFlops == 0 || plan.Cost.BudgetBytes != 0 || plan.Cost.SecondsPerStep != nil {
		t.Fatalf("%+v, %v", plan, err)
	}
	if stem := plan.Blocks[0]; stem.Name != "stem" || !stem.Cached || stem.Gradient || stem.BatchStatistics || stem.Trained != 0 {
		t.Errorf("%+v", stem)
	}
	o.Augment.Flip = true // images differ from epoch to epoch: nothing to keep
	if plan, err = p.Plan(freeze.Spec{Preset: "head-only"}, o); err != nil || plan.Blocks[0].Cached {
		t.Errorf("%+v, %v", plan.Blocks[0], err)
	}
	p.Memory = bytesOf(p.network.loaded.Weights) + 1<<20
	if plan, err = p.Plan(freeze.Spec{Preset: "unfreeze-all"}, o); err != nil || plan.Cost.Fits || plan.Cost.Problem == nil || !strings.HasPrefix(*plan.Cost.Problem, "This plan needs") {
		t.Errorf("%+v, %v", plan.Cost, err)
	}
	addWorld(t, p, worlds.Near, 3, 0)
	_, err = p.Train(t.Context(), freeze.Spec{Preset: "unfreeze-all"}, o, nil)
	check(t, err, Memory, "This plan needs")
	_, err = p.Plan(freeze.Spec{From: "block9_1"}, o)
	if e, ok := err.(*Error); !ok || e.Code != Invalid {
		t.Error(err)
	}
	// A plan says how images will be divided.
	o.Validation = 0.5
	p.Plan(freeze.Spec{Preset: "head-only"}, o)
	if n := sides(p.Images()); n["validation"] < 4 {
		t.Errorf("%v", n)
	}
}

// Training sees variants of its images only while it trains.
func TestExamples(t *testing.T) {
	p := open(t, 2, 1)
	split, err := p.data.divide(p.division)
	if err != nil {
		t.Fatal(err)
	}
	o := DefaultOptions()
	o.Augment = Augment{Shift: 0.3, Rotate: 90}
	d := newExamples(split, 32, o)
	image := func(s tune.Split, epoch int) []float32 {
		dst := make([]float32, 32*32*3)
		d.Image(dst, s, 1, epoch)
		return dst
	}
	if !d.Augmented() || d.Len(tune.Train) != 8 || d.Len(tune.Validation) != 4 {
		t.Errorf("%d, %d", d.Len(tune.Train), d.Len(tune.Validation))
	}
	if slices.Equal(image(tune.Train, 0), image(tune.Train, 1)) || !slices.Equal(image(tune.Train, 1), image(tune.Train, 1)) {
		t.Error("variants do not differ by epoch alone")
	}
	if !slices.Equal(image(tune.Validation, 0), image(tune.Validation, 1)) || slices.Equal(image(tune.Train, -1), image(tune.Train, 0)) {
		t.Error("a variant where the picture itself is wanted")
	}
}
