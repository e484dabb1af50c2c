package compile

import (
	"thaw/irv2"
	"thaw/kernels"
	"thaw/kernels/program"
)

// Keras's defaults.
const (
	adamBeta1, adamBeta2, adamEpsilon = 0.9, 0.999, 1e-7
)

// update emits one optimiser op per learning parameter, after all gradients: a step
// that is given up before leaves every parameter as it was.
func (c *compiler) update() {
	if c.opts.ClipNorm > 0 {
		c.clipGradients()
	}
	for _, l := range c.learned {
		c.program.rated = append(c.program.rated, l.param)
		if c.opts.Optimizer == "sgd" {
			c.sgd(l)
		} else {
			c.adam(l)
		}
	}
}

// Moments are the names of the buffers that an optimiser keeps of a parameter.
func Moments(p *irv2.Param, optimizer string, momentum float64) []string {
	switch {
	case optimizer != "sgd":
		return []string{p.Name() + " m", p.Name() + " v"}
	case momentum != 0:
		return []string{p.Name() + " momentum"}
	}
	return nil
}

// moments are the buffers of Moments.
func (c *compiler) moments(p *irv2.Param) []*program.Buffer {
	var list []*program.Buffer
	for _, name := range Moments(p, c.opts.Optimizer, c.opts.Momentum) {
		list = append(list, c.shared(name, p.Len(), program.Moment))
	}
	return list
}

func (c *compiler) adam(l *learned) {
	a := &kernels.AdamArgs{Beta1: adamBeta1, Beta2: adamBeta2, Eps: adamEpsilon}
	if l.param.Kind == "kernel" {
		a.Decay = c.opts.Decay
	}
	c.program.adam = append(c.program.adam, a)
	m := c.moments(l.param)
	c.emit(program.Update, l.param.Name()+" adam", a, 0, c.all(&a.Param, c.param(l.param)), c.all(&a.Grad, l.gradient), c.all(&a.M, m[0]), c.all(&a.V, m[1]))
}

func (c *compiler) sgd(l *learned) {
	a := &kernels.SGDArgs{Momentum: c.opts.Momentum}
	operands := []operand{c.all(&a.Param, c.param(l.param)), c.all(&a.Grad, l.gradient)}
	for _, m := range c.moments(l.param) {
		operands = append(operands, c.all(&a.M, m))
	}
	c.program.sgd = append(c.program.sgd, a)
	c.emit(program.Update, l.param.Name()+" sgd", a, 0, operands...)
}

// clipGradients scales all gradients together so that their norm is at most ClipNorm.
func (c *compiler) clipGradients() {
	squares := c.transient("squares of gradients", len(c.learned))
	for i, l := range c.learned {
		a := &kernels.SumSquaresArgs{}
		operands := append(c.room(&a.Scratch, c.machine.SquaresLen(l.param.Len())), c.all(&a.X, l.gradient),
			operand{Slice: &a.Sum, Ref: program.Ref{Buffer: squares, Off: i, Len: 1}})
		c.emit(program.Update, l.param.Name()+" squares", a, 0, operands...)
	}
	for _, l := range c.learned {
		a := &kernels.ClipByNormArgs{Norm: c.opts.ClipNorm}
		c.emit(program.Update, l.param.Name()+" clip", a, 0, c.all(&a.X, l.gradient), c.all(&a.Sums, squares))
	}
}
