package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"
	"time"

	"thaw/irv2"
	"thaw/irv2/freeze"
	"thaw/irv2/images"
	"thaw/irv2/tune"
)

// run is a training run under way.
type run struct {
	id      string
	ctx     context.Context
	cancel  context.CancelFunc
	resumed chan struct{} // closed when a pause ends; nil: not paused
	diverge error         // set when the loss is no longer a number

	engine  *engine
	layout  *tune.Layout
	weights *irv2.Weights
	classes []string
	session *tune.Session
	emit    func(event any)
	start   time.Time
}

// train answers train: starts a run and returns its id; everything else is events.
func (e *engine) train(r *request) (any, error) {
	args, err := e.planArgs(r)
	if err != nil {
		return nil, err
	}
	if e.run != nil {
		return nil, fail(codeInvalid, "A run is already training: cancel it or wait for its end.")
	}
	done, err := e.begin(r.ctx)
	if err != nil {
		return nil, err
	}
	t, err := e.newRun(r, args)
	if err != nil {
		done()
		return nil, err
	}
	e.run = t
	go func() {
		defer func() { e.run = nil; done() }()
		t.train()
	}()
	return map[string]string{"run": t.id}, nil
}

// newRun compiles and allocates a run. It starts from the weights as loaded, so that
// runs can be compared, or from the network as it is now where asked to continue.
func (e *engine) newRun(r *request, args planRequest) (*run, error) {
	if e.network == nil {
		return nil, fail(codeInvalid, "There are no weights yet: load a file, or start from random ones.")
	}
	split, err := e.data.divide(args.Options.Validation, args.Options.Seed)
	if err != nil {
		return nil, withCode(codeInvalid, err)
	}
	e.split = splitOptions{args.Options.Validation, args.Options.Seed}
	e.predictor = nil
	if !args.Options.Continue {
		e.network.current, e.network.classes = e.network.loaded, e.network.loadedClasses
	}
	layout, err := e.layout(args, len(split.Classes), [2]int{len(split.Train), len(split.Validation)})
	if err != nil {
		var tooLarge *tune.TooLarge
		if errors.As(err, &tooLarge) {
			return nil, fail(codeMemory, "%s", sentence(err))
		}
		return nil, withCode(codeInvalid, err)
	}
	weights := e.network.startFor(layout.Plan, split.Classes, args.Options.Seed)
	runtime.GC() // the last run's arena makes room for this one's
	e.runs++
	session, err := tune.New(layout, weights, newTuneData(e, split, args.Options))
	if err != nil {
		return nil, withCode(codeMemory, err)
	}
	t := &run{
		id: fmt.Sprintf("run %d", e.runs), engine: e, layout: layout, weights: weights, classes: split.Classes, emit: r.emit, session: session,
	}
	t.ctx, t.cancel = context.WithCancel(context.Background())
	return t, nil
}

// startFor returns the weights that a run of plan starts from and changes: what it
// may change is copied, the rest shared. A head trained for the same classes stays.
func (n *network) startFor(plan *freeze.Plan, classes []string, seed uint64) *irv2.Weights {
	w := &irv2.Weights{Model: plan.Model, Data: make([][]float32, len(plan.Model.Params))}
	keepHead := slices.Equal(n.classes, classes)
	for i, p := range plan.Model.Params {
		switch {
		case p.Layer.Index >= plan.Model.Backbone && !keepHead:
			w.Data[i] = make([]float32, p.Len())
		case plan.Learns(p) || plan.Moves(p):
			w.Data[i] = append([]float32(nil), n.current.Data[i]...)
		default:
			w.Data[i] = n.current.Data[i]
		}
	}
	if !keepHead {
		w.InitHead(seed)
	}
	return w
}

// tuneData shows a split to package tune.
type tuneData struct {
	parts   [2][]images.Example
	size    int
	seed    uint64
	augment images.Augment
}

func newTuneData(e *engine, s *images.Split, o trainOptions) *tuneData {
	return &tuneData{[2][]images.Example{s.Train, s.Validation}, e.data.set.Resizing.Size, o.Seed, o.Augment.images()}
}

func (d *tuneData) Len(s tune.Split) int          { return len(d.parts[s]) }
func (d *tuneData) Label(s tune.Split, i int) int { return d.parts[s][i].Label }
func (d *tuneData) Augmented() bool               { return d.augment.On() }
func (d *tuneData) Image(dst []float32, s tune.Split, i, epoch int) {
	pixels := d.parts[s][i].Sample.Pixels
	if s == tune.Train && epoch >= 0 && d.augment.On() {
		d.augment.Apply(dst, pixels, d.size, d.seed, epoch, i)
		return
	}
	images.Normalize(dst, pixels)
}

