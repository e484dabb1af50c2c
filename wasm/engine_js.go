package main

import (
	"context"

	"thaw/irv2"
	"thaw/irv2/tune"
	"thaw/kernels"
)

// engine is the state behind the calls: one network, one set of images, at most
// one run. Go in WebAssembly switches goroutines only where they wait, so plain
// fields need no locks; what takes long and uses the network takes a turn.
type engine struct {
	loop     *eventLoop
	wanted   openOptions
	backend  kernels.Backend
	store    *store // nil: nothing can be kept, because of storeErr
	storeErr error

	turn      chan struct{} // holds one token while someone uses the network
	choice    choice
	network   *network        // nil: no weights yet
	predictor *tune.Predictor // of network, nil until someone predicts
	data      *data
	split     splitOptions // of the last plan or run
	run       *run         // training now, or nil
	runs      int          // so far
	speed     float64      // FLOP/s of the last step, 0: not measured
}

// splitOptions say how images are divided for validation.
type splitOptions struct {
	fraction float64
	seed     uint64
}

// network is the weights in use.
type network struct {
	info          weightInfo
	loaded        *irv2.Weights // as they came
	current       *irv2.Weights // after training; shares with loaded what no run changed
	loadedClasses []string      // of a trained head; nil: the head is untrained
	classes       []string      // the same of current
}

func newEngine() *engine {
	loop, err := newEventLoop()
	if err != nil {
		panic(err)
	}
	mini := chosen(irv2.Mini(2))
	return &engine{
		loop:   loop,
		turn:   make(chan struct{}, 1),
		choice: mini,
		data:   newData(mini.Size),
		split:  splitOptions{fraction: 0.2, seed: 1},
	}
}

// openOptions is what the worker reads of OpenOptions of thaw.d.ts.
type openOptions struct {
	Backend string `json:"backend"`
	Threads int    `json:"threads"`
}

// openResult is Thaw.engine of thaw.d.ts.
type openResult struct {
	Backend  string `json:"backend"`
	Threads  int    `json:"threads"`
	Isolated bool   `json:"isolated"`
	SIMD     bool   `json:"simd"`
	Version  string `json:"version"`
}

// open answers open: chooses the backend and opens the store.
func (e *engine) open(r *request) (any, error) {
	if err := r.decode(&e.wanted); err != nil {
		return nil, err
	}
	var err error
	if e.backend, err = newBackend(e.wanted.Backend, e.wanted.Threads); err != nil {
		return nil, err
	}
	if e.store, e.storeErr = openStore(r.ctx); e.storeErr != nil {
		e.store = nil
		notice("warning", "%v", e.storeErr)
	}
	return openResult{
		Backend:  e.backend.Name(),
		Threads:  e.backend.Threads(),
		Isolated: isolated(),
		SIMD:     e.backend.Name() == "simd",
		Version:  version,
	}, nil
}

// restoreBackend makes the backend that open chose anew, after another had its threads.
func (e *engine) restoreBackend() {
	b, err := newBackend(e.wanted.Backend, e.wanted.Threads)
	if err != nil {
		notice("error", "%v", err)
		b = kernels.NewPortable(1)
	}
	e.backend = b
}

var errNotOpen = fail(codeInvalid, "Call open first.")

// begin waits for the turn to use the network; done gives it back.
func (e *engine) begin(ctx context.Context) (done func(), err error) {
	if e.backend == nil {
		return nil, errNotOpen
	}
	if e.run != nil {
		return nil, fail(codeInvalid, "A run is training: cancel it or wait for its end.")
	}
	select {
	case e.turn <- struct{}{}:
		return func() { <-e.turn }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// choose changes the network to c. Weights of another network are set aside; those
// of the same one stay, without a head that no longer fits. Images are read again
// at the new size.
func (e *engine) choose(ctx context.Context, c choice) error {
	m, err := c.build(len(e.data.set.Classes))
	if err != nil {
		return err
	}
	c = chosen(m.Config)
	if err := e.resize(ctx, c.Size); err != nil {
		return err
	}
	e.predictor = nil
	if n := e.network; n != nil {
		switch {
		case c.Model != e.choice.Model:
			e.network = nil
		case c.Dense != e.choice.Dense:
			e.network = &network{info: n.info, loaded: withBackbone(n.loaded, m), current: withBackbone(n.current, m)}
		}
	}
	e.choice = c
	return nil
}

// withBackbone gives m the backbone of w, without a copy, and an empty head.
func withBackbone(w *irv2.Weights, m *irv2.Model) *irv2.Weights {
	next := &irv2.Weights{Model: m, Data: make([][]float32, len(m.Params))}
	for i, p := range m.Params {
		if p.Layer.Index < m.Backbone {
			next.Data[i] = w.Data[i]
		} else {
			next.Data[i] = make([]float32, p.Len())
		}
	}
	return next
}
