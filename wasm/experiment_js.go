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

// startExperiment answers experiment.start.
func (e *engine) startExperiment(r *request) (any, error) {
	var args struct {
		Description experiment.Description
		Replace     bool
	}
	if err := r.decode(&args); err != nil {
		return nil, err
	}
	_, err := e.StartExperiment(r.ctx, args.Description, args.Replace, func(event project.Event) { r.emit(event) })
	return nil, err
}

// repeatExperiment answers experiment.repeat.
func (e *engine) repeatExperiment(r *request) (any, error) {
	var args struct {
		File    json.RawMessage
		Replace bool
	}
	if err := r.decode(&args); err != nil {
		return nil, err
	}
	_, err := e.RepeatExperiment(r.ctx, args.File, args.Replace, func(event project.Event) { r.emit(event) })
	return nil, err
}

// goOnExperiment answers experiment.goOn.
func (e *engine) goOnExperiment(r *request) (any, error) {
	_, err := e.GoOnExperiment(r.ctx, func(event project.Event) { r.emit(event) })
	return nil, err
}

// forgetExperiment answers experiment.forget.
func (e *engine) forgetExperiment(*request) (any, error) { return nil, e.ForgetExperiment() }

// steerExperiment answers experiment.pause, experiment.resume and experiment.cancel.
func (e *engine) steerExperiment(do func(*project.Experiment)) call {
	return func(*request) (any, error) {
		queued, err := e.Queued()
		if err != nil {
			return nil, err
		}
		do(queued)
		return nil, nil
	}
}
