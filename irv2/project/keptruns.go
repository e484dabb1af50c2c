package project

import (
	"context"
	"encoding/json"
	"fmt"
	"hash/crc64"
	"time"

	"thaw/irv2/experiment"
	"thaw/irv2/freeze"
	"thaw/irv2/keep"
	"thaw/irv2/tune"
	"thaw/kernels/program"
)

// KeptRun is a run of a kept project.
type KeptRun struct {
	ID      string            `json:"id"`
	Began   int64             `json:"began"` // Unix milliseconds
	Spec    json.RawMessage   `json:"spec"`
	Options json.RawMessage   `json:"options"`
	Status  string            `json:"status"`  // done or cancelled
	Epochs  []json.RawMessage `json:"epochs"`  // EpochDone
	Result  json.RawMessage   `json:"result"`  // RunResult or null
	Test    json.RawMessage   `json:"test"`    // Tested or null: how it did on the test set
	Network bool              `json:"network"` // its network is kept: see UseRun
}

func runsKept(runs []keep.Run) []KeptRun {
	list := []KeptRun{}
	for _, r := range runs {
		list = append(list, KeptRun{r.ID, r.Began, r.Spec, r.Options, r.Status, r.Epochs, r.Result, r.Test, r.Values != nil})
	}
	return list
}

// run is a kept run by its ID.
func (k *keeper) run(id string) (*keep.Run, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for i := range k.doc.Runs {
		if k.doc.Runs[i].ID == id {
			return &k.doc.Runs[i], nil
		}
	}
	return nil, Errorf(Invalid, "There is no kept network of %.100s.", id)
}

// UseRun makes the network that a run of this project trained the one in use, with the
// weights that it began from, which base loads where they are others.
func (p *Project) UseRun(ctx context.Context, id string, base Base, tell Tell) error {
	k, err := p.keeping()
	if err != nil {
		return err
	}
	switch run, err := k.run(id); {
	case err != nil:
		return err
	case run.Values != nil:
		if err := p.restoreWeights(ctx, keep.Network{Weights: run.Base}, base, tell); err != nil {
			return err
		}
	}
	done, err := p.Begin(ctx)
	if err != nil {
		return err
	}
	defer done()
	if err := p.useRun(ctx, id, tell.of("Reading the network")); err != nil {
		return err
	}
	k.use(id)
	return nil
}

// use notes whose network is in use; "": as loaded.
func (k *keeper) use(run string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.doc.Current != run && !k.restoring {
		k.doc.Current = run
		k.touch()
	}
}

