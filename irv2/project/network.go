package project

import (
	"context"
	"slices"

	"thaw/irv2"
	"thaw/irv2/freeze"
)

// network is the weights in use.
type network struct {
	info          WeightInfo
	loaded        *irv2.Weights // as they came
	current       *irv2.Weights // after training; shares with loaded what no run changed
	loadedClasses []string      // of a trained head; nil: the head is untrained
	classes       []string      // the same of current
}

// adopt makes w the network in use; classes are of its trained head, or nil.
func (p *Project) adopt(ctx context.Context, w *irv2.Weights, info WeightInfo, classes []string) error {
	next := chosen(w.Model.Config)
	if next.Model == p.choice.Model {
		next.Size = p.choice.Size // weights fit any size
	}
	if err := p.choose(ctx, next); err != nil {
		return err
	}
	p.network = &network{info: info, loaded: w, current: w, loadedClasses: classes, classes: classes}
	p.setPredictor(nil)
	return nil
}

// Reset throws away what training changed: back to the weights as loaded.
func (p *Project) Reset(ctx context.Context) error {
	if p.Run() != nil {
		return Errorf(Invalid, "A run is training: cancel it first.")
	}
	done, err := p.Begin(ctx)
	if err != nil {
		return err
	}
	defer done()
	if n := p.network; n != nil {
		n.reset()
		p.setPredictor(nil)
	}
	return nil
}

func (n *network) reset() { n.current, n.classes = n.loaded, n.loadedClasses }

// startFor returns the weights that a run of plan starts from and changes: what it
// may change is copied, the rest shared. A head trained for the same classes stays.
func (n *network) startFor(plan *freeze.Plan, classes []string, seed uint64) *irv2.Weights {
	w := &irv2.Weights{Model: plan.Model, Data: make([][]float32, len(plan.Model.Params))}
	keepHead := slices.Equal(n.classes, classes)
	for i, p := range plan.Model.Params {
		switch {
		case p.Layer.Index >= plan.Model.Backbone && !keepHead:
			w.Data[i] = make([]float32, p.Len())
		case plan.Learns(p) || plan.Moves(p):
			w.Data[i] = append([]float32(nil), n.current.Data[i]...)
		default:
			w.Data[i] = n.current.Data[i]
		}
	}
	if !keepHead {
		w.InitHead(seed)
	}
	return w
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
