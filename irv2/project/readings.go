package project

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"thaw/irv2"
	"thaw/irv2/compile"
	"thaw/irv2/lens"
	"thaw/irv2/tune"
)

// What a run tells of every block where Options.Readings asks for it. Lists are in the
// order of Plan.Blocks; nil: there is no such figure for the block.
type (
	// StepReadings are of a step's batch.
	StepReadings struct {
		Gradient []*float64 `json:"gradient"` // |dLoss/dOutput|, frozen or not; nil where none is computed
		Ratio    []*float64 `json:"ratio"`    // |gradient|/|weights| of what learns
	}
	// EpochReadings compare the network with that at the run's start.
	EpochReadings struct {
		Moved     []*float64 `json:"moved"`     // |w - w0|/|w0|
		Drift     []Drift    `json:"drift"`     // of batch norms that run on batch statistics
		Remaining float64    `json:"remaining"` // of the statistics at the start, in such a batch norm: 0.99^steps
	}
	// Drift is a batch norm's lens.Drift.
	Drift struct {
		Layer    int      `json:"layer"`
		Block    string   `json:"block"`
		Shift    *float64 `json:"shift"`
		LogRatio *float64 `json:"logRatio"`
	}
	// Looked comes before Done of a run with readings. Likeness is linear CKA, of the
	// held-back images, with the network at the run's start and with what earlier runs
	// made of it; it ends before the head and is empty where images are too few.
	Looked struct {
		Kind  string     `json:"kind"` // lens
		Start []Figure   `json:"start"`
		Runs  []Likeness `json:"runs"`
		// Anew is what the network scores with the statistics of its live batch norms
		// computed anew from training images; nil where none is live or nothing is held back.
		Anew *Anew `json:"anew"`
	}
	// Likeness to what another run made of the network.
	Likeness struct {
		Run    string   `json:"run"`
		Blocks []Figure `json:"blocks"`
	}
	// Anew is an accuracy, with the images that the statistics are of.
	Anew struct {
		Accuracy Figure `json:"accuracy"`
		Images   int    `json:"images"`
	}
	// Figure is a lens.Interval.
	Figure struct {
		Value *float64 `json:"value"`
		Low   *float64 `json:"low"`
		High  *float64 `json:"high"`
	}
)

func figure(i lens.Interval) Figure { return Figure{number(i.Value), number(i.Low), number(i.High)} }

func figures(intervals []lens.Interval) []Figure {
	list := make([]Figure, len(intervals))
	for i, interval := range intervals {
		list[i] = figure(interval)
	}
	return list
}

func stepReadings(blocks []compile.Reading) *StepReadings {
	if blocks == nil {
		return nil
	}
	r := &StepReadings{}
	for _, b := range blocks {
		r.Gradient = append(r.Gradient, number(b.Gradient))
		r.Ratio = append(r.Ratio, number(b.Ratio))
	}
	return r
}

// look is what a run compares itself with.
type look struct {
	wanted bool
	start  *irv2.Weights // as the run began, sharing what it cannot change
	pass   means         // of the steps of the pass at hand
}

// begin notes where the run starts: from, with the head that was drawn in weights.
func (l *look) begin(from version, weights *irv2.Weights) {
	if !l.wanted {
		return
	}
	l.start = withBackbone(from.Weights, weights.Model)
	for i, p := range weights.Model.Params {
		if p.Layer.Index >= weights.Model.Backbone {
			copy(l.start.Data[i], weights.Data[i])
		}
	}
}

// epochReadings reads the weights as they stand, nil where that is not asked for. A device
// that is lost meanwhile is noticed at the next step.
func (r *Run) epochReadings() *EpochReadings {
	if !r.looks.wanted || r.session.Fetch(context.Background()) != nil {
		return nil
	}
	e := &EpochReadings{Drift: []Drift{}, Remaining: lens.Remaining(r.steps())}
	for _, moved := range lens.Moved(r.looks.start, r.weights) {
		e.Moved = append(e.Moved, number(moved))
	}
	drifts := lens.Drifted(r.looks.start, r.weights)
	for _, l := range r.weights.Model.Layers {
		if r.phases.whole.BatchStatistics[l.Index] {
			d := drifts[l]
			e.Drift = append(e.Drift, Drift{l.Index, l.Block, number(d.Shift), number(d.LogRatio)})
		}
	}
	return e
}

// seen is what a run made of the network, as it sees some images.
type seen struct {
	run    string
	images []pixelsID
	*lens.Representation
}

// maxSeen runs are compared with.
const maxSeen = 5

// look tells what the run made of the network. The run is done: what goes wrong here is a
// warning.
func (r *Run) look() {
	if !r.looks.wanted {
		return
	}
	steps := r.steps()
	r.close() // its memory makes room
	looked, err := r.looked()
	if errors.Is(err, context.Canceled) {
		return
	}
	if err != nil {
		r.emit(Warned{"warning", steps, fmt.Sprintf("The run is done, but not all that it changed inside the network could be measured: %s", sentence(err))})
	}
	if looked != nil {
		r.emit(*looked)
	}
}

// looked comes with an error where it has no Anew.
func (r *Run) looked() (looked *Looked, err error) {
	defer Recover(&err)
	p, machine, poll := r.project, r.layout.Machine(), r.poll()
	looked = &Looked{Kind: "lens", Start: []Figure{}, Runs: []Likeness{}}
	if r.data.Len(tune.Validation) == 0 {
		return looked, nil
	}
	before, err := lens.Represent(r.looks.start, r.data, machine, poll)
	if err != nil {
		return nil, err
	}
	after, err := lens.Represent(r.weights, r.data, machine, poll)
	if err != nil {
		return nil, err
	}
	looked.Start = figures(lens.Alike(before, after))
	now := seen{r.ID, r.data.known(tune.Validation), after}
	p.seen = slices.DeleteFunc(p.seen, func(s seen) bool { return !slices.Equal(s.images, now.images) || !after.Comparable(s.Representation) })
	for _, s := range p.seen {
		looked.Runs = append(looked.Runs, Likeness{s.run, figures(lens.Alike(s.Representation, after))})
	}
	p.seen = append(p.seen, now)[max(len(p.seen)+1-maxSeen, 0):]
	a, err := r.anew(p.budget())
	if a != nil {
		looked.Anew = &Anew{figure(lens.Wilson(a.right, r.data.Len(tune.Validation))), a.images}
	}
	return looked, err
}
