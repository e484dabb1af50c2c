package project

import (
	"errors"
	"slices"
	"time"

	"thaw/irv2"
	"thaw/irv2/lens"
	"thaw/irv2/tune"
)

// Restated is how a network does with the statistics of its live batch norms computed anew
// from training images: what differs from the evaluation beside it is drift of the moving
// ones, not learning.
type Restated struct {
	Loss     *float64 `json:"loss"`
	Accuracy *float64 `json:"accuracy"`
	Images   int      `json:"images"` // that the statistics are of
}

// restates says that a run evaluates each pass a second time: that is asked for, a batch norm
// is live, and something is held back.
func restates(o Options, l *tune.Layout) bool {
	return o.Restate && slices.Contains(l.Plan.BatchStatistics, true) && l.Counts[tune.Validation] > 0
}

// restateWork is what that takes a pass: the whole network forward on every image.
func restateWork(l *tune.Layout) tune.Work {
	batches := func(x int64) int64 {
		return x * int64(l.Counts[tune.Train]+l.Counts[tune.Validation]) / int64(l.Batch())
	}
	features, rest := l.Demand().Features, l.Demand().Evaluation
	return tune.Work{FLOPs: batches(features.FLOPs + rest.FLOPs), Bytes: batches(features.Bytes + rest.Bytes)}
}

// restated evaluates the network as it stands a second time, nil where that is not asked for
// or cannot be. Training does not notice: it works on a copy, in memory of its own. A device
// that is lost meanwhile is noticed at the next step.
func (r *Run) restated() *Restated {
	if r.noRestating || !restates(r.options, r.layout) || r.session.Fetch(r.ctx) != nil {
		return nil
	}
	began, budget := time.Now(), r.project.budget()
	if budget > 0 {
		budget = max(budget-r.layout.Cost().Peak, 1)
	}
	a, err := r.anew(budget)
	if err == nil && a == nil {
		err = errors.New("there is no room for it beside the run")
	}
	if err != nil {
		if r.ctx.Err() == nil && !lost(err) {
			r.noRestating = true
			r.emit(Warned{"warning", r.steps(), "The run goes on without statistics computed anew: " + sentence(err)})
		}
		return nil
	}
	r.restating = time.Since(began)
	share := float64(a.right) / float64(r.data.Len(tune.Validation))
	return &Restated{number(a.loss), &share, a.images}
}

// anew is a network's score with its live statistics computed anew.
type anew struct {
	right, images int
	loss          float64
}

// anew measures that within budget bytes; nil: none is live, or not one image fits.
func (r *Run) anew(budget int64) (a *anew, err error) {
	defer Recover(&err)
	live := r.phases.live(r.phase)
	if !slices.Contains(live, true) {
		return nil, nil
	}
	machine, poll := r.layout.Machine(), r.poll()
	w := &irv2.Weights{Model: r.weights.Model, Data: slices.Clone(r.weights.Data)}
	for i, p := range w.Model.Params {
		if p.Statistic() && live[p.Layer.Index] {
			w.Data[i] = slices.Clone(w.Data[i])
		}
	}
	images, err := lens.Restate(w, live, r.data, budget, machine, poll)
	if err != nil || images == 0 {
		return nil, err
	}
	right, loss, err := lens.Score(w, r.data, r.layout.Options.LabelSmoothing, machine, poll)
	if err != nil {
		return nil, err
	}
	return &anew{right, images, loss}, nil
}
