package project

import (
	"context"

	"thaw/irv2"
	"thaw/irv2/internal/text"
)

// Full is trained at the size it was made for unless someone asks for less.
const defaultFullSize = 299

// Choice is which network is in use: its size and head, without the classes.
type Choice struct {
	Model string `json:"model"` // full or mini
	Size  int    `json:"size"`  // 0: the model's own
	Dense int    `json:"dense"` // 0: no such layer, -1: the model's own
}

// config is the network of c with a head for that many classes.
func (c Choice) config(classes int) (irv2.Config, error) {
	var config irv2.Config
	switch c.Model {
	case "full":
		config = irv2.Full(defaultFullSize, classes)
	case "mini":
		config = irv2.Mini(classes)
	default:
		return config, Errorf(Invalid, "There is no model %.100q: choose full or mini.", c.Model)
	}
	if c.Size != 0 {
		config.Size = c.Size
	}
	if c.Dense >= 0 {
		config.Dense = c.Dense
	}
	return config, nil
}

// Build makes the network of c, for as many classes as there are (two before there are any).
func (c Choice) Build(classes int) (*irv2.Model, error) {
	config, err := c.config(max(classes, 2))
	if err != nil {
		return nil, err
	}
	m, err := irv2.New(config)
	if err != nil {
		return nil, invalid(err)
	}
	return m, nil
}

// chosen fills a choice's defaults in from the config that they lead to.
func chosen(config irv2.Config) Choice {
	return Choice{Model: config.Name, Size: config.Size, Dense: config.Dense}
}

// model is the network in use, with a head for the images' classes.
func (p *Project) model() (*irv2.Model, error) { return p.choice.Build(len(p.data.set.Classes)) }

// Change says what of a choice shall change; nil: stays.
type Change struct {
	Model *string `json:"model"`
	Size  *int    `json:"size"`
	Dense *int    `json:"dense"`

	Progress Progress `json:"-"` // of pictures that are read again; may be nil
}

// Configure chooses network, input size and head. Images stay, at the new size; weights
// of another network are set aside.
func (p *Project) Configure(ctx context.Context, c Change) error {
	done, err := p.Begin(ctx)
	if err != nil {
		return err
	}
	defer done()
	next := p.choice
	if c.Model != nil && *c.Model != next.Model {
		next = Choice{Model: *c.Model, Dense: -1} // that model's own size and head
	}
	if c.Size != nil {
		next.Size = *c.Size
	}
	if c.Dense != nil {
		next.Dense = *c.Dense
	}
	return p.choose(ctx, next, c.Progress)
}

// switchTo chooses model at its own size, unless it is the one in use.
func (p *Project) switchTo(ctx context.Context, model string) error {
	if model == p.choice.Model {
		return nil
	}
	return p.choose(ctx, Choice{Model: model, Dense: -1}, nil)
}

// choose changes the network to c. Weights of another network are set aside; those
// of the same one stay, without a head that no longer fits. Images are read again
// at the new size.
func (p *Project) choose(ctx context.Context, c Choice, progress Progress) error {
	m, err := c.Build(len(p.data.set.Classes))
	if err != nil {
		return err
	}
	c = chosen(m.Config)
	if fits, there := p.fits(c.Size), p.data.set.Len(); there > fits {
		return Errorf(Memory, "At %d pixels only %s images fit into memory, and %s are here: choose a smaller size, or remove some.", c.Size, text.Thousands(fits), text.Thousands(there))
	}
	if err := p.data.resize(c.Size, p.counted(p.poll(ctx), progress)); err != nil {
		return err
	}
	p.dropPredictors()
	if c.Model != p.choice.Model || c.Size != p.choice.Size {
		p.keep(nil)
	}
	if n := p.network; n != nil {
		switch {
		case c.Model != p.choice.Model:
			p.network = nil
		case c.Dense != p.choice.Dense:
			p.network = &network{info: n.info, loaded: version{Weights: withBackbone(n.loaded.Weights, m)}, current: version{Weights: withBackbone(n.current.Weights, m)}}
		}
	}
	p.choice = c
	if n := p.network; n == nil || n.current.run == "" {
		p.replaced()
	} else {
		p.changed()
	}
	return nil
}

// counted is poll, asked once a picture, that also tells progress.
func (p *Project) counted(poll func() error, progress Progress) func() error {
	if progress == nil {
		return poll
	}
	var done, total int64
	for _, c := range p.data.set.Classes {
		total += int64(len(c.Samples))
	}
	return func() error {
		progress(min(done, total), total)
		done++
		return poll()
	}
}
