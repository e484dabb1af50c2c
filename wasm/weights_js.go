package main

import (
	"context"
	"fmt"
	"slices"

	"thaw/irv2"
)

// weightInfo is WeightInfo of thaw.d.ts.
type weightInfo struct {
	ID          string   `json:"id"`
	Name        string   `json:"name"`
	Model       string   `json:"model"`
	Format      string   `json:"format"`
	Bytes       int64    `json:"bytes"`
	Description string   `json:"description"`
	Warnings    []string `json:"warnings"`
	Stored      bool     `json:"stored"`
	Builtin     bool     `json:"builtin,omitempty"` // comes with the page
}

// synthesizeWeights answers weights.synthesize.
func (e *engine) synthesizeWeights(r *request) (any, error) {
	args := struct {
		Model string `json:"model"`
		Seed  uint64 `json:"seed"`
	}{Model: e.choice.Model, Seed: 1}
	if err := r.decode(&args); err != nil {
		return nil, err
	}
	done, err := e.begin(r.ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	if err := e.switchTo(r.ctx, args.Model); err != nil {
		return nil, err
	}
	m, err := e.choice.build(len(e.data.set.Classes))
	if err != nil {
		return nil, err
	}
	w := irv2.NewWeights(m)
	w.Synthesize(args.Seed)
	info := weightInfo{
		ID:          fmt.Sprintf("random-%s-%d", args.Model, args.Seed),
		Name:        fmt.Sprintf("random, seed %d", args.Seed),
		Model:       args.Model,
		Format:      "generated",
		Bytes:       bytesOf(w),
		Description: fmt.Sprintf("random, seed %d", args.Seed),
		Warnings:    []string{},
	}
	return info, e.adopt(r.ctx, w, info, nil)
}

// switchTo chooses model at its own size, unless it is the one in use.
func (e *engine) switchTo(ctx context.Context, model string) error {
	if model == e.choice.Model {
		return nil
	}
	return e.choose(ctx, choice{Model: model, Dense: -1})
}

func bytesOf(w *irv2.Weights) int64 {
	n := int64(0)
	for _, d := range w.Data {
		n += 4 * int64(len(d))
	}
	return n
}

// listWeights answers weights.list: what comes with the page, then what is kept here,
// newest first.
func (e *engine) listWeights(r *request) (any, error) {
	list := []weightInfo{builtin}
	if e.store == nil {
		return list, nil
	}
	kept, err := e.store.list(r.ctx)
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(kept, func(a, b manifest) int { return int(b.Created - a.Created) })
	for _, m := range kept {
		list = append(list, m.Info)
	}
	return list, nil
}

// useWeights answers weights.use: loads what is kept, or what comes with the page.
func (e *engine) useWeights(r *request) (any, error) {
	var args struct {
		ID string `json:"id"`
	}
	if err := r.decode(&args); err != nil {
		return nil, err
	}
	done, err := e.begin(r.ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	if args.ID == builtin.ID {
		return e.useBuiltin(r)
	}
	if e.store == nil {
		return nil, e.storeErr
	}
	m, err := e.store.manifest(r.ctx, args.ID)
	if err != nil {
		return nil, err
	}
	model, err := irv2.New(m.Config)
	if err != nil {
		return nil, withCode(codeCorrupt, err)
	}
	w := irv2.NewWeights(model)
	if err := e.store.load(r.ctx, m, w, e.progress(r, "Loading "+m.Info.Name)); err != nil {
		return nil, err
	}
	return m.Info, e.adopt(r.ctx, w, m.Info, m.Classes)
}

// adopt makes w the network in use; classes are of its trained head, or nil.
func (e *engine) adopt(ctx context.Context, w *irv2.Weights, info weightInfo, classes []string) error {
	next := chosen(w.Model.Config)
	if next.Model == e.choice.Model {
		next.Size = e.choice.Size // weights fit any size
	}
	if err := e.choose(ctx, next); err != nil {
		return err
	}
	e.network = &network{info: info, loaded: w, current: w, loadedClasses: classes, classes: classes}
	e.predictor = nil
	return nil
}

// removeWeights answers weights.remove.
func (e *engine) removeWeights(r *request) (any, error) {
	var args struct {
		ID string `json:"id"`
	}
	if err := r.decode(&args); err != nil {
		return nil, err
	}
	if args.ID == builtin.ID {
		return nil, fail(codeInvalid, "%s comes with the page and cannot be removed.", builtin.Name)
	}
	if e.store == nil {
		return nil, e.storeErr
	}
	if err := e.store.remove(r.ctx, args.ID); err != nil {
		return nil, err
	}
	if e.network != nil && e.network.info.ID == args.ID {
		e.network.info.Stored = false
	}
	return nil, nil
}
