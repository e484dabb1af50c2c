package webgpu

import (
	"fmt"

	"thaw/kernels/program"
)

// layout says where the buffers of programs lie on the device.
type layout struct {
	*program.Layout
	tensors   map[int]int             // by number: floats from the start of the region
	saved     map[*program.Buffer]int // what ops copy aside, behind the state
	outside   map[*program.Buffer]int // number among the kept buffers that no op names
	lens      [regions]int            // floats
	tensorLen map[int]int
}

// layOut places what programs name. Kept buffers that no op names are only copied, so
// they are no part of a region and may be as large as the device allows.
func layOut(kept []*program.Buffer, programs []*program.Program) *layout {
	l := &layout{Layout: program.Lay(kept, programs...), tensors: map[int]int{}, tensorLen: map[int]int{},
		saved: map[*program.Buffer]int{}, outside: map[*program.Buffer]int{}}
	for i, b := range kept {
		l.outside[b] = i
	}
	l.lens = [regions]int{inArena: l.Arena, inGradients: l.Gradients, inState: l.State}
	for _, p := range programs {
		for _, op := range p.Ops {
			for _, o := range op.Operands {
				l.add(o.Buffer)
			}
		}
	}
	return l
}

func (l *layout) add(b *program.Buffer) {
	switch b.Kind {
	case program.Parameter:
		if _, done := l.tensors[b.Tensor]; !done {
			l.tensors[b.Tensor], l.tensorLen[b.Tensor] = l.lens[inTensors], b.Len
			l.lens[inTensors] += aligned(b.Len)
		}
	case program.Kept:
		if _, done := l.saved[b]; !done {
			l.saved[b] = l.lens[inState]
			l.lens[inState] += aligned(b.Len)
		}
	}
}

func aligned(n int) int { return ceilDiv(n, bindAlign) * bindAlign }

// locate is where part of a buffer lies: floats from the start of its region.
func (l *layout) locate(ref program.Ref) (region, int) {
	b := ref.Buffer
	switch b.Kind {
	case program.Parameter:
		return inTensors, l.tensors[b.Tensor] + ref.Off
	case program.Kept:
		at, ok := l.saved[b]
		if !ok {
			panic("webgpu: " + b.Name + " is no operand")
		}
		return inState, at + ref.Off
	}
	place := l.Of(b)
	return [...]region{program.Arena: inArena, program.Gradients: inGradients, program.State: inState}[place.Region], place.At + ref.Off
}

// at is a buffer by the number that JavaScript knows it by, and the byte in it.
func (l *layout) at(b *program.Buffer, off int) (number, offset int) {
	if i, ok := l.outside[b]; ok {
		return int(regions) + i, 4 * off
	}
	r, at := l.locate(program.Ref{Buffer: b, Off: off})
	return int(r), 4 * at
}

// fits says in a sentence why a device of such buffers cannot hold l, nil where it can.
func (l *layout) fits(maxBuffer int) error {
	for r, n := range l.lens {
		if 4*n > maxBuffer {
			return tooLarge(region(r).String(), n, maxBuffer)
		}
	}
	for _, b := range l.Kept {
		if _, ok := l.outside[b]; ok && 4*b.Len > maxBuffer {
			return tooLarge(b.Name, b.Len, maxBuffer)
		}
	}
	return nil
}

func tooLarge(what string, floats, maxBuffer int) error {
	return fmt.Errorf("this plan needs %d MB for its %s in one piece, and the GPU gives %d MB: choose a smaller batch, smaller images, or SIMD", 4*floats>>20, what, maxBuffer>>20)
}

// sizesInBytes lists the lengths of the regions and of the kept buffers.
func (l *layout) sizesInBytes(kept []*program.Buffer) (ofRegions, ofKept []any) {
	for _, n := range l.lens {
		ofRegions = append(ofRegions, 4*n)
	}
	for _, b := range kept {
		ofKept = append(ofKept, 4*b.Len)
	}
	return ofRegions, ofKept
}
