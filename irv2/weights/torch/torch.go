// Package torch reads the tensors of a PyTorch checkpoint: a zip archive with a pickle
// (data.pkl) that describes tensors, and a member for each storage (data/0, ...).
//
// A pickle is a program. This one is not run: pickle.go knows the opcodes, and the few
// names, of which torch.save(model.state_dict(), ...) makes use, and refuses every other
// name by name. Nothing in a file is believed before it has been held against its size.
//
// Source: torch/serialization.py and torch/_utils.py of PyTorch 2; Lib/pickletools.py.
package torch

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"thaw/irv2/internal/unzip"
)

var (
	// ErrTruncated says that the archive ends early.
	ErrTruncated = errors.New("the file is cut short")
	// ErrCorrupt says that the file contradicts itself.
	ErrCorrupt = errors.New("the file is damaged")
	// ErrUnsupported says that the file holds more than weights.
	ErrUnsupported = errors.New("this PyTorch file is not read")
)

// Tensor is an array of the file, not yet read.
type Tensor struct {
	Name  string
	DType string // float32, float16, bfloat16, float64, int64, ...
	Shape []int

	strides []int
	offset  int64 // in values, as strides
	storage *storage
}

// File is an open checkpoint.
type File struct {
	Tensors []Tensor // of the state dictionary, in its order
	Classes []string // names of outputs, where whoever saved it put them beside; or nil

	members map[string]*unzip.File // storages by key
	r       io.ReaderAt
	size    int64
}

// maxPickle bounds the description: 900 tensors take 150 KB, and their optimiser twice that.
const maxPickle = 4 << 20

// maxAssembled bounds a storage that must be taken whole into memory: a compressed one,
// or one whose tensor does not lie in it as it is read.
const maxAssembled = 256 << 20

// Open reads the description in the archive of size bytes in r.
func Open(r io.ReaderAt, size int64) (*File, error) {
	files, err := unzip.Files(r, size)
	if err != nil {
		return nil, ErrTruncated // its directory stands at the end
	}
	f := &File{members: map[string]*unzip.File{}, r: r, size: size}
	var pickle *unzip.File
	for _, member := range files {
		if path.Base(member.Name) == "data.pkl" && pickle == nil {
			pickle = member
		}
	}
	if pickle == nil {
		return nil, fmt.Errorf("%w: it has no data.pkl", ErrCorrupt)
	}
	root := strings.TrimSuffix(pickle.Name, "data.pkl")
	for _, member := range files {
		if key, ok := strings.CutPrefix(member.Name, root+"data/"); ok {
			f.members[key] = member
		}
		if member.Name == root+"byteorder" {
			if order, err := whole(member, 16); err != nil || string(order) != "little" {
				return nil, fmt.Errorf("%w: it was saved on a big-endian machine", ErrUnsupported)
			}
		}
	}
	description, err := whole(pickle, maxPickle)
	if err != nil {
		return nil, err
	}
	top, err := unpickle(description)
	if err != nil {
		return nil, err
	}
	state := mostTensors(top, map[*dict]bool{})
	if state == nil {
		return nil, fmt.Errorf("%w: it holds no dictionary of tensors: %s", ErrUnsupported, advice)
	}
	f.Classes = classes(top)
	for i, v := range state.values {
		t, ok := v.(*Tensor)
		name, named := state.keys[i].(string)
		if !ok || !named {
			continue // such as an epoch's number
		}
		tensor := *t
		tensor.Name = name
		f.Tensors = append(f.Tensors, tensor)
	}
	return f, nil
}

// mostTensors is the dictionary with the most tensors of its own: the state dictionary,
// wrapped or not ({'state_dict': ...}, {'model': ...}).
func mostTensors(v any, seen map[*dict]bool) (best *dict) {
	d, ok := v.(*dict)
	if !ok || seen[d] || len(seen) > maxDicts {
		return nil
	}
	seen[d] = true
	if d.tensors() > 0 {
		best = d
	}
	for _, v := range d.values {
		if inner := mostTensors(v, seen); inner != nil && (best == nil || inner.tensors() > best.tensors()) {
			best = inner
		}
	}
	return best
}

// maxDicts is more than a checkpoint with its optimiser has, and bounds how deep one goes.
const maxDicts = 5000

func (d *dict) tensors() (n int) {
	for i, v := range d.values {
		_, named := d.keys[i].(string)
		if _, ok := v.(*Tensor); ok && named {
			n++
		}
	}
	return n
}

