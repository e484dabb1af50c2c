package main

import (
	"context"
	"encoding/json"

	"thaw/irv2/project"
	"thaw/wasm/jsutil"
)

// keepProjects keeps projects from now on.
func (e *engine) keepProjects(ctx context.Context) error {
	store, err := openStore(ctx)
	if err != nil {
		return err
	}
	e.KeepProjects(store, tabLocks(), func(k project.Keeping) {
		post(map[string]any{"keeping": toJS(k)})
	})
	go e.SweepProjects(context.Background()) // what it leaves, the next visit finds
	return nil
}

// listProjects answers projects.list.
func (e *engine) listProjects(r *request) (any, error) { return e.Projects(r.ctx) }

// openProject answers projects.open.
func (e *engine) openProject(r *request) (any, error) {
	var args struct {
		ID   string
		Lose bool
	}
	if err := r.decode(&args); err != nil {
		return nil, err
	}
	return e.OpenProject(r.ctx, args.ID, args.Lose, e.base, e.tell(r))
}

// base loads the weights that a project began from.
func (e *engine) base(ctx context.Context, id string, tell project.Tell) error {
	_, err := e.load(ctx, id, tell)
	return err
}

// newProject answers projects.begin.
func (e *engine) newProject(r *request) (any, error) {
	var args struct{ Lose bool }
	if err := r.decode(&args); err != nil {
		return nil, err
	}
	return nil, e.NewProject(r.ctx, args.Lose)
}

// renameProject answers projects.rename.
func (e *engine) renameProject(r *request) (any, error) {
	var args struct{ ID, Name string }
	if err := r.decode(&args); err != nil {
		return nil, err
	}
	return nil, e.RenameProject(r.ctx, args.ID, args.Name)
}

// duplicateProject answers projects.duplicate.
func (e *engine) duplicateProject(r *request) (any, error) {
	var args struct{ ID string }
	if err := r.decode(&args); err != nil {
		return nil, err
	}
	return e.DuplicateProject(r.ctx, args.ID, e.progress(r, "Copying the project"))
}

// removeProject answers projects.remove.
func (e *engine) removeProject(r *request) (any, error) {
	var args struct{ ID string }
	if err := r.decode(&args); err != nil {
		return nil, err
	}
	return nil, e.RemoveProject(r.ctx, args.ID)
}

// exportProject answers projects.export: all of the open one as a zip file.
func (e *engine) exportProject(r *request) (any, error) {
	out := &jsutil.BlobWriter{}
	if err := e.ExportProject(r.ctx, out, e.progress(r, "Saving the project")); err != nil {
		return nil, err
	}
	return out.Blob("application/zip")
}

// importProject answers projects.import.
func (e *engine) importProject(r *request) (any, error) {
	file, err := newBlob(jsutil.Prop(r.args, "file"))
	if err != nil {
		return nil, err
	}
	return e.ImportProject(r.ctx, file, e.tell(r))
}

// notePage answers projects.note.
func (e *engine) notePage(r *request) (any, error) {
	var args struct{ Page json.RawMessage }
	if err := r.decode(&args); err != nil {
		return nil, err
	}
	return nil, e.NotePage(r.ctx, args.Page)
}

// waitKept answers projects.kept.
func (e *engine) waitKept(r *request) (any, error) {
	if err := e.Kept(r.ctx); err != nil {
		return nil, err
	}
	return e.Keeping()
}

// goOn answers projects.goOn: the interrupted run, whose end is told by events.
func (e *engine) goOn(r *request) (any, error) {
	return started(e.GoOn(r.ctx, func(event project.Event) { r.emit(event) }))
}

// forget answers projects.forget.
func (e *engine) forget(r *request) (any, error) { return nil, e.Forget(r.ctx) }

// useRun answers projects.useRun.
func (e *engine) useRun(r *request) (any, error) {
	var args struct{ Run string }
	if err := r.decode(&args); err != nil {
		return nil, err
	}
	if err := e.UseRun(r.ctx, args.Run, e.base, e.tell(r)); err != nil {
		return nil, err
	}
	return e.Describe()
}
