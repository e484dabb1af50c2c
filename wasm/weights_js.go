package main

import (
	"cmp"
	"context"
	"path"
	"strings"

	"github.com/hack-pad/safejs"

	"thaw/irv2/project"
	"thaw/wasm/jsutil"
)

// listWeights answers weights.list: where the storage is broken, what comes with the page.
func (e *engine) listWeights(r *request) (any, error) {
	list, err := e.ListWeights(r.ctx)
	if err != nil && r.ctx.Err() == nil {
		notice("warning", "%v", err)
	}
	return list, r.ctx.Err()
}

// importWeights answers weights.import: fetches if need be, reads, keeps, uses.
func (e *engine) importWeights(r *request) (any, error) {
	var args struct {
		URL  string `json:"url"`
		Name string `json:"name"`
		project.Sum
	}
	if err := r.decode(&args); err != nil {
		return nil, err
	}
	open := func() (name string, file project.File, err error) {
		if files := filesOf(jsutil.Prop(r.args, "files"), "path"); len(files) > 0 {
			return project.Folder(files)
		}
		value := jsutil.Prop(r.args, "file")
		if args.URL != "" {
			address, _, _ := strings.Cut(args.URL, "?")
			base := path.Base(address)
			args.Name = cmp.Or(args.Name, base)
			if value, err = fetch(r.ctx, args.URL, e.progress(r, "Fetching "+base)); err != nil {
				return "", nil, err
			}
		}
		b, err := newBlob(value)
		if err != nil {
			return "", nil, err
		}
		name = cmp.Or(args.Name, b.name(), "The file")
		return name, b, e.Held(r.ctx, name, b, args.Sum, e.tell(r))
	}
	info, err := e.Import(r.ctx, args.URL, open, e.tell(r))
	if err == nil && info.Stored {
		post(map[string]any{"kept": true})
	}
	return info, err
}

// recognise answers recognise: what files are, by their first bytes.
func (e *engine) recognise(r *request) (any, error) {
	return e.Recognise(r.ctx, filesOf(jsutil.Prop(r.args, "files"), "path"))
}

// nameOutputs answers model.nameOutputs.
func (e *engine) nameOutputs(r *request) (any, error) {
	var args struct{ Names []string }
	if err := r.decode(&args); err != nil {
		return nil, err
	}
	return e.NameOutputs(r.ctx, args.Names)
}

// synthesizeWeights answers weights.synthesize.
func (e *engine) synthesizeWeights(r *request) (any, error) {
	args := struct {
		Model string `json:"model"`
		Seed  uint64 `json:"seed"`
	}{Seed: 1}
	if err := r.decode(&args); err != nil {
		return nil, err
	}
	return e.Synthesize(r.ctx, args.Model, args.Seed)
}

// useWeights answers weights.use: loads what is kept, or what comes with the page.
func (e *engine) useWeights(r *request) (any, error) {
	var args struct {
		ID string `json:"id"`
	}
	if err := r.decode(&args); err != nil {
		return nil, err
	}
	return e.load(r.ctx, args.ID, e.tell(r))
}

// load loads weights by their ID.
func (e *engine) load(ctx context.Context, id string, tell project.Tell) (project.WeightInfo, error) {
	info, comes := project.Builtin(id)
	if !comes {
		return e.UseWeights(ctx, id, tell)
	}
	return e.UseBuiltin(ctx, info, func(name string) (project.File, error) {
		file, err := asset(name)
		if err != nil {
			return nil, err
		}
		return newBlob(file)
	}, tell)
}

// asset is a file of the page's own site, which the service worker keeps for visits
// without a network.
func asset(name string) (safejs.Value, error) {
	promise, err := safejs.Global().Call("thawAsset", name)
	if err != nil {
		return safejs.Undefined(), err
	}
	file, err := jsutil.Await(promise)
	if err != nil {
		return file, project.Errorf(codeNetwork, "%s, which comes with the page, could not be loaded: go online once, and reload the page.", name)
	}
	return file, nil
}

// removeWeights answers weights.remove.
func (e *engine) removeWeights(r *request) (any, error) {
	var args struct {
		ID string `json:"id"`
	}
	if err := r.decode(&args); err != nil {
		return nil, err
	}
	return nil, e.RemoveWeights(r.ctx, args.ID)
}
