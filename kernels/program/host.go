package program

import (
	"context"
	"fmt"

	"thaw/kernels"
)

// alignment keeps every buffer of Go memory on its own cache line (64 bytes).
const alignment = 16

// Host is a Machine that works on Go memory by a kernels.Backend.
type Host struct{ kernels.Backend }

// OnHost returns the machine that runs programs by backend.
func OnHost(backend kernels.Backend) Host { return Host{backend} }

// Align returns the floats of a cache line.
func (Host) Align() int { return alignment }

// GradientsApart says no: one arena takes less.
func (Host) GradientsApart() bool { return false }

// Limit is the GFLOP/s that the backend measures as the most its cores could do, 0
// where it measures none.
func (h Host) Limit() float64 {
	if b, ok := h.Backend.(interface{ Limit() float64 }); ok {
		return b.Limit()
	}
	return 0
}

// Load implements Machine: Args' slices become ranges of arena, state and tensors.
func (h Host) Load(tensors [][]float32, kept []*Buffer, programs ...*Program) (Memory, error) {
	l := Lay(kept, programs...)
	m := &hostMemory{backend: h.Backend, layout: l, programs: programs, tensors: tensors,
		arena: make([]float32, l.Arena), gradients: make([]float32, l.Gradients), state: make([]float32, l.State)}
	for _, b := range l.Kept {
		m.kept = append(m.kept, make([]float32, b.Len))
	}
	for _, p := range programs {
		for _, op := range p.Ops {
			m.bind(op)
		}
	}
	return m, nil
}

// bind makes op's slices ranges of m, which they may not be where a program is loaded twice.
func (m *hostMemory) bind(op *Op) {
	op.bound = m
	for _, o := range op.Operands {
		*o.Slice = m.data(o.Buffer)[o.Off : o.Off+o.Len : o.Off+o.Len]
	}
}

type hostMemory struct {
	backend      kernels.Backend
	layout       *Layout
	programs     []*Program
	tensors      [][]float32
	arena, state []float32
	gradients    []float32 // of programs compiled for another machine, see Compare
	kept         [][]float32
}

// data is the memory of b.
func (m *hostMemory) data(b *Buffer) []float32 {
	if b.Kind == Parameter {
		if t := m.tensors[b.Tensor]; len(t) == b.Len {
			return t
		}
		panic(fmt.Sprintf("program: %s has %d floats, given %d", b.Name, b.Len, len(m.tensors[b.Tensor])))
	}
	place := m.layout.Of(b)
	switch place.Region {
	case Arena:
		return m.arena[place.At : place.At+b.Len]
	case Gradients:
		return m.gradients[place.At : place.At+b.Len]
	case State:
		return m.state[place.At : place.At+b.Len]
	}
	return m.kept[place.At]
}

func (m *hostMemory) Write(b *Buffer, off int, data []float32) { copy(m.data(b)[off:], data) }

func (m *hostMemory) Copy(dst, src Ref) {
	copy(m.data(dst.Buffer)[dst.Off:dst.Off+dst.Len], m.data(src.Buffer)[src.Off:])
}

func (m *hostMemory) Read(_ context.Context, dst []float32, b *Buffer, off int) error {
	src := m.data(b)[off : off+len(dst)]
	if len(dst) > 0 && &dst[0] != &src[0] { // a parameter is its own copy
		copy(dst, src)
	}
	return nil
}

func (m *hostMemory) Ask(parts ...Part) func() error {
	for _, p := range parts {
		copy(p.Dst, m.data(p.Buffer)[p.Off:p.Off+len(p.Dst)])
	}
	return func() error { return nil }
}

func (m *hostMemory) Run(ops []*Op, poll func() error) error {
	var lost error
	for _, op := range ops {
		if poll != nil {
			if err := poll(); err != nil {
				return err
			}
		}
		if op.bound != m {
			m.bind(op)
		}
		if err := kernels.Lost(func() { call(m.backend, op.Args) }); err != nil {
			if op.Phase != Update {
				return err
			}
			lost = err
		}
	}
	return lost
}

// Close lets go of the memory, which Args' slices and whoever still names m would hold.
func (m *hostMemory) Close() {
	m.arena, m.gradients, m.state, m.kept = nil, nil, nil, nil
	for _, p := range m.programs {
		for _, op := range p.Ops {
			if op.bound != m {
				continue
			}
			op.bound = nil
			for _, o := range op.Operands {
				*o.Slice = nil
			}
		}
	}
}

// call runs one kernel.
func call(b kernels.Backend, args any) {
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
	case *MaxPool:
		b.MaxPool(&a.PoolArgs)
	case *AvgPool:
		b.AvgPool(&a.PoolArgs)
	case *MaxPoolBackward:
		b.MaxPoolBackward(&a.PoolBackwardArgs)
	case *AvgPoolBackward:
		b.AvgPoolBackward(&a.PoolBackwardArgs)
	case *GlobalAvgPool:
		b.GlobalAvgPool(&a.GlobalAvgPoolArgs)
	case *GlobalAvgPoolBackward:
		b.GlobalAvgPoolBackward(&a.GlobalAvgPoolArgs)
	case *kernels.DropoutArgs:
		b.Dropout(a)
	case *kernels.SoftmaxCrossEntropyArgs:
		b.SoftmaxCrossEntropy(a)
	case *kernels.SumSquaresArgs:
		b.SumSquares(a)
	case *kernels.ClipByNormArgs:
		b.ClipByNorm(a)
	case *kernels.AdamArgs:
		b.Adam(a)
	case *kernels.SGDArgs:
		b.SGD(a)
	case *CopyArgs:
		copy(a.Dst, a.Src)
	default:
		panic(fmt.Sprintf("program: no kernel for %T", args))
	}
}
