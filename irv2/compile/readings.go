package compile

import (
	"math"
	"slices"

	"thaw/irv2"
	"thaw/kernels"
	"thaw/kernels/program"
)

// Reading is what a training step tells of a block beside the loss.
type Reading struct {
	// Gradient is the L2 norm of dLoss/dOutput over the batch, the loss being the mean of
	// the batch's. A frozen block has one where gradients pass it; NaN where none is computed.
	Gradient float64
	// Ratio is |g|/|w| over all of the block that learns, before the update and before
	// gradients are clipped; NaN where nothing learns.
	Ratio float64
}

// readings are sums of squares, and whose they are.
type readings struct {
	outputs *program.Buffer // of each block's output gradient
	params  *program.Buffer // of each learning parameter's gradient, then of its values
	there   []bool          // blocks whose output gradient is computed
	learned []*learned
}

// BlockOutputs lists the layer that each of the model's blocks ends with: the one that
// other blocks read, or the network's output.
func BlockOutputs(m *irv2.Model) []*irv2.Layer {
	outputs := make([]*irv2.Layer, len(m.Blocks))
	for _, l := range m.Layers {
		for _, in := range l.Inputs {
			if in.Block != l.Block {
				outputs[slices.Index(m.Blocks, in.Block)] = in
			}
		}
	}
	outputs[len(outputs)-1] = m.Output()
	return outputs
}

// readOutput emits the reading of u's output gradient, where u ends a block. It comes
// when that gradient is complete and nothing has worked on it in place.
func (c *compiler) readOutput(u *unit) {
	block := slices.Index(c.blockOutputs, u.out)
	if block < 0 {
		return
	}
	r := c.program.readings
	if r == nil {
		blocks := len(c.blockOutputs)
		r = &readings{outputs: c.transient("squares of blocks' gradients", blocks), there: make([]bool, blocks)}
		r.outputs.ToEnd()
		c.program.readings = r
	}
	r.there[block] = true
	c.squares(u.out.Block, c.gradientOf(c.values[u.out]).buffer, r.outputs, block)
}

// readParams emits the readings of what learns, behind all gradients.
func (c *compiler) readParams() {
	r := c.program.readings
	if r == nil { // nothing learns
		return
	}
	r.learned = c.learned
	r.params = c.transient("squares of parameters", 2*len(c.learned))
	r.params.ToEnd()
	for i, l := range c.learned {
		c.squares(l.param.Name()+" gradient", l.gradient, r.params, 2*i)
		c.squares(l.param.Name(), c.param(l.param), r.params, 2*i+1)
	}
}

// squares emits a sum of squares for a reading.
func (c *compiler) squares(name string, x, sums *program.Buffer, at int) {
	a := &kernels.SumSquaresArgs{}
	operands := append(c.room(&a.Scratch, c.machine.SquaresLen(x.Len)), c.all(&a.X, x),
		operand{Slice: &a.Sum, Ref: program.Ref{Buffer: sums, Off: at, Len: 1}})
	c.emit(program.Backward, name+readingSuffix, a, 0, operands...)
}

const readingSuffix = " reading"

// Readings returns what to ask the memory for together with the loss, and what that
// says of each block once it is there; without Options.Readings nothing and nil.
func (p *Program) Readings() (parts []program.Part, blocks func() []Reading) {
	r := p.readings
	if r == nil {
		return nil, func() []Reading { return nil }
	}
	outputs, params := make([]float32, r.outputs.Len), make([]float32, r.params.Len)
	parts = []program.Part{{Dst: outputs, Buffer: r.outputs}, {Dst: params, Buffer: r.params}}
	return parts, func() []Reading { return r.of(p.Plan.Model, outputs, params) }
}

func (r *readings) of(m *irv2.Model, outputs, params []float32) []Reading {
	blocks := make([]Reading, len(m.Blocks))
	gradient, weight := make([]float64, len(blocks)), make([]float64, len(blocks))
	learns := make([]bool, len(blocks))
	for i, l := range r.learned {
		block := slices.Index(m.Blocks, l.param.Layer.Block)
		learns[block] = true
		gradient[block] += float64(params[2*i])
		weight[block] += float64(params[2*i+1])
	}
	for i := range blocks {
		blocks[i] = Reading{math.NaN(), math.NaN()}
		if r.there[i] {
			blocks[i].Gradient = math.Sqrt(float64(outputs[i]))
		}
		if learns[i] {
			blocks[i].Ratio = math.Sqrt(gradient[i] / weight[i])
		}
	}
	return blocks
}

// pool emits the mean over all pixels of u's output, where Options.Pool names it.
func (c *compiler) pool(u *unit) {
	if !slices.Contains(c.opts.Pool, u.out) {
		return
	}
	c.mean(program.Forward, u.out, c.values[u.out].buffer)
}

// mean emits the mean over all pixels of what of l stands in a buffer: its output or its
// gradient.
func (c *compiler) mean(phase program.Phase, l *irv2.Layer, of *program.Buffer) {
	b := c.transient(l.Name+" pooled", c.opts.Batch*l.C)
	b.ToEnd()
	if c.program.Pooled == nil {
		c.program.Pooled = map[*irv2.Layer]*program.Buffer{}
	}
	c.program.Pooled[l] = b
	vec := kernels.View{N: c.opts.Batch, H: 1, W: 1, C: l.C, Stride: l.C}
	a := &program.GlobalAvgPool{GlobalAvgPoolArgs: kernels.GlobalAvgPoolArgs{Map: c.viewOf(l), Vec: vec}}
	c.emit(phase, l.Name+" pooled", a, 0, operand{Slice: &a.Map.Data, Ref: c.span(c.values[l], of)}, c.all(&a.Vec.Data, b))
}