// train runs to the end and sends the final event.
func (t *run) train() {
	t.start = time.Now()
	counts := t.layout.Counts
	t.emit(map[string]any{"kind": "started", "run": t.id, "plan": t.engine.planInfo(t.layout), "steps": t.layout.Steps() * t.layout.Options.Epochs,
		"epochs": t.layout.Options.Epochs, "train": counts[tune.Train], "validation": counts[tune.Validation]})
	err := t.safely()
	steps, _ := t.session.Done()
	if n := t.engine.network; steps > 0 && t.diverge == nil {
		n.current, n.classes = t.weights, t.classes
	}
	switch {
	case errors.Is(err, context.Canceled):
		t.emit(map[string]any{"kind": "cancelled", "result": t.result()})
	case err != nil:
		t.emit(map[string]any{"kind": "failed", "message": err.Error()})
	default:
		t.emit(map[string]any{"kind": "done", "result": t.result()})
	}
}

func (t *run) safely() (err error) {
	defer recoverTo(&err)
	return t.session.Run(t.poll(), t.event)
}

// poll lets messages through every few milliseconds and holds the run while it is
// paused.
func (t *run) poll() func() error {
	yield := t.engine.loop.poll(t.ctx)
	return func() error {
		if t.diverge != nil {
			return t.diverge
		}
		if err := yield(); err != nil || t.resumed == nil {
			return err
		}
		t.emit(map[string]any{"kind": "paused"})
		select {
		case <-t.resumed:
			t.emit(map[string]any{"kind": "resumed"})
			return nil
		case <-t.ctx.Done():
			return t.ctx.Err()
		}
	}
}

func (t *run) event(ev tune.Event) {
	switch {
	case ev.Cache != nil:
		c := ev.Cache
		t.emit(map[string]any{"kind": "cache", "done": c.Done, "total": c.Total, "secondsLeft": c.SecondsLeft})
	case ev.Step != nil:
		s := ev.Step
		t.engine.speed = float64(t.layout.Cost().StepFLOPs()) / max(s.Seconds, 1e-6)
		t.emit(map[string]any{"kind": "step", "step": s.Step, "epoch": s.Epoch, "loss": number(s.Loss), "accuracy": s.Accuracy,
			"seconds": s.Seconds, "secondsLeft": s.SecondsLeft})
		if math.IsNaN(s.Loss) || math.IsInf(s.Loss, 0) {
			t.diverge = fail(codeInvalid, "The loss grew beyond all numbers at step %d: choose a lower learning rate, or thaw less.", s.Step)
		}
	case ev.Epoch != nil:
		p := ev.Epoch
		t.emit(map[string]any{"kind": "epoch", "epoch": p.Epoch, "loss": number(p.Loss), "accuracy": p.Accuracy,
			"validationLoss": number(p.Validation.Loss), "validationAccuracy": p.Validation.Accuracy, "seconds": p.Seconds})
	}
}

// runResult is RunResult of thaw.d.ts.
type runResult struct {
	Run                string   `json:"run"`
	Plan               string   `json:"plan"`
	Epochs             int      `json:"epochs"`
	Steps              int      `json:"steps"`
	Seconds            float64  `json:"seconds"`
	Trained            int      `json:"trained"`
	TrainAccuracy      float64  `json:"trainAccuracy"`
	ValidationAccuracy float64  `json:"validationAccuracy"`
	ValidationLoss     *float64 `json:"validationLoss"`
	Classes            []string `json:"classes"`
	Confusion          [][]int  `json:"confusion"`
}

// result is what the last whole epoch showed, nil before there is one.
func (t *run) result() *runResult {
	steps, history := t.session.Done()
	if len(history) == 0 {
		return nil
	}
	last := history[len(history)-1]
	return &runResult{
		Run: t.id, Plan: t.layout.Plan.Name, Epochs: len(history), Steps: steps, Seconds: time.Since(t.start).Seconds(),
		Trained: t.layout.Plan.Trained(), TrainAccuracy: last.Accuracy, ValidationAccuracy: last.Validation.Accuracy,
		ValidationLoss: number(last.Validation.Loss), Classes: t.classes, Confusion: last.Validation.Confusion,
	}
}

// number is x, or null where JSON has no word for it.
func number(x float64) *float64 {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return nil
	}
	return &x
}

// steer finds the run that a call names.
func (e *engine) steer(r *request) (*run, error) {
	var args struct{ Run string }
	if err := r.decode(&args); err != nil {
		return nil, err
	}
	if e.run == nil || e.run.id != args.Run {
		return nil, fail(codeInvalid, "This run has ended.")
	}
	return e.run, nil
}

// pauseRun answers run.pause.
func (e *engine) pauseRun(r *request) (any, error) {
	t, err := e.steer(r)
	if err == nil && t.resumed == nil {
		t.resumed = make(chan struct{})
	}
	return nil, err
}

// resumeRun answers run.resume.
func (e *engine) resumeRun(r *request) (any, error) {
	t, err := e.steer(r)
	if err == nil && t.resumed != nil {
		close(t.resumed)
		t.resumed = nil
	}
	return nil, err
}

// cancelRun answers run.cancel: the run ends within one kernel.
func (e *engine) cancelRun(r *request) (any, error) {
	t, err := e.steer(r)
	if err == nil {
		t.cancel()
	}
	return nil, err
}
