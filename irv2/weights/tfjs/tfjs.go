// Package tfjs reads the weights of a TensorFlow.js layers model: model.json, which holds
// Keras's description of the layers and a manifest of tensors, and the .bin files in which
// their values stand end to end, quantised or not.
//
// Nothing in a file is believed before it has been held against the sizes of the others.
//
// Source: tfjs-core/src/io/types.ts and io_utils.ts of TensorFlow.js 4.
package tfjs

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"

	"thaw/irv2/weights/safetensors"
)

var (
	// ErrTruncated says that a file is missing or ends early.
	ErrTruncated = errors.New("the model is not whole")
	// ErrCorrupt says that model.json contradicts itself.
	ErrCorrupt = errors.New("model.json is damaged")
	// ErrGraph says that the model is a program without layers.
	ErrGraph = errors.New("this is a TensorFlow.js graph model, a program without layers: convert the Keras model with --output_format=tfjs_layers_model")
)

// Tensor is an array of the model, not yet read.
type Tensor struct {
	Name  string
	DType string // float32, or the manifest's word for what is no float
	Shape []int

	stored     string // type in the file
	min, scale float64
	at, bytes  int64
	in         *shards
}

// Part opens a file beside model.json.
type Part func(name string) (r io.ReaderAt, size int64, err error)

// Open reads the description. topology is what Keras says of the layers.
func Open(model []byte, part Part) (tensors []Tensor, topology []byte, err error) {
	var root struct {
		Format          string
		ModelTopology   json.RawMessage
		WeightsManifest []struct {
			Paths   []string
			Weights []struct {
				Name, DType  string
				Shape        []int
				Quantization *struct {
					DType      string
					Min, Scale float64
				}
			}
		}
	}
	if err := json.Unmarshal(model, &root); err != nil {
		return nil, nil, fmt.Errorf("%w (%v)", ErrCorrupt, err)
	}
	if root.Format == "graph-model" {
		return nil, nil, ErrGraph
	}
	for _, group := range root.WeightsManifest {
		in := &shards{}
		for _, name := range group.Paths {
			r, size, err := part(name)
			if err != nil {
				return nil, nil, fmt.Errorf("%w: %s, which model.json names, is missing", ErrTruncated, name)
			}
			in.add(r, size)
		}
		at := int64(0)
		for _, w := range group.Weights {
			t := Tensor{Name: w.Name, DType: w.DType, Shape: w.Shape, stored: w.DType, scale: 1, at: at, in: in}
			if q := w.Quantization; q != nil {
				t.stored, t.DType = q.DType, "float32"
				if q.DType != "float16" {
					t.min, t.scale = q.Min, q.Scale
				}
			}
			n, ok := t.count()
			width := widths[t.stored]
			if !ok || width == 0 {
				return nil, nil, fmt.Errorf("%w: tensor %.60q of %.20q has shape %v", ErrCorrupt, w.Name, t.stored, w.Shape)
			}
			t.bytes = n * width
			if at += t.bytes; at > in.size {
				return nil, nil, fmt.Errorf("%w: its .bin files have %d bytes and end before %.60q does", ErrTruncated, in.size, w.Name)
			}
			tensors = append(tensors, t)
		}
	}
	return tensors, root.ModelTopology, nil
}

var widths = map[string]int64{"float32": 4, "int32": 4, "float16": 2, "uint16": 2, "uint8": 1, "bool": 1}

func (t Tensor) count() (n int64, ok bool) {
	n = 1
	for _, side := range t.Shape {
		if side < 0 || side > 0 && n > 1<<40/int64(side) {
			return 0, false
		}
		n *= int64(side)
	}
	return n, true
}

// Reader gives all values as little-endian float32, row-major. Callers compare Shape with
// what they expect before they ask: quantised values are unpacked in memory.
func (t Tensor) Reader() (io.Reader, error) {
	raw := io.NewSectionReader(t.in, t.at, t.bytes)
	if t.stored == "float32" {
		return raw, nil
	}
	b := make([]byte, t.bytes)
	if _, err := io.ReadFull(raw, b); err != nil {
		return nil, err
	}
	out := make([]byte, 0, 4*t.bytes/widths[t.stored])
	put := func(v float32) { out = binary.LittleEndian.AppendUint32(out, math.Float32bits(v)) }
	for i := 0; i < len(b); i += int(widths[t.stored]) {
		switch t.stored {
		case "uint8":
			put(float32(float64(b[i])*t.scale + t.min))
		case "uint16":
			put(float32(float64(binary.LittleEndian.Uint16(b[i:]))*t.scale + t.min))
		case "float16":
			put(safetensors.Float16(binary.LittleEndian.Uint16(b[i:])))
		default:
			return nil, fmt.Errorf("%w: tensor %s holds %s values", ErrCorrupt, t.Name, t.stored)
		}
	}
	return bytes.NewReader(out), nil
}

// shards are files end to end.
type shards struct {
	parts []io.ReaderAt
	ends  []int64
	size  int64
}

func (s *shards) add(r io.ReaderAt, size int64) {
	s.size += max(size, 0)
	s.parts, s.ends = append(s.parts, r), append(s.ends, s.size)
}

// ReadAt reads across files (io.ReaderAt).
func (s *shards) ReadAt(b []byte, off int64) (n int, err error) {
	start := int64(0)
	for i, end := range s.ends {
		for off+int64(n) < end && n < len(b) {
			at := off + int64(n)
			m, err := s.parts[i].ReadAt(b[n:min(int64(len(b)), int64(n)+end-at)], at-start)
			if n += m; m == 0 {
				return n, err
			}
		}
		start = end
	}
	if n < len(b) {
		return n, io.EOF
	}
	return n, nil
}
