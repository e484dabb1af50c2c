package project

import (
	"context"
	"encoding/json"
	"errors"
	"slices"

	"thaw/irv2"
	"thaw/irv2/experiment"
	"thaw/irv2/images"
	"thaw/irv2/keep"
)

// Opened is a kept project as it was found.
type Opened struct {
	Keeping
	Data        DataInfo        `json:"data"`
	Model       *ModelInfo      `json:"model"`
	Runs        []KeptRun       `json:"runs"`
	Page        json.RawMessage `json:"page"`        // what NotePage kept, null: nothing
	Interrupted *Interrupted    `json:"interrupted"` // a run that did not come to its end, or null
	Experiment  *ExperimentInfo `json:"experiment"`  // or null
	Warnings    []string        `json:"warnings"`    // what could not be found again
}

// Base makes the weights of an ID the network in use: those that come with the front end,
// or kept ones.
type Base func(ctx context.Context, id string, tell Tell) error

// OpenProject opens a kept project in the place of the one that is open, which stays kept.
// Where another tab has the project, it is opened to be read only. What could not be kept
// of the open one is an error, unless it may be lost.
func (p *Project) OpenProject(ctx context.Context, id string, lose bool, base Base, tell Tell) (*Opened, error) {
	k, err := p.keeping()
	if err != nil {
		return nil, err
	}
	if err := p.busy(); err != nil {
		return nil, err
	}
	if err := k.leave(ctx, lose); err != nil {
		return nil, err
	}
	if k.id() == id && id != "" {
		return p.opened(ctx, nil)
	}
	release, ok, err := p.places.try(ctx, id)
	if err != nil {
		return nil, err
	}
	doc, err := p.places.load(ctx, id)
	if err != nil {
		if ok {
			release()
		}
		return nil, err
	}
	p.closeProject()
	k = p.keeper
	k.doc, k.readOnly, k.restoring, k.saved = *doc, !ok, true, true
	if ok {
		k.release = release
	}
	warnings, err := p.restore(ctx, doc, base, tell)
	if err != nil {
		p.closeProject()
		return nil, err
	}
	if ok {
		if err := p.places.store.Sweep(ctx, doc, k.name); err != nil {
			warnings = append(warnings, sentence(err))
		}
	}
	k.mu.Lock()
	k.last, k.restoring = p.snapshot(), false // as it is on the disk: nothing is to be written
	k.mu.Unlock()
	return p.opened(ctx, warnings)
}

// opened describes the open project.
func (p *Project) opened(ctx context.Context, warnings []string) (*Opened, error) {
	k := p.keeper
	model, err := p.Describe()
	if err != nil {
		return nil, err
	}
	k.mu.Lock()
	o := &Opened{Keeping: k.state(), Data: p.Images(), Model: model, Runs: runsKept(k.doc.Runs), Warnings: append([]string{}, warnings...)}
	k.mu.Unlock()
	o.Experiment = p.Experiment()
	if o.Page, err = p.places.store.Page(ctx, o.ID); err != nil {
		return nil, err
	}
	if o.Interrupted, err = p.interrupted(ctx); err != nil {
		return nil, err
	}
	return o, nil
}

