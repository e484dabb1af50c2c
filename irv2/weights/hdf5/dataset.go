package hdf5

import (
	"bytes"
	"fmt"
	"io"
	"math"
)

// Dataset is an array in the file.
type Dataset struct {
	Path  string // from the root, without a leading slash
	Shape []int
	Type  Type

	file   *File
	bytes  uint64 // of all elements
	layout layout
}

// Layout classes.
const (
	compact    = 0
	contiguous = 1
	chunked    = 2
)

type layout struct {
	class   int
	addr    uint64 // of the values, or of the chunks' B-tree
	size    uint64 // contiguous: bytes stored
	inline  []byte // compact
	chunk   []uint64
	filters []filter
}

func (f *File) dataset(addr uint64) (*Dataset, error) {
	list, err := f.messages(addr)
	if err != nil {
		return nil, err
	}
	space, ok1 := find(list, msgDataspace)
	typ, ok2 := find(list, msgDatatype)
	lay, ok3 := find(list, msgLayout)
	if !ok1 || !ok2 || !ok3 {
		return nil, fmt.Errorf("%w: not a dataset", ErrCorrupt)
	}
	d := &Dataset{file: f}
	dims, err := parseDataspace(space)
	if err != nil {
		return nil, err
	}
	if d.Type, err = parseDatatype(typ); err != nil {
		return nil, err
	}
	n, err := count(dims, uint64(d.Type.Size))
	if err != nil {
		return nil, err
	}
	d.bytes = n * uint64(d.Type.Size)
	for _, v := range dims {
		d.Shape = append(d.Shape, int(v))
	}
	if d.layout, err = parseLayout(lay, dims, d.Type); err != nil {
		return nil, err
	}
	if filters, ok := find(list, msgFilters); ok {
		d.layout.filters, err = parseFilters(filters)
	}
	return d, err
}

func parseLayout(b []byte, dims []uint64, t Type) (l layout, err error) {
	c := cursor{b: b}
	if version := c.u8(); version != 3 {
		return l, fmt.Errorf("%w: data layout version %d", ErrUnsupported, version)
	}
	l.class = c.u8()
	switch l.class {
	case compact:
		l.inline = c.bytes(c.u16())
	case contiguous:
		l.addr, l.size = c.u64(), c.u64()
	case chunked:
		rank := c.u8() - 1
		l.addr = c.u64()
		if rank != len(dims) || rank == 0 {
			return l, fmt.Errorf("%w: chunks of %d dimensions for shape %v", ErrCorrupt, rank, dims)
		}
		for i := range rank {
			side := uint64(c.u32())
			// A chunk may exceed a dataset that can grow, never one of Keras's.
			if side == 0 || side > max(dims[i], 1) {
				return l, fmt.Errorf("%w: chunk side %d for shape %v", ErrCorrupt, side, dims)
			}
			l.chunk = append(l.chunk, side)
		}
		if int(c.u32()) != t.Size {
			return l, fmt.Errorf("%w: chunk element size", ErrCorrupt)
		}
	default:
		return l, fmt.Errorf("%w: data layout class %d", ErrUnsupported, l.class)
	}
	return l, c.err
}

// Reader gives the raw little-endian bytes of all elements, row-major. Compact
// and contiguous values stream; chunked ones are assembled in memory first, so
// callers check Shape against what they expect before asking.
func (d *Dataset) Reader() (io.Reader, error) {
	l := d.layout
	switch {
	case d.bytes == 0:
		return bytes.NewReader(nil), nil
	case l.class == compact:
		if uint64(len(l.inline)) < d.bytes {
			return nil, fmt.Errorf("dataset /%s: %w", d.Path, ErrCorrupt)
		}
		return bytes.NewReader(l.inline[:d.bytes]), nil
	case l.class == contiguous:
		if l.addr == undefined {
			return nil, fmt.Errorf("dataset /%s: %w: its values were never written", d.Path, ErrCorrupt)
		}
		if l.size < d.bytes {
			return nil, fmt.Errorf("dataset /%s: %w: %d bytes for shape %v", d.Path, ErrCorrupt, l.size, d.Shape)
		}
		if l.addr > d.file.size || d.bytes > d.file.size-l.addr || d.file.size > math.MaxInt64 {
			return nil, fmt.Errorf("dataset /%s: %w", d.Path, ErrTruncated)
		}
		return io.NewSectionReader(d.file.r, int64(d.file.base+l.addr), int64(d.bytes)), nil
	}
	b, err := d.assemble()
	if err != nil {
		return nil, fmt.Errorf("dataset /%s: %w", d.Path, err)
	}
	return bytes.NewReader(b), nil
}
