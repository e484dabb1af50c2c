package compile

import (
	"fmt"
	"strings"

	"thaw/irv2"
	"thaw/irv2/freeze"
	"thaw/kernels"
)

// Phase is when an op runs.
type Phase int

const (
	// Init folds and packs what is constant: once, or again after weights changed.
	Init Phase = iota
	// ForwardPhase ends with probabilities and, with labels, the loss.
	ForwardPhase
	// BackwardPhase fills the gradient of every learning parameter. It changes no parameter.
	BackwardPhase
	// Update changes the parameters.
	Update
	phases
)

func (p Phase) String() string { return [...]string{"init", "forward", "backward", "update"}[p] }

// BufferKind says who owns a buffer.
type BufferKind int

const (
	Transient BufferKind = iota // placed in the arena by lifetime
	State                       // lives as long as the program: optimiser state, packed constants
	Parameter                   // a tensor of the weights
)

const unused = -2

// Buffer is a range of float32s.
type Buffer struct {
	Name   string
	Len    int
	Kind   BufferKind
	Param  *irv2.Param // Parameter only
	Offset int         // in the arena or the state

	first, last int // ops between which it lives, -1: before the first
	keep        bool
}

// Op is one kernel call. Args is a *kernels.XxxArgs whose slices Bind fills.
type Op struct {
	Name  string // layer and what is done, e.g. "conv2d_7 filter gradient"
	Phase Phase
	Args  any
	FLOPs int64
	Bytes int64 // read and written, each operand once

	operands []operand
}

// operand binds one slice of Args to part of a buffer.
type operand struct {
	slice    *[]float32
	buffer   *Buffer
	off, len int
}

// Program is a compiled plan. It belongs to one goroutine.
type Program struct {
	Plan    *freeze.Plan
	Options Options
	Ops     []*Op
	Buffers []*Buffer // transient and state
	Input   *value

	ArenaLen, StateLen int // floats

	Labels, Logits, Probs, Loss *Buffer // nil where the program ends before the loss

	values    map[*irv2.Layer]*value
	params    map[*irv2.Param]*Buffer
	gradients map[*irv2.Param]*Buffer
	starts    [phases + 1]int
	adam      []*kernels.AdamArgs
	sgd       []*kernels.SGDArgs
	rated     []*irv2.Param // the parameter of each adam or sgd op
	dropout   []*kernels.DropoutArgs
	moving    []*irv2.Param // statistics that ForwardPhase moves

	arena, state []float32
	weights      *irv2.Weights
}

// Bind gives the program its memory: arena and state of at least ArenaLen and
// StateLen floats (the state zeroed), and the weights that it reads and trains.
func (p *Program) Bind(weights *irv2.Weights, arena, state []float32) {
	if len(arena) < p.ArenaLen || len(state) < p.StateLen {
		panic(fmt.Sprintf("compile: bound to arena %d, state %d floats, want %d, %d", len(arena), len(state), p.ArenaLen, p.StateLen))
	}
	p.arena, p.state, p.weights = arena, state, weights
	for _, op := range p.Ops {
		for _, o := range op.operands {
			*o.slice = p.data(o.buffer)[o.off : o.off+o.len : o.off+o.len]
		}
	}
}

// data is the memory of b.
func (p *Program) data(b *Buffer) []float32 {
	switch b.Kind {
	case Parameter:
		return p.weights.Of(b.Param)
	case State:
		return p.state[b.Offset : b.Offset+b.Len]
	}
	return p.arena[b.Offset : b.Offset+b.Len]
}

// Run runs the ops of one phase. poll, if given, is called before each op and may
// stop the run by an error; parameters change in Update only, moving statistics in
// ForwardPhase. If the backend loses a thread in the middle of an op, the error is
// kernels.ErrThreadLost; Update runs to its end all the same.
func (p *Program) Run(phase Phase, backend kernels.Backend, poll func() error) error {
	var lost error
	for _, op := range p.Ops[p.starts[phase]:p.starts[phase+1]] {
		if poll != nil {
			if err := poll(); err != nil {
				return err
			}
		}
		if err := kernels.Lost(func() { run(backend, op.Args) }); err != nil {
			if phase != Update {
				return err
			}
			lost = err
		}
	}
	return lost
}

// RunEach runs a phase like Run, through a caller that sees each op and may look at
// its arguments before and after it runs it.
func (p *Program) RunEach(phase Phase, backend kernels.Backend, see func(op *Op, run func())) {
	for _, op := range p.Ops[p.starts[phase]:p.starts[phase+1]] {
		see(op, func() { run(backend, op.Args) })
	}
}

// Kind names the kernel: Conv2D, BatchNormTrain, ...
func (op *Op) Kind() string {
	name := fmt.Sprintf("%T", op.Args)
	name = name[strings.LastIndexByte(name, '.')+1:]
	return strings.ToUpper(name[:1]) + strings.TrimSuffix(name[1:], "Args")
}

