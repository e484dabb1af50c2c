package weights

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"math"
	"slices"
	"strings"
	"testing"

	"thaw/irv2"
	"thaw/irv2/weights/tfjs"
)

// Files of testdata/weights/make_brought.py: the base in other models, and what stands
// around it. Every format of one model gives one answer.

func match1(t *testing.T, file string, m *irv2.Model) Report {
	t.Helper()
	raw := testdata(t, file)
	found, err := Match(bytes.NewReader(raw), int64(len(raw)), file, m)
	if err != nil {
		t.Fatal(err)
	}
	return found.Report()
}

const onlyItself = "Of the file only InceptionResNetV2 itself was taken over, not "

func TestAroundTheBase(t *testing.T) {
	pixels := &Preprocessing{}
	for c, ends := range [3][2]float64{{-1.6666666, 1.6666666}, {-2.5000002, 2.5000002}, {-4.9999995, 4.9999995}} { // Keras's own, of 0 and 255
		pixels.Scale[c], pixels.Offset[c] = float32((ends[1]-ends[0])/255), float32(ends[0])
	}
	front := onlyItself + "conv2d_41 (Conv2D) in front of it, nor global_max_pooling2d (GlobalMaxPooling2D), dense_1 (Dense, tanh), dense (Dense, softmax) behind it; pixels are fed as v/127.5 - 1; the classifier starts fresh."
	flip := "The file's own random_flip (RandomFlip) in front of the network was left out: Thaw resizes and varies pictures itself."
	for _, c := range []struct {
		files    []string
		head     *Head
		pixels   *Preprocessing
		warnings []string
	}{
		{[]string{"deep.keras.gz", "deep.h5.gz", "deep.weights.h5.gz"}, &Head{4, 3}, nil, nil},
		{[]string{"pixels.keras.gz", "pixels.h5.gz"}, &Head{0, 3}, pixels, []string{flip}},
		{[]string{"front.keras.gz", "front.h5.gz"}, nil, nil, []string{front}},
		{[]string{"lambda.keras.gz"}, &Head{0, 3}, nil, []string{onlyItself + "rescaling (Rescaling), power (Power) in front of it; pixels are fed as v/127.5 - 1."}},
		{[]string{"keras2.keras.gz", "keras2.h5.gz"}, &Head{4, 3}, &Preprocessing{[3]float32{.5, .5, .5}, [3]float32{-.5, -1, -1.5}}, []string{flip}},
		// The classifier of a bare network is told by its tensors.
		{[]string{"keras_model.h5", "keras.weights.h5", "keras.keras", "nested.h5.gz", "nested.weights.h5.gz"}, &Head{4, 3}, nil, nil},
		{[]string{"keras_top.h5.gz"}, &Head{0, 10}, nil, nil},
	} {
		dense, classes := 4, 3
		if c.head != nil {
			dense, classes = c.head.Dense, c.head.Classes
		}
		for _, file := range c.files {
			r := match1(t, file, thin(t, classes, dense))
			if (r.Head == nil) != (c.head == nil) || r.Head != nil && *r.Head != *c.head || (len(r.Left) == 0) != (c.head != nil) {
				t.Errorf("%s: head %+v, want %+v, left %q", file, r.Head, c.head, r.Left)
			}
			if !closePixels(r.Preprocessing, c.pixels) {
				t.Errorf("%s: pixels are fed as %v, want %v", file, r.Preprocessing, c.pixels)
			}
			if !slices.Equal(r.Warnings, c.warnings) {
				t.Errorf("%s: %q, want %q", file, r.Warnings, c.warnings)
			}
		}
	}
}

func closePixels(a, b *Preprocessing) bool {
	if a == nil || b == nil {
		return a == b
	}
	for c := range 3 {
		if math.Abs(float64(a.Scale[c]-b.Scale[c])) > 1e-6 || math.Abs(float64(a.Offset[c]-b.Offset[c])) > 1e-5 {
			return false
		}
	}
	return true
}

// The head of a model in a model comes with its values.
func TestDeepHead(t *testing.T) {
	for _, file := range []string{"deep.keras.gz", "deep.h5.gz", "deep.weights.h5.gz"} {
		w, _, err := readBytes(testdata(t, file), thin(t, 3, 4))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"head_dense", "predictions"} {
			for i, v := range w.Of(w.Model.Layer(name).Param("kernel")) {
				if v != float32(i) {
					t.Fatalf("%s: %s of %s is %g", file, name, "kernel", v)
				}
			}
		}
		if v := w.Of(w.Model.Layer("conv2d_3").Param("kernel"))[0]; v != 0.5 {
			t.Errorf("%s: a filter holds %g", file, v)
		}
	}
}

// Weights alone say nothing of their layers: what is not the network is named.
func TestNamesWhatItCannotPlace(t *testing.T) {
	raw := testdata(t, "deep.weights.h5.gz")
	_, report, err := readBytes(raw, thin(t, 5, 0))
	if err != nil || report.Head == nil || *report.Head != (Head{4, 3}) || len(report.Warnings) != 1 || !strings.Contains(report.Warnings[0], "(48x4, 4x3) is not this one (48x5)") {
		t.Errorf("%+v, %v", report, err)
	}
}

