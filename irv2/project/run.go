package project

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"time"

	"thaw/irv2"
	"thaw/irv2/freeze"
	"thaw/irv2/keep"
	"thaw/irv2/tune"
)

// Run is a training run under way.
type Run struct {
	ID string

	queued  bool // by an experiment, which keeps what it showed
	ctx     context.Context
	cancel  context.CancelFunc
	gate    gate
	diverge error // set when the loss is no longer a number
	ended   chan struct{}

	project *Project
	phases  *phases
	demands []demand     // of each phase
	plan    *Plan        // of all of them
	phase   int          // at hand, from 0
	carry   *tune.Carry  // between two phases
	layout  *tune.Layout // of the phase at hand
	flops   int64        // of a step
	from    version      // what it started from
	weights *irv2.Weights
	outputs []output
	classes []string      // as they were called at the start
	depth   int           // of its 16-bit images
	session *tune.Session // nil until prepare gave it memory
	data    *examples
	known   *known // features that it need not compute, or nil
	emit    func(Event)
	start   time.Time
	held    time.Time // since when it is paused

	spec     freeze.Spec
	options  Options
	resume   *keep.Checkpoint  // that it goes on from, or nil
	epochs   []json.RawMessage // EpochDone, for whoever keeps the run
	keptAt   time.Time         // when the last checkpoint was written
	keepTook time.Duration
	keptIn   string // file of the last checkpoint
	notKept  bool   // it was said

	odd    int  // steps in a row with an odd loss
	warned bool // about it

	looks look // what it needs for readings

	restating   time.Duration // that the last restated took
	noRestating bool          // it was said that it cannot be

	checkpoint *tune.Checkpoint // of a run on a device, from time to time
	checked    time.Time
}

// Train compiles, allocates and starts a run in a goroutine of its own; all else is
// events. It starts from the weights as loaded, so that runs can be compared, or from
// the network as it is now where asked to continue.
func (p *Project) Train(ctx context.Context, spec freeze.Spec, o Options, emit func(Event)) (*Run, error) {
	return p.train(ctx, spec, o, nil, "", emit)
}

// train is Train, or goes on from a checkpoint; queued is what an experiment calls its run,
// "": it is no experiment's.
func (p *Project) train(ctx context.Context, spec freeze.Spec, o Options, from *keep.Checkpoint, queued string, emit func(Event)) (*Run, error) {
	begin := p.Begin
	if queued != "" {
		begin = p.takeTurn
	}
	done, err := begin(ctx)
	if err != nil {
		return nil, err
	}
	r, err := p.newRun(spec, o, from, emit)
	if err != nil {
		done()
		return nil, err
	}
	r.ID, r.queued = queued, queued != ""
	switch {
	case r.queued:
	case from != nil:
		r.ID = from.Run.ID
	default:
		p.runs++
		r.ID = fmt.Sprintf("run %d", p.runs)
	}
	p.setRun(r)
	p.changed() // the division
	go func() {
		defer func() {
			p.setRun(nil)
			done()
			close(r.ended)
		}()
		r.train()
	}()
	return r, nil
}

func (p *Project) newRun(spec freeze.Spec, o Options, resume *keep.Checkpoint, emit func(Event)) (*Run, error) {
	if p.network == nil {
		return nil, errNoWeights
	}
	split, err := p.data.divide(o.division())
	if err != nil {
		return nil, WithCode(Invalid, err)
	}
	if o, err = o.weighted(split); err != nil {
		return nil, err
	}
	ph, err := p.phases(spec, o, len(split.Classes), [2]int{len(split.Train), len(split.Validation)})
	if err != nil {
		return nil, WithCode(Invalid, err)
	}
	phase, err := ph.resumed(resume)
	if err != nil {
		return nil, err
	}
	var layout *tune.Layout
	plan, demands, err := p.describePhases(ph, func(i int, l *tune.Layout) *known {
		if i == phase {
			layout = l
		}
		return nil
	})
	var tooLarge *tune.TooLarge
	switch {
	case errors.As(err, &tooLarge):
		return nil, Errorf(Memory, "%s", *plan.Cost.Problem)
	case err != nil:
		return nil, WithCode(Invalid, err)
	}
	p.division = o.division()
	p.dropPredictors()
	if !o.Continue {
		p.network.reset()
	}
	r := &Run{
		phases: ph, demands: demands, plan: plan, phase: phase, resume: resume, spec: spec, options: ph.options, keptAt: time.Now(), ended: make(chan struct{}), project: p, layout: layout, flops: layout.StepFLOPs(), from: p.network.current, outputs: p.data.outputs(),
		classes: split.Classes, depth: p.data.set.Depth(), emit: emit, data: p.examples(split, o), checked: time.Now(),
	}
	r.looks.wanted = o.Readings
	r.ctx, r.cancel = context.WithCancel(context.Background())
	return r, nil
}