// classes finds names of outputs beside the weights: a list, or class_to_idx of
// torchvision's folders.
func classes(v any) []string {
	d, _ := v.(*dict)
	if d == nil {
		return nil
	}
	for i, key := range d.keys {
		switch v := d.values[i].(type) {
		case *list:
			if key == "classes" || key == "class_names" || key == "labels" {
				return namesIn(v.items)
			}
		case *dict:
			if key != "class_to_idx" {
				continue
			}
			names := make([]any, len(v.keys))
			for j, at := range v.values {
				if at, ok := at.(int64); ok && at >= 0 && at < int64(len(names)) {
					names[at] = v.keys[j]
				}
			}
			return namesIn(names)
		}
	}
	return nil
}

func namesIn(items []any) []string {
	var names []string
	for _, item := range items {
		name, ok := item.(string)
		if !ok {
			return nil
		}
		names = append(names, name)
	}
	return names
}

// whole reads a member of at most limit bytes.
func whole(member *unzip.File, limit int64) ([]byte, error) {
	if member.UncompressedSize > uint64(limit) {
		return nil, fmt.Errorf("%w: %s takes %d bytes", ErrCorrupt, member.Name, member.UncompressedSize)
	}
	c, err := member.Open()
	if err != nil {
		return nil, fmt.Errorf("%w (%v)", ErrCorrupt, err)
	}
	b, err := io.ReadAll(io.LimitReader(c, limit))
	if err != nil {
		return nil, fmt.Errorf("%w (%v)", ErrCorrupt, err)
	}
	return b, nil
}

var widths = map[string]int64{"float32": 4, "float64": 8, "float16": 2, "bfloat16": 2, "int64": 8, "int32": 4, "int16": 2, "int8": 1, "uint8": 1, "bool": 1}

// Reader gives the little-endian bytes of all values, row-major. Callers compare Shape
// with what they expect before they ask: values out of order are put in order in memory.
func (f *File) Reader(t Tensor) (io.Reader, error) {
	member := f.members[t.storage.key]
	width := widths[t.DType]
	if member == nil || t.storage.count > int64(member.UncompressedSize)/width {
		return nil, fmt.Errorf("%w: the values of %s are not in it", ErrCorrupt, t.Name)
	}
	count, last, ok := t.extent()
	if !ok || t.offset < 0 || t.offset > t.storage.count || count > 0 && last >= t.storage.count-t.offset {
		return nil, fmt.Errorf("%w: tensor %s reaches beyond its storage", ErrCorrupt, t.Name)
	}
	if count == 0 {
		return bytes.NewReader(nil), nil
	}
	if member.Method == unzip.Store && t.contiguous() {
		at, err := member.DataOffset()
		if err != nil || at > f.size || int64(member.UncompressedSize) > f.size-at {
			return nil, ErrTruncated
		}
		return io.NewSectionReader(f.r, at+t.offset*width, count*width), nil
	}
	values, err := whole(member, maxAssembled)
	if err != nil {
		return nil, err
	}
	if t.storage.count*width > int64(len(values)) {
		return nil, ErrTruncated
	}
	return bytes.NewReader(t.gather(values[t.offset*width:], int(count), int(width))), nil
}

// extent is the number of values and the place of the last behind the first.
func (t Tensor) extent() (count, last int64, ok bool) {
	count = 1
	for i, side := range t.Shape {
		if side > 0 && count > 1<<40/int64(side) {
			return 0, 0, false
		}
		count *= int64(side)
		last += int64(side-1) * int64(t.strides[i]) // below 8 * 2^62: checked as it grows
		if last > 1<<48 {
			return 0, 0, false
		}
	}
	return count, last, true
}

func (t Tensor) contiguous() bool {
	want := 1
	for i := len(t.Shape) - 1; i >= 0; i-- {
		if t.Shape[i] != 1 && t.strides[i] != want {
			return false
		}
		want *= t.Shape[i]
	}
	return true
}

// gather copies values in the order of their indices.
func (t Tensor) gather(from []byte, count, width int) []byte {
	out := make([]byte, 0, count*width)
	index := make([]int, len(t.Shape))
	for at := 0; ; {
		out = append(out, from[at*width:(at+1)*width]...)
		axis := len(index) - 1
		for ; axis >= 0; axis-- {
			index[axis]++
			at += t.strides[axis]
			if index[axis] < t.Shape[axis] {
				break
			}
			at -= t.strides[axis] * t.Shape[axis]
			index[axis] = 0
		}
		if axis < 0 {
			return out
		}
	}
}
