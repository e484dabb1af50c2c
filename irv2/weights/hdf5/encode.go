package hdf5

import (
	"encoding/binary"
	"fmt"
)

func le16(b []byte, values ...int) []byte {
	for _, v := range values {
		b = binary.LittleEndian.AppendUint16(b, uint16(v))
	}
	return b
}

func le32(b []byte, values ...uint32) []byte {
	for _, v := range values {
		b = binary.LittleEndian.AppendUint32(b, v)
	}
	return b
}

func le64(b []byte, values ...uint64) []byte {
	for _, v := range values {
		b = binary.LittleEndian.AppendUint64(b, v)
	}
	return b
}

// padded fills b up to a multiple of eight bytes, as headers of version 1 want.
func padded(b []byte) []byte {
	for len(b)%8 != 0 {
		b = append(b, 0)
	}
	return b
}

// headerMessage appends a message with its eight bytes of head.
func headerMessage(b []byte, kind int, data []byte) []byte {
	data = padded(data)
	b = le16(b, kind, len(data))
	return append(append(b, 0, 0, 0, 0), data...)
}

func countMessages(b []byte) int {
	n := 0
	for len(b) >= 8 {
		b = b[8+int(binary.LittleEndian.Uint16(b[2:])):]
		n++
	}
	return n
}

func dataspaceBytes(dims ...int) []byte {
	b := []byte{1, byte(len(dims)), 0, 0, 0, 0, 0, 0}
	for _, d := range dims {
		b = le64(b, uint64(d))
	}
	return b
}

// float32 in the terms of the format: little-endian IEEE, 23 bits of mantissa
// with the leading one implied, sign in bit 31.
func float32Bytes() []byte {
	b := le32([]byte{0x10 | classFloat, 0x20, 31, 0}, 4)
	b = le16(b, 0, 32) // bit offset, precision
	b = append(b, 23, 8, 0, 23)
	return le32(b, 127)
}

// stringBytes is the type of strings of size bytes, zero-padded.
func stringBytes(size int) []byte { return le32([]byte{0x10 | classString, 1, 0, 0}, uint32(size)) }

func datasetMessages(n *Node) []byte {
	b := headerMessage(nil, msgDataspace, dataspaceBytes(n.Shape...))
	b = headerMessage(b, msgDatatype, float32Bytes())
	b = headerMessage(b, 0x05, []byte{2, 2, 2, 0}) // fill value: allocated late, written if set, none
	return headerMessage(b, msgLayout, le64([]byte{3, contiguous}, n.dataAddr, uint64(4*len(n.Data))))
}

func groupMessages(n *Node) ([]byte, error) {
	b := headerMessage(nil, msgSymbolTable, le64(nil, n.treeAddr, n.heapAddr))
	long := 0
	for _, a := range n.Attributes {
		var data []byte
		if a.Long {
			at := uint64(undefined) // before it is placed
			if n.longAddrs != nil {
				at = n.longAddrs[long]
			}
			long++
			data = a.encodeLong(at)
		} else {
			data = a.encode()
		}
		if len(data) > maxMessage {
			return nil, fmt.Errorf("hdf5: attribute %s takes %d bytes, at most %d fit", a.Name, len(data), maxMessage)
		}
		b = headerMessage(b, msgAttribute, data)
	}
	return b, nil
}

func (a Attribute) encode() []byte {
	size := 1
	for _, v := range a.Values {
		size = max(size, len(v))
	}
	name := append([]byte(a.Name), 0)
	space := dataspaceBytes(len(a.Values))
	if a.Scalar {
		space = dataspaceBytes()
	}
	b := le16([]byte{1, 0}, len(name), len(stringBytes(size)), len(space))
	b = append(b, padded(name)...)
	b = append(b, padded(stringBytes(size))...)
	b = append(b, space...)
	for _, v := range a.Values {
		b = append(b, v...)
		b = append(b, make([]byte, size-len(v))...)
	}
	return b
}

// encodeLong is a string of any length, which stands alone in the global heap at an address.
func (a Attribute) encodeLong(addr uint64) []byte {
	name, space := append([]byte(a.Name), 0), dataspaceBytes()
	utf8 := byte(1)
	typ := append(le32([]byte{0x10 | classVariable, 1, utf8, 0}, 16), stringBytes(1)...)
	b := le16([]byte{1, 0}, len(name), len(typ), len(space))
	b = append(append(append(b, padded(name)...), padded(typ)...), space...)
	b = le64(le32(b, uint32(len(a.Values[0]))), addr)
	return le32(b, 1) // its index there
}

// globalHeapBytes is a collection of one object, of the 4 KB at least that a collection has.
func globalHeapBytes(value string) []byte {
	const least, head = 4096, 16
	object := padded([]byte(value))
	size := max(3*head+len(object), least) // with a head for what is free
	b := le64(append([]byte("GCOL"), 1, 0, 0, 0), uint64(size))
	b = le64(append(le16(b, 1, 0), 0, 0, 0, 0), uint64(len(value)))
	b = append(b, object...)
	b = le64(append(le16(b, 0, 0), 0, 0, 0, 0), uint64(size-len(b)))
	return append(b, make([]byte, size-len(b))...)
}