// train runs to the end and sends the final event.
func (r *Run) train() {
	defer r.cancel()
	defer r.close()
	r.start = time.Now()
	err := r.prepare()
	if err == nil {
		err = r.takeUp()
	}
	if err == nil {
		r.started()
		err = cmp.Or(r.inPhases(), r.diverge) // nothing polls behind the last step
		r.keepFeatures()
	}
	if n := r.project.network; r.steps() > 0 && r.diverge == nil && !r.queued {
		n.current, n.depth = version{r.weights, r.outputs, r.ID, r.made()}, r.depth
	}
	switch {
	case errors.Is(err, context.Canceled):
		r.end("cancelled")
	case err != nil:
		r.dropCheckpoint()
		r.emit(Failed{"failed", err.Error(), codeOf(err)})
	default:
		r.end("done")
	}
}

// close gives the session's memory up.
func (r *Run) close() {
	if r.session != nil {
		r.session.Close()
		r.session = nil
	}
}

// end keeps the run and tells of its end.
func (r *Run) end(kind string) {
	result := r.result()
	if !r.queued {
		r.keepRun(kind, result)
	}
	if kind == "done" {
		r.look()
	}
	r.emit(Ended{kind, result})
}

// started tells of the run.
func (r *Run) started() {
	counts, plan := r.layout.Counts, r.project.describe(r.layout, r.known, r.options.Epochs, restates(r.options, r.layout))
	if r.phases.spec.InTime() {
		r.plan.Computes, r.plan.Cost.CachedImages = plan.Computes, plan.Cost.CachedImages
		plan = r.plan
	}
	plan.Head = r.from.head(r.outputs)
	r.emit(Started{"started", r.ID, plan, r.total(), r.options.Epochs, counts[tune.Train], counts[tune.Validation], r.steps()})
}

// total is the steps of all phases.
func (r *Run) total() int { return r.layout.Steps() * r.options.Epochs }

// done tells the steps and epochs of all phases that are done.
func (r *Run) done() (steps int, history []tune.Epoch) {
	switch {
	case r.session != nil:
		return r.session.Done()
	case r.carry != nil:
		return r.carry.Steps, r.carry.History
	}
	return 0, nil
}

func (r *Run) steps() int {
	steps, _ := r.done()
	return steps
}

func (r *Run) safely() (err error) {
	defer Recover(&err)
	for {
		err := r.session.Run(r.poll(), r.event)
		fetched := r.session.Fetch(context.Background())
		if !lost(err) && !lost(fetched) {
			return cmp.Or(err, fetched)
		}
		if moved := r.move(); moved != nil {
			return moved
		}
		if err != nil && !lost(err) { // cancelled or diverged, with what the checkpoint has
			return err
		}
	}
}

// poll lets others work, and holds the run while it is paused.
func (r *Run) poll() func() error {
	poll := r.project.poll(r.ctx)
	return func() error {
		if err := cmp.Or(r.diverge, r.data.lost); err != nil {
			return err
		}
		if err := poll(); err != nil {
			return err
		}
		return r.gate.pass(r.ctx, r.paused)
	}
}

// paused tells that the run waits, or goes on, which is no time of its work.
func (r *Run) paused(kind string) {
	if kind == "paused" {
		r.held = time.Now()
	} else if r.session != nil {
		r.session.Rested(time.Since(r.held))
	}
	r.emit(Paused{kind})
}