// keepable is the keeper that a run may write to, nil for none.
func (p *Project) keepable() *keeper {
	k := p.keeper
	if k == nil {
		return nil
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.readOnly || k.doc.ID == "" || k.closed.Err() != nil {
		return nil
	}
	return k
}

// record is the run as it is kept, without its end.
func (r *Run) record() keep.Run {
	config := r.layout.Plan.Model.Config
	return keep.Run{Size: config.Size, Dense: config.Dense, ID: r.ID, Began: r.start.UnixMilli(), Spec: rawJSON(r.spec), Options: rawJSON(r.options), Epochs: r.epochs,
		Outputs: keptOutputs(r.outputs), Depth: r.depth, Base: r.project.network.info.ID}
}

// keepRun keeps the run with its network. What there is no room for is not kept, and said.
func (r *Run) keepRun(status string, result *RunResult) {
	k := r.project.keepable()
	if k == nil || r.steps() == 0 {
		return
	}
	run := r.record()
	run.Status, run.Result, run.Made = status, rawJSON(result), rawJSON(r.made())
	values, err := r.keepNetwork(k)
	if err != nil {
		r.emit(Warned{"warning", r.steps(), "The network of this run is not kept: " + sentence(err)})
	}
	run.Values = values
	k.mu.Lock()
	k.doc.Runs = append(k.doc.Runs[:len(k.doc.Runs):len(k.doc.Runs)], run)
	k.doc.RunCount, k.doc.Current = r.project.runs, r.ID
	k.touch()
	k.mu.Unlock()
	if err := k.wait(context.Background()); err == nil {
		k.places.store.DropCheckpoint(context.Background(), k.id())
	}
}

// keepNetwork writes the parameters that differ from the loaded ones.
func (r *Run) keepNetwork(k *keeper) (*keep.Values, error) {
	w := k.places.store.Write(k.closed, k.id(), "network-"+fileName(r.ID))
	now := version{Weights: r.weights}
	var names []string
	var shapes [][]int
	for _, i := range changedParams(now, r.project.network.loaded.Weights) {
		names, shapes = append(names, now.Model.Params[i].Name()), append(shapes, now.Model.Params[i].Shape)
		if err := w.Add(now.Data[i]); err != nil {
			return nil, err
		}
	}
	values, err := w.Close()
	if err != nil {
		return nil, err
	}
	values.Names, values.Shapes = names, shapes
	return values, nil
}

// fileName is a run's ID as a name of a file.
func fileName(id string) string {
	name := []byte(id)
	for i, c := range name {
		if c == ' ' {
			name[i] = '-'
		}
	}
	return string(name)
}

// A run is kept at least every keepEvery, and at the end of a pass where the last time is
// keepPass ago, and writing took at most a keepShare of the time since.
const (
	keepEvery = 20 * time.Second
	keepPass  = time.Second
	keepShare = 0.1
)

// keepCheckpoint writes the run as it stands, when it is time.
func (r *Run) keepCheckpoint(passEnds bool) {
	k := r.project.keepable()
	if k == nil || r.diverge != nil {
		return
	}
	age := time.Since(r.keptAt)
	first := r.keepTook == 0 // at the end of the first pass, however short: from then on the run is not lost
	if age < keepEvery && !(passEnds && (first || age >= keepPass && keepShare*age.Seconds() > r.keepTook.Seconds())) {
		return
	}
	began := time.Now()
	err := r.writeCheckpoint(k)
	r.keptAt, r.keepTook = time.Now(), time.Since(began)
	if err != nil && !r.notKept && !lost(err) {
		r.notKept = true
		r.emit(Warned{"warning", r.steps(), "This run goes on, but could not be continued after a crash: " + sentence(err)})
	}
}

// checkpointFiles hold the values of the last checkpoint and, while it is written, the next.
var checkpointFiles = [2]string{"checkpoint-0", "checkpoint-1"}

func (r *Run) writeCheckpoint(k *keeper) error {
	if r.keptIn == "" { // of an earlier run, or visit
		if last, err := k.places.store.Checkpoint(k.closed, k.id()); err != nil {
			return err
		} else if last != nil {
			r.keptIn = last.Values.File
		}
	}
	file := checkpointFiles[0]
	if r.keptIn == file { // the last whole one stays until this one is
		file = checkpointFiles[1]
	}
	w := k.places.store.Write(k.closed, k.id(), file)
	if err := r.session.State(k.closed, w.Add); err != nil {
		return err
	}
	values, err := w.Close()
	if err != nil {
		return err
	}
	err = k.places.store.SaveCheckpoint(k.closed, k.id(), &keep.Checkpoint{
		Run: r.record(), From: r.from.run, Steps: r.steps(), Of: r.total(),
		Position: rawJSON(r.session.Position()), Values: *values, Machine: r.project.machine(r.layout), Images: r.data.sum(),
		Seconds: time.Since(r.start).Seconds(), Saved: time.Now().UnixMilli(),
	})
	if err == nil {
		r.keptIn = file
	}
	return err
}

// dropCheckpoint forgets a run whose numbers have left all bounds: it would do so again.
func (r *Run) dropCheckpoint() {
	if k := r.project.keepable(); k != nil && r.diverge != nil {
		k.places.store.DropCheckpoint(context.Background(), k.id())
	}
}

// machine says who computes a layout, and with how many threads: what bits depend on.
func (p *Project) machine(l *tune.Layout) string {
	if host, ok := l.Machine().(program.Host); ok {
		return fmt.Sprintf("%s, threads: %d", host.Name(), host.Threads())
	}
	return p.computes(l)
}

// sum identifies the examples: which pictures, as what, on which side, in which order.
func (d *examples) sum() string {
	h := crc64.New(crc64.MakeTable(crc64.ECMA))
	for _, part := range d.parts {
		for _, e := range part {
			fmt.Fprintln(h, e.known.hash, e.known.scale, e.label)
		}
		fmt.Fprintln(h)
	}
	return fmt.Sprintf("%016x", h.Sum64())
}

// Interrupted is a run that a crash, or a closed page, did not let end.
type Interrupted struct {
	KeptRun
	Steps   int     `json:"steps"` // done
	Of      int     `json:"of"`
	Saved   int64   `json:"saved"`   // Unix milliseconds
	Problem *string `json:"problem"` // why it cannot go on, or null
}

// interrupted is the checkpoint that was found, or nil.
func (p *Project) interrupted(ctx context.Context) (*Interrupted, error) {
	c, err := p.places.store.Checkpoint(ctx, p.keeper.id())
	if err != nil || c == nil || experiment.IsRun(c.Run.ID) { // with the experiment
		return nil, err
	}
	k := runsKept([]keep.Run{c.Run})[0]
	i := &Interrupted{KeptRun: k, Steps: c.Steps, Of: c.Of, Saved: c.Saved}
	if _, _, err := p.resumed(c); err != nil {
		i.Problem = problem(err)
	}
	return i, nil
}

// resumed says what a checkpoint asks to be trained, and how; the error why it cannot.
func (p *Project) resumed(c *keep.Checkpoint) (spec freeze.Spec, o Options, err error) {
	if json.Unmarshal(c.Run.Spec, &spec) != nil || json.Unmarshal(c.Run.Options, &o) != nil {
		return spec, o, Errorf(Corrupt, "The description of %s is damaged: train it again.", c.Run.ID)
	}
	n := p.network
	if n == nil || n.info.ID != c.Run.Base || o.Continue && n.current.run != c.From {
		return spec, o, Errorf(Mismatch, "%s began from other weights than those in use: load those first, or train it again.", c.Run.ID)
	}
	split, err := p.data.divide(o.division())
	if err != nil {
		return spec, o, WithCode(Invalid, err)
	}
	if p.examples(split, o).sum() != c.Images {
		return spec, o, Errorf(Mismatch, "%s was trained on other images than are here: train it again.", c.Run.ID)
	}
	return spec, o, nil
}

// GoOn goes on with the run that was interrupted, to the end that it would have had.
func (p *Project) GoOn(ctx context.Context, emit func(Event)) (*Run, error) {
	k, err := p.keeping()
	if err != nil {
		return nil, err
	}
	c, err := p.places.store.Checkpoint(ctx, k.id())
	if err != nil {
		return nil, err
	}
	if c == nil || experiment.IsRun(c.Run.ID) {
		return nil, Errorf(Invalid, "No run was interrupted here.")
	}
	spec, o, err := p.resumed(c)
	if err != nil {
		return nil, err
	}
	return p.train(ctx, spec, o, c, "", emit)
}

// Forget gives up the run that was interrupted.
func (p *Project) Forget(ctx context.Context) error {
	k, err := p.keeping()
	if err != nil {
		return err
	}
	if err := p.busy(); err != nil {
		return err
	}
	if k.readOnly {
		return errReadOnly
	}
	return p.places.store.DropCheckpoint(ctx, k.id())
}

// resumed is the phase that a checkpoint is of, 0 without one.
func (ph *phases) resumed(c *keep.Checkpoint) (int, error) {
	var at tune.Position
	if c == nil {
		return 0, nil
	}
	if json.Unmarshal(c.Position, &at) != nil || at.Phase < 0 || at.Phase >= len(ph.plans) {
		return 0, Errorf(Corrupt, "The checkpoint of %s is damaged: train it again.", c.Run.ID)
	}
	return at.Phase, nil
}

// takeUp puts the session to where the checkpoint was taken.
func (r *Run) takeUp() error {
	c := r.resume
	if c == nil {
		return nil
	}
	var at tune.Position
	damaged := Errorf(Corrupt, "The checkpoint of %s is damaged: train it again.", r.ID)
	if json.Unmarshal(c.Position, &at) != nil {
		return damaged
	}
	values := r.project.places.store.Read(r.ctx, r.project.keeper.id(), &c.Values)
	if values.Left() != r.session.StateLen() {
		return damaged
	}
	if err := r.session.Continue(at, values.Fill); err != nil {
		return keptError(err, "The checkpoint of "+r.ID)
	}
	r.epochs = c.Run.Epochs
	r.start = time.Now().Add(-time.Duration(c.Seconds * float64(time.Second)))
	return nil
}
