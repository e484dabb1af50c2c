package measure

import (
	"context"
	"time"

	"thaw/irv2"
	"thaw/kernels"
	"thaw/kernels/program"
)

// Speed is what a machine does, measured in a moment.
type Speed struct {
	FLOPs float64 // a second, on convolutions of the full network, both gradients included
	Op    float64 // seconds that an op takes beside them
	Step  float64 // seconds from asking for a small result to having it
}

// Seconds estimates a step of so much work.
func (s Speed) Seconds(flops int64, ops int) float64 {
	return float64(flops)/s.FLOPs + float64(ops)*s.Op + s.Step
}

// speedShapes are convolutions of block17 and block8 at 299 pixels.
var speedShapes = []kernels.ConvShape{
	{N: 4, H: 17, W: 17, CIn: 1088, KH: 1, KW: 1, COut: 192, Stride: 1, OH: 17, OW: 17},
	{N: 4, H: 17, W: 17, CIn: 128, KH: 1, KW: 7, COut: 160, Stride: 1, PadLeft: 3, OH: 17, OW: 17},
	{N: 4, H: 8, W: 8, CIn: 2080, KH: 1, KW: 1, COut: 192, Stride: 1, OH: 8, OW: 8},
	{N: 4, H: 8, W: 8, CIn: 224, KH: 3, KW: 1, COut: 256, Stride: 1, PadTop: 1, OH: 8, OW: 8},
}

// MeasureSpeed measures a machine for about as long as budget.
func MeasureSpeed(m program.Machine, budget time.Duration) (Speed, error) {
	p, tensors, result := speedProgram(m)
	memory, err := m.Load(tensors, nil, p)
	if err != nil {
		return Speed{}, err
	}
	defer memory.Close()
	if err := memory.Run(p.Phase(program.Init), nil); err != nil {
		return Speed{}, err
	}
	one := make([]float32, 1)
	work, few := p.Phase(program.Forward), p.Phase(program.Update)
	run := func(ops []*program.Op, times int) (time.Duration, error) {
		start := time.Now()
		for range times {
			if err := memory.Run(ops, nil); err != nil {
				return 0, err
			}
		}
		err := memory.Read(context.Background(), one, result, 0)
		return time.Since(start), err
	}
	if _, err := run(work, 1); err != nil { // warms up
		return Speed{}, err
	}
	once, err := run(work, 1)
	if err != nil {
		return Speed{}, err
	}
	times := max(1, int(budget/2/max(once, time.Microsecond)))
	many, err := run(work, times)
	if err != nil {
		return Speed{}, err
	}
	var step, ops time.Duration
	for range 3 { // the first is not counted
		if step, err = run(nil, 0); err != nil {
			return Speed{}, err
		}
		if ops, err = run(few, 1); err != nil {
			return Speed{}, err
		}
	}
	var flops int64
	for _, op := range work {
		flops += op.FLOPs
	}
	return Speed{
		FLOPs: float64(flops) * float64(times) / max(many-step, time.Microsecond).Seconds(),
		Op:    max(0, (ops-step).Seconds()/float64(len(few))),
		Step:  step.Seconds(),
	}, nil
}

// smallOps are enough to tell the time of one from that of none.
const smallOps = 200

// speedProgram convolves in Forward, both ways back too, and does many small updates in Update.
func speedProgram(m program.Machine) (p *program.Program, tensors [][]float32, result *program.Buffer) {
	p = program.New(m)
	for i, s := range speedShapes {
		filter := program.NewBuffer("filter", s.FilterLen(), program.Parameter)
		filter.Tensor = i
		values := make([]float32, filter.Len)
		irv2.FillUniform(values, uint64(i), "filter")
		tensors = append(tensors, values)
		convolve(p, m, s, filter)
	}
	n := len(speedShapes)
	small := program.NewBuffer("small", smallLen, program.Parameter)
	small.Tensor = n
	tensors = append(tensors, make([]float32, small.Len))
	gradient := p.Buffer("gradient", smallLen, program.Gradient)
	for range smallOps {
		a := &kernels.SGDArgs{Rate: 1e-3}
		p.Emit(&program.Op{Name: "small", Phase: program.Update, Args: a, Operands: []program.Operand{{Slice: &a.Param, Ref: small.All()}, {Slice: &a.Grad, Ref: gradient.All()}}})
	}
	p.Finish()
	return p, tensors, small
}

const smallLen = 256

// convolve emits a convolution with both its gradients.
func convolve(p *program.Program, m program.Machine, s kernels.ConvShape, filter *program.Buffer) {
	in, out := kernels.View{N: s.N, H: s.H, W: s.W, C: s.CIn, Stride: s.CIn}, kernels.View{N: s.N, H: s.OH, W: s.OW, C: s.COut, Stride: s.COut}
	x, y := p.Buffer("in", in.Len(), program.Transient), p.Buffer("out", out.Len(), program.Transient)
	dx := p.Buffer("dIn", in.Len(), program.Transient)
	dFilter := p.Buffer("dFilter", s.FilterLen(), program.Gradient)
	x.FromStart()

	f := &kernels.Conv2DArgs{Shape: s, In: in, Out: out, Alpha: 1}
	emit(p, m, s, f, kernels.Forward, &f.Scratch, at(&f.In.Data, x), at(&f.Out.Data, y), packed(p, m, s, kernels.Forward, filter, &f.Filter, &f.InPlace))
	g := &kernels.Conv2DBackwardFilterArgs{Shape: s, In: in, DOut: out, Alpha: 1}
	emit(p, m, s, g, kernels.BackwardFilter, &g.Scratch, at(&g.In.Data, x), at(&g.DOut.Data, y), at(&g.DFilter, dFilter))
	d := &kernels.Conv2DBackwardInputArgs{Shape: s, DOut: out, DIn: in, Alpha: 1}
	emit(p, m, s, d, kernels.BackwardInput, &d.Scratch, at(&d.DOut.Data, y), at(&d.DIn.Data, dx), packed(p, m, s, kernels.BackwardInput, filter, &d.Filter, &d.InPlace))
}

func at(slice *[]float32, b *program.Buffer) program.Operand {
	return program.Operand{Slice: slice, Ref: b.All()}
}

func emit(p *program.Program, m program.Machine, s kernels.ConvShape, args any, pass kernels.Pass, scratch *[]float32, operands ...program.Operand) {
	if n := m.ScratchLen(s, pass); n > 0 {
		operands = append(operands, at(scratch, p.Scratch(n)))
	}
	p.Emit(&program.Op{Name: "speed", Phase: program.Forward, Args: args, FLOPs: s.FLOPs(), Operands: operands})
}

// packed is the filter as the machine likes it, packed in Init.
func packed(p *program.Program, m program.Machine, s kernels.ConvShape, pass kernels.Pass, filter *program.Buffer, slice *[]float32, inPlace *bool) program.Operand {
	n := m.PackedLen(s, pass)
	if n == 0 {
		*inPlace = true
		return at(slice, filter)
	}
	b := p.Buffer("packed", n, program.Constant)
	a := &kernels.PackFilterArgs{Shape: s, Pass: pass, Alpha: 1}
	p.Emit(&program.Op{Name: "pack", Phase: program.Init, Args: a, Operands: []program.Operand{at(&a.Filter, filter), at(&a.Dst, b)}})
	return at(slice, b)
}
