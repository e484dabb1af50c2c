package project

import (
	"cmp"
	"context"
	"slices"
	"time"

	"thaw/irv2/images"
	"thaw/irv2/measure"
	"thaw/irv2/tune"
)

// Prediction is what the network says of an image, most probable class first.
type Prediction struct {
	Classes      []Probability `json:"classes"`
	Milliseconds float64       `json:"milliseconds"`
	// BrowserDecoded: the image's pixels are what this browser makes of its file.
	BrowserDecoded bool `json:"browserDecoded,omitempty"`
}

// Probability of a class.
type Probability struct {
	Name        string  `json:"name"`
	Probability float32 `json:"probability"`
}

// Predict asks the network as it is now about the image file that open gives.
func (p *Project) Predict(ctx context.Context, open func() (name string, content []byte, err error)) (*Prediction, error) {
	if p.Run() != nil {
		return nil, Errorf(Invalid, "A run is training: predict when it has ended, or cancel it.")
	}
	done, err := p.Begin(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	n := p.network
	if n == nil || n.current.outputs == nil {
		return nil, Errorf(Invalid, "The network knows no classes yet: train it, or load weights that were fine-tuned here.")
	}
	name, content, err := open()
	if err != nil {
		return nil, err
	}
	set := p.data.set
	img, err := images.DecodeWith(set.Foreign, true, content, name, set.Limits)
	if err != nil {
		return nil, WithCode(Invalid, err)
	}
	img = img.Scaled(cmp.Or(n.depth, set.Depth()))
	start := time.Now()
	size := n.current.Model.Config.Size // that it was trained at
	pixels := make([]float32, size*size*3)
	images.Feed(pixels, images.DefaultResizing(size).Resize8(img), n.info.pixels()) // as the training images were
	if p.predictor == nil {
		next, err := tune.NewPredictor(n.current.Weights, p.Machine)
		if err != nil {
			return nil, err
		}
		p.setPredictor(next)
	}
	prediction := &Prediction{BrowserDecoded: img.Browser}
	probabilities, err := p.predictor.Predict(pixels)
	if err != nil {
		p.setPredictor(nil)
		return nil, err
	}
	for i, probability := range probabilities {
		prediction.Classes = append(prediction.Classes, Probability{n.current.outputs[i].name, probability})
	}
	slices.SortStableFunc(prediction.Classes, func(a, b Probability) int { return cmp.Compare(b.Probability, a.Probability) })
	prediction.Milliseconds = measure.Milliseconds(time.Since(start))
	return prediction, nil
}
