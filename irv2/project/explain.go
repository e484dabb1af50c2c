package project

import (
	"cmp"
	"context"
	"math"
	"slices"
	"time"

	"thaw/irv2"
	"thaw/irv2/freeze"
	"thaw/irv2/images"
	"thaw/irv2/lens"
	"thaw/irv2/measure"
)

// ExplainChoice says what is to be explained.
type ExplainChoice struct {
	Image *int   `json:"image"` // of the data set; nil: the file that is given
	Class string `json:"class"` // "": the likeliest
	Run   string `json:"run"`   // whose network; "": the one in use
	// Before is another network under the same classes: the run's as it began (start: its
	// head drawn at random), or the loaded layers under its trained head (loaded).
	Before    string `json:"before"`
	Occlusion bool   `json:"occlusion"` // too, which asks the network 82 times
}

// Explanation is where a network looks for a class on an image: lens.Explain, with
// lens.Occlude as its control.
type Explanation struct {
	Run          string        `json:"run"`
	Class        string        `json:"class"`
	Probability  float32       `json:"probability"`
	Classes      []Probability `json:"classes"` // in the order of the outputs
	Size         int           `json:"size"`    // of the image, pixels
	Blocks       []Map         `json:"blocks"`  // of the backbone
	Occlusion    *Covered      `json:"occlusion"`
	Milliseconds float64       `json:"milliseconds"`

	Picture []byte `json:"-"` // a JPEG of the image as the network takes it
}

// Map is a lens.Cam. Values, [height, width], are thousandths of the largest.
type Map struct {
	Block   string   `json:"block"`
	Height  int      `json:"height"`
	Width   int      `json:"width"`
	Values  []int    `json:"values"`
	Largest float64  `json:"largest"` // in logits; 0: nothing speaks for the class
	Agrees  *float64 `json:"agrees"`  // correlation with Occlusion; nil: not known
}

// Covered is a lens.Occlusion.
type Covered struct {
	Cells  int       `json:"cells"`
	Patch  int       `json:"patch"`
	Values []float64 `json:"values"`
	Most   float64   `json:"most"`
}

// Explain says where a network looks for a class. open gives the image file, where the
// choice names none of the data set's.
func (p *Project) Explain(ctx context.Context, c ExplainChoice, open func() (name string, content []byte, err error), progress Progress) (*Explanation, error) {
	done, err := p.beginPredicting(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	start := time.Now()
	by, depth, err := p.answering(ctx, c.Run)
	if err != nil {
		return nil, err
	}
	square, err := p.explained(c, by, depth, open)
	if err != nil {
		return nil, err
	}
	w, err := p.before(c.Before, by)
	if err != nil {
		return nil, err
	}
	class := -1
	if c.Class != "" {
		if class = slices.Index(by.names(), c.Class); class < 0 {
			return nil, Errorf(Invalid, "The network does not know the class %.100q: choose one that it answers.", c.Class)
		}
	}
	need, err := lens.ExplainBytes(by.Model, p.Machine)
	if budget := p.budget(); err != nil || budget > 0 && need > budget {
		return nil, cmp.Or(err, error(Errorf(Memory, "To see where the network looks takes %.2f GB, and %.2f GB are free: remove images, or train at a smaller size.", float64(need)/1e9, float64(budget)/1e9)))
	}
	size, poll := by.Model.Config.Size, p.poll(ctx)
	image, grey := make([]float32, size*size*3), [3]float32{}
	images.Feed(image, square, p.network.info.pixels())
	images.Feed(grey[:], []uint8{127, 127, 127}, p.network.info.pixels())
	found, err := lens.Explain(w, image, class, p.Machine, poll)
	if err != nil {
		return nil, err
	}
	e := &Explanation{Run: by.run, Class: by.outputs[found.Class].name, Probability: found.Probabilities[found.Class], Size: size}
	for i, probability := range found.Probabilities {
		e.Classes = append(e.Classes, Probability{by.outputs[i].name, probability})
	}
	var covered *lens.Occlusion
	if c.Occlusion {
		if covered, err = lens.Occlude(w, image, grey, found.Class, p.Machine, poll, func(done, total int) { progress(int64(done), int64(total)) }); err != nil {
			return nil, err
		}
		e.Occlusion = &Covered{covered.Cells, covered.Patch, covered.Values, covered.Most}
	}
	for i := range found.Cams {
		e.Blocks = append(e.Blocks, mapOf(&found.Cams[i], covered, size))
	}
	e.Milliseconds = measure.Milliseconds(time.Since(start))
	e.Picture, err = asJPEG(&images.RGB8{W: size, H: size, Pix: square}, size)
	return e, err
}

func mapOf(c *lens.Cam, covered *lens.Occlusion, size int) Map {
	m := Map{Block: c.Block, Height: c.H, Width: c.W, Largest: slices.Max(c.Values)}
	for _, v := range c.Values {
		m.Values = append(m.Values, int(math.Round(1000*v/max(m.Largest, math.SmallestNonzeroFloat64))))
	}
	if covered != nil {
		m.Agrees = number(covered.Agrees(c, size))
	}
	return m
}

// explained is the image as uint8 pixels at the size of by.
func (p *Project) explained(c ExplainChoice, by version, depth int, open func() (string, []byte, error)) ([]uint8, error) {
	size := by.Model.Config.Size
	depth = cmp.Or(depth, p.data.set.Depth())
	if c.Image != nil {
		s, _ := p.data.set.Sample(*c.Image)
		if s == nil {
			return nil, Errorf(Invalid, "There is no image number %d: it may have been removed.", *c.Image)
		}
		if s.Pixels != nil && s.Size == size && (s.Depth == 0 || s.Range == depth) {
			pixels, err := s.Pixels.Read(nil)
			return slices.Clone(pixels), WithCode(Invalid, err)
		}
		open = func() (string, []byte, error) {
			content, err := s.File.Read()
			if err != nil {
				err = Errorf(Invalid, "%s %w", s.Name, err)
			}
			return s.Name, content, err
		}
	}
	img, err := p.picture(open)
	if err != nil {
		return nil, err
	}
	square, _ := img.Square(images.DefaultResizing(size), depth)
	return square, nil
}

// before is the network that a choice of ExplainChoice.Before means.
func (p *Project) before(which string, by version) (*irv2.Weights, error) {
	loaded := p.network.loaded
	switch which {
	case "":
		return by.Weights, nil
	case "loaded":
		w := withBackbone(loaded.Weights, by.Model)
		copy(w.Data[firstOfHead(by.Model):], by.Data[firstOfHead(by.Model):])
		return w, nil
	case "start":
		switch made := by.made; {
		case by.run == "" || made == nil:
			return nil, Errorf(Invalid, "How this network began is not known: it came trained.")
		case made.Options.Continue:
			return nil, Errorf(Invalid, "%s went on from a run before it: compare with that one.", by.run)
		default:
			frozen := freeze.FromFlags(by.Model, func(*irv2.Layer) bool { return false }, freeze.Inference)
			return loaded.startFor(frozen, by.outputs, made.Options.Seed), nil
		}
	}
	return nil, Errorf(Invalid, "There is no network %.100q before a run: choose start or loaded.", which)
}

// firstOfHead is the first parameter behind the backbone.
func firstOfHead(m *irv2.Model) int {
	return slices.IndexFunc(m.Params, func(p *irv2.Param) bool { return p.Layer.Index >= m.Backbone })
}
