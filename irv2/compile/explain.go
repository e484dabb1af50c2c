package compile

import (
	"slices"

	"thaw/irv2"
	"thaw/kernels/program"
)

// explains marks that gradients are wanted from the first block's output on, though
// nothing learns.
func (c *compiler) explains() {
	outputs := BlockOutputs(c.model)
	c.blockOutputs = outputs[:len(outputs)-1] // the last is the head's
	c.opts.Keep = append(slices.Clone(c.opts.Keep), c.blockOutputs...)
	c.marks.gradient[c.blockOutputs[0]] = true
	for _, u := range c.units {
		if slices.ContainsFunc(u.reads(), func(l *irv2.Layer) bool { return c.marks.gradient[l] }) {
			c.marks.gradient[u.out] = true
		}
	}
}

// fromLogits emits what the backward phase begins with: Labels are the gradient of the
// logits, before softmax.
func (c *compiler) fromLogits() {
	g := c.gradientOf(c.values[c.model.Output()])
	g.written = true
	a := &program.CopyArgs{}
	c.emit(program.Backward, "logits gradient", a, 0, c.all(&a.Dst, g.buffer), c.all(&a.Src, c.program.Labels))
}

// explainOutput emits the mean of the gradient of u's output over its pixels, where u ends
// a block, before anything works on it in place.
func (c *compiler) explainOutput(u *unit) {
	if slices.Contains(c.blockOutputs, u.out) {
		c.mean(program.Backward, u.out, c.gradientOf(c.values[u.out]).buffer)
	}
}
