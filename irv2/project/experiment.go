package project

import (
	"context"
	"encoding/json"
	"fmt"
	"hash/crc64"

	"thaw/irv2"
	"thaw/irv2/experiment"
	"thaw/irv2/freeze"
	"thaw/irv2/keep"
	"thaw/irv2/release"
	"thaw/irv2/score"
	"thaw/irv2/tune"
)

// Experiment is one under way: plans times seeds, each run as Train would do it, one after
// the other. What they show is kept with the project after each run; the networks that they
// trained are not: training a plan with a run's options gives its network again, to the bit.
type Experiment struct {
	project *Project
	ctx     context.Context
	cancel  context.CancelFunc
	gate    gate
	emit    func(Event)
	ended   chan struct{}
}

// What an experiment tells.
type (
	// ExperimentRun is an event of one of its runs.
	ExperimentRun struct {
		Kind  string `json:"kind"`  // run
		Index int    `json:"index"` // of all runs
		Plan  int    `json:"plan"`
		Seed  uint64 `json:"seed"`
		Event Event  `json:"event"`
	}
	// ExperimentRecorded: another run is done.
	ExperimentRecorded struct {
		Kind string `json:"kind"` // recorded
		Done int    `json:"done"`
		Of   int    `json:"of"`
	}
	// ExperimentEnded comes last, unless something failed.
	ExperimentEnded struct {
		Kind   string          `json:"kind"` // done or cancelled
		Result *ExperimentInfo `json:"result"`
	}
	// ExperimentInfo is an experiment as it stands, with what it shows.
	ExperimentInfo struct {
		experiment.State
		Of       int                            `json:"of"` // runs
		UnderWay bool                           `json:"underWay"`
		Problem  *string                        `json:"problem"`  // why it cannot go on here, or null
		Analysis map[string]experiment.Analysis `json:"analysis"` // by measure
		Repeated *experiment.Repeated           `json:"repeated"` // how far it gave what it repeats, or null
	}
)

// StartExperiment repeats plans over seeds. One that is kept is replaced only where the
// caller says so.
func (p *Project) StartExperiment(ctx context.Context, d experiment.Description, replace bool, emit func(Event)) (*Experiment, error) {
	return p.startExperiment(ctx, &experiment.State{Description: d}, replace, emit)
}

// RepeatExperiment does again what another experiment did, from its JSON; the runs are
// compared with those.
func (p *Project) RepeatExperiment(ctx context.Context, file []byte, replace bool, emit func(Event)) (*Experiment, error) {
	s, err := experiment.Parse(file)
	if err != nil {
		return nil, WithCode(Corrupt, err)
	}
	return p.startExperiment(ctx, s.Again(), replace, emit)
}

// startExperiment begins s; with runs to expect, under the conditions that they had.
func (p *Project) startExperiment(ctx context.Context, s *experiment.State, replace bool, emit func(Event)) (*Experiment, error) {
	if err := p.busy(); err != nil {
		return nil, err
	}
	if p.network == nil {
		return nil, errNoWeights
	}
	if err := s.Check(); err != nil {
		return nil, WithCode(Invalid, err)
	}
	if last := p.experiment.Load(); last != nil && len(last.Runs) > 0 && !replace {
		return nil, Errorf(Exists, "There is an experiment with %d runs here: download its figures, then let the new one take its place.", len(last.Runs))
	}
	now := p.conditions()
	if s.Expect != nil {
		if other := s.Under.Other(&now); other != "" {
			return nil, Errorf(Mismatch, "%s", other)
		}
	}
	for i := range s.Plans {
		if err := p.checkPlan(s, i); err != nil {
			return nil, err
		}
	}
	s.ID, s.Under, s.Runs = newID(), now, []experiment.Run{}
	p.noteExperiment(s)
	return p.GoOnExperiment(ctx, emit)
}

// checkPlan looks whether a plan can be trained, and writes all of its options down.
func (p *Project) checkPlan(s *experiment.State, i int) error {
	plan := &s.Plans[i]
	spec, o, err := planOf(s, s.Job(i))
	if err != nil {
		return Errorf(Invalid, "%s: %s", plan.Name, sentence(err))
	}
	if o.Continue {
		return Errorf(Invalid, "%s: an experiment begins every run from the weights as loaded, not from the last run: change that setting.", plan.Name)
	}
	described, err := p.Plan(spec, o)
	switch {
	case err != nil:
		return WithCode(codeOf(err), fmt.Errorf("%s: %s", plan.Name, sentence(err)))
	case !described.Cost.Fits:
		return Errorf(Memory, "%s: %s", plan.Name, *described.Cost.Problem)
	}
	plan.Spec, plan.Options = rawJSON(spec), rawJSON(o)
	return nil
}

