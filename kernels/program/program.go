// Package program is a list of kernel calls as data, and the machines that run it.
//
// A Program says what to call, on what, and where it lies; it knows no layer and no
// backend. A Machine gives programs a Memory, which runs them: OnHost on Go memory
// by any kernels.Backend, others on a device. Calls makes a machine a
// kernels.Backend again, so that one conformance suite holds all of them.
//
// Read program.go, place.go (lifetimes -> offsets), layout.go (programs that share a
// memory), machine.go, host.go, calls.go.
package program

import (
	"fmt"
	"strings"

	"thaw/kernels"
)

// Phase is when an op runs.
type Phase int

const (
	// Init folds and packs what is constant: once, or again after weights changed.
	Init Phase = iota
	// Forward ends with probabilities and, with labels, the loss.
	Forward
	// Backward fills the gradient of every learning parameter, and changes none.
	Backward
	// Update changes the learning parameters. It is not interrupted.
	Update
	// Save keeps the statistics that Forward moves; Restore brings them back, as if
	// Forward had not run.
	Save
	Restore
	phases
)

func (p Phase) String() string {
	return [...]string{"init", "forward", "backward", "update", "save", "restore"}[p]
}

// Kind says what a buffer holds, and so how long it lives.
type Kind int

const (
	Transient Kind = iota // placed in the arena by lifetime
	Gradient              // of a parameter, from its first writer to the end of a step
	Constant              // what Init folded and packed
	Moment                // optimiser state: zero at first, and with the parameters what a checkpoint holds
	Kept                  // cached features, saved statistics: as whoever wrote it left it
	Parameter             // a tensor given to Machine.Load
)

const unused = -2

// Buffer is a range of float32s. Programs that share a memory share a buffer by
// naming the same *Buffer, or, for a Parameter, the same tensor.
type Buffer struct {
	Name   string
	Len    int
	Kind   Kind
	Tensor int // Parameter only: its number among the tensors given to Load

	offset      int // in the arena, or among the gradients that stand apart: Transient, Gradient, Constant of one Anew
	first, last int // ops between which it lives, -1: before the first
	toEnd       bool
}

// NewBuffer returns a buffer that no program lists: a Parameter, one Kept that is named
// to Load, or one to Share.
func NewBuffer(name string, n int, kind Kind) *Buffer {
	return &Buffer{Name: name, Len: n, Kind: kind, first: unused, last: unused}
}

// FromStart makes b live from before the first op: it is written from outside.
func (b *Buffer) FromStart() { b.first = -1 }

// ToEnd makes b live until the last op and after: it is read from outside.
func (b *Buffer) ToEnd() { b.toEnd = true }

// InArena says that b is placed by its lifetime.
func (b *Buffer) InArena() bool { return b.Kind == Transient || b.Kind == Gradient }

// Ref is part of a buffer.
type Ref struct {
	Buffer   *Buffer
	Off, Len int // floats
}

// All is the whole of b.
func (b *Buffer) All() Ref { return Ref{b, 0, b.Len} }

// Operand says which part of which buffer a slice of an op's Args stands for.
type Operand struct {
	Slice *[]float32 // in Args
	Ref
}

// Op is one kernel call. Args is a pointer to the arguments of one kernel
// (*kernels.XxxArgs or a type of this package); its slices are empty until a machine
// that works on Go memory binds them.
type Op struct {
	Name  string // layer and what is done, e.g. "conv2d_7 filter gradient"
	Phase Phase
	Args  any
	FLOPs int64
	Bytes int64 // read and written, each operand once

	Operands []Operand

	bound *hostMemory // whose ranges the slices of Args are, nil: none
}

// At returns what a slice of op.Args stands for, false where the op goes without it.
func (op *Op) At(slice *[]float32) (Ref, bool) {
	for _, o := range op.Operands {
		if o.Slice == slice {
			return o.Ref, true
		}
	}
	return Ref{}, false
}

// Args that two kernels share get a type each.
type (
	MaxPool               struct{ kernels.PoolArgs }
	AvgPool               struct{ kernels.PoolArgs }
	MaxPoolBackward       struct{ kernels.PoolBackwardArgs }
	AvgPoolBackward       struct{ kernels.PoolBackwardArgs }
	GlobalAvgPool         struct{ kernels.GlobalAvgPoolArgs }
	GlobalAvgPoolBackward struct{ kernels.GlobalAvgPoolArgs }
)

// CopyArgs: Dst = Src, of one length. It is the one op that needs no kernel.
type CopyArgs struct{ Dst, Src []float32 }

// Kind names the kernel: Conv2D, BatchNormTrain, ...
func (op *Op) Kind() string {
	name := fmt.Sprintf("%T", op.Args)
	return strings.TrimSuffix(name[strings.LastIndexByte(name, '.')+1:], "Args")
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

// Program is ops in order of their phases and the buffers that they name. Build one
// by New, Buffer, Emit and Finish. It belongs to one goroutine.
type Program struct {
	Ops      []*Op
	Buffers  []*Buffer // all but the parameters
	ArenaLen int       // floats, known after Finish
	// GradientLen is the floats of all gradients where they stand apart, else 0.
	GradientLen int

	// Beside says that the program runs in the middle of others that share its memory:
	// its arena stands beside theirs.
	Beside bool
	// Anew says that Init runs before each use: its results lie in the arena, where
	// other programs overwrite them.
	Anew bool

	align  int
	apart  bool // gradients stand apart
	starts [phases + 1]int
}

// New returns an empty program for a machine.
func New(m Machine) *Program { return &Program{align: m.Align(), apart: m.GradientsApart()} }

// Buffer adds a buffer.
func (p *Program) Buffer(name string, n int, kind Kind) *Buffer {
	b := NewBuffer(name, n, kind)
	p.Buffers = append(p.Buffers, b)
	return b
}

// Scratch adds a buffer whose content means nothing after its op.
func (p *Program) Scratch(n int) *Buffer { return p.Buffer(scratch, n, Transient) }

const scratch = "scratch"

// Share adds a buffer that stands already, such as another program's.
func (p *Program) Share(b *Buffer) *Buffer {
	p.Buffers = append(p.Buffers, b)
	return b
}

// Emit adds an op after those of its phase.
func (p *Program) Emit(op *Op) {
	for _, o := range op.Operands {
		op.Bytes += 4 * int64(o.Len)
	}
	p.Ops = append(p.Ops, op)
}

// Finish orders the ops by phase, measures lifetimes and places the arena.
func (p *Program) Finish() {
	var ordered []*Op
	for phase := range phases {
		p.starts[phase] = len(ordered)
		for _, op := range p.Ops {
			if op.Phase == phase {
				ordered = append(ordered, op)
			}
		}
	}
	p.Ops, p.starts[phases] = ordered, len(ordered)
	p.live()
	p.ArenaLen = p.place()
}

// Phase returns the ops of a phase, in order.
func (p *Program) Phase(phase Phase) []*Op { return p.Ops[p.starts[phase]:p.starts[phase+1]] }

// Moments lists the optimiser's state.
func (p *Program) Moments() []*Buffer {
	var list []*Buffer
	for _, b := range p.Buffers {
		if b.Kind == Moment {
			list = append(list, b)
		}
	}
	return list
}
