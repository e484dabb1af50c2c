package weights

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"regexp"
	"strings"
	"testing"

	"thaw/irv2"
	"thaw/irv2/internal/bounded"
	"thaw/irv2/weights/hdf5"
	"thaw/irv2/weights/safetensors"
)

func TestRefusesOtherFiles(t *testing.T) {
	m := thin(t, 3, 4)
	var zipped bytes.Buffer
	z := zip.NewWriter(&zipped)
	z.Create("archive/data.pkl")
	z.Close()
	for _, c := range []struct {
		name string
		raw  []byte
		says string
	}{
		{"empty", nil, "the file is empty"},
		{"one byte", []byte{7}, "no weights file that Thaw knows"},
		{"web page", []byte("<!DOCTYPE html>\n<html>404"), "this is a web page"},
		{"picture", []byte("\x89PNG\r\n\x1a\n0000000000"), "this is a picture"},
		{"LFS", []byte("version https://git-lfs.github.com/spec/v1\noid sha256:0"), "Git LFS pointer"},
		{"gzip", []byte("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x00"), "compressed with gzip"},
		{"PyTorch, damaged", zipped.Bytes(), "its pickle ends early"},
		{"latest HDF5", testdata(t, "latest.h5"), "save it again with Keras's save_weights"},
		{"HDF5 of something else", testdata(t, "features.h5.gz"), "no convolutions"},
		{"another network, .h5", testdata(t, "other.h5"), "tensor conv1_conv/kernel is 7x7x3x4, but conv2d/kernel of InceptionResNetV2 (thin) needs 3x3x3x1"},
		{"another network, .weights.h5", testdata(t, "other.weights.h5"), "tensor layers/conv2d/vars/0 is 7x7x3x4"},
		{"another network, .keras", testdata(t, "other.keras"), "tensor layers/conv2d/vars/0 is 7x7x3x4"},
		{"another network, .safetensors", testdata(t, "other.safetensors"), `named neither as timm's nor as Thaw's ("conv1.weight")`},
	} {
		w, _, err := readBytes(c.raw, m)
		if err == nil || w != nil || !strings.Contains(err.Error(), c.says) || !strings.HasPrefix(err.Error(), "file: ") {
			t.Errorf("%s: %v, want %q", c.name, err, c.says)
		}
	}
}

// The right network at another size: the first tensor that differs is named.
func TestRefusesOtherSize(t *testing.T) {
	mini, err := irv2.New(irv2.Mini(3))
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = readBytes(testdata(t, "keras_notop.h5"), mini)
	if err == nil || !strings.Contains(err.Error(), "conv2d/kernel is 3x3x3x1, but conv2d/kernel of InceptionResNetV2 (mini) needs 3x3x3x8") {
		t.Error(err)
	}
	_, _, err = readBytes(testdata(t, "timm.safetensors"), mini)
	if err == nil || !strings.Contains(err.Error(), "conv2d_1a.conv.weight is 1x3x3x3, but conv2d/kernel of InceptionResNetV2 (mini) needs 8x3x3x3") {
		t.Error(err)
	}
}

// Values no weight can have: the tensor is named, in every format.
func TestRefusesBadValues(t *testing.T) {
	m := thin(t, 3, 4)
	for _, c := range []struct {
		param string
		value float32
		says  string
	}{
		{"conv2d_3/kernel", float32(math.NaN()), "holds NaN at index 0"},
		{"block17_1_conv/bias", float32(math.Inf(-1)), "holds -Inf at index 0"},
		{"conv_7b_bn/moving_variance", -0.5, "holds the variance -0.5 at index 0"},
		{"predictions/bias", float32(math.NaN()), "holds NaN"},
	} {
		w := golden(m)
		layer, kind, _ := strings.Cut(c.param, "/")
		w.Of(m.Layer(layer).Param(kind))[0] = c.value
		for _, write := range []func(io.Writer, *irv2.Weights, About) error{writers["h5"], writers["safetensors"], writers["tfjs"], writers["onnx"]} {
			var b bytes.Buffer
			if err := write(&b, w, About{}); err != nil {
				t.Fatal(err)
			}
			_, _, err := readBytes(b.Bytes(), m)
			if err == nil || !strings.Contains(err.Error(), c.param) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%s: %v", c.param, err)
			}
		}
	}
}

// retyped is Thaw's file with the header's type of one tensor changed and its
// values stored in that type.
func retyped(t *testing.T, w *irv2.Weights, dtype string, encode func(b []byte, v float32) []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := WriteSafetensors(&b, w, nil); err != nil {
		t.Fatal(err)
	}
	raw := b.Bytes()
	n := binary.LittleEndian.Uint64(raw)
	header := strings.ReplaceAll(string(raw[8:8+n]), `"F32"`, `"`+dtype+`"`)
	values := raw[8+n:]
	var out []byte
	for i := 0; i < len(values); i += 4 {
		out = encode(out, math.Float32frombits(binary.LittleEndian.Uint32(values[i:])))
	}
	if width := 4 * len(out) / len(values); width != 4 {
		header = scaleOffsets(header, width)
	}
	return append(append(binary.LittleEndian.AppendUint64(nil, uint64(len(header))), header...), out...)
}

