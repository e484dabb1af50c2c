package compile

import "thaw/kernels"

// Keras's defaults.
const (
	adamBeta1, adamBeta2, adamEpsilon = 0.9, 0.999, 1e-7
)

// update emits one optimiser op per learning parameter, after all gradients: a step
// that is given up before leaves every parameter as it was.
func (c *compiler) update() {
	p := c.program
	for _, l := range c.learned {
		n := l.param.Len()
		name := l.param.Name()
		p.rated = append(p.rated, l.param)
		if c.opts.Optimizer == "sgd" {
			a := &kernels.SGDArgs{Momentum: c.opts.Momentum}
			operands := []operand{c.all(&a.Param, c.param(l.param)), c.all(&a.Grad, l.gradient)}
			if a.Momentum != 0 {
				operands = append(operands, c.all(&a.M, c.state(name+" momentum", n)))
			}
			p.sgd = append(p.sgd, a)
			c.emit(Update, name+" sgd", a, 0, operands...)
			continue
		}
		a := &kernels.AdamArgs{Beta1: adamBeta1, Beta2: adamBeta2, Eps: adamEpsilon}
		p.adam = append(p.adam, a)
		c.emit(Update, name+" adam", a, 0, c.all(&a.Param, c.param(l.param)), c.all(&a.Grad, l.gradient),
			c.all(&a.M, c.state(name+" m", n)), c.all(&a.V, c.state(name+" v", n)))
	}
}
