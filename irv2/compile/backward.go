package compile

import (
	"thaw/irv2"
	"thaw/kernels"
	"thaw/kernels/program"
)

// learned is a parameter with the buffer of its gradient.
type learned struct {
	param    *irv2.Param
	gradient *program.Buffer
}

// backward emits gradients from the loss upwards, for the units above which (or in
// which) something learns. The gradient of a unit's output is complete when its
// turn comes, because all its readers came before.
func (c *compiler) backward() {
	c.program.gradients = map[*irv2.Param]*program.Buffer{}
	for i := len(c.units) - 1; i >= 0; i-- {
		u := c.units[i]
		if !c.marks.gradient[u.out] {
			continue
		}
		if c.opts.Explain {
			c.explainOutput(u)
			if u.out == c.blockOutputs[0] {
				return // nothing is asked of what comes before
			}
		} else {
			c.readOutput(u)
		}
		switch u.class {
		case irv2.Conv2D, irv2.Dense:
			c.convBackward(u)
		case irv2.MaxPooling2D:
			a := &program.MaxPoolBackward{PoolBackwardArgs: c.poolBackwardArgs(u)}
			c.emit(program.Backward, u.out.Name+" input gradient", a, 0, c.inNow(&a.In.Data, u.in[0]), c.inNow(&a.Out.Data, u.out),
				c.gradIn(&a.DOut.Data, u.out), c.gradOut(&a.DIn.Data, u.in[0], &a.Accumulate))
		case irv2.AveragePooling2D:
			a := &program.AvgPoolBackward{PoolBackwardArgs: c.poolBackwardArgs(u)}
			c.emit(program.Backward, u.out.Name+" input gradient", a, 0,
				c.gradIn(&a.DOut.Data, u.out), c.gradOut(&a.DIn.Data, u.in[0], &a.Accumulate))
		case irv2.GlobalAveragePooling2D:
			if c.marks.gradient[u.in[0]] {
				a := &program.GlobalAvgPoolBackward{GlobalAvgPoolArgs: kernels.GlobalAvgPoolArgs{Map: c.viewOf(u.in[0]), Vec: c.viewOf(u.out)}}
				c.emit(program.Backward, u.out.Name+" input gradient", a, 0, c.gradIn(&a.Vec.Data, u.out), c.gradOut(&a.Map.Data, u.in[0], nil))
			}
		case irv2.Dropout:
			if c.marks.gradient[u.in[0]] {
				to := c.gradientOf(c.values[u.in[0]])
				to.written = true
				c.dropout(program.Backward, u, c.gradientOf(c.values[u.out]).buffer, to.buffer)
			}
		}
	}
}

// convBackward emits, from the gradient of a unit's output: through ReLU, through
// batch norm or to the bias, to the filter, to the input, and to the residual.
func (c *compiler) convBackward(u *unit) {
	s := c.states[u]
	out := c.values[u.out]
	intoInput := c.marks.gradient[u.in[0]]
	kernel := u.main.Param("kernel")
	learnsKernel := c.plan.Learns(kernel)

	if c.marks.batchStats[u] {
		c.batchNormBackward(u, s, intoInput || learnsKernel)
	} else {
		c.reluBiasBackward(u)
	}
	dOut := c.view(out)
	if learnsKernel {
		c.rebuilt(u.in[0])
		a := &kernels.Conv2DBackwardFilterArgs{Shape: s.shape, In: c.viewOf(u.in[0]), DOut: dOut, Alpha: u.alpha()}
		operands := []operand{c.inNow(&a.In.Data, u.in[0]), c.gradIn(&a.DOut.Data, u.out), c.all(&a.DFilter, c.gradientBuffer(kernel))}
		if s.scale != nil {
			operands = append(operands, c.all(&a.Scale, s.scale))
		}
		operands = append(operands, c.scratch(&a.Scratch, s.shape, kernels.BackwardFilter)...)
		c.emit(program.Backward, u.main.Name+" filter gradient", a, s.shape.FLOPs(), operands...)
	}
	if r := u.residual(); r != nil && c.marks.gradient[r] {
		// The residual's gradient is the sum's: same buffer, to which the branches add.
		// It is read once more below, so the input gradient must not be that buffer; it
		// is not, because the input is a concatenation.
		c.gradientBefore(r, c.gradientOf(out))
	}
	if intoInput {
		a := &kernels.Conv2DBackwardInputArgs{Shape: s.shape, DOut: dOut, DIn: c.viewOf(u.in[0]), Alpha: u.alpha()}
		operands := append(c.filter(u, kernels.BackwardInput, program.Backward, filterArgs{&a.Filter, &a.Scale, &a.InPlace}),
			c.gradIn(&a.DOut.Data, u.out), c.gradOut(&a.DIn.Data, u.in[0], &a.Accumulate))
		operands = append(operands, c.scratch(&a.Scratch, s.shape, kernels.BackwardInput)...)
		c.emit(program.Backward, u.main.Name+" input gradient", a, s.shape.FLOPs(), operands...)
	}
}

