package safetensors

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"os"
	"slices"
	"testing"

	"thaw/irv2/internal/bounded"
)

// Written by Hugging Face's library (testdata/weights/make.py).
func TestReadsOriginal(t *testing.T) {
	raw, err := os.ReadFile("../../../testdata/weights/timm.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	f, err := Open(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	if f.Metadata["format"] != "pt" {
		t.Errorf("metadata %v", f.Metadata)
	}
	i := slices.IndexFunc(f.Tensors, func(t Tensor) bool { return t.Name == "classif.weight" })
	if i < 0 || !slices.Equal(f.Tensors[i].Shape, []int{1001, 48}) || f.Tensors[i].DType != "F32" {
		t.Errorf("classif.weight at %d of %d", i, len(f.Tensors))
	}
}

func TestRoundTrip(t *testing.T) {
	in := []Values{
		{Name: "b/kernel", Shape: []int{2, 2}, Data: []float32{1, -2, 3.5, 1e-30}},
		{Name: "a \"q\"", Shape: []int{3}, Data: []float32{1, 2, 0.25}, Half: true},
		{Name: "scalar", Data: []float32{7}},
		{Name: "empty", Shape: []int{0, 4}},
	}
	var b bytes.Buffer
	if err := Write(&b, in, map[string]string{"seed": "1"}); err != nil {
		t.Fatal(err)
	}
	if n := binary.LittleEndian.Uint64(b.Bytes()); n%8 != 0 {
		t.Errorf("header of %d bytes is not aligned", n)
	}
	f, err := Open(bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		t.Fatal(err)
	}
	if f.Metadata["seed"] != "1" || len(f.Tensors) != len(in) {
		t.Fatalf("%+v", f)
	}
	for i, got := range f.Tensors {
		raw, err := io.ReadAll(f.Reader(got))
		if err != nil || got.Name != in[i].Name || len(got.Shape) != len(in[i].Shape) {
			t.Fatalf("%+v %v, want %+v", got, err, in[i])
		}
		for j, want := range in[i].Data {
			var v float32
			if in[i].Half {
				v = Float16(binary.LittleEndian.Uint16(raw[2*j:]))
			} else {
				v = math.Float32frombits(binary.LittleEndian.Uint32(raw[4*j:]))
			}
			if v != want {
				t.Errorf("%s[%d] is %g, want %g", got.Name, j, v, want)
			}
		}
	}
	for n := range b.Len() {
		if _, err := Open(bytes.NewReader(b.Bytes()[:n]), int64(n)); err == nil {
			t.Fatalf("%d of %d bytes opened", n, b.Len())
		} else if n > 8 && !errors.Is(err, ErrTruncated) {
			t.Fatalf("%d of %d bytes: %v", n, b.Len(), err)
		}
	}
}

func header(json string, values int) []byte {
	b := binary.LittleEndian.AppendUint64(nil, uint64(len(json)))
	return append(append(b, json...), make([]byte, values)...)
}

func TestRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		raw  []byte
		want error
	}{
		"html":         {[]byte("<!doctype html><title>"), ErrNotSafetensors},
		"empty":        {nil, ErrNotSafetensors},
		"huge header":  {append(binary.LittleEndian.AppendUint64(nil, 90<<20), '{'), ErrCorrupt},
		"not JSON":     {header(`{"a" 1}`, 0), ErrCorrupt},
		"twice":        {header(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`, 4), ErrCorrupt},
		"overlap":      {header(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`, 8), ErrCorrupt},
		"wrong length": {header(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}`, 4), ErrCorrupt},
		"overflow":     {header(`{"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,0]}}`, 0), ErrCorrupt},
		"negative":     {header(`{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,-4]}}`, 4), ErrCorrupt},
		"unknown type": {header(`{"a":{"dtype":"Q4","shape":[1],"data_offsets":[0,4]}}`, 4), ErrCorrupt},
		"cut":          {header(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}`, 7), ErrTruncated},
	} {
		if _, err := Open(bytes.NewReader(c.raw), int64(len(c.raw))); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

// Every half survives the round trip, and rounding is to nearest, ties to even.
func TestFloat16(t *testing.T) {
	for i := range 1 << 16 {
		h := uint16(i)
		v := Float16(h)
		if v != v {
			continue
		}
		if got := Float16bits(v); got != h {
			t.Fatalf("%#x -> %g -> %#x", h, v, got)
		}
		if h&0x7fff >= 0x7bff {
			continue
		}
		next := Float16(h + 1)
		middle := v + (next-v)/2
		want := h + h&1
		if got := Float16bits(middle); got != want {
			t.Fatalf("tie above %#x went to %#x, want %#x", h, got, want)
		}
	}
	if Float16bits(65520) != 0x7c00 || Float16bits(65519) != 0x7bff {
		t.Error("overflow")
	}
	if err := Write(io.Discard, []Values{{Name: "a", Shape: []int{1}, Data: []float32{1e6}, Half: true}}, nil); err == nil {
		t.Error("1e6 written as float16")
	}
}

func FuzzOpen(f *testing.F) {
	f.Add(header(`{"__metadata__":{"a":"b"},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F16","shape":[],"data_offsets":[8,10]}}`, 10))
	f.Fuzz(func(t *testing.T, raw []byte) {
		bounded.Parse(t, len(raw), func() {
			file, err := Open(bytes.NewReader(raw), int64(len(raw)))
			if err != nil {
				if !errors.Is(err, ErrNotSafetensors) && !errors.Is(err, ErrTruncated) && !errors.Is(err, ErrCorrupt) {
					t.Fatal(err)
				}
				return
			}
			for _, tensor := range file.Tensors {
				if n, err := io.Copy(io.Discard, file.Reader(tensor)); err != nil || n != tensor.length {
					t.Fatalf("%s: %d of %d bytes, %v", tensor.Name, n, tensor.length, err)
				}
			}
		})
	})
}
