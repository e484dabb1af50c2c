// Package compile turns a network and a freeze plan into a program: a linear list
// of kernel calls with every buffer placed beforehand.
//
// What is frozen is folded, skipped or left to a cache; what is thawed is trained.
// A program knows its parameters, FLOPs, bytes and exact memory before it runs, and
// any program.Machine runs it. Passes, in the order of the files:
//
//	units.go     layers -> units: a convolution with all that its epilogue absorbs
//	marks.go     which units vary, which need gradients; the frozen prefix
//	values.go    where each output lives; concatenation becomes channel slices
//	forward.go   forward ops, folding and packing what is frozen once
//	backward.go  only the gradients that an update reads
//	readings.go  what a step tells beside the loss, where asked
//	explain.go   the gradients of a logit that Grad-CAM reads, where asked
//	update.go    one optimiser op per learning parameter, after all gradients
//	program.go   what the layers of a program are; kernels/program places and runs it
//
// dump.go and cost.go describe a program, blocks.go what a plan makes of each block;
// loaded.go runs one that has a memory to itself.
package compile

import (
	"fmt"

	"thaw/irv2"
	"thaw/irv2/freeze"
	"thaw/kernels/program"
)

// Options say what to compile.
type Options struct {
	Batch    int
	Training bool // forward with batch statistics where the plan says so, backward, update; else inference

	// From starts the program at the output of this layer (the cached end of a frozen
	// prefix), nil at the images. To ends an inference program there, nil at the loss.
	From, To *irv2.Layer

	// Recompute drops activations after batch norm and computes them again for the
	// backward pass: less memory for a few per cent of time.
	Recompute bool
	// Optimizer is adam (default) or sgd; Momentum 0 keeps no state for sgd.
	Optimizer string
	Momentum  float64
	Decay     float64 // decoupled weight decay of kernels, by adam
	ClipNorm  float64 // bound of the norm of all gradients together; 0: none

	// Restate replaces moving statistics by those of the batch, instead of moving them
	// 1 % towards it.
	Restate bool

	// Like is a program of another batch size whose constants, moments and saved
	// statistics this one shares.
	Like *Program
	// Beside and Anew are the program's (see program.Program).
	Beside, Anew bool

	// Readings has a training step tell of every block beside the loss (see Reading).
	Readings bool
	// Pool are layers that end a unit whose outputs are also averaged over their pixels,
	// to be read from Program.Pooled.
	Pool []*irv2.Layer

	// Explain gives an inference program a backward phase: from the logits that Labels
	// weigh to the outputs of all blocks of the backbone, which are kept, and whose gradients are averaged
	// over their pixels, to be read from Program.Pooled.
	Explain bool

	// Keep holds the outputs of these layers until the step ends, to be read by Value.
	Keep []*irv2.Layer
}

// Compile compiles plan for a machine, whose packing and scratch sizes become part of
// the memory plan. Nothing is allocated until it is loaded.
func Compile(plan *freeze.Plan, opts Options, machine program.Machine) (*Program, error) {
	if opts.Batch < 1 {
		return nil, fmt.Errorf("compile: batch %d: want at least 1", opts.Batch)
	}
	if opts.Explain && (opts.Training || opts.From != nil || opts.To != nil) {
		return nil, fmt.Errorf("compile: what is explained is inference, from images to logits")
	}
	if opts.Training && opts.To != nil {
		return nil, fmt.Errorf("compile: training ends at the loss, not at %s", opts.To.Name)
	}
	c := &compiler{plan: plan, model: plan.Model, opts: opts, machine: machine, program: newProgram(plan, opts, machine), masks: map[*unit]int{}}
	c.units = fuse(plan.Model)
	c.marks = mark(plan, c.units, opts.Training)
	if opts.Explain {
		c.explains()
	}
	if err := c.clip(); err != nil {
		return nil, err
	}
	c.placeValues()
	c.forward()
	if opts.Training {
		if opts.Readings {
			c.blockOutputs = BlockOutputs(c.model)
		}
		c.backward()
		c.readParams()
		c.update()
	}
	if opts.Explain {
		c.fromLogits()
		c.backward()
	}
	c.program.Finish()
	return c.program, nil
}

// compiler is the state that the passes share.
type compiler struct {
	plan    *freeze.Plan
	model   *irv2.Model
	opts    Options
	machine program.Machine
	program *Program

	units  []*unit
	marks  *marks
	values map[*irv2.Layer]*value
	states map[*unit]*convState
	masks  map[*unit]int // number of each dropout's mask

	blockOutputs []*irv2.Layer // whose gradients are read; none without Options.Readings or Explain

	learned []*learned // parameters with their gradient buffers, in order of the backward pass
}

// clip keeps the units between From and To.
func (c *compiler) clip() error {
	if c.opts.From != nil {
		at := c.marks.cut(c.units, c.opts.From)
		if at < 0 {
			return fmt.Errorf("compile: the network does not narrow to %s: start at the end of a block", c.opts.From.Name)
		}
		for _, u := range c.units[:at+1] {
			if c.marks.varies[u] {
				return fmt.Errorf("compile: cannot start at %s: %s before it is not frozen", c.opts.From.Name, u.out.Name)
			}
		}
		c.units = c.units[at+1:]
	}
	if c.opts.To != nil {
		for i, u := range c.units {
			if u.out == c.opts.To {
				c.units = c.units[:i+1]
				return nil
			}
		}
		return fmt.Errorf("compile: %s is not the output of a unit", c.opts.To.Name)
	}
	return nil
}
