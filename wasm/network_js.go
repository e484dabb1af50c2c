package main

import (
	"thaw/irv2/freeze"
	"thaw/irv2/project"
	"thaw/wasm/jsutil"
)

// configure answers model.configure.
func (e *engine) configure(r *request) (any, error) {
	var change project.Change
	if err := r.decode(&change); err != nil {
		return nil, err
	}
	change.Progress = e.progress(r, "Reading the images at the new size")
	if err := e.Configure(r.ctx, change); err != nil {
		return nil, err
	}
	return e.Describe()
}

// describe answers model.describe.
func (e *engine) describe(r *request) (any, error) {
	var args struct{ Model string }
	if err := r.decode(&args); err != nil {
		return nil, err
	}
	if args.Model != "" {
		return e.DescribeOther(args.Model)
	}
	return e.Describe()
}

// planRequest is the args of plan and train; probe goes without the spec.
type planRequest struct {
	Spec    freeze.Spec     `json:"spec"`
	Options project.Options `json:"options"`
}

func planArgs(r *request) (planRequest, error) {
	args := planRequest{Options: project.DefaultOptions()}
	err := r.decode(&args)
	return args, err
}

// plan answers plan.
func (e *engine) plan(r *request) (any, error) {
	args, err := planArgs(r)
	if err != nil {
		return nil, err
	}
	return e.Plan(args.Spec, args.Options)
}

// train answers train: starts a run and returns its id; everything else is events.
func (e *engine) train(r *request) (any, error) {
	args, err := planArgs(r)
	if err != nil {
		return nil, err
	}
	return started(e.Train(r.ctx, args.Spec, args.Options, func(event project.Event) { r.emit(event) }))
}

// started is the reply about a run.
func started(run *project.Run, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	return map[string]string{"run": run.ID}, nil
}

// steer answers run.pause, run.resume and run.cancel.
func (e *engine) steer(do func(*project.Run)) call {
	return func(r *request) (any, error) {
		var args struct{ Run string }
		if err := r.decode(&args); err != nil {
			return nil, err
		}
		run, err := e.Named(args.Run)
		if err != nil {
			return nil, err
		}
		do(run)
		return nil, nil
	}
}

// probe answers probe.
func (e *engine) probe(r *request) (any, error) {
	args, err := planArgs(r)
	if err != nil {
		return nil, err
	}
	return e.Probe(r.ctx, args.Options, e.progress(r, "Looking at every block"))
}

// predict answers predict.
func (e *engine) predict(r *request) (any, error) {
	return e.PredictBy(r.ctx, jsutil.String(jsutil.Prop(r.args, "run")), func() (string, []byte, error) { return readPicture(jsutil.Prop(r.args, "file")) })
}

// explain answers explain: an explanation with the picture as a Blob in it.
func (e *engine) explain(r *request) (any, error) {
	var choice project.ExplainChoice
	if err := r.decode(&choice); err != nil {
		return nil, err
	}
	found, err := e.Explain(r.ctx, choice, func() (string, []byte, error) { return readPicture(jsutil.Prop(r.args, "file")) }, e.progress(r, "Covering parts of the image"))
	if err != nil {
		return nil, err
	}
	picture, err := asBlob("image/jpeg")(found.Picture, nil)
	if err != nil {
		return nil, err
	}
	value := toJS(found)
	return value, value.Set("picture", picture)
}

// predictFiles answers predictFiles: answers are events, what came of them the reply.
func (e *engine) predictFiles(r *request) (any, error) {
	var choice project.PredictChoice
	if err := r.decode(&choice); err != nil {
		return nil, err
	}
	return e.PredictFiles(r.ctx, filesOf(jsutil.Prop(r.args, "files"), "path"), choice, r.answer, e.tell(r))
}

// predicted answers predicted.
func (e *engine) predicted(r *request) (any, error) { return e.Predicted(r.ctx) }

// measureTest answers data.test.
func (e *engine) measureTest(r *request) (any, error) {
	return e.MeasureTest(r.ctx, r.answer, e.progress(r, "Measuring the test set"))
}

// answer sends what the network says of a picture.
func (r *request) answer(a project.Answer) { r.emit(map[string]project.Answer{"answer": a}) }

// askedThumbnail answers predictedThumbnail.
func (e *engine) askedThumbnail(r *request) (any, error) {
	var args struct{ Index int }
	if err := r.decode(&args); err != nil {
		return nil, err
	}
	return asBlob("image/jpeg")(e.AskedThumbnail(args.Index))
}

// reset answers reset.
func (e *engine) reset(r *request) (any, error) { return nil, e.Reset(r.ctx) }

// export answers export: the network as it is now, as a Blob, alone or in a package.
func (e *engine) export(r *request) (any, error) {
	var args struct {
		Format  string
		Package bool
	}
	if err := r.decode(&args); err != nil {
		return nil, err
	}
	write := e.Export
	if args.Package {
		write = e.Package
	}
	out := &jsutil.BlobWriter{}
	if err := write(r.ctx, args.Format, out); err != nil {
		return nil, err
	}
	return out.Blob("application/octet-stream")
}
