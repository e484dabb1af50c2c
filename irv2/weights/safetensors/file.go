// Package safetensors reads and writes .safetensors files: eight bytes with the
// length of a JSON header, the header (name -> dtype, shape, place; optional
// string metadata), then the values of all tensors, little-endian, row-major.
//
// The format is that of https://github.com/huggingface/safetensors#format.
// A file is read through an io.ReaderAt; nothing in it is believed before it
// has been held against the file's size.
package safetensors

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
)

var (
	// ErrNotSafetensors says that the file does not begin as a safetensors file does.
	ErrNotSafetensors = errors.New("not a safetensors file")
	// ErrTruncated says that the file ends before the values of its header do.
	ErrTruncated = errors.New("the file is cut short")
	// ErrCorrupt says that the header contradicts itself.
	ErrCorrupt = errors.New("the file is damaged")
)

// maxHeader bounds the JSON header. 900 tensors take 100 KB.
const maxHeader = 16 << 20

// dtypes with the bytes of one value.
var dtypes = map[string]int64{
	"F64": 8, "F32": 4, "F16": 2, "BF16": 2,
	"I64": 8, "I32": 4, "I16": 2, "I8": 1, "U64": 8, "U32": 4, "U16": 2, "U8": 1, "BOOL": 1,
	"F8_E5M2": 1, "F8_E4M3": 1,
}

// Tensor is one entry of the header.
type Tensor struct {
	Name   string
	DType  string // F32, F16, BF16, F64, I64, ...
	Shape  []int
	offset int64 // in the file
	length int64
}

// File is an open safetensors file.
type File struct {
	Tensors  []Tensor // in the header's order
	Metadata map[string]string
	r        io.ReaderAt
}

// IsHeader says whether the first bytes of a file (16 or more) can be those of
// a safetensors file.
func IsHeader(b []byte) bool {
	return len(b) >= 9 && binary.LittleEndian.Uint64(b) <= 100<<20 && b[8] == '{'
}

// Open reads the header of the file of size bytes in r.
func Open(r io.ReaderAt, size int64) (*File, error) {
	var head [9]byte
	if n, err := r.ReadAt(head[:], 0); n < len(head) {
		if err == nil || errors.Is(err, io.EOF) {
			err = ErrNotSafetensors
		}
		return nil, err
	}
	if !IsHeader(head[:]) {
		return nil, ErrNotSafetensors
	}
	length := int64(binary.LittleEndian.Uint64(head[:]))
	switch {
	case length > maxHeader:
		return nil, fmt.Errorf("%w: header of %d bytes", ErrCorrupt, length)
	case length > size-8:
		return nil, fmt.Errorf("%w: %d of %d bytes are here", ErrTruncated, size, 8+length)
	}
	raw := make([]byte, length)
	if n, err := r.ReadAt(raw, 8); n < len(raw) {
		return nil, errors.Join(ErrTruncated, err)
	}
	f := &File{r: r}
	if err := f.parse(raw); err != nil {
		return nil, err
	}
	return f, f.check(8+length, size)
}

// parse reads the header entry by entry: their order is kept, and a name that
// comes twice is refused, as the format wants.
func (f *File) parse(raw []byte) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return fmt.Errorf("%w: the header is not JSON", ErrCorrupt)
	}
	names := map[string]bool{}
	for d.More() {
		key, err := d.Token()
		name, _ := key.(string)
		if err != nil || names[name] {
			return fmt.Errorf("%w: header entry %.60q", ErrCorrupt, name)
		}
		names[name] = true
		if name == "__metadata__" {
			err = d.Decode(&f.Metadata)
		} else {
			var entry struct {
				DType   string   `json:"dtype"`
				Shape   []int    `json:"shape"`
				Offsets [2]int64 `json:"data_offsets"`
			}
			err = d.Decode(&entry)
			f.Tensors = append(f.Tensors, Tensor{name, entry.DType, entry.Shape, entry.Offsets[0], entry.Offsets[1] - entry.Offsets[0]})
		}
		if err != nil {
			return fmt.Errorf("%w: header entry %.60q: %v", ErrCorrupt, name, err)
		}
	}
	if _, err := d.Token(); err != nil {
		return fmt.Errorf("%w: the header is not JSON", ErrCorrupt)
	}
	return nil
}

// check holds every tensor against its shape and the file: values stand side by
// side from start on, none twice.
func (f *File) check(start, size int64) error {
	order := make([]*Tensor, len(f.Tensors))
	for i := range f.Tensors {
		t := &f.Tensors[i]
		order[i] = t
		width, ok := dtypes[t.DType]
		if !ok {
			return fmt.Errorf("%w: tensor %.60q has the unknown type %.20q", ErrCorrupt, t.Name, t.DType)
		}
		want := width
		for _, side := range t.Shape {
			if side < 0 || side > 0 && want > 1<<50/int64(side) {
				return fmt.Errorf("%w: tensor %.60q has shape %v", ErrCorrupt, t.Name, t.Shape)
			}
			want *= int64(side)
		}
		if t.offset < 0 || t.length != want || t.offset > 1<<50 {
			return fmt.Errorf("%w: tensor %.60q of shape %v has %d bytes, want %d", ErrCorrupt, t.Name, t.Shape, t.length, want)
		}
	}
	slices.SortStableFunc(order, func(a, b *Tensor) int {
		switch {
		case a.offset != b.offset:
			return int(min(max(a.offset-b.offset, -1), 1))
		}
		return int(min(max(a.length-b.length, -1), 1))
	})
	at := int64(0)
	for _, t := range order {
		if t.offset != at {
			return fmt.Errorf("%w: tensor %.60q begins at %d, want %d", ErrCorrupt, t.Name, t.offset, at)
		}
		at += t.length
		t.offset += start
	}
	if start+at > size {
		return fmt.Errorf("%w: %d of %d bytes are here", ErrTruncated, size, start+at)
	}
	return nil
}

// Reader gives the raw bytes of t.
func (f *File) Reader(t Tensor) io.Reader { return io.NewSectionReader(f.r, t.offset, t.length) }
