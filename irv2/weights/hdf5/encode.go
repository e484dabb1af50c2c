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
	for _, a := range n.Attributes {
		data := a.encode()
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
