package main

import (
	"cmp"
	"slices"
	"time"

	"thaw/irv2/images"
	"thaw/irv2/measure"
	"thaw/irv2/tune"
	"thaw/kernels/program"
	"thaw/wasm/jsutil"
)

// prediction is Prediction of thaw.d.ts.
type prediction struct {
	Classes      []classProbability `json:"classes"`
	Milliseconds float64            `json:"milliseconds"`
}

type classProbability struct {
	Name        string  `json:"name"`
	Probability float32 `json:"probability"`
}

// predict answers predict, most probable class first.
func (e *engine) predict(r *request) (any, error) {
	if e.run != nil {
		return nil, fail(codeInvalid, "A run is training: predict when it has ended, or cancel it.")
	}
	done, err := e.begin(r.ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	if e.network == nil || e.network.classes == nil {
		return nil, fail(codeInvalid, "The network knows no classes yet: train it, or load weights that were fine-tuned here.")
	}
	b, err := newBlob(jsutil.Prop(r.args, "file"))
	if err != nil {
		return nil, err
	}
	content, err := b.readAll(images.DefaultLimits.FileBytes)
	if err != nil {
		return nil, err
	}
	img, err := images.Decode(content, cmp.Or(b.name(), "The image"), images.DefaultLimits)
	if err != nil {
		return nil, withCode(codeInvalid, err)
	}
	start := time.Now()
	size := e.choice.Size
	pixels := make([]float32, size*size*3)
	images.Normalize(pixels, images.DefaultResizing(size).Resize8(img)) // as the training images were
	if e.predictor == nil {
		if e.predictor, err = tune.NewPredictor(e.network.current, program.OnHost(e.backend)); err != nil {
			return nil, err
		}
	}
	var p prediction
	probabilities, err := e.predictor.Predict(pixels)
	if err != nil {
		return nil, err
	}
	for i, probability := range probabilities {
		p.Classes = append(p.Classes, classProbability{e.network.classes[i], probability})
	}
	slices.SortStableFunc(p.Classes, func(a, b classProbability) int { return cmp.Compare(b.Probability, a.Probability) })
	p.Milliseconds = measure.Milliseconds(time.Since(start))
	return p, nil
}

// reset answers reset: back to the weights as loaded.
func (e *engine) reset(r *request) (any, error) {
	if e.run != nil {
		return nil, fail(codeInvalid, "A run is training: cancel it first.")
	}
	done, err := e.begin(r.ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	if n := e.network; n != nil {
		n.current, n.classes = n.loaded, n.loadedClasses
		e.predictor = nil
	}
	return nil, nil
}