func TestTypes(t *testing.T) {
	m := thin(t, 3, 4)
	want := golden(m)
	raw := retyped(t, want, "F64", func(b []byte, v float32) []byte {
		return binary.LittleEndian.AppendUint64(b, math.Float64bits(float64(v)))
	})
	if got, report, err := readBytes(raw, m); err != nil || largestError(got, want, report.Set) != 0 {
		t.Errorf("float64: %v", err)
	}
	raw = retyped(t, want, "BF16", func(b []byte, v float32) []byte {
		return binary.LittleEndian.AppendUint16(b, uint16(math.Float32bits(v)>>16))
	})
	if got, report, err := readBytes(raw, m); err != nil || largestError(got, want, report.Set) > 1.0/128 {
		t.Errorf("bfloat16: %v", err)
	}
	raw = retyped(t, want, "I32", func(b []byte, v float32) []byte { return binary.LittleEndian.AppendUint32(b, 1) })
	if _, _, err := readBytes(raw, m); err == nil || !strings.Contains(err.Error(), "tensor conv2d/kernel holds I32 values") {
		t.Errorf("int32: %v", err)
	}
}

// A download that broke off, at many places, in every format.
func TestTruncated(t *testing.T) {
	m := thin(t, 3, 4)
	for _, name := range []string{"keras_notop.h5", "keras.weights.h5", "keras.keras", "timm.safetensors"} {
		raw := testdata(t, name)
		for n := 600; n < len(raw); n += len(raw)/37 + 1 {
			_, _, err := readBytes(raw[:n], m)
			if !errors.Is(err, hdf5.ErrTruncated) && !errors.Is(err, safetensors.ErrTruncated) {
				t.Fatalf("%s, %d of %d bytes: %v", name, n, len(raw), err)
			}
			if !strings.Contains(err.Error(), "download or copy it again") {
				t.Fatalf("%s: %v", name, err)
			}
		}
	}
}

// A .keras file that was unpacked and packed again is compressed.
func TestCompressedArchive(t *testing.T) {
	m := thin(t, 3, 4)
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	f, _ := z.Create("model.weights.h5")
	f.Write(testdata(t, "keras.weights.h5"))
	z.Close()
	got, report, err := readBytes(b.Bytes(), m)
	if err != nil || report.Format != KerasZip || largestError(got, golden(m), report.Set) != 0 {
		t.Errorf("%v %+v", err, report)
	}
}

// One wrong bit anywhere: an error or other values, never a panic.
func TestBitFlips(t *testing.T) {
	m := thin(t, 3, 4)
	for _, name := range []string{"keras_notop.h5", "keras.keras", "timm_half.safetensors"} {
		raw := testdata(t, name)
		for i := 0; i < len(raw); i += len(raw)/97 + 1 {
			raw[i] ^= 1 << (i % 8)
			readBytes(raw, m)
			raw[i] ^= 1 << (i % 8)
		}
	}
}

// smallH5 is a file as Keras 2 writes it, of one layer.
func smallH5(t testing.TB) []byte {
	root := &hdf5.Node{Attributes: []hdf5.Attribute{{Name: "layer_names", Values: []string{"d"}}}}
	root.Member("d").Attributes = []hdf5.Attribute{{Name: "weight_names", Values: []string{"d/kernel:0"}}}
	kernel := root.Member("d/d/kernel:0")
	kernel.Shape, kernel.Data = []int{2}, []float32{1, 2}
	var b bytes.Buffer
	if err := hdf5.Write(&b, root); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func FuzzRead(f *testing.F) {
	f.Add(testdata(f, "other.safetensors"))
	f.Add(testdata(f, "torch/small.pth"))
	f.Add(smallH5(f))
	f.Add(zipOf(f, `config.json={"class_name":"Sequential","config":[{"class_name":"Dense","config":{"name":"d"}}]}`, "model.weights.h5="+string(smallH5(f))))
	f.Add(zipOf(f, `m/model.json={"modelTopology":{},"weightsManifest":[{"paths":["a.bin"],"weights":[{"name":"d/kernel","shape":[1],"dtype":"float32"}]}]}`, "m/a.bin=1234"))
	m := thin(f, 3, 4)
	f.Fuzz(func(t *testing.T, raw []byte) {
		bounded.Parse(t, len(raw), func() {
			w, _, err := readBytes(raw, m)
			if err == nil && w == nil {
				t.Fatal("neither weights nor an error")
			}
			if err != nil { // a front end adds the full stop
				bounded.Sentence(t, err.Error()+".", "file")
			}
			AboutFile(bytes.NewReader(raw), int64(len(raw)))
		})
	})
}

// scaleOffsets makes the data_offsets of four-byte values those of width bytes.
func scaleOffsets(header string, width int) string {
	return offsets.ReplaceAllStringFunc(header, func(s string) string {
		var from, to int
		fmt.Sscanf(s, `"data_offsets":[%d,%d]`, &from, &to)
		return fmt.Sprintf(`"data_offsets":[%d,%d]`, from/4*width, to/4*width)
	})
}

var offsets = regexp.MustCompile(`"data_offsets":\[\d+,\d+\]`)
