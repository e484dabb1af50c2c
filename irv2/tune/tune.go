// Package tune fine-tunes a network by a compiled freeze plan.
//
// A Layout compiles what a session needs (training, evaluation, the frozen prefix)
// and knows its memory; a Session allocates it and runs: features of the frozen
// prefix once per image, then epochs of steps, each epoch evaluated. A Predictor
// answers for single images.
//
// Images enter through Data, events leave through a callback, changed parameters
// stand in the irv2.Weights given once Fetch has brought them back. The package knows
// nothing of pages or files. Read tune.go, layout.go, session.go with clock.go,
// features.go, evaluate.go, checkpoint.go, phases.go,
// scale.go, predict.go.
package tune

import (
	"fmt"
	"slices"

	"thaw/irv2"
	"thaw/irv2/freeze"
)

// Split says which images.
type Split int

const (
	Train Split = iota
	Validation
)

// Data gives images and labels. Calls come from one goroutine.
type Data interface {
	Len(Split) int
	Label(s Split, i int) int
	// Image writes image i, [size, size, 3] in [-1, 1]. For Train with epoch >= 0 it
	// is augmented by a draw that depends on (seed, epoch, i) only.
	Image(dst []float32, s Split, i, epoch int)
	// Augmented says that images differ from epoch to epoch.
	Augmented() bool
}

// Options of a run; zero values are replaced by Keras's defaults (see withDefaults).
type Options struct {
	Epochs, Batch  int // of a phase behind others: Epochs from the run's start
	Seed           uint64
	Optimizer      string             // adam, sgd
	Rate           float64            // of the head, and of all that Rates does not name
	Momentum       float64            // sgd
	Rates          map[string]float64 // pattern (see freeze.Matches) or "backbone" -> factor of Rate
	LabelSmoothing float64
	ClassWeights   []float64      // by label: times an image's loss and gradient, as Keras's class_weight; nil: 1
	Scaled         bool           // each block's rate also by its |gradient|/|weights|, see scale
	Readings       bool           // steps tell of every block, see StepEvent
	Before, After  []*freeze.Plan // of the phases around this one, see phases.go
	Budget         int64          // bytes that arena, state, weights and cached features may take; 0: no limit
}

// With is o with another budget.
func (o Options) With(budget int64) Options {
	o.Budget = budget
	return o
}

func (o Options) withDefaults() (Options, error) {
	if o.Epochs == 0 {
		o.Epochs = 5
	}
	if o.Batch == 0 {
		o.Batch = 8
	}
	if o.Optimizer == "" {
		o.Optimizer = "adam"
	}
	if o.Rate == 0 {
		o.Rate = 1e-3
	}
	switch {
	case o.Epochs < 1 || o.Epochs > 100000:
		return o, fmt.Errorf("%d epochs: choose 1 to 100000", o.Epochs)
	case o.Batch < 1 || o.Batch > 4096:
		return o, fmt.Errorf("batch %d: choose 1 to 4096", o.Batch)
	case o.Optimizer != "adam" && o.Optimizer != "sgd":
		return o, fmt.Errorf("optimizer %q is not known: choose adam or sgd", o.Optimizer)
	case !(o.Rate > 0 && o.Rate <= 100):
		return o, fmt.Errorf("learning rate %g: choose a positive number, 0.001 is usual", o.Rate)
	case !(o.Momentum >= 0 && o.Momentum < 1):
		return o, fmt.Errorf("momentum %g: choose 0 to below 1", o.Momentum)
	case !(o.LabelSmoothing >= 0 && o.LabelSmoothing < 1):
		return o, fmt.Errorf("label smoothing %g: choose 0 to below 1", o.LabelSmoothing)
	}
	for _, weight := range o.ClassWeights {
		if !(weight >= 0 && weight <= 1e6) {
			return o, fmt.Errorf("class weight %g: choose 0 to 1000000", weight)
		}
	}
	for pattern, factor := range o.Rates {
		if !(factor >= 0 && factor <= 1e6) {
			return o, fmt.Errorf("rate factor %g for %s: choose 0 or a positive number", factor, pattern)
		}
	}
	return o, nil
}

// rates resolves each layer's learning rate: the longest pattern that names it wins.
func (o Options) rates(m *irv2.Model) func(*irv2.Param) float64 {
	byLayer := make([]float64, len(m.Layers))
	patterns := make([]string, 0, len(o.Rates))
	for p := range o.Rates {
		patterns = append(patterns, p)
	}
	slices.SortFunc(patterns, func(a, b string) int { return len(a) - len(b) })
	for i, l := range m.Layers {
		byLayer[i] = o.Rate
		if f, ok := o.Rates["backbone"]; ok && i < m.Backbone {
			byLayer[i] = o.Rate * f
		}
		for _, p := range patterns {
			if p != "backbone" && freeze.Matches(p, l) {
				byLayer[i] = o.Rate * o.Rates[p]
			}
		}
	}
	return func(p *irv2.Param) float64 { return byLayer[p.Layer.Index] }
}
