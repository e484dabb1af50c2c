package compile

import (
	"thaw/irv2"
	"thaw/kernels"
	"thaw/kernels/program"
)

// Keras's batch normalization defaults in InceptionResNetV2.
const (
	bnEpsilon  = 1e-3
	bnMomentum = 0.99
)

// convState is what the forward pass leaves for the backward pass of a convolution.
type convState struct {
	shape     kernels.ConvShape
	scale     *program.Buffer // inference-mode batch norm: 1/sqrt(variance+eps), else nil
	raw       *value          // batch statistics: the convolution's output before batch norm
	mean, inv *program.Buffer // batch statistics
}

func (c *compiler) forward() {
	for _, u := range c.units {
		switch u.class {
		case irv2.Conv2D, irv2.Dense:
			c.conv(u)
		case irv2.MaxPooling2D:
			a := &program.MaxPool{PoolArgs: c.poolArgs(u)}
			c.emit(program.Forward, u.out.Name, a, 0, c.in(&a.In.Data, u.in[0]), c.out(&a.Out.Data, u.out))
		case irv2.AveragePooling2D:
			a := &program.AvgPool{PoolArgs: c.poolArgs(u)}
			c.emit(program.Forward, u.out.Name, a, 0, c.in(&a.In.Data, u.in[0]), c.out(&a.Out.Data, u.out))
		case irv2.GlobalAveragePooling2D:
			a := &program.GlobalAvgPool{GlobalAvgPoolArgs: kernels.GlobalAvgPoolArgs{Map: c.viewOf(u.in[0]), Vec: c.viewOf(u.out)}}
			c.emit(program.Forward, u.out.Name, a, 0, c.in(&a.Map.Data, u.in[0]), c.out(&a.Vec.Data, u.out))
		case irv2.Dropout:
			c.dropout(program.Forward, u, c.values[u.in[0]].buffer, c.values[u.out].buffer)
		}
		c.pool(u)
	}
	if c.opts.To == nil {
		c.loss()
	} else {
		c.program.Output = c.values[c.opts.To].buffer
		c.program.Output.ToEnd()
	}
}

// conv emits a convolution (or dense layer) with its batch norm, bias, sum and ReLU.
func (c *compiler) conv(u *unit) {
	s := &convState{shape: c.convShape(u)}
	c.states[u] = s
	out := c.values[u.out]
	a := &kernels.Conv2DArgs{Shape: s.shape, In: c.viewOf(u.in[0]), Out: c.viewOf(u.out), Alpha: u.alpha(), ReLU: u.relu}
	operands := []operand{c.in(&a.In.Data, u.in[0])}

	switch {
	case c.marks.batchStats[u]:
		a.ReLU = false // batch norm does it
		s.raw = out
		if c.marks.gradient[u.out] { // the backward pass reads the output before batch norm
			s.raw = &value{layer: u.out, stride: u.out.C, buffer: c.transient(u.main.Name+" raw", c.opts.Batch*u.out.H*u.out.W*u.out.C)}
			a.Out = c.view(s.raw)
		}
		operands = append(operands, c.whole(&a.Out.Data, s.raw))
	case u.bn != nil:
		var shift *program.Buffer
		s.scale, shift = c.fold(u)
		operands = append(operands, c.all(&a.Shift, shift), c.out(&a.Out.Data, u.out))
	default:
		if bias := u.main.Param("bias"); bias != nil {
			operands = append(operands, c.all(&a.Shift, c.param(bias)))
		}
		operands = append(operands, c.out(&a.Out.Data, u.out))
	}
	if r := u.residual(); r != nil {
		a.Residual = c.viewOf(r)
		operands = append(operands, c.in(&a.Residual.Data, r))
	}
	operands = append(operands, c.filter(u, kernels.Forward, program.Forward, filterArgs{&a.Filter, &a.Scale, &a.InPlace})...)
	operands = append(operands, c.scratch(&a.Scratch, s.shape, kernels.Forward)...)
	c.emit(program.Forward, u.main.Name, a, s.shape.FLOPs(), operands...)
	if c.marks.batchStats[u] {
		c.batchNorm(u, s)
	}
}