// Shape is the geometry of a convolution or dense layer, such as
// "3x3/2 149x149x32 -> 74x74x32"; "" for other ops.
func (op *Op) Shape() string {
	var s kernels.ConvShape
	switch a := op.Args.(type) {
	case *kernels.Conv2DArgs:
		s = a.Shape
	case *kernels.Conv2DBackwardInputArgs:
		s = a.Shape
	case *kernels.Conv2DBackwardFilterArgs:
		s = a.Shape
	default:
		return ""
	}
	return fmt.Sprintf("%dx%d/%d %dx%dx%d -> %dx%dx%d", s.KH, s.KW, s.Stride, s.H, s.W, s.CIn, s.OH, s.OW, s.COut)
}

// InputData is where the batch of images (or cached features) is written: [Batch, H, W, C] of Input's layer.
func (p *Program) InputData() []float32 { return p.data(p.Input.buffer) }

// LabelData is [Batch, classes], written before ForwardPhase.
func (p *Program) LabelData() []float32 { return p.data(p.Labels) }

// ProbData is [Batch, classes] after ForwardPhase.
func (p *Program) ProbData() []float32 { return p.data(p.Probs) }

// LossData is the loss of each image after ForwardPhase.
func (p *Program) LossData() []float32 { return p.data(p.Loss) }

// LogitData is [Batch, classes] after ForwardPhase.
func (p *Program) LogitData() []float32 { return p.data(p.Logits) }

// OutputData is the output [Batch, H, W, C] of Options.To after ForwardPhase.
func (p *Program) OutputData() []float32 { return p.data(p.values[p.Options.To].buffer) }

// Moving lists the statistics that ForwardPhase moves.
func (p *Program) Moving() []*irv2.Param { return p.moving }

// GradientData is the gradient of a learning parameter after BackwardPhase, or nil.
func (p *Program) GradientData(param *irv2.Param) []float32 {
	if b := p.gradients[param]; b != nil {
		return p.data(b)
	}
	return nil
}

// Value copies the output [Batch, H, W, C] of a layer that ends a unit and was kept
// (Options.Keep) or ends the program; nil where there is none.
func (p *Program) Value(l *irv2.Layer) []float32 {
	v := p.values[l]
	if v == nil {
		return nil
	}
	data := p.data(v.buffer)
	out := make([]float32, 0, p.Options.Batch*l.H*l.W*l.C)
	for i := 0; i < p.Options.Batch*l.H*l.W; i++ {
		out = append(out, data[i*v.stride+v.off:i*v.stride+v.off+l.C]...)
	}
	return out
}

// SetStep sets what changes from step to step: the optimiser's step, from 1, each
// parameter's learning rate, and the seed of dropout.
func (p *Program) SetStep(step int, rate func(*irv2.Param) float64, seed uint64) {
	for i, a := range p.adam {
		a.Step, a.Rate = step, rate(p.rated[i])
	}
	for i, a := range p.sgd {
		a.Rate = rate(p.rated[i])
	}
	for i, a := range p.dropout {
		a.Seed = seed + uint64(i/2) // forward and backward draw the same mask
	}
}

func run(b kernels.Backend, args any) {
	switch a := args.(type) {
	case *kernels.PackFilterArgs:
		b.PackFilter(a)
	case *kernels.Conv2DArgs:
		b.Conv2D(a)
	case *kernels.Conv2DBackwardInputArgs:
		b.Conv2DBackwardInput(a)
	case *kernels.Conv2DBackwardFilterArgs:
		b.Conv2DBackwardFilter(a)
	case *kernels.BatchNormFoldArgs:
		b.BatchNormFold(a)
	case *kernels.BatchNormTrainArgs:
		b.BatchNormTrain(a)
	case *kernels.BatchNormApplyArgs:
		b.BatchNormApply(a)
	case *kernels.BatchNormBackwardArgs:
		b.BatchNormBackward(a)
	case *kernels.ReLUBiasBackwardArgs:
		b.ReLUBiasBackward(a)
	case *maxPool:
		b.MaxPool(&a.PoolArgs)
	case *avgPool:
		b.AvgPool(&a.PoolArgs)
	case *maxPoolBackward:
		b.MaxPoolBackward(&a.PoolBackwardArgs)
	case *avgPoolBackward:
		b.AvgPoolBackward(&a.PoolBackwardArgs)
	case *globalAvgPool:
		b.GlobalAvgPool(&a.GlobalAvgPoolArgs)
	case *globalAvgPoolBackward:
		b.GlobalAvgPoolBackward(&a.GlobalAvgPoolArgs)
	case *kernels.DropoutArgs:
		b.Dropout(a)
	case *kernels.SoftmaxCrossEntropyArgs:
		b.SoftmaxCrossEntropy(a)
	case *kernels.AdamArgs:
		b.Adam(a)
	case *kernels.SGDArgs:
		b.SGD(a)
	default:
		panic(fmt.Sprintf("compile: no kernel for %T", args))
	}
}

// Args that two kernels share get a type each.
type (
	maxPool               struct{ kernels.PoolArgs }
	avgPool               struct{ kernels.PoolArgs }
	maxPoolBackward       struct{ kernels.PoolBackwardArgs }
	avgPoolBackward       struct{ kernels.PoolBackwardArgs }
	globalAvgPool         struct{ kernels.GlobalAvgPoolArgs }
	globalAvgPoolBackward struct{ kernels.GlobalAvgPoolArgs }
)
