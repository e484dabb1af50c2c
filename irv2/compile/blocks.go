package compile

import (
	"slices"

	"thaw/irv2"
	"thaw/irv2/freeze"
)

// Block is what a plan makes of a block, in figures and words for a person. Its JSON
// is an element of Plan.blocks of thaw.d.ts.
type Block struct {
	Name            string   `json:"name"`
	Parameters      int      `json:"parameters"`
	Trained         int      `json:"trained"` // of Parameters, by gradients
	Learns          Learning `json:"learns"`
	BatchStatistics bool     `json:"batchStatistics"` // some batch norm runs on them
	Gradient        bool     `json:"gradient"`        // the gradient of an output in it is computed
	Cached          bool     `json:"cached"`          // in the frozen prefix: for one image always the same
}

// Learning says how much of a block learns.
type Learning string

const (
	Frozen Learning = "frozen"
	Partly Learning = "partly"
	Thawed Learning = "thawed"
)

// Blocks describes the blocks of plan's model as training compiles them, in the order
// of data flow.
func Blocks(plan *freeze.Plan) []Block {
	model := plan.Model
	blocks := make([]Block, len(model.Blocks))
	of := func(l *irv2.Layer) *Block { return &blocks[slices.Index(model.Blocks, l.Block)] }
	for i, name := range model.Blocks {
		blocks[i] = Block{Name: name}
	}
	for _, p := range model.Params {
		b := of(p.Layer)
		b.Parameters += p.Len()
		if plan.Learns(p) {
			b.Trained += p.Len()
		}
	}
	units := fuse(model)
	m := mark(plan, units, true)
	for _, u := range units {
		b := of(u.out)
		b.BatchStatistics = b.BatchStatistics || m.batchStats[u]
		b.Gradient = b.Gradient || m.gradient[u.out]
	}
	prefix := FrozenPrefix(plan)
	for i := range blocks {
		blocks[i].Learns = learning(blocks[i])
		blocks[i].Cached = prefix != nil
	}
	for _, l := range model.Layers {
		b := of(l)
		b.Cached = b.Cached && l.Index <= prefix.Index
	}
	return blocks
}

// learning takes more than half for all: moving statistics are parameters that no
// gradient changes.
func learning(b Block) Learning {
	switch {
	case b.Trained > b.Parameters/2:
		return Thawed
	case b.Trained > 0:
		return Partly
	}
	return Frozen
}
