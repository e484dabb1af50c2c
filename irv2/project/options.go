package project

import (
	"thaw/irv2/images"
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
	Rates          map[string]float64 `json:"rates"`
	LabelSmoothing float64            `json:"labelSmoothing"`
	Dropout        float64            `json:"dropout"`
	Augment        Augment            `json:"augment"`
	Validation     float64            `json:"validation"`
	ClassWeight    ClassWeight        `json:"classWeight"`
	Continue       bool               `json:"continue"` // from the network as it is now, else as loaded

	weights []float64 // of the images' classes, see weighted
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
	return tune.Options{
		Epochs: o.Epochs, Batch: o.Batch, Seed: o.Seed, Optimizer: o.Optimizer, Rate: o.Rate, Momentum: o.Momentum,
		Rates: o.Rates, LabelSmoothing: o.LabelSmoothing, ClassWeights: o.weights, Budget: budget,
	}
}

func (o Options) division() division { return division{o.Validation, o.Seed} }

func (a Augment) images() images.Augment {
	const turn = 360 // degrees
	return images.Augment{Flip: a.Flip, Shift: a.Shift, Zoom: a.Zoom, Rotate: a.Rotate / turn, Brightness: a.Brightness}
}