func (r *Run) event(e tune.Event) {
	if s := e.Step; s != nil {
		if s.Blocks != nil {
			r.looks.pass.add(s.Blocks)
		}
		if s.SecondsLeft != nil && s.Images == r.layout.Batch() { // a measure, see tune.clock
			r.project.paces.stepped(r.layout, max(s.Seconds, 1e-6))
		}
		if number(s.Loss) == nil {
			r.diverge = Errorf(Invalid, "The loss grew beyond all numbers at step %d: choose a lower learning rate, or thaw less.", s.Step)
		}
	}
	if c := e.Cache; c != nil && c.Done == c.Total {
		r.project.paces.computed(r.layout, c.Computed, c.Seconds)
	}
	if e.Step != nil && e.Step.SecondsLeft != nil {
		*e.Step.SecondsLeft += r.secondsLater()
	}
	event := eventOf(e, r.flops)
	if s, ok := event.(Stepped); ok && s.SecondsLeft != nil {
		*s.SecondsLeft += r.restating.Seconds() * float64(r.layout.Options.Epochs-s.Epoch+1)
	}
	if done, ok := event.(EpochDone); ok {
		done.Anew = r.restated()
		readings := r.epochReadings()
		if readings != nil {
			done.Series = r.looks.pass.pass(r.layout.Plan.Model.Blocks, readings)
		}
		if r.epochs = append(r.epochs, rawJSON(done)); done.Series != nil {
			r.epochs = thinned(r.epochs)
		}
		done.Readings = readings
		event = done
	}
	r.emit(event)
	if e.Step != nil {
		r.watch(e.Step)
	}
	if e.Cache == nil {
		r.check(e.Epoch != nil)
		r.keepCheckpoint(e.Epoch != nil)
	}
}

// A loss is odd where it is far above that of guessing, ln(classes), in several steps in a
// row: the first steps of a good run may jump there once.
const (
	oddTimes = 4.0
	oddPlus  = 4.0
	oddSteps = 3
)

// watch warns, once a run, of a loss that grows though it is still a number.
func (r *Run) watch(s *tune.StepEvent) {
	if s.Loss <= oddTimes*math.Log(float64(len(r.outputs)))+oddPlus {
		r.odd = 0
		return
	}
	if r.odd++; r.odd == oddSteps && !r.warned && r.diverge == nil {
		r.warned = true
		r.emit(Warned{"warning", s.Step, fmt.Sprintf("The loss is %.3g at step %d, far above guessing (%.2f): choose a lower learning rate, or thaw less.",
			s.Loss, s.Step, math.Log(float64(len(r.outputs))))})
	}
}

// result is what the last whole epoch showed, nil before there is one.
func (r *Run) result() *RunResult {
	steps, history := r.done()
	if len(history) == 0 {
		return nil
	}
	last := history[len(history)-1]
	return &RunResult{
		Run: r.ID, Plan: r.phases.whole.Name, Epochs: len(history), Steps: steps, Seconds: time.Since(r.start).Seconds(),
		Trained: r.phases.whole.Trained(), TrainAccuracy: last.Accuracy, ValidationAccuracy: measured(last.Validation, last.Validation.Accuracy),
		BalancedAccuracy: measured(last.Validation, last.Validation.BalancedAccuracy()),
		ValidationLoss:   measured(last.Validation, last.Validation.Loss), Classes: r.classes, Confusion: last.Validation.Confusion, HeldBack: heldBack(last.Validation.Answers, r.data),
	}
}

// made is how the network came about, for its card.
func (r *Run) made() *Made {
	counts, result := r.layout.Counts, r.result()
	if result != nil {
		result.HeldBack = nil
	}
	return &Made{From: r.project.network.info.Name, Plan: r.phases.whole.Name, Sentence: r.phases.whole.Sentence, Images: [2]int{counts[tune.Train], counts[tune.Validation]}, Options: r.options, Result: result}
}

// Named is the run of that ID, which must be training.
func (p *Project) Named(id string) (*Run, error) {
	if r := p.Run(); r != nil && r.ID == id {
		return r, nil
	}
	return nil, Errorf(Invalid, "This run has ended.")
}

// Pause holds the run before its next kernel, until Resume or Cancel.
func (r *Run) Pause() { r.gate.close() }

// Resume lets a paused run go on.
func (r *Run) Resume() { r.gate.open() }

// Cancel ends the run within one kernel; the network keeps the last whole step.
func (r *Run) Cancel() { r.cancel() }

// Wait returns when the run has ended.
func (r *Run) Wait() { <-r.ended }
