package project

import (
	"cmp"
	"slices"

	"thaw/irv2"
	"thaw/irv2/freeze"
	"thaw/irv2/images"
	"thaw/irv2/internal/text"
	"thaw/irv2/tune"
)

// Options say how a plan is trained.
type Options struct {
	Epochs         int                `json:"epochs"`
	Batch          int                `json:"batch"`
	Seed           uint64             `json:"seed"`
	Optimizer      string             `json:"optimizer"`
	Rate           float64            `json:"rate"`
	Momentum       float64            `json:"momentum"`
	Rates          map[string]float64 `json:"rates,omitempty"`
	LabelSmoothing float64            `json:"labelSmoothing"`
	Dropout        float64            `json:"dropout"`
	Augment        Augment            `json:"augment"`
	Validation     float64            `json:"validation"`
	ClassWeight    ClassWeight        `json:"classWeight"`
	Readings       bool               `json:"readings"` // steps, passes and the end tell of every block
	Restate        bool               `json:"restate"`  // each pass is also evaluated with statistics computed anew, see Restated
	Continue       bool               `json:"continue"` // from the network as it is now, else as loaded
	Seeds          Seeds              `json:"seeds,omitzero"`

	weights []float64 // of the images' classes, see weighted
}

// Seeds are numbers of their own for parts of what Seed draws; nil: Seed itself.
type Seeds struct {
	Split *uint64 `json:"split,omitempty"` // which images are held back
	Head  *uint64 `json:"head,omitempty"`  // the values that the head begins with
	Order *uint64 `json:"order,omitempty"` // of images, what varies them, and dropout
}

// seeds are the numbers that split, head and order are drawn by.
func (o Options) seeds() (split, head, order uint64) {
	drawn := func(own *uint64) uint64 {
		if own != nil {
			return *own
		}
		return o.Seed
	}
	return drawn(o.Seeds.Split), drawn(o.Seeds.Head), drawn(o.Seeds.Order)
}

// Augment is images.Augment with degrees for Rotate.
type Augment struct {
	Flip       bool    `json:"flip"`
	Shift      float64 `json:"shift"`
	Zoom       float64 `json:"zoom"`
	Rotate     float64 `json:"rotate"`
	Brightness float64 `json:"brightness"`
}

// DefaultOptions are what stands where nothing is said.
func DefaultOptions() Options {
	return Options{Epochs: 5, Batch: 8, Seed: 1, Optimizer: "adam", Rate: 1e-3, Momentum: 0.9, Validation: 0.2}
}

func (o Options) tune(budget int64) tune.Options {
	_, _, order := o.seeds()
	return tune.Options{
		Epochs: o.Epochs, Batch: o.Batch, Seed: order, Optimizer: o.Optimizer, Rate: o.Rate, Momentum: o.Momentum,
		Rates: o.Rates, LabelSmoothing: o.LabelSmoothing, ClassWeights: o.weights, Readings: o.Readings, Budget: budget,
	}
}

// seedMost is the largest whole number of JavaScript below which none is lost.
const seedMost = 1<<53 - 1

// Check says in a sentence which option cannot be; m is the network that they are for.
func (o Options) Check(m *irv2.Model) error {
	whole := func(name string, n, least, most int) error {
		if n < least || n > most {
			return Errorf(Invalid, "%s must be %d to %s, not %d.", name, least, text.Thousands(most), n)
		}
		return nil
	}
	number := func(name string, x, least, below float64) error {
		if !(x >= least && x < below) {
			return Errorf(Invalid, "%s must be %g to below %g, not %g.", name, least, below, x)
		}
		return nil
	}
	rate := error(nil)
	if !(o.Rate > 0 && o.Rate <= 100) {
		rate = Errorf(Invalid, "The learning rate must be above 0 and at most 100, not %g: 0.001 is usual.", o.Rate)
	}
	seed := error(nil)
	if split, head, order := o.seeds(); max(o.Seed, split, head, order) > seedMost {
		seed = Errorf(Invalid, "The seed must be at most %d: a page cannot tell larger numbers apart.", int64(seedMost))
	}
	rule := error(nil)
	if o.Optimizer != "adam" && o.Optimizer != "sgd" {
		rule = Errorf(Invalid, "There is no optimizer %.100q: choose adam or sgd.", o.Optimizer)
	}
	return cmp.Or(
		whole("Passes (epochs)", o.Epochs, 1, 100_000), whole("Images a step (batch)", o.Batch, 1, 4096), seed, rate, rule,
		number("Momentum", o.Momentum, 0, 1), number("Label smoothing", o.LabelSmoothing, 0, 1), number("Dropout", o.Dropout, 0, 1),
		number("The share held back (validation)", o.Validation, 0, 1), number("Shift", o.Augment.Shift, 0, 1), number("Zoom", o.Augment.Zoom, 0, 1),
		number("Rotation in degrees", o.Augment.Rotate, 0, 360), number("Brightness", o.Augment.Brightness, 0, 1), o.checkRates(m))
}

// checkRates refuses names that are no layer's: a slip would train at the full rate.
func (o Options) checkRates(m *irv2.Model) error {
	const most = 1000
	if len(o.Rates) > most {
		return Errorf(Invalid, "%d rate factors are more than the %d that a run takes.", len(o.Rates), most)
	}
	for name, factor := range o.Rates {
		if !(factor >= 0 && factor <= 1e6) {
			return Errorf(Invalid, "The rate factor of %.100q must be 0 to 1,000,000, not %g.", name, factor)
		}
		if name != "backbone" && !slices.ContainsFunc(m.Layers, func(l *irv2.Layer) bool { return freeze.Matches(name, l) }) {
			return Errorf(Invalid, "No layer or block is named %.100q, for which a rate was given: look for a slip.", name)
		}
	}
	return nil
}

func (o Options) division() division {
	split, _, _ := o.seeds()
	return division{o.Validation, split}
}

func (a Augment) images() images.Augment {
	const turn = 360 // degrees
	return images.Augment{Flip: a.Flip, Shift: a.Shift, Zoom: a.Zoom, Rotate: a.Rotate / turn, Brightness: a.Brightness}
}
