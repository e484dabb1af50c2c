// Package project is what a person has open: a network, its weights, images, a plan,
// a run, and what comes of it. The page's worker is a front end to it; a command
// would be another.
//
// The package is free of pages, messages and devices. Files enter as an io.ReaderAt,
// kept weights go to a Shelf that the front end provides, exports to an io.Writer. A
// type with JSON tags is what web/thaw.d.ts calls by that name. Errors are sentences
// with a Code.
//
// Read project.go (who may do what when), computers.go (who computes), choice.go (which
// network), model.go (it described), network.go and weights.go (weights in use), builtin.go
// (what comes with Thaw), outputs.go (what they answer), read.go (a file's), folder.go and
// recognise.go (what falls on the page), library.go with chunks.go and locker.go (kept
// ones), survey.go, data.go and sources.go (images), edits.go with history.go (changes of
// them, and undo), options.go with classweight.go, plan.go with pace.go (how long), run.go
// with events.go, gate.go, examples.go, prepare.go, features.go (kept for the next run) and
// readings.go, probe.go, predict.go with predictfiles.go (many) and testset.go (the user's
// own), export.go. Runs in a queue: experiment.go. How all of it lasts: keeping.go (written as things happen), projects.go
// (several), reopen.go (found again), keptruns.go (runs, and what was interrupted),
// bundle.go (as one file).
package project

import (
	"context"
	"sync"
	"sync/atomic"

	"thaw/irv2"
	"thaw/irv2/experiment"
	"thaw/irv2/tune"
	"thaw/kernels/program"
)

// Project is the state behind what a person does: one network, one set of images, at
// most one run.
//
// One goroutine at a time may be in its methods; those that take long give way in Poll
// and where they tell their progress, and may then overlap: what uses the network waits
// for its turn (see Begin), what changes images for the change before. A run goes on in
// a goroutine of its own beside Plan and the calls on images and on the run; those that
// use the network are refused meanwhile.
type Project struct {
	Machine program.Machine // who computes; nothing that needs it works before it is set
	Device  *Device         // a GPU that passed its trial, or nil
	Library *Library        // where weights are kept
	Memory  int64           // bytes that images, weights and a run may take together; 0: no limit

	// Poll returns a function for long work to call often: it lets others work where
	// that is needed, and reports ctx's end. nil: nobody waits.
	Poll func(ctx context.Context) func() error

	turn      chan struct{} // holds one token while someone uses the network
	choice    Choice
	network   *network        // nil: no weights yet
	predictor *tune.Predictor // of network, nil until someone predicts
	rival     *rival          // asked beside it last, or nil
	data      *data
	division  division // of the last plan or run
	survey    *Survey  // the last, until its files are taken
	surveys   int      // so far
	asked     []asked  // what the network was asked about last, many at once
	tested    []Tested // measurements of the test set, one a network
	runs      int      // so far
	way       string   // who computes runs
	paces     paces
	seen      []seen // what the last runs with readings made of the network

	predicted *Predictions // what came of the last PredictFiles, nil before one

	places      *places // nil: projects are not kept
	keeper      *keeper // of the open one; nil without places
	tellKeeping func(Keeping)

	mu       sync.Mutex
	run      *Run      // training now, or nil
	features *features // that the last runs kept, or nil

	experiment atomic.Pointer[experiment.State] // the last, which does not change, or nil
	queue      atomic.Pointer[Experiment]       // under way, or nil
}

// New is a project with the small network, without weights and images. It keeps no
// weights until it is given a library.
func New() *Project {
	mini := chosen(irv2.Mini(2))
	return &Project{
		Library:  NoLibrary(Errorf(Invalid, "Weights are not kept here.")),
		turn:     make(chan struct{}, 1),
		choice:   mini,
		data:     newData(mini.Size),
		division: division{fraction: 0.2, seed: 1},
		way:      Auto,
	}
}

// Progress is told how much of its work a call has done. Tell, which may be nil, makes
// one for each part of the work.
type (
	Progress func(done, total int64)
	Tell     func(what string) Progress
)

func (t Tell) of(what string) Progress {
	if t == nil {
		return func(int64, int64) {}
	}
	return t(what)
}

var (
	errNotOpen   = Errorf(Invalid, "Call open first.")
	errNoWeights = Errorf(Invalid, "There are no weights yet: load a file, or start from random ones.")
)

// Begin waits for the turn to use the network, which no run may be using; done gives
// it back. Methods take it themselves: it is for a front end's own work.
func (p *Project) Begin(ctx context.Context) (done func(), err error) {
	if p.Machine == nil {
		return nil, errNotOpen
	}
	if err := p.busy(); err != nil {
		return nil, err
	}
	return p.takeTurn(ctx)
}

// takeTurn is Begin of who may use the network beside an experiment.
func (p *Project) takeTurn(ctx context.Context) (done func(), err error) {
	select {
	case p.turn <- struct{}{}:
		return func() { <-p.turn }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// busy says what uses the network for long, nil: nothing.
func (p *Project) busy() error {
	switch {
	case p.queue.Load() != nil:
		return Errorf(Invalid, "An experiment is under way: cancel it or wait for its end.")
	case p.Run() != nil:
		return Errorf(Invalid, "A run is training: cancel it or wait for its end.")
	}
	return nil
}

// Queued is the experiment under way, for who steers it.
func (p *Project) Queued() (*Experiment, error) {
	if e := p.queue.Load(); e != nil {
		return e, nil
	}
	return nil, Errorf(Invalid, "This experiment has ended.")
}

// Run is the run that trains now, or nil.
func (p *Project) Run() *Run {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.run
}

func (p *Project) setRun(r *Run) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.run = r
}

// dropPredictors gives up the memory of those who answer: the network has changed.
func (p *Project) dropPredictors() {
	p.part()
	if p.predictor != nil {
		p.predictor.Close()
		p.predictor = nil
	}
}

// poll is Poll where there is one.
func (p *Project) poll(ctx context.Context) func() error {
	if p.Poll == nil {
		return ctx.Err
	}
	return p.Poll(ctx)
}
