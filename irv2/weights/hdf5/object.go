package hdf5

import "fmt"

// Types of header messages that matter here.
const (
	msgDataspace    = 0x01
	msgDatatype     = 0x03
	msgLayout       = 0x08
	msgFilters      = 0x0b
	msgAttribute    = 0x0c
	msgContinuation = 0x10
	msgSymbolTable  = 0x11
)

// message is one entry of an object header.
type message struct {
	kind int
	data []byte
}

// messages reads the object header at addr: version 1, all of its blocks.
func (f *File) messages(addr uint64) ([]message, error) {
	head, err := f.read(addr, 16)
	if err != nil {
		return nil, err
	}
	c := cursor{b: head}
	version := c.u8()
	if string(head[:4]) == "OHDR" {
		return nil, fmt.Errorf("%w: object header version 2 (libver=\"latest\")", ErrUnsupported)
	}
	if version != 1 {
		return nil, fmt.Errorf("%w: object header version %d at %d", ErrCorrupt, version, addr)
	}
	c.skip(1)
	count := c.u16()
	c.skip(4) // references
	type block struct{ addr, length uint64 }
	blocks := []block{{addr + 16, uint64(c.u32())}}
	seen := map[uint64]bool{addr + 16: true}
	var list []message
	for i := 0; i < len(blocks); i++ {
		raw, err := f.read(blocks[i].addr, blocks[i].length)
		if err != nil {
			return nil, err
		}
		// Messages outlive the cached page.
		c := cursor{b: append([]byte(nil), raw...)}
		for len(c.b) >= 8 && len(list) < count {
			kind, size, flags := c.u16(), c.u16(), c.u8()
			c.skip(3)
			m := message{kind, c.bytes(size)}
			if c.err != nil {
				return nil, fmt.Errorf("%w: header message at %d", ErrCorrupt, addr)
			}
			if flags&2 != 0 && (kind == msgDatatype || kind == msgDataspace || kind == msgLayout || kind == msgAttribute) {
				return nil, fmt.Errorf("%w: shared header messages", ErrUnsupported)
			}
			list = append(list, m)
			if kind == msgContinuation {
				d := cursor{b: m.data}
				next := block{d.u64(), d.u64()}
				if d.err != nil || seen[next.addr] {
					return nil, fmt.Errorf("%w: header continuation at %d", ErrCorrupt, addr)
				}
				seen[next.addr] = true
				blocks = append(blocks, next)
			}
		}
	}
	return list, nil
}

func find(list []message, kind int) ([]byte, bool) {
	for _, m := range list {
		if m.kind == kind {
			return m.data, true
		}
	}
	return nil, false
}

// parseDataspace returns the dimensions: none for a scalar.
func parseDataspace(b []byte) ([]uint64, error) {
	c := cursor{b: b}
	version, rank := c.u8(), c.u8()
	c.skip(1)
	switch version {
	case 1:
		c.skip(5)
	case 2:
		if c.u8() == 2 { // H5S_NULL: no elements
			return []uint64{0}, c.err
		}
	default:
		return nil, fmt.Errorf("%w: dataspace version %d", ErrCorrupt, version)
	}
	if rank > 32 {
		return nil, fmt.Errorf("%w: %d dimensions", ErrCorrupt, rank)
	}
	dims := make([]uint64, rank)
	for i := range dims {
		dims[i] = c.u64()
	}
	return dims, c.err
}

// count is the number of elements of dims, an error if their bytes pass a terabyte.
func count(dims []uint64, elem uint64) (uint64, error) {
	const limit = 1 << 40
	n := uint64(1)
	for _, d := range dims {
		if d > limit || d > 0 && n > limit/(d*max(elem, 1)) {
			return 0, fmt.Errorf("%w: shape %v", ErrCorrupt, dims)
		}
		n *= d
	}
	return n, nil
}

// Type is the element type of a dataset: float16, bfloat16, float32, float64,
// or a description such as "int64" of what is not a float.
type Type struct {
	Name string
	Size int // bytes

	class     int
	varString bool
}

// Datatype classes.
const (
	classInteger  = 0
	classFloat    = 1
	classString   = 3
	classOpaque   = 5
	classVariable = 9
)

func parseDatatype(b []byte) (Type, error) {
	c := cursor{b: b}
	class := c.u8()
	bits := c.bytes(3)
	t := Type{class: class & 15, Size: int(c.u32())}
	if c.err != nil || t.Size <= 0 || t.Size > 1<<16 {
		return t, fmt.Errorf("%w: datatype", ErrCorrupt)
	}
	bigEndian := ""
	if bits[0]&1 != 0 && t.Size > 1 {
		bigEndian = " (big-endian)"
	}
	switch t.class {
	case classInteger:
		sign := "uint"
		if bits[0]&8 != 0 {
			sign = "int"
		}
		t.Name = fmt.Sprint(sign, 8*t.Size, bigEndian)
	case classFloat:
		c.skip(5) // bit offset and precision, place of the exponent
		exponent := c.u8()
		t.Name = fmt.Sprint("float", 8*t.Size, bigEndian)
		if t.Size == 2 && exponent == 8 {
			t.Name = "b" + t.Name
		}
	case classOpaque:
		t.Name = fmt.Sprint("opaque", 8*t.Size)
		if t.Size == 2 { // what h5py makes of Keras's bfloat16
			t.Name = "bfloat16"
		}
	case classString:
		t.Name = "string"
	case classVariable:
		t.Name = "variable-length"
		t.varString = bits[0]&15 == 1
	default:
		t.Name = fmt.Sprint("HDF5 class ", t.class)
	}
	return t, c.err
}
