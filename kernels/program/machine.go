package program

import (
	"context"

	"thaw/kernels"
)

// Machine runs programs: the host's cores, a GPU. It is chosen once, outside the
// model; its sizes become part of a program when it is compiled.
type Machine interface {
	// Name is what a person reads: "simd", "portable", "webgpu".
	Name() string
	kernels.Sizes
	// Align is the floats to which a program's buffers are aligned.
	Align() int
	// GradientsApart says that the gradients of parameters have a region of their own,
	// out of the arena.
	GradientsApart() bool
	// Load gives programs that share parameters, state and arena their memory, the
	// moments zeroed. tensors are the parameters' values by their numbers: a machine that
	// works on Go memory works on these very slices, a device copies them, and whoever
	// wants them back reads them. kept are buffers that no program names. The error is a
	// sentence for the user.
	Load(tensors [][]float32, kept []*Buffer, programs ...*Program) (Memory, error)
}

// Memory is what programs loaded together share. It belongs to one goroutine. Calls
// take effect in their order; only Read, and what Ask returns, wait for work to be done,
// and an error of earlier work may show there first. A lost thread or device is a
// *kernels.LostError.
type Memory interface {
	// Write fills part of a buffer.
	Write(b *Buffer, off int, data []float32)
	// Copy copies between buffers: dst.Len floats.
	Copy(dst, src Ref)
	// Run runs ops of one phase, as Program.Phase lists them. poll, if given, is called
	// every few milliseconds of work, and may stop the run by an error. Update runs to
	// its end even if it loses a thread.
	Run(ops []*Op, poll func() error) error
	// Read copies part of a buffer out, when all that was asked for before is done.
	Read(ctx context.Context, dst []float32, b *Buffer, off int) error
	// Ask copies small parts of buffers out as Read does, all at once, and returns at
	// once: what stands in Dst is of use when wait has returned. What is asked for
	// meanwhile comes after.
	Ask(parts ...Part) (wait func() error)
	// Close gives the memory up.
	Close()
}

// Part is len(Dst) floats of a buffer, from Off, and where they go.
type Part struct {
	Dst    []float32
	Buffer *Buffer
	Off    int
}
