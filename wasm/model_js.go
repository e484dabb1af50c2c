package main

import "thaw/irv2"

// Full is trained at the size it was made for unless someone asks for less.
const defaultFullSize = 299

// choice is which network is in use: its size and head, without the classes.
type choice struct {
	Model string `json:"model"` // full or mini
	Size  int    `json:"size"`
	Dense int    `json:"dense"`
}

// config is the network of c with a head for that many classes.
func (c choice) config(classes int) (irv2.Config, error) {
	var config irv2.Config
	switch c.Model {
	case "full":
		config = irv2.Full(defaultFullSize, classes)
	case "mini":
		config = irv2.Mini(classes)
	default:
		return config, fail(codeInvalid, "There is no model %q: choose full or mini.", c.Model)
	}
	if c.Size != 0 {
		config.Size = c.Size
	}
	if c.Dense >= 0 {
		config.Dense = c.Dense
	}
	return config, nil
}

// build makes the network of c, for as many classes as there are (two before there are any).
func (c choice) build(classes int) (*irv2.Model, error) {
	config, err := c.config(max(classes, 2))
	if err != nil {
		return nil, err
	}
	m, err := irv2.New(config)
	return m, withCode(codeInvalid, err)
}

// chosen fills c's defaults in from the config that they lead to.
func chosen(config irv2.Config) choice {
	return choice{Model: config.Name, Size: config.Size, Dense: config.Dense}
}

// modelInfo is ModelInfo of thaw.d.ts.
type modelInfo struct {
	choice
	Parameters int         `json:"parameters"`
	Blocks     []blockInfo `json:"blocks"`
	Layers     []layerInfo `json:"layers"`
	Weights    *weightInfo `json:"weights"`
}

type blockInfo struct {
	Name       string `json:"name"`
	Parameters int    `json:"parameters"`
	Layers     []int  `json:"layers"`
}

type layerInfo struct {
	Index      int    `json:"index"`
	Name       string `json:"name"`
	Alias      string `json:"alias,omitempty"`
	Class      string `json:"class"`
	Block      string `json:"block"`
	Shape      [3]int `json:"shape"`
	Parameters int    `json:"parameters"`
}

func describe(m *irv2.Model, weights *weightInfo) modelInfo {
	info := modelInfo{choice: chosen(m.Config), Weights: weights}
	blocks := map[string]*blockInfo{}
	for _, name := range m.Blocks {
		blocks[name] = &blockInfo{Name: name}
	}
	for _, l := range m.Layers {
		n := 0
		for _, p := range l.Params {
			n += p.Len()
		}
		info.Layers = append(info.Layers, layerInfo{l.Index, l.Name, l.Alias, string(l.Class), l.Block, [3]int{l.H, l.W, l.C}, n})
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

// configure answers model.configure.
func (e *engine) configure(r *request) (any, error) {
	args := struct {
		Model *string `json:"model"`
		Size  *int    `json:"size"`
		Dense *int    `json:"dense"`
	}{}
	if err := r.decode(&args); err != nil {
		return nil, err
	}
	done, err := e.begin(r.ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	next := e.choice
	if args.Model != nil && *args.Model != next.Model {
		next = choice{Model: *args.Model, Dense: -1} // that model's own size and head
	}
	if args.Size != nil {
		next.Size = *args.Size
	}
	if args.Dense != nil {
		next.Dense = *args.Dense
	}
	if err := e.choose(r.ctx, next); err != nil {
		return nil, err
	}
	return e.describe(r)
}

// describe answers model.describe.
func (e *engine) describe(*request) (any, error) {
	m, err := e.choice.build(len(e.data.set.Classes))
	if err != nil {
		return nil, err
	}
	var info *weightInfo
	if e.network != nil {
		info = &e.network.info
	}
	return describe(m, info), nil
}
