package irv2

import (
	"encoding/json"
	"os"
	"slices"
	"testing"
)

// The layer list of Keras itself, from a golden file.
func TestFullIsKeras(t *testing.T) {
	raw, err := os.ReadFile("../testdata/golden/keras-s1_75b4.json")
	if err != nil {
		t.Fatal(err)
	}
	var golden struct {
		Layers []struct {
			Name, Class string
			Weights     [][2]json.RawMessage
		} `json:"layer_list"`
	}
	if err := json.Unmarshal(raw, &golden); err != nil {
		t.Fatal(err)
	}
	m, err := New(Full(75, 3))
	if err != nil {
		t.Fatal(err)
	}
	if len(golden.Layers) != 780 || m.Backbone != 780 {
		t.Fatalf("%d layers in Keras, %d here, want 780", len(golden.Layers), m.Backbone)
	}
	for i, want := range golden.Layers {
		l := m.Layers[i]
		if l.Name != want.Name || string(l.Class) != want.Class || len(l.Params) != len(want.Weights) {
			t.Fatalf("layer %d is %s (%s) with %d weights, Keras has %s (%s) with %d", i, l.Name, l.Class, len(l.Params), want.Name, want.Class, len(want.Weights))
		}
		for j, w := range want.Weights {
			var kind string
			var shape []int
			json.Unmarshal(w[0], &kind)
			json.Unmarshal(w[1], &shape)
			if p := l.Params[j]; p.Kind != kind || !slices.Equal(p.Shape, shape) {
				t.Fatalf("%s is %v, Keras has %s %v", p.Name(), p.Shape, kind, shape)
			}
		}
	}
	total, trainable := m.ParamCount()
	if total != 54_336_736 || trainable != 54_276_192 {
		t.Errorf("%d parameters, %d trainable", total, trainable)
	}
}

// Index of named cuts, from a saved Keras model.
func TestKerasIndices(t *testing.T) {
	m, err := New(Full(299, 1000))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]int{"mixed_5b": 40, "block35_1_mixed": 59, "block35_10_ac": 260, "mixed_6a": 274,
		"block17_20_ac": 594, "mixed_7a": 617, "block8_10": 776, "conv_7b": 777, "conv_7b_ac": 779} {
		if l := m.Layer(name); l == nil || l.Index != want {
			t.Errorf("%s at %v, want index %d", name, l, want)
		}
	}
	var flops int64
	for _, l := range m.Layers[:m.Backbone] {
		if l.Class == Conv2D {
			flops += int64(l.H) * int64(l.W) * int64(l.Params[0].Len())
		}
	}
	if g := float64(flops) / 1e9; g < 13.1 || g > 13.2 {
		t.Errorf("%.2f GMAC at 299, want 13.16", g)
	}
}

func TestMini(t *testing.T) {
	m, err := New(Mini(48))
	if err != nil {
		t.Fatal(err)
	}
	total, _ := m.ParamCount()
	t.Logf("%d layers, %d parameters", m.Backbone, total)
}
