package compile

import (
	"thaw/irv2"
	"thaw/kernels"
	"thaw/kernels/program"
)

// value is the output of a unit: a buffer, or a slice of a concatenation's.
type value struct {
	layer  *irv2.Layer
	buffer *program.Buffer
	off    int // first channel in the buffer's pixels
	stride int // channels of the buffer's pixels

	parent  *value // the concatenation that it is a slice of, or nil
	grad    *gradient
	rebuild func(*value) // computes the value again into a new buffer, or nil
}

// gradient of a value; a residual input shares the buffer of its sum's.
type gradient struct {
	buffer  *program.Buffer
	written bool // later writers accumulate
}

// placeValues gives every unit's output a buffer; inputs of a concatenation get
// their slice of it.
func (c *compiler) placeValues() {
	c.values = map[*irv2.Layer]*value{}
	c.states = map[*unit]*convState{}
	for _, u := range c.units {
		if u.class != irv2.Concatenate {
			continue
		}
		whole := c.newValue(u.out)
		off := 0
		for _, in := range u.in {
			c.values[in] = &value{layer: in, buffer: whole.buffer, off: off, stride: whole.stride, parent: whole}
			off += in.C
		}
	}
	source := c.opts.From
	if source == nil {
		source = c.model.Layers[0]
	}
	c.program.Input = c.newValue(source).buffer
	c.program.Input.FromStart()
	for _, u := range c.units {
		if c.values[u.out] == nil {
			c.newValue(u.out)
		}
	}
	for _, l := range c.opts.Keep {
		if v := c.values[l]; v != nil {
			v.buffer.ToEnd()
		}
	}
	c.program.values = c.values
}

func (c *compiler) newValue(l *irv2.Layer) *value {
	v := &value{layer: l, stride: l.C, buffer: c.transient(l.Name, c.opts.Batch*l.H*l.W*l.C)}
	c.values[l] = v
	return v
}

// view is v's geometry; an operand says where its data lies.
func (c *compiler) view(v *value) kernels.View {
	return kernels.View{N: c.opts.Batch, H: v.layer.H, W: v.layer.W, C: v.layer.C, Stride: v.stride}
}

// span is the part of the buffer that a view of v covers.
func (c *compiler) span(v *value, b *program.Buffer) program.Ref {
	return program.Ref{Buffer: b, Off: v.off, Len: c.view(v).Len()}
}

// gradientOf returns the gradient buffer of v, made on first use; a slice of a
// concatenation has the concatenation's.
func (c *compiler) gradientOf(v *value) *gradient {
	if v.parent != nil {
		return c.gradientOf(v.parent)
	}
	if v.grad == nil {
		v.grad = &gradient{buffer: c.transient(v.layer.Name+" gradient", v.buffer.Len)}
	}
	return v.grad
}

func (c *compiler) transient(name string, n int) *program.Buffer {
	return c.program.Buffer(name, n, program.Transient)
}

func (c *compiler) constant(name string, n int) *program.Buffer {
	return c.shared(name, n, program.Constant)
}

// shared is a buffer that outlives a step: that of the program that this one is like,
// or a new one.
func (c *compiler) shared(name string, n int, kind program.Kind) *program.Buffer {
	if c.opts.Like == nil {
		return c.program.Buffer(name, n, kind)
	}
	for _, b := range c.opts.Like.Buffers {
		if b.Name == name && b.Len == n && b.Kind == kind {
			return c.program.Share(b)
		}
	}
	panic("compile: the program that this one is like has no " + name)
}

// param is the buffer that stands for a parameter's values.
func (c *compiler) param(p *irv2.Param) *program.Buffer {
	b := c.program.params[p]
	if b == nil {
		b = program.NewBuffer(p.Name(), p.Len(), program.Parameter)
		b.Tensor = p.Index
		c.program.params[p] = b
	}
	return b
}