// batchNorm emits batch norm on batch statistics, which move the running ones.
func (c *compiler) batchNorm(u *unit, s *convState) {
	n := u.bn.C
	s.mean, s.inv = c.transient(u.bn.Name+" mean", n), c.transient(u.bn.Name+" 1/deviation", n)
	a := &kernels.BatchNormTrainArgs{X: c.view(s.raw), Out: c.viewOf(u.out), Eps: bnEpsilon, Momentum: c.momentum(), ReLU: u.relu}
	mean, variance := u.bn.Param("moving_mean"), u.bn.Param("moving_variance")
	operands := []operand{c.whole(&a.X.Data, s.raw), c.out(&a.Out.Data, u.out), c.all(&a.Beta, c.param(u.bn.Param("beta"))),
		c.all(&a.Mean, s.mean), c.all(&a.InvStd, s.inv),
		c.all(&a.RunningMean, c.param(mean)), c.all(&a.RunningVariance, c.param(variance))}
	c.emit(program.Forward, u.bn.Name, a, 0, append(operands, c.sums(&a.Scratch, a.X)...)...)
	c.moves(mean)
	c.moves(variance)
	if c.opts.Recompute && s.raw.buffer != c.values[u.out].buffer {
		c.values[u.out].rebuild = func(into *value) { c.rebuildBatchNorm(u, s, into) }
	}
}

// momentum is how much of the moving statistics a step keeps.
func (c *compiler) momentum() float32 {
	if c.opts.Restate {
		return 0
	}
	return bnMomentum
}

// moves says that Forward moves p, and how that is taken back.
func (c *compiler) moves(p *irv2.Param) {
	value, saved := c.param(p), c.shared(p.Name()+" saved", p.Len(), program.Kept)
	save, restore := &program.CopyArgs{}, &program.CopyArgs{}
	c.emit(program.Save, p.Name()+" save", save, 0, c.all(&save.Dst, saved), c.all(&save.Src, value))
	c.emit(program.Restore, p.Name()+" restore", restore, 0, c.all(&restore.Dst, value), c.all(&restore.Src, saved))
	c.program.moving = append(c.program.moving, p)
}

// rebuildBatchNorm computes a unit's output again from the convolution's.
func (c *compiler) rebuildBatchNorm(u *unit, s *convState, into *value) {
	a := &kernels.BatchNormApplyArgs{X: c.view(s.raw), Out: c.view(into), ReLU: u.relu}
	c.emit(program.Backward, u.bn.Name+" again", a, 0,
		c.whole(&a.X.Data, s.raw), c.whole(&a.Out.Data, into), c.all(&a.Beta, c.param(u.bn.Param("beta"))),
		c.all(&a.Mean, s.mean), c.all(&a.InvStd, s.inv))
}

// fold emits inference-mode batch norm as scale (which packing multiplies into the
// filter) and shift: once where beta is frozen, else in every step.
func (c *compiler) fold(u *unit) (scale, shift *program.Buffer) {
	beta := u.bn.Param("beta")
	phase, buffer := program.Init, c.constant
	if c.opts.Training && c.plan.Learns(beta) {
		phase, buffer = program.Forward, c.transient
	}
	scale, shift = buffer(u.bn.Name+" scale", u.bn.C), buffer(u.bn.Name+" shift", u.bn.C)
	a := &kernels.BatchNormFoldArgs{Eps: bnEpsilon}
	c.emit(phase, u.bn.Name+" fold", a, 0, c.all(&a.Beta, c.param(beta)),
		c.all(&a.Mean, c.param(u.bn.Param("moving_mean"))), c.all(&a.Variance, c.param(u.bn.Param("moving_variance"))),
		c.all(&a.Scale, scale), c.all(&a.Shift, shift))
	return scale, shift
}

// filterArgs are the arguments of a convolution that say what its filter is.
type filterArgs struct {
	filter, scale *[]float32
	inPlace       *bool
}

// filter is the operands of a pass that are its filter with its batch norm's scale: packed
// once where neither learns, else in place or packed in the given phase of every step, as
// the machine likes it.
func (c *compiler) filter(u *unit, pass kernels.Pass, phase program.Phase, args filterArgs) []operand {
	s := c.states[u]
	kernel := u.main.Param("kernel")
	constantScale := s.scale == nil || s.scale.Kind == program.Constant
	buffer, constant := c.transient, constantScale && !(c.opts.Training && c.plan.Learns(kernel))
	length := c.machine.PackedLen(s.shape, pass)
	switch {
	case length == 0 || !constant && c.machine.InPlace(s.shape, pass):
		*args.inPlace = true
		return c.scaled(args.filter, args.scale, u)
	case constant:
		phase, buffer = program.Init, c.constant
	}
	a := &kernels.PackFilterArgs{Shape: s.shape, Pass: pass, Alpha: 1}
	name := u.main.Name + " pack"
	if pass == kernels.BackwardInput {
		a.Alpha, name = u.alpha(), name+" transposed"
	}
	packed := buffer(name+"ed", length)
	c.emit(phase, name, a, 0, append(c.scaled(&a.Filter, &a.Scale, u), c.all(&a.Dst, packed))...)
	return []operand{c.all(args.filter, packed)}
}

