package project

import (
	"context"
	"slices"

	"thaw/irv2"
	"thaw/irv2/freeze"
)

// network is the weights in use.
type network struct {
	info    WeightInfo
	loaded  version // as they came
	current version // after training; shares with loaded what no run changed
	sum     string  // of the loaded parameters, see conditions; "": not yet asked for
	depth   int     // bits in use of the 16-bit images that current was trained on; 0: none
}

// version is weights with what their outputs stand for; no outputs: the head has not
// been trained.
type version struct {
	*irv2.Weights
	outputs []output
	run     string // ID of the run that trained it; "": as loaded
	made    *Made  // how it did, nil: as it came
}

// output is the class that one of a trained head's outputs answers for.
type output struct {
	name  string
	class int // ID of that class among the images; unbound: known by its name alone
}

const unbound = -1

// outputsOf are outputs that came with a file.
func outputsOf(names []string) []output {
	var outputs []output
	for _, name := range names {
		outputs = append(outputs, output{name, unbound})
	}
	return outputs
}

// names of the outputs, nil for an untrained head.
func (v version) names() []string {
	var names []string
	for _, o := range v.outputs {
		names = append(names, o.name)
	}
	return names
}

// outputFor is the index of the output that answers for a class, -1 if none does.
func (v version) outputFor(c output) int {
	byName := -1
	for i, o := range v.outputs {
		if o.class == c.class && c.class != unbound {
			return i
		}
		if o.class == unbound && o.name == c.name {
			byName = i
		}
	}
	return byName
}

// rename gives the output of a class that is called from its new name.
func (v version) rename(class int, from, to string) {
	if i := v.outputFor(output{from, class}); i >= 0 {
		v.outputs[i] = output{to, class}
	}
}

// adopt makes w the network in use; names are of its trained head's outputs, or nil.
func (p *Project) adopt(ctx context.Context, w *irv2.Weights, info WeightInfo, names []string) error {
	next := chosen(w.Model.Config)
	if next.Model == p.choice.Model && names == nil {
		next.Size = p.choice.Size // weights fit any size; what was trained goes on at its own
	}
	if err := p.choose(ctx, next, nil); err != nil {
		return err
	}
	p.network = &network{info: info, loaded: version{Weights: w, outputs: outputsOf(names)}, current: version{Weights: w, outputs: outputsOf(names)}}
	p.dropPredictors()
	p.keep(nil)
	p.replaced()
	return nil
}

// replaced notes that the network in use is the loaded one, or none.
func (p *Project) replaced() {
	if p.keeper != nil {
		p.keeper.use("")
		p.changed()
	}
}

// Reset throws away what training changed: back to the weights as loaded.
func (p *Project) Reset(ctx context.Context) error {
	done, err := p.Begin(ctx)
	if err != nil {
		return err
	}
	defer done()
	if n := p.network; n != nil {
		n.reset()
		p.dropPredictors()
		p.replaced()
	}
	return nil
}

// start is what a run would start from.
func (p *Project) start(o Options) version {
	switch n := p.network; {
	case n == nil:
		return version{}
	case o.Continue:
		return n.current
	default:
		return n.loaded
	}
}

func (n *network) reset() {
	n.current, n.depth = version{Weights: n.loaded.Weights, outputs: slices.Clone(n.loaded.outputs)}, 0
}

// startFor returns the weights that a run of plan over these classes starts from and
// changes: what it may change is copied, the rest shared. Of a trained head, what answers
// for a class that is still there is kept, wherever its place is now. The others are
// drawn by seed, as the whole head is where none is kept.
func (v version) startFor(plan *freeze.Plan, classes []output, seed uint64) *irv2.Weights {
	w := &irv2.Weights{Model: plan.Model, Data: make([][]float32, len(plan.Model.Params))}
	for i, p := range plan.Model.Params {
		switch {
		case p.Layer.Index >= plan.Model.Backbone:
			w.Data[i] = make([]float32, p.Len())
		case plan.Learns(p) || plan.Moves(p):
			w.Data[i] = append([]float32(nil), v.Data[i]...)
		default:
			w.Data[i] = v.Data[i]
		}
	}
	w.InitHead(seed)
	from := make([]int, len(classes)) // the output that answers for a class
	for i, c := range classes {
		from[i] = v.outputFor(c)
	}
	if slices.Max(from) < 0 {
		return w
	}
	for i, p := range plan.Model.Params {
		switch {
		case p.Layer.Index < plan.Model.Backbone:
		case p.Layer.Name == "predictions":
			keepColumns(w.Data[i], v.Data[i], from, len(v.outputs))
		default:
			copy(w.Data[i], v.Data[i])
		}
	}
	return w
}

// head says what startFor keeps, nil where all of the head is new.
func (v version) head(classes []output) *HeadStart {
	h := &HeadStart{Drawn: []string{}, Dropped: []string{}}
	stays := map[int]bool{}
	for _, c := range classes {
		i := v.outputFor(c)
		if i < 0 {
			h.Drawn = append(h.Drawn, c.name)
			continue
		}
		h.Kept++
		stays[i] = true
	}
	if h.Kept == 0 {
		return nil
	}
	for i, o := range v.outputs {
		if !stays[i] {
			h.Dropped = append(h.Dropped, o.name)
		}
	}
	return h
}

// keepColumns copies to each column of dst, [rows, len(from)], the column of src,
// [rows, width], that from names; -1: none.
func keepColumns(dst, src []float32, from []int, width int) {
	for row := range len(dst) / len(from) {
		for column, old := range from {
			if old >= 0 {
				dst[row*len(from)+column] = src[row*width+old]
			}
		}
	}
}

// withBackbone gives m the backbone of w, without a copy, and an empty head.
func withBackbone(w *irv2.Weights, m *irv2.Model) *irv2.Weights {
	next := &irv2.Weights{Model: m, Data: make([][]float32, len(m.Params))}
	for i, p := range m.Params {
		if p.Layer.Index < m.Backbone {
			next.Data[i] = w.Data[i]
		} else {
			next.Data[i] = make([]float32, p.Len())
		}
	}
	return next
}

func bytesOf(w *irv2.Weights) int64 {
	n := int64(0)
	for _, d := range w.Data {
		n += 4 * int64(len(d))
	}
	return n
}