// restore makes what a document describes the state of the project.
func (p *Project) restore(ctx context.Context, doc *keep.Document, base Base, tell Tell) (warnings []string, err error) {
	if err := p.restoreWeights(ctx, doc.Network, base, tell); err != nil {
		if errors.Is(err, context.Canceled) {
			return nil, err
		}
		warnings = append(warnings, "The weights that this project began from are not here: "+err.Error())
	}
	n := doc.Network
	if err := p.Configure(ctx, Change{Model: &n.Model, Size: &n.Size, Dense: &n.Dense}); err != nil {
		return nil, err
	}
	if p.network != nil && len(n.Outputs) > 0 {
		p.network.loaded.outputs = outputsKept(n.Outputs)
		p.network.reset()
	}
	done, err := p.Begin(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	if err := p.restoreImages(ctx, doc, tell.of("Opening "+named(doc))); err != nil {
		return nil, err
	}
	p.division, p.runs, p.tested = division{doc.Division.Fraction, doc.Division.Seed}, doc.RunCount, testedRuns(doc.Runs)
	if doc.Experiment != nil {
		s, err := experiment.Parse(doc.Experiment)
		if err != nil {
			warnings = append(warnings, "The figures of this project's experiment are damaged: "+sentence(err))
		}
		p.experiment.Store(s)
	}
	if doc.Current != "" && p.network != nil {
		if err := p.useRun(ctx, doc.Current, tell.of("Reading the trained network")); err != nil {
			if errors.Is(err, context.Canceled) {
				return nil, err
			}
			warnings = append(warnings, err.Error())
		}
	}
	return warnings, nil
}

// restoreWeights makes the weights that runs begin from the network in use.
func (p *Project) restoreWeights(ctx context.Context, n keep.Network, base Base, tell Tell) error {
	if n.Weights == "" || p.network != nil && p.network.info.ID == n.Weights {
		return nil
	}
	if model, seed, ok := randomWeights(n.Weights); ok {
		_, err := p.Synthesize(ctx, model, seed)
		return err
	}
	return base(ctx, n.Weights, tell)
}

// restoreImages fills the data set, which is empty. Pictures whose pixels are not kept at
// the size in use are decoded from their files.
func (p *Project) restoreImages(ctx context.Context, doc *keep.Document, progress Progress) error {
	d := p.data
	d.Lock()
	defer d.Unlock()
	packs := &packReader{ctx: ctx, files: p.places.store.Files, id: doc.ID}
	poll := p.poll(ctx)
	var classes images.Arrangement
	done, total := int64(0), int64(doc.Images())
	for _, c := range doc.Classes {
		class := images.Class{ID: c.ID, Name: c.Name}
		for i := range c.Images {
			if err := poll(); err != nil {
				return err
			}
			s, err := p.restoreImage(&c.Images[i], packs)
			if err != nil {
				return err
			}
			class.Samples = append(class.Samples, s)
			done++
			progress(done, total)
		}
		classes = append(classes, class)
	}
	d.set.Restore(doc.NextID, classes)
	return d.set.Resize(d.set.Resizing, p.counted(poll, progress))
}

func (p *Project) restoreImage(kept *keep.Image, packs *packReader) (*images.Sample, error) {
	file, err := images.File{}, error(nil)
	if kept.Origin != "" {
		if file, err = madeAgain(kept.Origin); err != nil {
			return nil, err
		}
	}
	file.Path, file.Group, file.Side, file.Browser = kept.Path, kept.Group, images.Side(kept.Side), kept.Browser
	s := &images.Sample{ID: kept.ID, Name: kept.Name, Width: kept.Width, Height: kept.Height, Hash: images.Hash(kept.Hash), Look: kept.Look,
		Depth: kept.Depth, Browser: kept.Browser, Excluded: kept.Excluded, File: p.keptFile(file, kept.ID)}
	k := p.keeper
	k.mu.Lock()
	stored := *kept
	stored.Pixels = nil
	k.has(kept.ID, stored)
	k.mu.Unlock()
	if px := kept.Pixels; px != nil && px.Size == p.data.set.Resizing.Size {
		pixels, err := packs.pixels(px)
		if err != nil {
			return nil, err
		}
		if pixels != nil {
			s.Size, s.Range = px.Size, px.Range
			if err := p.data.set.Hold(s, pixels); err != nil {
				return nil, WithCode(Memory, err)
			}
			k.pixels[kept.ID] = px
		}
	}
	return s, nil
}

// packReader reads pixels; it keeps the last file, as they are read in the order in which
// they were written.
type packReader struct {
	ctx   context.Context
	files keep.Place
	id    string
	file  string
	pack  []byte
}

// pixels reads those of one picture, nil where they are damaged.
func (r *packReader) pixels(of *keep.Pixels) ([]uint8, error) {
	if r.file != of.File {
		pack, err := r.files.Get(r.ctx, r.id+"/"+of.File)
		if err != nil {
			return nil, err
		}
		r.file, r.pack = of.File, pack
	}
	n := of.Size * of.Size * 3
	if of.Offset < 0 || of.Size < 1 || n > len(r.pack)-of.Offset {
		return nil, nil
	}
	pixels := r.pack[of.Offset:][:n:n]
	if keep.Sum(pixels) != of.Sum {
		return nil, nil
	}
	return pixels, nil
}

// useRun makes a kept run's network the one in use. The turn is the caller's.
func (p *Project) useRun(ctx context.Context, id string, progress Progress) error {
	v, depth, err := p.networkOf(ctx, id, progress)
	if err != nil {
		return err
	}
	p.network.current, p.network.depth = v, depth
	p.dropPredictors()
	return nil
}

// networkOf reads the network of a kept run, with the depth of its 16-bit images. What the
// run did not change is shared with the loaded one.
func (p *Project) networkOf(ctx context.Context, id string, progress Progress) (v version, depth int, err error) {
	run, err := p.keeper.run(id)
	if err != nil {
		return v, 0, err
	}
	n := p.network
	switch {
	case run.Values == nil:
		return v, 0, Errorf(Invalid, "The network of %s is not kept, because there was no room or this site's data were cleared: train it again.", id)
	case n == nil || n.info.ID != run.Base:
		return v, 0, Errorf(Mismatch, "%s began from other weights than those in use: take it up in the table of runs (use), or load those weights, first.", id)
	}
	m, err := Choice{Model: p.choice.Model, Size: run.Size, Dense: run.Dense}.Build(len(run.Outputs))
	if err != nil {
		return v, 0, err
	}
	w := withBackbone(n.loaded.Weights, m)
	r := p.places.store.Read(ctx, p.keeper.id(), run.Values)
	byName := map[string]int{}
	for i, param := range m.Params {
		byName[param.Name()] = i
	}
	for n, name := range run.Values.Names {
		i, ok := byName[name]
		if !ok || !slices.Equal(run.Values.Shapes[n], m.Params[i].Shape) {
			return v, 0, Errorf(Corrupt, "The network of %s does not fit what is said of it: train it again.", id)
		}
		values := make([]float32, m.Params[i].Len())
		if err := r.Fill(values); err != nil {
			return v, 0, keptError(err, "The network of "+id)
		}
		w.Data[i] = values
		progress(run.Values.Length-r.Left(), run.Values.Length)
	}
	v = version{Weights: w, outputs: outputsKept(run.Outputs), run: id}
	if made := (Made{}); json.Unmarshal(run.Made, &made) == nil {
		v.made = &made
	}
	return v, run.Depth, nil
}

// keptError is an error of reading something kept as a sentence.
func keptError(err error, what string) error {
	if errors.Is(err, keep.ErrDamaged) {
		return Errorf(Corrupt, "%s is damaged here: train it again.", what)
	}
	return err
}

// changed parameters are those that stand elsewhere than the loaded ones.
func changedParams(v version, loaded *irv2.Weights) (changed []int) {
	for i, p := range v.Model.Params {
		if p.Layer.Index >= v.Model.Backbone || &v.Data[i][0] != &loaded.Data[i][0] {
			changed = append(changed, i)
		}
	}
	return changed
}
