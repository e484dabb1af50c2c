package weights

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"thaw/irv2"
)

// ONNX as WriteONNX writes it comes back: its initializers carry the parameters' names.
// Other programs' files name theirs as they please and are not read.

// ErrONNX says that an ONNX file is not whole.
var ErrONNX = errors.New("the ONNX model is damaged or cut short")

// onnxField is a field of a message that lies in a file.
type onnxField struct {
	number     uint64
	value      uint64 // of a number
	at, length int64  // of bytes
}

// eachField calls do with the fields of the message from at to end.
func eachField(r io.ReaderAt, at, end int64, do func(onnxField) error) error {
	for at < end {
		var b [20]byte
		n, _ := r.ReadAt(b[:min(20, end-at)], at)
		tag, used := binary.Uvarint(b[:n])
		value, length := binary.Uvarint(b[max(used, 0):n])
		f := onnxField{number: tag >> 3, value: value}
		switch wire := tag & 7; {
		case used <= 0:
			return ErrONNX
		case wire == 0 && length > 0:
			at += int64(used + length)
		case wire == 2 && length > 0 && value <= uint64(end-at-int64(used+length)):
			f.at, f.length = at+int64(used+length), int64(value)
			at = f.at + f.length
		case wire == 5 && end-at >= int64(used)+4:
			at += int64(used) + 4
		default:
			return ErrONNX
		}
		if err := do(f); err != nil {
			return err
		}
	}
	return nil
}

// text is the bytes of a field that holds a name or a description.
func (f onnxField) text(r io.ReaderAt) (string, error) {
	if f.length > maxDescription {
		return "", ErrONNX
	}
	b := make([]byte, f.length)
	if _, err := io.ReadFull(io.NewSectionReader(r, f.at, f.length), b); err != nil {
		return "", ErrONNX
	}
	return string(b), nil
}

func matchONNX(r io.ReaderAt, size int64, m *irv2.Model) (*Matched, error) {
	tensors := map[string]tensor{}
	err := eachField(r, 0, size, func(f onnxField) error {
		if f.number != modelGraph {
			return nil
		}
		return eachField(r, f.at, f.at+f.length, func(f onnxField) error {
			if f.number != graphInitializer {
				return nil
			}
			t, err := onnxTensor(r, f)
			tensors[t.name] = t
			return err
		})
	})
	if err != nil {
		return nil, err
	}
	found := newMatched(m, ONNX)
	return found, found.thaw(tensors)
}

func onnxTensor(r io.ReaderAt, message onnxField) (t tensor, err error) {
	t.dtype = "none"
	count := int64(1)
	err = eachField(r, message.at, message.at+message.length, func(f onnxField) (err error) {
		switch f.number {
		case tensorDims:
			if f.value > 1<<31 || count > 1<<40 {
				return ErrONNX
			}
			count *= int64(f.value)
			t.shape = append(t.shape, int(f.value))
		case tensorType:
			t.dtype = fmt.Sprint("ONNX type ", f.value)
			if f.value == onnxFloat {
				t.dtype = "float32"
			}
		case tensorName:
			t.name, err = f.text(r)
		case tensorRaw:
			if f.length != 4*count {
				return ErrONNX
			}
			t.open = func() (io.Reader, error) { return io.NewSectionReader(r, f.at, f.length), nil }
		}
		return err
	})
	t.filtersFirst = len(t.shape) == 4
	if err == nil && t.open == nil {
		err = ErrONNX
	}
	return t, err
}

// onnxMetadata are the model's metadata_props, which WriteONNX puts in front of its graph.
func onnxMetadata(r io.ReaderAt, size int64) map[string]string {
	m := map[string]string{}
	eachField(r, 0, size, func(f onnxField) error {
		var pair [2]string
		if f.number != modelMetadata {
			return nil
		}
		err := eachField(r, f.at, f.at+f.length, func(f onnxField) (err error) {
			if f.number == 1 || f.number == 2 {
				pair[f.number-1], err = f.text(r)
			}
			return err
		})
		m[pair[0]] = pair[1]
		return err
	})
	return m
}
