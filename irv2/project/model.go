package project

import (
	"thaw/irv2"
	"thaw/irv2/weights"
)

// ModelInfo describes the network in use.
type ModelInfo struct {
	Choice
	Parameters int         `json:"parameters"`
	Blocks     []BlockInfo `json:"blocks"`
	Layers     []LayerInfo `json:"layers"` // Keras's model.layers, then the head
	Weights    *WeightInfo `json:"weights"`
	Outputs    *Outputs    `json:"outputs"` // nil: the head has not been trained
}

// Outputs are what a trained head answers.
type Outputs struct {
	Names []string `json:"names"`
	Named bool     `json:"named"` // by someone; else output 1, output 2, ...
}

// BlockInfo is a block in the order of data flow.
type BlockInfo struct {
	Name       string `json:"name"`
	Parameters int    `json:"parameters"`
	Layers     []int  `json:"layers"`
}

// LayerInfo is a layer as Keras lists it.
type LayerInfo struct {
	Index      int        `json:"index"`
	Name       string     `json:"name"`
	Alias      string     `json:"alias,omitempty"`
	Class      irv2.Class `json:"class"`
	Block      string     `json:"block"`
	Shape      [3]int     `json:"shape"`
	Parameters int        `json:"parameters"`
}

// Describe describes the network in use, with a head for the images' classes.
func (p *Project) Describe() (*ModelInfo, error) {
	m, err := p.model()
	if err != nil {
		return nil, err
	}
	info := describe(m)
	if p.network != nil {
		info.Weights = &p.network.info
		if names := p.network.current.names(); names != nil {
			info.Outputs = &Outputs{names, weights.Named(names)}
		}
	}
	return info, nil
}

// DescribeOther describes the network called name as it would be on its own, whichever is in use.
func (p *Project) DescribeOther(name string) (*ModelInfo, error) {
	m, err := Choice{Model: name, Dense: -1}.Build(len(p.data.set.Classes))
	if err != nil {
		return nil, err
	}
	return describe(m), nil
}

func describe(m *irv2.Model) *ModelInfo {
	info := &ModelInfo{Choice: chosen(m.Config)}
	blocks := map[string]*BlockInfo{}
	for _, name := range m.Blocks {
		blocks[name] = &BlockInfo{Name: name}
	}
	for _, l := range m.Layers {
		n := 0
		for _, param := range l.Params {
			n += param.Len()
		}
		info.Layers = append(info.Layers, LayerInfo{l.Index, l.Name, l.Alias, l.Class, l.Block, [3]int{l.H, l.W, l.C}, n})
		info.Parameters += n
		b := blocks[l.Block]
		b.Parameters += n
		b.Layers = append(b.Layers, l.Index)
	}
	for _, name := range m.Blocks {
		info.Blocks = append(info.Blocks, *blocks[name])
	}
	return info
}
