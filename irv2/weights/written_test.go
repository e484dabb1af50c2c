package weights

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"thaw/irv2"
	"thaw/irv2/weights/topology"
)

// What is written comes back bit for bit, with its head and without a warning, whatever the
// head is and however pixels are fed.
func TestWrittenComesBack(t *testing.T) {
	each := &Preprocessing{[3]float32{0.5, 0.25, 1}, [3]float32{-1, 0, 2}}
	for _, c := range []struct {
		classes, dense int
		dropout        float32
		pixels         *Preprocessing
	}{{3, 4, 0, nil}, {1000, 0, 0, nil}, {3, 0, 0.5, each}, {2, 4, 0.5, each}} {
		config := thin(t, c.classes, c.dense).Config
		config.Dropout = c.dropout
		m, err := irv2.New(config)
		if err != nil {
			t.Fatal(err)
		}
		want := golden(m)
		for name, write := range writers {
			var b bytes.Buffer
			if err := write(&b, want, About{Model: "thin", Preprocessing: c.pixels}); err != nil {
				t.Fatal(name, err)
			}
			got, report, err := readBytes(b.Bytes(), m)
			if err != nil || len(report.Left) != 0 || len(report.Warnings) != 0 || len(report.Set) != len(m.Params) {
				t.Errorf("%s of %+v: left %q, warnings %q, %v", name, c, report.Left, report.Warnings, err)
				continue
			}
			for i := range want.Data {
				if !slices.Equal(got.Data[i], want.Data[i]) {
					t.Fatalf("%s: %s differs", name, m.Params[i].Name())
				}
			}
			if layers := name != "safetensors" && name != "timm" && name != "onnx"; layers && !closePixels(report.Preprocessing, c.pixels) {
				t.Errorf("%s: its layers feed pixels as %v, want %v", name, report.Preprocessing, c.pixels)
			}
		}
	}
}

// The description holds both networks whole, in layers that Keras has itself.
func TestDescribe(t *testing.T) {
	for _, config := range []irv2.Config{irv2.Full(299, 7), irv2.Mini(7)} {
		m, err := irv2.New(config)
		if err != nil {
			t.Fatal(err)
		}
		described := inKeras(m, nil)
		layers, err := topology.Parse([]byte(asJSON(describe(described))))
		if err != nil {
			t.Fatal(err)
		}
		convolutions, scaled := 0, 0
		for _, l := range m.Layers {
			switch l.Class {
			case irv2.Conv2D:
				convolutions++
			case irv2.CustomScaleLayer:
				scaled++
			}
		}
		// Beside the network's own: one layer in front, and one for each residual but the last.
		if len(layers) != len(m.Layers)+1+scaled-1 {
			t.Errorf("%d layers for %d", len(layers), len(m.Layers))
		}
		around, ok := topology.Find(layers, convolutions)
		head, left := around.Head()
		pixels, _, _, err := around.Pixels(nil)
		if !ok || head == nil || len(head.Dense) != 2 || len(left) != 0 || err != nil || fmt.Sprint(pixels.Offset) != "[-1 -1 -1]" {
			t.Errorf("%v: head %v, left %v, pixels %v, %v", ok, head, left, pixels, err)
		}
		seen := map[string]bool{}
		for _, l := range described {
			if seen[l.name] {
				t.Errorf("two layers are called %s", l.name)
			}
			seen[l.name] = true
			if !slices.Contains([]string{"InputLayer", "Rescaling", "Conv2D", "BatchNormalization", "Activation", "MaxPooling2D", "AveragePooling2D", "Concatenate", "Add", "GlobalAveragePooling2D", "Dense"}, l.class) {
				t.Errorf("%s is a %s", l.name, l.class)
			}
		}
	}
}

// timm has no network of mini's widths.
func TestTimmHasNoMini(t *testing.T) {
	m, err := irv2.New(irv2.Mini(3))
	if err != nil {
		t.Fatal(err)
	}
	if err := WriteTimm(&bytes.Buffer{}, golden(m), About{}); err != ErrNoTimm {
		t.Error(err)
	}
}

// What is cut short anywhere is an error, and none brings the reader down.
func TestWrittenAndCut(t *testing.T) {
	m := thin(t, 3, 4)
	for name, write := range writers {
		var b bytes.Buffer
		if err := write(&b, golden(m), About{Model: "thin", Size: 75, Dense: 4, Classes: []string{"a", "b", "c"}}); err != nil {
			t.Fatal(name, err)
		}
		for i := range 40 {
			if _, _, err := readBytes(b.Bytes()[:b.Len()*i/40], m); err == nil {
				t.Errorf("%s: %d fortieths are taken for the whole", name, i)
			}
		}
	}
}

func FuzzONNX(f *testing.F) {
	m := thin(f, 3, 0)
	var b bytes.Buffer
	if err := WriteONNX(&b, golden(m), About{Model: "thin"}); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Add(append(slices.Clone(onnxStart), 0x3a, 0xff, 0xff, 0xff, 0xff, 0x0f))
	f.Fuzz(func(t *testing.T, raw []byte) {
		onnxMetadata(bytes.NewReader(raw), int64(len(raw)))
		matchONNX(bytes.NewReader(raw), int64(len(raw)), m)
	})
}
