package compile

import (
	"thaw/irv2"
	"thaw/kernels"
)

// value is the output of a unit: a buffer, or a slice of a concatenation's.
type value struct {
	layer  *irv2.Layer
	buffer *Buffer
	off    int // first channel in the buffer's pixels
	stride int // channels of the buffer's pixels

	parent  *value // the concatenation that it is a slice of, or nil
	grad    *gradient
	rebuild func(*value) // computes the value again into a new buffer, or nil
}

// gradient of a value; a residual input shares the buffer of its sum's.
type gradient struct {
	buffer  *Buffer
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
	c.program.Input = c.newValue(source)
	c.program.Input.buffer.first = -1
	for _, u := range c.units {
		if c.values[u.out] == nil {
			c.newValue(u.out)
		}
	}
	for _, l := range c.opts.Keep {
		if v := c.values[l]; v != nil {
			v.buffer.keep = true
		}
	}
	c.program.values = c.values
}

func (c *compiler) newValue(l *irv2.Layer) *value {
	v := &value{layer: l, stride: l.C, buffer: c.transient(l.Name, c.opts.Batch*l.H*l.W*l.C)}
	c.values[l] = v
	return v
}

// view is v's geometry; its data is bound later.
func (c *compiler) view(v *value) kernels.View {
	return kernels.View{N: c.opts.Batch, H: v.layer.H, W: v.layer.W, C: v.layer.C, Stride: v.stride}
}

// span is the part of the buffer that a view of v covers.
func (c *compiler) span(v *value, b *Buffer) (buf *Buffer, off, length int) {
	view := c.view(v)
	return b, v.off, view.Len()
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

func (c *compiler) transient(name string, n int) *Buffer { return c.buffer(name, n, Transient) }
func (c *compiler) state(name string, n int) *Buffer     { return c.buffer(name, n, State) }

func (c *compiler) buffer(name string, n int, kind BufferKind) *Buffer {
	b := &Buffer{Name: name, Len: n, Kind: kind, first: unused, last: unused}
	c.program.Buffers = append(c.program.Buffers, b)
	return b
}

// param is the buffer that stands for a parameter's values.
func (c *compiler) param(p *irv2.Param) *Buffer {
	if c.program.params == nil {
		c.program.params = map[*irv2.Param]*Buffer{}
	}
	b := c.program.params[p]
	if b == nil {
		b = &Buffer{Name: p.Name(), Len: p.Len(), Kind: Parameter, Param: p}
		c.program.params[p] = b
	}
	return b
}
