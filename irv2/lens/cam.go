package lens

import (
	"math"

	"thaw/irv2"
	"thaw/irv2/compile"
	"thaw/irv2/freeze"
	"thaw/irv2/tune"
	"thaw/kernels/program"
)

// Cam says where the output of a block speaks for a class, on one image.
type Cam struct {
	Block  string
	H, W   int
	Values []float64 // [H, W], none below 0, in logits
}

// Explained is what a network says of an image, and where that comes from.
type Explained struct {
	Probabilities []float32
	Class         int   // that is explained
	Cams          []Cam // of each block of the backbone
}

// Explain is Grad-CAM (Selvaraju et al., arXiv 1610.02391) of a class, -1: of the likeliest,
// on an image, [size, size, 3] as the network takes it, in inference mode: the channels of a block's
// output, each weighted by the mean gradient of the class's logit (before softmax) with
// respect to it, summed, and what is below 0 set to 0. What is above says "more of this
// makes the class likelier"; it says nothing of what speaks against it.
func Explain(w *irv2.Weights, image []float32, class int, machine program.Machine, poll func() error) (*Explained, error) {
	l, err := explainer(w, machine)
	if err != nil {
		return nil, err
	}
	defer l.Close()
	return explain(l, image, class, poll)
}

// ExplainBytes is the memory that Explain takes beside the weights.
func ExplainBytes(m *irv2.Model, machine program.Machine) (int64, error) {
	p, err := compileExplain(m, machine)
	if err != nil {
		return 0, err
	}
	c := p.Cost()
	return c.ArenaBytes + c.StateBytes, nil
}

func compileExplain(m *irv2.Model, machine program.Machine) (*compile.Program, error) {
	plan := freeze.FromFlags(m, func(*irv2.Layer) bool { return false }, freeze.Inference)
	return compile.Compile(plan, compile.Options{Batch: 1, Explain: true}, machine)
}

func explainer(w *irv2.Weights, machine program.Machine) (*compile.Loaded, error) {
	p, err := compileExplain(w.Model, machine)
	if err != nil {
		return nil, err
	}
	return p.Load(machine, w)
}

func explain(l *compile.Loaded, image []float32, class int, poll func() error) (*Explained, error) {
	m := l.Plan.Model
	l.Write(l.Input, 0, image)
	if err := l.Run(l.Phase(program.Forward), poll); err != nil {
		return nil, err
	}
	probabilities, err := l.Fetch(l.Probs)
	if err != nil {
		return nil, err
	}
	if class < 0 {
		class = tune.Argmax(probabilities)
	}
	e := &Explained{Probabilities: probabilities, Class: class}
	label := make([]float32, m.Config.Classes)
	label[class] = 1
	l.Write(l.Labels, 0, label)
	if err := l.Run(l.Phase(program.Backward), poll); err != nil {
		return nil, err
	}
	for i, layer := range compile.BlockOutputs(m)[:len(m.Blocks)-1] {
		weights, err := l.Fetch(l.Pooled[layer])
		if err != nil {
			return nil, err
		}
		output, err := l.Value(layer)
		if err != nil {
			return nil, err
		}
		e.Cams = append(e.Cams, Cam{m.Blocks[i], layer.H, layer.W, weigh(output, weights)})
	}
	return e, nil
}

// weigh sums the channels of each pixel by their weights, and sets what is below 0 to 0.
func weigh(output, weights []float32) []float64 {
	c := len(weights)
	values := make([]float64, len(output)/c)
	for p := range values {
		for i, w := range weights {
			values[p] += float64(w) * float64(output[p*c+i])
		}
		values[p] = max(values[p], 0)
	}
	return values
}

// At is the map at size by size pixels, bilinear between the centres of its own as
// tf.image.resize does.
func (c *Cam) At(size int) []float64 {
	out := make([]float64, size*size)
	place := func(i, n int) (low, high int, share float64) {
		x := (float64(i)+0.5)*float64(n)/float64(size) - 0.5
		x = min(max(x, 0), float64(n-1))
		low = int(math.Floor(x))
		return low, min(low+1, n-1), x - float64(low)
	}
	for y := range size {
		top, bottom, down := place(y, c.H)
		for x := range size {
			left, right, across := place(x, c.W)
			row := func(y int) float64 {
				return c.Values[y*c.W+left]*(1-across) + c.Values[y*c.W+right]*across
			}
			out[y*size+x] = row(top)*(1-down) + row(bottom)*down
		}
	}
	return out
}