// planOf is what a job trains.
func planOf(s *experiment.State, j experiment.Job) (spec freeze.Spec, o Options, err error) {
	plan, o := s.Plans[j.Plan], DefaultOptions()
	for text, to := range map[*json.RawMessage]any{&plan.Spec: &spec, &plan.Options: &o} {
		if *text == nil {
			continue
		}
		if err := Decode(*text, to); err != nil {
			return spec, o, err
		}
	}
	o.Seed = j.Seed
	split, head, order := s.SeedsOf(j)
	own := func(seed uint64) *uint64 {
		if seed == j.Seed {
			return nil
		}
		return &seed
	}
	o.Seeds = Seeds{own(split), own(head), own(order)}
	return spec, o, nil
}

// GoOnExperiment does the runs that are left. One that a crash interrupted goes on where it
// was, to the bits that it would have had.
func (p *Project) GoOnExperiment(ctx context.Context, emit func(Event)) (*Experiment, error) {
	if err := p.busy(); err != nil {
		return nil, err
	}
	info := p.Experiment()
	switch {
	case info == nil:
		return nil, Errorf(Invalid, "There is no experiment here: begin one.")
	case info.Problem != nil:
		return nil, Errorf(Mismatch, "%s", *info.Problem)
	case info.Done():
		return nil, Errorf(Invalid, "All runs of this experiment are done: begin a new one.")
	}
	done, err := p.Begin(ctx)
	if err != nil {
		return nil, err
	}
	p.network.reset()
	p.dropPredictors()
	p.replaced()
	done()
	e := &Experiment{project: p, emit: emit, ended: make(chan struct{})}
	e.ctx, e.cancel = context.WithCancel(context.Background())
	p.queue.Store(e)
	go e.run()
	return e, nil
}

// run does all that is left and tells of the end.
func (e *Experiment) run() {
	defer close(e.ended)
	defer e.cancel()
	err := e.all()
	e.project.queue.Store(nil)
	switch {
	case e.ctx.Err() != nil:
		e.emit(ExperimentEnded{"cancelled", e.project.Experiment()})
	case err != nil:
		e.emit(Failed{"failed", err.Error(), codeOf(err)})
	default:
		e.emit(ExperimentEnded{"done", e.project.Experiment()})
	}
}

func (e *Experiment) all() (err error) {
	defer Recover(&err)
	for s := e.project.experiment.Load(); !s.Done(); s = e.project.experiment.Load() {
		if err := e.gate.pass(e.ctx, func(kind string) { e.emit(Paused{kind}) }); err != nil {
			return err
		}
		now := e.project.conditions()
		if other := s.Under.Other(&now); other != "" {
			return Errorf(Mismatch, "%s", other)
		}
		run, err := e.one(s, s.Job(len(s.Runs)))
		if err != nil {
			return err
		}
		e.project.record(s, run)
		e.emit(ExperimentRecorded{"recorded", len(s.Runs) + 1, s.Of()})
	}
	return nil
}

// one does a job. A loss that grows beyond all numbers is the plan's own end; whatever else
// fails ends the experiment, which may go on later.
func (e *Experiment) one(s *experiment.State, j experiment.Job) (*experiment.Run, error) {
	p := e.project
	spec, o, err := planOf(s, j)
	if err != nil {
		return nil, err
	}
	c, err := p.checkpointOf(e.ctx, s.RunID(j.Index))
	if err != nil {
		return nil, err
	}
	var failed *Failed
	var result *RunResult
	r, err := p.train(e.ctx, spec, o, c, s.RunID(j.Index), func(event Event) {
		switch event := event.(type) {
		case Failed:
			failed = &event
		case Ended:
			result = event.Result
		}
		e.emit(ExperimentRun{"run", j.Index, j.Plan, j.Seed, event})
	})
	if err != nil {
		return nil, err
	}
	if e.gate.closed() {
		r.Pause()
	}
	defer context.AfterFunc(e.ctx, r.Cancel)()
	r.Wait()
	if err := e.ctx.Err(); err != nil {
		return nil, err
	}
	if result != nil { // what was said of each image would fill the project
		short := *result
		short.HeldBack, result = nil, &short
	}
	counts := r.layout.Counts
	run := &experiment.Run{
		Plan: j.Plan, Seed: j.Seed, Began: r.start.UnixMilli(), Train: counts[tune.Train], Validation: counts[tune.Validation],
		Split: r.data.sum(), Machine: p.machine(r.layout), Epochs: r.epochs, Result: rawJSON(result),
	}
	switch {
	case r.diverge != nil:
		run.Problem = r.diverge.Error()
	case failed != nil:
		return nil, Errorf(failed.Code, "%s", failed.Message)
	default:
		run.Learned = valuesSum(r.weights, changedParams(version{Weights: r.weights}, p.network.loaded.Weights))
		run.Interval = wilson(result)
	}
	return run, nil
}

// wilson is the interval of a run's accuracy by its images, nil where none were held back.
func wilson(r *RunResult) *[2]float64 {
	right, of := 0, 0
	for label, row := range r.Confusion {
		for predicted, n := range row {
			of += n
			if predicted == label {
				right += n
			}
		}
	}
	if of == 0 {
		return nil
	}
	interval := score.Wilson(right, of)
	return &interval
}

