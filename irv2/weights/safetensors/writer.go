package safetensors

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math"
)

// Values is a tensor to be written.
type Values struct {
	Name  string
	Shape []int
	Data  []float32
	Make  func() []float32 // in the place of Data, called when it is the tensor's turn
	Half  bool             // store as float16, rounded to nearest even
}

// Write writes tensors in their order, with metadata in the header. A value too
// large for float16 is an error that names its tensor.
func Write(w io.Writer, tensors []Values, metadata map[string]string) error {
	header, err := encodeHeader(tensors, metadata)
	if err != nil {
		return err
	}
	out := bufio.NewWriterSize(w, 1<<16)
	out.Write(binary.LittleEndian.AppendUint64(nil, uint64(len(header))))
	out.Write(header)
	b := make([]byte, 0, 4)
	for _, t := range tensors {
		data := t.Data
		if t.Make != nil {
			data = t.Make()
		}
		for _, v := range data {
			if !t.Half {
				b = binary.LittleEndian.AppendUint32(b[:0], math.Float32bits(v))
			} else {
				h := Float16bits(v)
				if h&0x7c00 == 0x7c00 && !math.IsNaN(float64(v)) && !math.IsInf(float64(v), 0) {
					return fmt.Errorf("safetensors: tensor %s holds %g, which float16 cannot", t.Name, v)
				}
				b = binary.LittleEndian.AppendUint16(b[:0], h)
			}
			if _, err := out.Write(b); err != nil {
				return err
			}
		}
	}
	return out.Flush()
}

// encodeHeader keeps the order of tensors, which a Go map would not, and pads
// with spaces so that values begin at a multiple of eight bytes.
func encodeHeader(tensors []Values, metadata map[string]string) ([]byte, error) {
	b := []byte{'{'}
	entry := func(name string, v any) error {
		key, err := json.Marshal(name)
		if err != nil {
			return err
		}
		value, err := json.Marshal(v)
		if len(b) > 1 {
			b = append(b, ',')
		}
		b = append(append(append(b, key...), ':'), value...)
		return err
	}
	if len(metadata) > 0 {
		if err := entry("__metadata__", metadata); err != nil {
			return nil, err
		}
	}
	at := int64(0)
	for _, t := range tensors {
		count := 1
		for _, side := range t.Shape {
			count *= side
		}
		if t.Make == nil && count != len(t.Data) {
			return nil, fmt.Errorf("safetensors: tensor %s has %d values for shape %v", t.Name, len(t.Data), t.Shape)
		}
		dtype, end := "F32", at+4*int64(count)
		if t.Half {
			dtype, end = "F16", at+2*int64(count)
		}
		shape := t.Shape
		if shape == nil {
			shape = []int{}
		}
		if err := entry(t.Name, struct {
			DType   string   `json:"dtype"`
			Shape   []int    `json:"shape"`
			Offsets [2]int64 `json:"data_offsets"`
		}{dtype, shape, [2]int64{at, end}}); err != nil {
			return nil, err
		}
		at = end
	}
	b = append(b, '}')
	for len(b)%8 != 0 {
		b = append(b, ' ')
	}
	if len(b) > maxHeader {
		return nil, fmt.Errorf("safetensors: header of %d bytes", len(b))
	}
	return b, nil
}
