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
	done, err := p.beginPredicting(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	name, content, err := open()
	if err != nil {
		return nil, err
	}
	img, err := p.decode(content, name)
	if err != nil {
		return nil, WithCode(Invalid, err)
	}
	start := time.Now()
	probabilities, _, err := p.ask(img)
	if err != nil {
		return nil, err
	}
	prediction := &Prediction{BrowserDecoded: img.Browser}
	for i, probability := range probabilities {
		prediction.Classes = append(prediction.Classes, Probability{p.network.current.outputs[i].name, probability})
	}
	slices.SortStableFunc(prediction.Classes, func(a, b Probability) int { return cmp.Compare(b.Probability, a.Probability) })
	prediction.Milliseconds = measure.Milliseconds(time.Since(start))
	return prediction, nil
}

// beginPredicting is Begin of who wants answers: a trained network is there.
func (p *Project) beginPredicting(ctx context.Context) (done func(), err error) {
	if p.Run() != nil {
		return nil, Errorf(Invalid, "A run is training: predict when it has ended, or cancel it.")
	}
	if done, err = p.Begin(ctx); err != nil {
		return nil, err
	}
	if n := p.network; n == nil || n.current.outputs == nil {
		done()
		return nil, Errorf(Invalid, "The network knows no classes yet: train it, or load weights that were fine-tuned here.")
	}
	return done, nil
}

// decode reads a picture that is asked about, by this browser where nothing else can.
func (p *Project) decode(content []byte, name string) (*images.Picture, error) {
	return images.DecodeWith(p.data.set.Foreign, true, content, name, p.data.set.Limits)
}

// ask gives the probabilities of a picture by the network in use, and the picture's hash.
// The turn is the caller's.
func (p *Project) ask(img *images.Picture) ([]float32, images.Hash, error) {
	n := p.network
	size := n.current.Model.Config.Size // that it was trained at
	square, hash := img.Square(images.DefaultResizing(size), cmp.Or(n.depth, p.data.set.Depth()))
	pixels := make([]float32, size*size*3)
	images.Feed(pixels, square, n.info.pixels()) // as the training images were
	if p.predictor == nil {
		next, err := tune.NewPredictor(n.current.Weights, p.Machine)
		if err != nil {
			return nil, hash, err
		}
		p.setPredictor(next)
	}
	probabilities, err := p.predictor.Predict(pixels)
	if err != nil {
		p.setPredictor(nil)
	}
	return probabilities, hash, err
}
