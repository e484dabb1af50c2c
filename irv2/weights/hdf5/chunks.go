package hdf5

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"io"
)

// Filters that h5py offers without plugins.
const (
	deflate  = 1
	shuffle  = 2
	checksum = 3 // Fletcher 32: four bytes behind the chunk
)

type filter struct{ id int }

func parseFilters(b []byte) ([]filter, error) {
	c := cursor{b: b}
	version, n := c.u8(), c.u8()
	if version == 1 {
		c.skip(6)
	}
	var list []filter
	for range n {
		f := filter{id: c.u16()}
		nameLen := 0
		if version == 1 || f.id >= 256 {
			nameLen = c.u16()
		}
		c.skip(2) // flags
		values := c.u16()
		c.skip(nameLen)
		c.skip(4 * values)
		if version == 1 && values%2 == 1 {
			c.skip(4)
		}
		if f.id != deflate && f.id != shuffle && f.id != checksum {
			return nil, fmt.Errorf("%w: compression filter %d", ErrUnsupported, f.id)
		}
		list = append(list, f)
	}
	return list, c.err
}

// assemble puts all chunks together. Chunks that were never written are zeros.
func (d *Dataset) assemble() ([]byte, error) {
	// Deflate gains at most a factor of 1032: a larger array is a lie.
	if d.bytes/1100 > d.file.size {
		return nil, fmt.Errorf("%w: shape %v in a file of %d bytes", ErrCorrupt, d.Shape, d.file.size)
	}
	dst := make([]byte, d.bytes)
	if d.layout.addr == undefined {
		return dst, nil
	}
	return dst, d.chunkTree(dst, d.layout.addr, -1, map[uint64]bool{})
}

func (d *Dataset) chunkTree(dst []byte, addr uint64, level int, seen map[uint64]bool) error {
	rank := len(d.Shape)
	children, below, err := d.file.treeNode(addr, 1, 8+8*(rank+1), level, seen)
	if err != nil {
		return err
	}
	for _, child := range children {
		if below > 0 {
			err = d.chunkTree(dst, child.addr, below, seen)
		} else if seen[child.addr] {
			err = fmt.Errorf("%w: chunk stored twice", ErrCorrupt)
		} else {
			seen[child.addr] = true
			err = d.chunk(dst, child)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (d *Dataset) chunk(dst []byte, at child) error {
	c := cursor{b: at.key}
	stored, skipped := uint64(c.u32()), c.u32()
	start := make([]uint64, len(d.Shape))
	for i := range start {
		start[i] = c.u64()
		if start[i]%d.layout.chunk[i] != 0 || start[i] >= uint64(d.Shape[i]) {
			return fmt.Errorf("%w: chunk at %v", ErrCorrupt, start)
		}
	}
	raw, err := d.file.read(at.addr, stored)
	if err != nil {
		return err
	}
	want := d.Type.Size
	for _, side := range d.layout.chunk {
		want *= int(side)
	}
	for i := len(d.layout.filters) - 1; i >= 0; i-- {
		if skipped&(1<<i) != 0 {
			continue
		}
		if raw, err = d.layout.filters[i].undo(raw, want, d.Type.Size); err != nil {
			return err
		}
	}
	if len(raw) != want {
		return fmt.Errorf("%w: chunk of %d bytes, want %d", ErrCorrupt, len(raw), want)
	}
	d.place(dst, raw, start)
	return nil
}

// place copies the rows of a chunk that lie inside the dataset.
func (d *Dataset) place(dst, chunk []byte, start []uint64) {
	last := len(d.Shape) - 1
	elem := d.Type.Size
	row := int(d.layout.chunk[last]) * elem
	inside := min(row, (d.Shape[last]-int(start[last]))*elem)
	index := make([]int, last)
	for ; len(chunk) > 0; chunk = chunk[row:] {
		at, ok := 0, true
		for i := range index {
			p := int(start[i]) + index[i]
			ok = ok && p < d.Shape[i]
			at = at*d.Shape[i] + p
		}
		if ok {
			at = (at*d.Shape[last] + int(start[last])) * elem
			copy(dst[at:at+inside], chunk)
		}
		for i := last - 1; i >= 0; i-- {
			if index[i]++; index[i] < int(d.layout.chunk[i]) {
				break
			}
			index[i] = 0
		}
	}
}

// undo reverses the filter; want is the size of the whole chunk without filters.
func (f filter) undo(b []byte, want, elem int) ([]byte, error) {
	switch f.id {
	case deflate:
		z, err := zlib.NewReader(bytes.NewReader(b))
		if err != nil {
			return nil, fmt.Errorf("%w: %v", ErrCorrupt, err)
		}
		// A checksum may still follow the values.
		out, err := io.ReadAll(io.LimitReader(z, int64(want)+5))
		if err != nil {
			return nil, fmt.Errorf("%w: %v", ErrCorrupt, err)
		}
		return out, nil
	case shuffle: // byte k of all elements stands together
		out := make([]byte, len(b))
		n := len(b) / elem
		for k := range elem {
			for i := range n {
				out[i*elem+k] = b[k*n+i]
			}
		}
		copy(out[n*elem:], b[n*elem:])
		return out, nil
	}
	return b[:max(len(b)-4, 0)], nil
}
