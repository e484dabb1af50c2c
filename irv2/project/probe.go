package project

import (
	"cmp"
	"context"
	"time"

	"thaw/irv2"
	"thaw/irv2/images"
	"thaw/irv2/lens"
	"thaw/irv2/tune"
	"thaw/kernels/program"
)

// Probe is what a linear classifier recognises by each block's features alone, before any
// training: what of the classes is there to read.
type Probe struct {
	Blocks   []ProbedBlock `json:"blocks"` // of the backbone
	Train    int           `json:"train"`  // images that it is fitted on
	HeldBack int           `json:"heldBack"`
	Chance   float64       `json:"chance"` // share of these that one answer for all gets right
	Seconds  float64       `json:"seconds"`
	// Forecast is what freezing the backbone will cost; nil for networks that none was
	// fitted on.
	Forecast *Forecast `json:"forecast"`
}

// ProbedBlock is a lens.Probe, and the domain gap.
type ProbedBlock struct {
	Block    string   `json:"block"`
	Accuracy Figure   `json:"accuracy"`
	LeftOut  float64  `json:"leftOut"`
	Penalty  float64  `json:"penalty"`
	Gap      *float64 `json:"gap"` // mean shift of its batch norms, see lens.Gap; nil where it has none
}

// Forecast is a lens.Forecast, in accuracy.
type Forecast struct {
	Cost float64 `json:"cost"`
	Low  float64 `json:"low"` // to High: holds it with Sure
	High float64 `json:"high"`
	Sure float64 `json:"sure"`
	Much float64 `json:"much"` // chance of more than MuchIs
}

// Probe measures each block of the network that a run with these options would start
// from, on the images that it would train on and hold back.
func (p *Project) Probe(ctx context.Context, o Options, progress Progress) (*Probe, error) {
	done, err := p.Begin(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	from := p.start(o)
	if from.Weights == nil {
		return nil, Errorf(Invalid, "There are no weights yet: load a file, or start from random ones.")
	}
	split, err := p.data.divide(o.division())
	if err != nil {
		return nil, WithCode(Invalid, err)
	}
	if len(split.Validation) == 0 {
		return nil, Errorf(Invalid, "No image is held back to measure on: choose a share to hold back, or bring more images.")
	}
	began := time.Now()
	w, err := p.probed(from, split)
	if err != nil {
		return nil, err
	}
	data, cancelled := p.examples(split, o), p.poll(ctx)
	poll := func() error { return cmp.Or(data.lost, cancelled()) }
	found, err := lens.Measure(w, data, p.looker(), poll, func(done, total int) { progress(int64(done), int64(total)) })
	if err != nil {
		return nil, err
	}
	layers, err := lens.Gap(w, data, p.budget(), p.looker(), poll)
	if err != nil {
		return nil, err
	}
	gap := lens.GapByBlock(w.Model, layers)
	probe := &Probe{Train: found.Train, HeldBack: found.HeldBack, Chance: found.Chance}
	signs := lens.Signs{Each: float64(data.Len(tune.Train)) / float64(len(split.Classes)), Chance: found.Commonest, Gap: gap, Classes: len(split.Classes)}
	for i, b := range found.Blocks {
		probe.Blocks = append(probe.Blocks, ProbedBlock{b.Block, figure(b.Accuracy), b.LeftOut, b.Penalty, number(gap[i])})
		signs.LeftOut = append(signs.LeftOut, b.LeftOut)
	}
	if w.Model.Config.Name == irv2.Mini(2).Name {
		signs.HScore = found.HScore()
		f := lens.Lesson.Foretell(signs)
		probe.Forecast = &Forecast{f.Cost, f.Low, f.High, lens.Lesson.Held, f.Much}
	}
	probe.Seconds = time.Since(began).Seconds()
	return probe, nil
}

// probed is the network of v at the size in use, for the classes of split.
func (p *Project) probed(v version, split *images.Split) (*irv2.Weights, error) {
	m, err := p.choice.Build(len(split.Classes))
	if err != nil {
		return nil, err
	}
	return withBackbone(v.Weights, m), nil
}

// looker computes what is no run: the device where runs go to it or it is the faster one.
func (p *Project) looker() program.Machine {
	d := p.Device
	if d == nil || p.way == OnHost || p.way == Auto && d.Speed.FLOPs <= d.Host.FLOPs {
		return p.Machine
	}
	return d.Machine
}
