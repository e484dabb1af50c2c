package main

import (
	"encoding/json"

	"thaw/irv2/experiment"
	"thaw/irv2/project"
)

// experiment answers experiment.get.
func (e *engine) experiment(*request) (any, error) {
	if info := e.Experiment(); info != nil {
		return info, nil
	}
	return nil, nil
}

// runExperiment answers experiment.start, experiment.repeat, which has a file, and
// experiment.goOn, which has neither.
func (e *engine) runExperiment(r *request) (any, error) {
	var args struct {
		Description *experiment.Description
		File        json.RawMessage
		Replace     bool
	}
	if err := r.decode(&args); err != nil {
		return nil, err
	}
	emit := func(event project.Event) { r.emit(event) }
	var err error
	switch {
	case args.Description != nil:
		_, err = e.StartExperiment(r.ctx, *args.Description, args.Replace, emit)
	case args.File != nil:
		_, err = e.RepeatExperiment(r.ctx, args.File, args.Replace, emit)
	default:
		_, err = e.GoOnExperiment(r.ctx, emit)
	}
	return nil, err
}

// forgetExperiment answers experiment.forget.
func (e *engine) forgetExperiment(r *request) (any, error) { return nil, e.ForgetExperiment(r.ctx) }

// steerExperiment answers experiment.pause, experiment.resume and experiment.cancel.
func (e *engine) steerExperiment(do func(*project.Experiment)) call {
	return func(*request) (any, error) {
		queued, err := e.Queued()
		if err == nil {
			do(queued)
		}
		return nil, err
	}
}
