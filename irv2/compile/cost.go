package compile

import (
	"thaw/kernels"
	"thaw/kernels/program"
)

// Cost is what a program takes, known before it runs. FLOPs are of convolutions and
// dense layers, 2 per multiply-add; bytes are exact.
type Cost struct {
	Parameters, Trained                    int
	Forward, InputGradient, FilterGradient int64 // FLOPs of one step
	BytesMoved                             int64 // operands of all ops of one step, read and written
	ArenaBytes, StateBytes, ParameterBytes int64
}

// Peak is the memory that the program needs beside code: arena, state and weights.
func (c Cost) Peak() int64 { return c.ArenaBytes + c.StateBytes + c.ParameterBytes }

// StepFLOPs is the work of one step.
func (c Cost) StepFLOPs() int64 { return c.Forward + c.InputGradient + c.FilterGradient }

// Cost computes the cost of a program.
func (p *Program) Cost() Cost {
	c := Cost{Trained: p.Plan.Trained(), ArenaBytes: 4 * int64(p.ArenaLen)}
	l := program.Lay(nil, p.Program)
	c.StateBytes = 4 * int64(l.State+l.KeptLen())
	for _, param := range p.Plan.Model.Params {
		c.Parameters += param.Len()
		c.ParameterBytes += 4 * int64(param.Len())
	}
	for _, op := range p.Ops {
		switch op.Phase {
		case program.Forward, program.Backward, program.Update:
			c.BytesMoved += op.Bytes
		}
		switch op.Args.(type) {
		case *kernels.Conv2DArgs:
			c.Forward += op.FLOPs
		case *kernels.Conv2DBackwardInputArgs:
			c.InputGradient += op.FLOPs
		case *kernels.Conv2DBackwardFilterArgs:
			c.FilterGradient += op.FLOPs
		}
	}
	return c
}
