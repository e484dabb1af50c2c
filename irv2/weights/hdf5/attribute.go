package hdf5

import (
	"bytes"
	"fmt"
)

// maxString bounds one string of an attribute: a description of a model is the longest.
const maxString = 16 << 20

// Strings returns the attribute of that name as strings (one, for a scalar), and
// whether there is one. An empty array of any type is an empty list, because
// that is how h5py stores an empty Python list.
func (g *Group) Strings(name string) (values []string, ok bool, err error) {
	for _, m := range g.messages {
		if m.kind != msgAttribute {
			continue
		}
		a, err := parseAttribute(m.data)
		if err != nil {
			return nil, false, fmt.Errorf("attribute of /%s: %w", g.Path, err)
		}
		if a.name != name {
			continue
		}
		if values, err = g.file.attributeStrings(a); err != nil {
			return nil, true, fmt.Errorf("attribute %s of /%s: %w", name, g.Path, err)
		}
		return values, true, nil
	}
	return nil, false, nil
}

// HasAttribute says whether the group carries an attribute of that name, of any type.
func (g *Group) HasAttribute(name string) bool {
	for _, m := range g.messages {
		if m.kind == msgAttribute {
			if a, err := parseAttribute(m.data); err == nil && a.name == name {
				return true
			}
		}
	}
	return false
}

type attribute struct {
	name string
	t    Type
	dims []uint64
	data []byte
}

func parseAttribute(b []byte) (a attribute, err error) {
	c := cursor{b: b}
	version, flags := c.u8(), c.u8()
	nameLen, typeLen, spaceLen := c.u16(), c.u16(), c.u16()
	align := 1
	switch version {
	case 1:
		align, flags = 8, 0
	case 2:
	case 3:
		c.skip(1) // character set: ASCII or UTF-8, the same to us
	default:
		return a, fmt.Errorf("%w: attribute version %d", ErrCorrupt, version)
	}
	if flags&3 != 0 {
		return a, fmt.Errorf("%w: shared attribute types", ErrUnsupported)
	}
	name, typ, space := c.section(nameLen, align), c.section(typeLen, align), c.section(spaceLen, align)
	if c.err != nil {
		return a, c.err
	}
	a.name = string(bytes.TrimRight(name.b, "\x00"))
	a.data = c.b
	if a.t, err = parseDatatype(typ.b); err != nil {
		return a, err
	}
	a.dims, err = parseDataspace(space.b)
	return a, err
}

func (f *File) attributeStrings(a attribute) ([]string, error) {
	n, err := count(a.dims, uint64(a.t.Size))
	if err != nil || n == 0 {
		return []string{}, err
	}
	if a.t.class != classString && !a.t.varString {
		return nil, fmt.Errorf("holds %s, not strings", a.t.Name)
	}
	if n*uint64(a.t.Size) > uint64(len(a.data)) {
		return nil, ErrCorrupt
	}
	values := make([]string, n)
	total := 0
	c := cursor{b: a.data}
	for i := range values {
		if a.t.class == classString {
			values[i] = string(bytes.TrimRight(c.bytes(a.t.Size), "\x00 "))
			continue
		}
		length, addr, index := int(c.u32()), c.u64(), int(c.u32())
		if length == 0 {
			continue
		}
		object, err := f.heapObject(addr, index)
		if err != nil {
			return nil, err
		}
		if total += length; length > len(object) || length > maxString || uint64(total) > f.size {
			return nil, fmt.Errorf("%w: string of %d bytes", ErrCorrupt, length)
		}
		values[i] = string(bytes.TrimRight(object[:length], "\x00"))
	}
	return values, c.err
}

// globalHeap is a collection of variable-length values by index.
type globalHeap map[int][]byte

func (f *File) heapObject(addr uint64, index int) ([]byte, error) {
	heap, ok := f.heaps[addr]
	if !ok {
		var err error
		if heap, err = f.globalHeap(addr); err != nil {
			return nil, err
		}
		f.heaps[addr] = heap
	}
	object, ok := heap[index]
	if !ok {
		return nil, fmt.Errorf("%w: global heap at %d has no object %d", ErrCorrupt, addr, index)
	}
	return object, nil
}

func (f *File) globalHeap(addr uint64) (globalHeap, error) {
	head, err := f.read(addr, 16)
	if err != nil {
		return nil, err
	}
	if string(head[:4]) != "GCOL" {
		return nil, fmt.Errorf("%w: no global heap at %d", ErrCorrupt, addr)
	}
	h := cursor{b: head[8:]}
	size := h.u64()
	// Collections of weights files hold names: 4 KiB, or a model's whole
	// description of some hundred KiB. Overlapping ones must not add up.
	if size < 16 || size > 16<<20 || len(f.heaps) > int(f.size/4096)+1 {
		return nil, fmt.Errorf("%w: global heap of %d bytes at %d", ErrCorrupt, size, addr)
	}
	raw, err := f.read(addr+16, size-16)
	if err != nil {
		return nil, err
	}
	heap := globalHeap{}
	c := cursor{b: bytes.Clone(raw)}
	for len(c.b) >= 16 {
		index := c.u16()
		c.skip(6) // references, reserved
		length := c.u64()
		if index == 0 { // free space: the rest
			break
		}
		if length > uint64(len(c.b)) {
			return nil, fmt.Errorf("%w: global heap object of %d bytes", ErrCorrupt, length)
		}
		object := c.section(int(length), 8)
		heap[index] = object.b
	}
	return heap, nil
}
