package torch

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"thaw/irv2/internal/bounded"
)

// testdata reads a file that torch.save wrote (testdata/weights/make_brought.py).
func testdata(t testing.TB, name string) []byte {
	t.Helper()
	raw, err := os.ReadFile("../../../testdata/weights/torch/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func open(raw []byte) (*File, error) { return Open(bytes.NewReader(raw), int64(len(raw))) }

func values(t testing.TB, f *File, name string) (Tensor, []byte) {
	t.Helper()
	for _, tensor := range f.Tensors {
		if tensor.Name != name {
			continue
		}
		r, err := f.Reader(tensor)
		if err != nil {
			t.Fatal(name, err)
		}
		b, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(name, err)
		}
		return tensor, b
	}
	t.Fatalf("no tensor %s", name)
	return Tensor{}, nil
}

func floats(b []byte) (v []float32) {
	for i := 0; i < len(b); i += 4 {
		v = append(v, math.Float32frombits(binary.LittleEndian.Uint32(b[i:])))
	}
	return v
}

// Tensors that share a storage, lie in it crosswise or repeat a value, in every type.
func TestTensors(t *testing.T) {
	small := testdata(t, "small.pth")
	for name, raw := range map[string][]byte{"as torch wrote it": small, "packed again": repacked(t, small, zip.Deflate)} {
		f, err := open(raw)
		if err != nil {
			t.Fatal(name, err)
		}
		for _, c := range []struct {
			name  string
			shape []int
			want  []float32
		}{
			{"turned", []int{3, 2}, []float32{0, 3, 1, 4, 2, 5}},
			{"part", []int{4}, []float32{3, 4, 5, 6}},
			{"spread", []int{3}, []float32{1, 1, 1}},
		} {
			tensor, b := values(t, f, c.name)
			if tensor.DType != "float32" || !slices.Equal(tensor.Shape, c.shape) || !slices.Equal(floats(b), c.want) {
				t.Errorf("%s, %s: %+v %v", name, c.name, tensor, floats(b))
			}
		}
		for want, b := range map[string]string{"float64 parameter": "\x00\x00\x00\x00\x00\x00\xf0\x3f\x00\x00\x00\x00\x00\x00\xf0\x3f", "float16 half": "\x00\x3e\x00\xc0", "bfloat16 brain": "\xc0\x3f\x00\xc0", "int64 count": "\x07\x00\x00\x00\x00\x00\x00\x00"} {
			dtype, tensor, _ := strings.Cut(want, " ")
			if got, raw := values(t, f, tensor); got.DType != dtype || string(raw) != b {
				t.Errorf("%s, %s: %+v %x", name, tensor, got, raw)
			}
		}
	}
}

// repacked is the archive written anew by another program.
func repacked(t testing.TB, raw []byte, method uint16) []byte {
	t.Helper()
	in, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	out := zip.NewWriter(&b)
	for _, f := range in.File {
		w, err := out.CreateHeader(&zip.FileHeader{Name: f.Name, Method: method})
		if err != nil {
			t.Fatal(err)
		}
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(w, r); err != nil {
			t.Fatal(err)
		}
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// archive is a checkpoint whose pickle says what is given.
func archive(t testing.TB, pickle string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, content := range map[string]string{"m/data.pkl": pickle, "m/data/0": "12345678"} {
		w, err := z.CreateHeader(&zip.FileHeader{Name: name})
		if err != nil {
			t.Fatal(err)
		}
		w.Write([]byte(content))
	}
	z.Close()
	return b.Bytes()
}

// one tensor "w" of this storage count, offset, shape and stride, each of one byte.
func oneTensor(count, offset, side, stride string) string {
	return "\x80\x02}X\x01\x00\x00\x00wctorch._utils\n_rebuild_tensor_v2\n((X\x07\x00\x00\x00storagectorch\nFloatStorage\nX\x01\x00\x00\x000X\x03\x00\x00\x00cpuK" + count +
		"tQK" + offset + "K" + side + "\x85K" + stride + "\x85\x89Nt" + "Rs."
}

func TestRefuses(t *testing.T) {
	_, err := open(testdata(t, "program.pth"))
	if !errors.Is(err, ErrUnsupported) || !strings.Contains(err.Error(), "it names torch.nn.modules.container.Sequential") || !strings.Contains(err.Error(), "state_dict()") {
		t.Errorf("a whole model: %v", err)
	}
	for pickle, want := range map[string]error{
		"\x80\x02cos\nsystem\nX\x02\x00\x00\x00ls\x85R.": ErrUnsupported,
		"\x80\x02}.":        ErrUnsupported, // no tensors
		"\x80\x02":          ErrCorrupt,
		"\x80\x02t.":        ErrCorrupt,
		"\x80\x02}h\x05.":   ErrCorrupt,
		"\x80\x02}(K\x01u.": ErrCorrupt,
		"\x80\x04\x8d\xff\xff\xff\xff\xff\xff\xff\xff.": ErrCorrupt,
		"(0.":           ErrCorrupt, // takes the mark's own
		"\x80\x02I1\n.": ErrUnsupported,
	} {
		if _, err := open(archive(t, pickle)); !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", pickle, err, want)
		}
	}
	for _, bad := range []string{oneTensor("\x03", "\x00", "\x02", "\x01"), oneTensor("\x02", "\x01", "\x02", "\x01"), oneTensor("\x02", "\x00", "\x02", "\x02"), oneTensor("\x02", "\x09", "\x00", "\x01")} {
		f, err := open(archive(t, bad))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Reader(f.Tensors[0]); !errors.Is(err, ErrCorrupt) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	f, err := open(archive(t, oneTensor("\x02", "\x00", "\x02", "\x01")))
	if err != nil {
		t.Fatal(err)
	}
	if _, b := values(t, f, "w"); string(b) != "12345678" {
		t.Errorf("%q", b)
	}
}

func FuzzOpen(f *testing.F) {
	f.Add(archive(f, oneTensor("\x02", "\x00", "\x02", "\x01")))
	f.Fuzz(func(t *testing.T, raw []byte) {
		bounded.Parse(t, len(raw), func() {
			file, err := open(raw)
			if err != nil {
				if !errors.Is(err, ErrTruncated) && !errors.Is(err, ErrCorrupt) && !errors.Is(err, ErrUnsupported) {
					t.Fatal(err)
				}
				return
			}
			for _, tensor := range file.Tensors {
				if count, _, ok := tensor.extent(); ok && count < 1<<16 {
					if r, err := file.Reader(tensor); err == nil {
						io.Copy(io.Discard, r)
					}
				}
			}
		})
	})
}

// FuzzUnpickle needs no archive around its input.
func FuzzUnpickle(f *testing.F) {
	f.Add([]byte(oneTensor("\x02", "\x00", "\x02", "\x01")))
	f.Fuzz(func(t *testing.T, raw []byte) {
		bounded.Parse(t, len(raw), func() {
			if v, err := unpickle(raw); err == nil {
				mostTensors(v, map[*dict]bool{})
				classes(v)
			}
		})
	})
}
