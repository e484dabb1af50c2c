package project

import (
	"runtime"

	"thaw/irv2/tune"
)

// prepare gives the run its weights and its memory. Between the parts that take long it
// may be held and ended.
func (r *Run) prepare() (err error) {
	defer Recover(&err)
	poll := r.poll()
	if err := poll(); err != nil {
		return err
	}
	_, head, _ := r.options.seeds()
	r.weights = r.from.startFor(r.phases.whole, r.outputs, head)
	r.looks.begin(r.from, r.weights)
	if err := poll(); err != nil {
		return err
	}
	return r.load()
}

// load gives the phase at hand its memory, and the features that are known.
func (r *Run) load() error {
	p, poll := r.project, r.poll()
	p.makeRoom(r.layout)
	r.known = p.known(r.layout, r.from, r.data)
	runtime.GC() // the last run's arena makes room for this one's
	if err := poll(); err != nil {
		return err
	}
	session, err := tune.New(r.layout, r.weights, r.data)
	if err != nil && r.layout.Machine() != p.Machine && (p.way == Auto || lost(err)) { // the GPU has less room than it says
		if lost(err) {
			p.Device = nil
		}
		r.known = nil
		if r.layout, err = p.hostLayout(r.layout, r.data); err == nil {
			session, err = tune.New(r.layout, r.weights, r.data)
		}
	}
	if err != nil {
		return Errorf(Memory, "%s", sentence(err))
	}
	r.session, r.flops = session, r.layout.StepFLOPs()
	if r.known != nil {
		for split, features := range r.known {
			if features != nil {
				session.Know(tune.Split(split), features)
			}
		}
	}
	return poll()
}