// checkpointOf is the checkpoint of a run that is called so, or nil.
func (p *Project) checkpointOf(ctx context.Context, run string) (*keep.Checkpoint, error) {
	if p.keepable() == nil {
		return nil, nil
	}
	c, err := p.places.store.Checkpoint(ctx, p.keeper.id())
	if err != nil || c == nil || c.Run.ID != run {
		return nil, err
	}
	if _, _, err := p.resumed(c); err != nil {
		return nil, nil // it is trained again
	}
	return c, nil
}

// record adds a run that is done to s, and keeps both.
func (p *Project) record(s *experiment.State, run *experiment.Run) {
	next := *s
	next.Runs = append(s.Runs[:len(s.Runs):len(s.Runs)], *run)
	p.noteExperiment(&next)
	if k := p.keepable(); k != nil && k.wait(context.Background()) == nil {
		p.places.store.DropCheckpoint(context.Background(), k.id())
	}
}

// noteExperiment makes s the experiment of the project, nil: none. Who has one before is
// not changed.
func (p *Project) noteExperiment(s *experiment.State) {
	p.experiment.Store(s)
	k := p.keepable()
	if k == nil {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.doc.Experiment = nil
	if s != nil {
		k.doc.Experiment = rawJSON(s)
	}
	k.touch()
}

// Experiment describes the project's, nil: none.
func (p *Project) Experiment() *ExperimentInfo {
	s := p.experiment.Load()
	if s == nil {
		return nil
	}
	info := &ExperimentInfo{State: *s, Of: s.Of(), UnderWay: p.queue.Load() != nil, Analysis: map[string]experiment.Analysis{}, Repeated: s.Repeats()}
	for name, measure := range experiment.Measures {
		info.Analysis[name] = s.Analyse(measure)
	}
	if !info.UnderWay && !s.Done() {
		now := experiment.Conditions{WeightsTitle: "none"}
		if p.network != nil {
			now = p.conditions()
		}
		if other := s.Under.Other(&now); other != "" {
			info.Problem = &other
		}
	}
	return info
}

// ForgetExperiment gives up the project's experiment with its figures, and what is kept of
// a run that was under way.
func (p *Project) ForgetExperiment(ctx context.Context) error {
	if err := p.busy(); err != nil {
		return err
	}
	p.noteExperiment(nil)
	if k := p.keepable(); k != nil {
		if c, err := p.places.store.Checkpoint(ctx, k.id()); err == nil && c != nil && experiment.IsRun(c.Run.ID) {
			return p.places.store.DropCheckpoint(ctx, k.id())
		}
	}
	return nil
}

// conditions are those under which a run would train now. There are weights.
func (p *Project) conditions() experiment.Conditions {
	n := p.network
	if w := n.loaded; n.sum == "" {
		params := []int{}
		for i, param := range w.Model.Params {
			if param.Layer.Index < w.Model.Backbone || w.outputs != nil { // a head that is new is drawn
				params = append(params, i)
			}
		}
		n.sum = valuesSum(w.Weights, params)
	}
	c := experiment.Conditions{Thaw: release.Version, Weights: n.sum, WeightsTitle: n.info.Name,
		Model: p.choice.Model, Size: p.choice.Size, Dense: p.choice.Dense, Classes: []experiment.Class{}}
	h := crc64.New(crc64.MakeTable(crc64.ECMA))
	for _, class := range p.data.set.Classes {
		c.Classes = append(c.Classes, experiment.Class{Name: class.Name, Images: len(class.Samples)})
		fmt.Fprintf(h, "%q\n", class.Name)
		for _, s := range class.Samples {
			fmt.Fprintf(h, "%x %d %d %q\n", s.Hash, s.Range, s.File.Side, s.File.Group)
		}
	}
	c.Images = fmt.Sprintf("%016x", h.Sum64())
	return c
}

// valuesSum identifies parameters by their names and bits.
func valuesSum(w *irv2.Weights, params []int) string {
	h := crc64.New(crc64.MakeTable(crc64.ECMA))
	for _, i := range params {
		fmt.Fprintln(h, w.Model.Params[i].Name())
		h.Write(keep.Bytes(w.Data[i]))
	}
	return fmt.Sprintf("%016x", h.Sum64())
}

// Pause holds the run under way, or the next, until Resume or Cancel.
func (e *Experiment) Pause() {
	e.gate.close()
	if r := e.project.Run(); r != nil {
		r.Pause()
	}
}

// Resume lets a paused experiment go on.
func (e *Experiment) Resume() {
	e.gate.open()
	if r := e.project.Run(); r != nil {
		r.Resume()
	}
}

// Cancel ends the run under way. Runs that are done stay, and the experiment may go on later.
func (e *Experiment) Cancel() { e.cancel() }

// Wait returns when the experiment has ended.
func (e *Experiment) Wait() { <-e.ended }