// scaled is the operands of a filter as Keras stores it and of its batch norm's scale.
func (c *compiler) scaled(filter, scale *[]float32, u *unit) []operand {
	operands := []operand{c.all(filter, c.param(u.main.Param("kernel")))}
	if s := c.states[u]; s.scale != nil {
		operands = append(operands, c.all(scale, s.scale))
	}
	return operands
}

func (c *compiler) dropout(phase program.Phase, u *unit, from, to *program.Buffer) {
	v := c.values[u.out]
	a := &kernels.DropoutArgs{X: c.view(v), Out: c.view(v), Rate: u.main.Rate}
	if !c.opts.Training {
		a.Rate = 0
	}
	if phase == program.Forward {
		c.masks[u] = len(c.masks)
	}
	c.program.dropout = append(c.program.dropout, dropout{a, uint64(c.masks[u])})
	c.emit(phase, u.main.Name, a, 0, c.all(&a.X.Data, from), c.all(&a.Out.Data, to))
}

// loss emits softmax and, for training, cross-entropy with its gradient.
func (c *compiler) loss() {
	p, out := c.program, c.model.Output()
	logits := c.values[out]
	n := c.opts.Batch * out.C
	p.Logits = logits.buffer
	p.Labels, p.Probs, p.Loss = c.transient("labels", n), c.transient("probabilities", n), c.transient("loss", c.opts.Batch)
	p.Labels.FromStart()
	for _, b := range []*program.Buffer{p.Logits, p.Labels, p.Probs, p.Loss} {
		b.ToEnd()
	}
	view := c.view(logits)
	a := &kernels.SoftmaxCrossEntropyArgs{Logits: view, Labels: view, Probs: view, DLogits: view}
	operands := []operand{c.all(&a.Logits.Data, p.Logits), c.all(&a.Labels.Data, p.Labels), c.all(&a.Probs.Data, p.Probs), c.all(&a.Loss, p.Loss)}
	if c.marks.gradient[out] {
		g := c.gradientOf(logits)
		g.written = true
		operands = append(operands, c.all(&a.DLogits.Data, g.buffer))
	}
	c.emit(program.Forward, "loss", a, 0, operands...)
}

func (c *compiler) convShape(u *unit) kernels.ConvShape {
	l, in := u.main, u.in[0]
	s := kernels.ConvShape{N: c.opts.Batch, H: in.H, W: in.W, CIn: in.C, KH: 1, KW: 1, COut: l.C, Stride: 1, OH: l.H, OW: l.W}
	if l.Class == irv2.Conv2D {
		s.KH, s.KW, s.Stride, s.PadTop, s.PadLeft = l.KH, l.KW, l.Stride, l.PadTop, l.PadLeft
	}
	return s
}

func (c *compiler) poolArgs(u *unit) kernels.PoolArgs {
	l := u.main
	return kernels.PoolArgs{In: c.viewOf(u.in[0]), Out: c.viewOf(u.out), K: l.K, Stride: l.Stride, PadTop: l.PadTop, PadLeft: l.PadLeft}
}

func (c *compiler) viewOf(l *irv2.Layer) kernels.View { return c.view(c.values[l]) }

// Operands: a slice of kernel arguments and what it stands for.

func (c *compiler) in(slice *[]float32, l *irv2.Layer) operand  { return c.whole(slice, c.values[l]) }
func (c *compiler) out(slice *[]float32, l *irv2.Layer) operand { return c.whole(slice, c.values[l]) }

func (c *compiler) whole(slice *[]float32, v *value) operand {
	return operand{Slice: slice, Ref: c.span(v, v.buffer)}
}

func (c *compiler) all(slice *[]float32, b *program.Buffer) operand {
	return operand{Slice: slice, Ref: b.All()}
}

func (c *compiler) scratch(slice *[]float32, s kernels.ConvShape, pass kernels.Pass) []operand {
	return c.room(slice, c.machine.ScratchLen(s, pass))
}

// sums is the scratch of an op that sums over the pixels of v.
func (c *compiler) sums(slice *[]float32, v kernels.View) []operand {
	return c.room(slice, c.machine.SumsLen(v.Pixels(), v.C))
}

func (c *compiler) room(slice *[]float32, n int) []operand {
	if n == 0 {
		return nil
	}
	return []operand{c.all(slice, c.program.Scratch(n))}
}

func (c *compiler) emit(phase program.Phase, name string, args any, flops int64, operands ...operand) {
	c.program.Emit(&program.Op{Name: name, Phase: phase, Args: args, FLOPs: flops, Operands: operands})
}
