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
	Run          string        `json:"run"` // whose network answered; "": as loaded
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

// rival is the network of a kept run, that answers beside the one in use.
type rival struct {
	version
	depth     int
	predictor *tune.Predictor
}

// Predict asks the network as it is now about the image file that open gives.
func (p *Project) Predict(ctx context.Context, open func() (name string, content []byte, err error)) (*Prediction, error) {
	return p.PredictBy(ctx, "", open)
}

// PredictBy is Predict by the network of a kept run, which does not come into use for that;
// "": by the one in use.
func (p *Project) PredictBy(ctx context.Context, run string, open func() (name string, content []byte, err error)) (*Prediction, error) {
	done, err := p.beginPredicting(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	by, _, err := p.answering(ctx, run)
	if err != nil {
		return nil, err
	}
	img, err := p.picture(open)
	if err != nil {
		return nil, err
	}
	start := time.Now()
	var probabilities []float32
	if by.Weights == p.network.current.Weights {
		probabilities, _, err = p.ask(img)
	} else {
		pixels, _ := p.pixels(img, by, p.rival.depth)
		probabilities, err = p.rival.predictor.Predict(pixels)
	}
	if err != nil {
		p.dropPredictors()
		return nil, err
	}
	prediction := &Prediction{Run: by.run, BrowserDecoded: img.Browser}
	for i, probability := range probabilities {
		prediction.Classes = append(prediction.Classes, Probability{by.outputs[i].name, probability})
	}
	slices.SortStableFunc(prediction.Classes, func(a, b Probability) int { return cmp.Compare(b.Probability, a.Probability) })
	prediction.Milliseconds = measure.Milliseconds(time.Since(start))
	return prediction, nil
}

// answering is the network of a kept run, "": the one in use, with the depth of the 16-bit
// images that it was trained on.
func (p *Project) answering(ctx context.Context, run string) (by version, depth int, err error) {
	if by = p.network.current; run == "" || run == by.run {
		return by, p.network.depth, nil
	}
	if err := p.meet(ctx, run); err != nil {
		return by, 0, err
	}
	return p.rival.version, p.rival.depth, nil
}

// meet reads the network of a kept run, unless it is there.
func (p *Project) meet(ctx context.Context, run string) error {
	if p.rival != nil && p.rival.run == run {
		return nil
	}
	if _, err := p.keeping(); err != nil {
		return err
	}
	p.part()
	v, depth, err := p.networkOf(ctx, run, func(int64, int64) {})
	if err != nil {
		return err
	}
	predictor, err := tune.NewPredictor(v.Weights, p.Machine)
	if err == nil {
		p.rival = &rival{v, depth, predictor}
	}
	return err
}

// part gives the rival's memory up.
func (p *Project) part() {
	if p.rival != nil {
		p.rival.predictor.Close()
		p.rival = nil
	}
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

// picture opens and reads one that is asked about.
func (p *Project) picture(open func() (string, []byte, error)) (*images.Picture, error) {
	name, content, err := open()
	if err != nil {
		return nil, err
	}
	img, err := p.decode(content, name)
	return img, WithCode(Invalid, err)
}

// decode reads a picture that is asked about, by this browser where nothing else can.
func (p *Project) decode(content []byte, name string) (*images.Picture, error) {
	return images.DecodeWith(p.data.set.Foreign, true, content, name, p.data.set.Limits)
}

// ask gives the probabilities of a picture by the network in use, and the picture's hash.
// The turn is the caller's.
func (p *Project) ask(img *images.Picture) ([]float32, images.Hash, error) {
	n := p.network
	pixels, hash := p.pixels(img, n.current, n.depth)
	if p.predictor == nil {
		next, err := tune.NewPredictor(n.current.Weights, p.Machine)
		if err != nil {
			return nil, hash, err
		}
		p.predictor = next
	}
	probabilities, err := p.predictor.Predict(pixels)
	if err != nil {
		p.dropPredictors()
	}
	return probabilities, hash, err
}

// pixels is a picture as the images that v was trained on were fed to it, with its hash;
// depth is of those.
func (p *Project) pixels(img *images.Picture, v version, depth int) ([]float32, images.Hash) {
	size := v.Model.Config.Size // that it was trained at
	square, hash := img.Square(images.DefaultResizing(size), cmp.Or(depth, p.data.set.Depth()))
	pixels := make([]float32, size*size*3)
	images.Feed(pixels, square, p.network.info.pixels())
	return pixels, hash
}