// gamma of Keras's own batch norms is folded as timm's is.
func TestKerasGamma(t *testing.T) {
	m := thin(t, 3, 4)
	want, _, err := readBytes(testdata(t, "timm_gamma.safetensors"), m)
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{"gamma.keras.gz", "gamma.h5.gz"} {
		got, report, err := readBytes(testdata(t, file), m)
		if err != nil || len(report.Warnings) != 1 || !strings.Contains(report.Warnings[0], "gamma is not 1") {
			t.Errorf("%s: %q, %v", file, report.Warnings, err)
			continue
		}
		if e := largestError(got, want, report.Set); e != 0 {
			t.Errorf("%s: values differ by %g", file, e)
		}
	}
}

func TestKerasBfloat16(t *testing.T) {
	m := thin(t, 3, 4)
	for _, file := range []string{"bfloat16.weights.h5.gz", "bfloat16.h5.gz"} {
		got, report, err := readBytes(testdata(t, file), m)
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		if e := largestError(got, golden(m), report.Set); e > 1.0/256 { // rounded to 8 bits
			t.Errorf("%s: values differ by %g", file, e)
		}
	}
}

func TestTorchCheckpoint(t *testing.T) {
	m := thin(t, 3, 0)
	w, report, err := readBytes(testdata(t, "cadene.pth.gz"), m)
	if err != nil || report.Format != Torch || len(report.Left) != 0 || len(report.Warnings) != 0 || !slices.Equal(report.Outputs, []string{"ant", "bee", "wasp"}) {
		t.Fatalf("%+v, %v", report, err)
	}
	var backbone []string
	for _, name := range report.Set {
		if !strings.HasPrefix(name, "predictions") {
			backbone = append(backbone, name)
		}
	}
	if e := largestError(w, golden(m), backbone); e > 1.0/2048 { // float16
		t.Errorf("values differ by %g", e)
	}
	l := m.Layer("predictions")
	for i, v := range w.Of(l.Param("kernel")) { // [48, 3] of [3, 48]
		if v != float32(i%3*48+i/3) {
			t.Fatalf("weight %d is %g", i, v)
		}
	}
	if !slices.Equal(w.Of(l.Param("bias")), []float32{0, 1, 2}) {
		t.Errorf("bias %v", w.Of(l.Param("bias")))
	}
}

// A folder in memory: model.json, with the others beside it.
type folder struct {
	*bytes.Reader
	files map[string][]byte
}

func (f folder) Part(name string) (io.ReaderAt, int64, error) {
	b, ok := f.files[name]
	if !ok {
		return nil, 0, errors.New("missing")
	}
	return bytes.NewReader(b), int64(len(b)), nil
}

func unpacked(t *testing.T, name string) folder {
	t.Helper()
	raw := testdata(t, name)
	z, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	f := folder{files: map[string][]byte{}}
	for _, member := range z.File {
		r, err := member.Open()
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		f.files[member.Name] = b
	}
	f.Reader = bytes.NewReader(f.files["model.json"])
	return f
}

// TensorFlow.js's own converter wrote these: of one model each, in each of its types.
func TestTensorFlowJS(t *testing.T) {
	m := thin(t, 3, 4)
	want, _, err := readBytes(testdata(t, "old_top.h5.gz"), m)
	if err != nil {
		t.Fatal(err)
	}
	for file, tolerance := range map[string]float64{"tfjs_float16.zip": 1.0 / 2048, "tfjs_uint16.zip": 1e-4, "tfjs_uint8.zip": 0.02} {
		got, report, err := readBytes(testdata(t, file), m)
		if err != nil || report.Format != TFJS || len(report.Left) != 0 || report.Preprocessing == nil {
			t.Errorf("%s: %+v, %v", file, report, err)
			continue
		}
		if e := largestError(got, want, report.Set); e > tolerance {
			t.Errorf("%s: values differ by %g", file, e)
		}
	}
	// Two shards, dropped as a folder.
	f := unpacked(t, "tfjs.zip")
	for _, what := range []string{"whole", "cut", "missing"} {
		shard := f.files["group1-shard2of2.bin"]
		switch what {
		case "cut":
			f.files["group1-shard2of2.bin"] = shard[:100]
		case "missing":
			delete(f.files, "group1-shard2of2.bin")
		}
		w, report, err := Read(f, f.Size(), "model.json", m, nil)
		if what == "whole" {
			if err != nil || *report.Head != (Head{4, 3}) || !closePixels(report.Preprocessing, &Preprocessing{[3]float32{.5, .5, .5}, [3]float32{-.5, -1, -1.5}}) || w.Of(m.Layer("conv_7b").Param("kernel"))[9] != 0.5 {
				t.Errorf("%+v, %v", report, err)
			}
		} else if !errors.Is(err, tfjs.ErrTruncated) {
			t.Errorf("%s: %v", what, err)
		}
	}
	graph := []byte(`{"format": "graph-model", "modelTopology": {"node": []}, "weightsManifest": []}`)
	_, err = Match(folder{Reader: bytes.NewReader(graph)}, int64(len(graph)), "model.json", m)
	if err == nil || !strings.Contains(err.Error(), "graph model") {
		t.Error(err)
	}
}

func TestFormulas(t *testing.T) {
	third := [3]float32{1. / 255, 1. / 255, 1. / 255}
	for want, p := range map[string]Preprocessing{
		"v/255":                                {Scale: third},
		"v/255 - 0.5":                          {third, [3]float32{-.5, -.5, -.5}},
		"v + 2":                                {[3]float32{1, 1, 1}, [3]float32{2, 2, 2}},
		"v (red), 2*v (green), v/2 - 1 (blue)": {[3]float32{1, 2, .5}, [3]float32{0, 0, -1}},
	} {
		if got := p.String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
