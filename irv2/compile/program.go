package compile

import (
	"thaw/irv2"
	"thaw/irv2/freeze"
	"thaw/kernels"
	"thaw/kernels/program"
)

// operand is what a slice of an op's arguments stands for.
type operand = program.Operand

// Program is a compiled plan: a program that knows its layers.
type Program struct {
	*program.Program
	Plan    *freeze.Plan
	Options Options

	Input  *program.Buffer // images or cached features [Batch, H, W, C], written before Forward
	Output *program.Buffer // of Options.To, [Batch, H, W, C]; nil at the loss
	// [Batch, classes], and Loss [Batch]; nil where the program ends before the loss.
	// Labels are written before Forward.
	Labels, Logits, Probs, Loss *program.Buffer
	// Pooled are the outputs of Options.Pool averaged over their pixels, [Batch, C]; with
	// Options.Explain the gradients of the blocks' outputs.
	Pooled map[*irv2.Layer]*program.Buffer

	readings  *readings // nil without Options.Readings
	values    map[*irv2.Layer]*value
	params    map[*irv2.Param]*program.Buffer
	gradients map[*irv2.Param]*program.Buffer
	adam      []*kernels.AdamArgs
	sgd       []*kernels.SGDArgs
	rated     []*irv2.Param // the parameter of each adam or sgd op
	dropout   []dropout
	moving    []*irv2.Param // statistics that Forward moves
}

// dropout is an op that draws a mask; forward and backward draw the same.
type dropout struct {
	args *kernels.DropoutArgs
	mask uint64
}

func newProgram(plan *freeze.Plan, opts Options, machine program.Machine) *Program {
	p := &Program{Program: program.New(machine), Plan: plan, Options: opts,
		params: map[*irv2.Param]*program.Buffer{}, gradients: map[*irv2.Param]*program.Buffer{}}
	p.Beside, p.Anew = opts.Beside, opts.Anew
	return p
}

// Moving lists the statistics that Forward moves.
func (p *Program) Moving() []*irv2.Param { return p.moving }

// Param is the buffer of a parameter, nil where the program does not touch it.
func (p *Program) Param(param *irv2.Param) *program.Buffer { return p.params[param] }

// Gradient is the gradient of a learning parameter, there after Backward; else nil.
func (p *Program) Gradient(param *irv2.Param) *program.Buffer { return p.gradients[param] }

// SetStep sets what changes from step to step: the optimiser's step, from 1, each
// parameter's learning rate, and the seed of dropout.
func (p *Program) SetStep(step int, rate func(*irv2.Param) float64, seed uint64) {
	for i, a := range p.adam {
		a.Step, a.Rate = step, rate(p.rated[i])
	}
	for i, a := range p.sgd {
		a.Rate = rate(p.rated[i])
	}
	for _, d := range p.dropout {
		d.args.Seed = seed + d.mask
	}
}