// batchNormBackward turns the gradient of the output into that of the convolution, in place.
func (c *compiler) batchNormBackward(u *unit, s *convState, further bool) {
	a := &kernels.BatchNormBackwardArgs{X: c.view(s.raw), DOut: c.viewOf(u.out), ReLU: u.relu}
	beta := u.bn.Param("beta")
	operands := []operand{c.whole(&a.X.Data, s.raw), c.gradIn(&a.DOut.Data, u.out), c.all(&a.Beta, c.param(beta)),
		c.all(&a.Mean, s.mean), c.all(&a.InvStd, s.inv)}
	if further {
		a.DX = c.viewOf(u.out)
		operands = append(operands, c.gradIn(&a.DX.Data, u.out))
	}
	if c.plan.Learns(beta) {
		operands = append(operands, c.all(&a.DBeta, c.gradientBuffer(beta)))
	}
	c.emit(program.Backward, u.bn.Name+" gradient", a, 0, append(operands, c.sums(&a.Scratch, a.X)...)...)
}

// reluBiasBackward masks the gradient of the output in place and sums it for a bias
// or for the beta of a batch norm in inference mode.
func (c *compiler) reluBiasBackward(u *unit) {
	a := &kernels.ReLUBiasBackwardArgs{D: c.viewOf(u.out), Alpha: u.alpha()}
	operands := []operand{c.gradIn(&a.D.Data, u.out)}
	if u.relu {
		a.Out = c.viewOf(u.out)
		operands = append(operands, c.inNow(&a.Out.Data, u.out))
	}
	owner, kind := u.main, "bias"
	if u.bn != nil {
		owner, kind = u.bn, "beta"
	}
	bias := owner.Param(kind)
	if bias != nil && c.plan.Learns(bias) {
		operands = append(operands, c.all(&a.DBias, c.gradientBuffer(bias)))
	} else if !u.relu {
		return
	}
	c.emit(program.Backward, u.out.Name+" gradient", a, 0, append(operands, c.sums(&a.Scratch, a.D)...)...)
}

func (c *compiler) poolBackwardArgs(u *unit) kernels.PoolBackwardArgs {
	l := u.main
	in, out := c.viewOf(u.in[0]), c.viewOf(u.out)
	return kernels.PoolBackwardArgs{In: in, Out: out, DOut: out, DIn: in, K: l.K, Stride: l.Stride, PadTop: l.PadTop, PadLeft: l.PadLeft}
}

func (c *compiler) gradientBuffer(p *irv2.Param) *program.Buffer {
	b := c.program.Buffer(p.Name()+" gradient", p.Len(), program.Gradient)
	c.program.gradients[p] = b
	c.learned = append(c.learned, &learned{p, b})
	return b
}

// gradIn is an operand that reads (or works in place on) the gradient of l's output.
func (c *compiler) gradIn(slice *[]float32, l *irv2.Layer) operand {
	v := c.values[l]
	return operand{Slice: slice, Ref: c.span(v, c.gradientOf(v).buffer)}
}

// gradOut is an operand that writes the gradient of l's output: the first writer
// overwrites, later ones accumulate.
func (c *compiler) gradOut(slice *[]float32, l *irv2.Layer, accumulate *bool) operand {
	g := c.gradientOf(c.values[l])
	if g.written && accumulate == nil {
		panic("compile: " + l.Name + " has several readers, and one cannot accumulate")
	}
	if accumulate != nil {
		*accumulate = g.written
	}
	g.written = true
	return c.gradIn(slice, l)
}

// gradientBefore makes g, already written, the gradient of l's output.
func (c *compiler) gradientBefore(l *irv2.Layer, g *gradient) {
	v := c.values[l]
	if v.parent != nil || v.grad != nil {
		panic("compile: the gradient of " + l.Name + " is already placed")
	}
	v.grad = g
}

// inNow is an operand that reads l's output in the backward pass, computed again
// where it was dropped.
func (c *compiler) inNow(slice *[]float32, l *irv2.Layer) operand {
	c.rebuilt(l)
	return c.in(slice, l)
}

// rebuilt makes sure that l's output stands in a buffer during the backward pass.
// A concatenation is rebuilt where any of its slices is; slices that cannot be
// rebuilt keep the whole.
func (c *compiler) rebuilt(l *irv2.Layer) {
	v := c.values[l]
	if v.parent != nil {
		c.rebuilt(v.parent.layer)
		return
	}
	parts := []*value{v}
	if l.Class == irv2.Concatenate && l != c.opts.From {
		parts = nil
		for _, in := range l.Inputs {
			parts = append(parts, c.values[in])
		}
	}
	for _, part := range parts {
		if part.rebuild == nil {
			return
		}
	}
	buffer := c.transient(l.Name+" again", v.buffer.Len)
	for _, part := range parts {
		part.buffer = buffer
		part.rebuild(part)
		part.rebuild = nil
	}
	v.buffer = buffer
}
