package topology

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"thaw/irv2/internal/bounded"
)

// chain is a Functional model in Keras 3's words: layers one after another, in front of a
// stem of five convolutions and mixed_5b's fork, and behind conv_7b.
func chain(front, back []string) []byte {
	var layers []string
	last := ""
	add := func(layer string, inputs ...string) {
		var l map[string]any
		if err := json.Unmarshal([]byte(layer), &l); err != nil {
			panic(layer)
		}
		if len(inputs) == 0 && last != "" {
			inputs = []string{last}
		}
		name := fmt.Sprint("l", len(layers))
		if l["name"] != nil {
			name = l["name"].(string)
		}
		if l["config"] == nil {
			l["config"] = map[string]any{}
		}
		l["config"].(map[string]any)["name"] = name
		var args []any
		for _, in := range inputs {
			args = append(args, map[string]any{"class_name": "__keras_tensor__", "config": map[string]any{"keras_history": []any{in, 0, 0}}})
		}
		if constant, ok := l["with"]; ok {
			args = append(args, constant)
		}
		if len(inputs) > 0 {
			l["inbound_nodes"] = []any{map[string]any{"args": args}}
		}
		b, err := json.Marshal(l)
		if err != nil {
			panic(err)
		}
		layers = append(layers, string(b))
		last = name
	}
	add(`{"class_name": "InputLayer", "name": "in"}`)
	for _, l := range front {
		add(l)
	}
	for range 5 {
		add(`{"class_name": "Conv2D"}`)
	}
	stem := last
	var branches []string
	for range 4 {
		add(`{"class_name": "Activation"}`, stem)
		branches = append(branches, last)
	}
	add(`{"class_name": "Concatenate"}`, branches...)
	add(`{"class_name": "Conv2D", "name": "conv_7b"}`)
	for _, l := range back {
		add(l)
	}
	return fmt.Appendf(nil, `{"class_name": "Functional", "config": {"layers": [%s], "input_layers": [["in", 0, 0]], "output_layers": [[%q, 0, 0]]}}`, strings.Join(layers, ","), last)
}

func found(t *testing.T, config []byte) Around {
	t.Helper()
	layers, err := Parse(config)
	if err != nil {
		t.Fatal(err)
	}
	a, ok := Find(layers, 6)
	if !ok {
		t.Fatalf("nothing found in %s", config)
	}
	return a
}

func TestPixels(t *testing.T) {
	for _, c := range []struct {
		front         []string
		scale, offset [3]float64
		left          bool
	}{
		{nil, [3]float64{1, 1, 1}, [3]float64{}, false},
		{[]string{`{"class_name": "Rescaling", "config": {"scale": 0.5, "offset": [1, 2, 3]}}`}, [3]float64{.5, .5, .5}, [3]float64{1, 2, 3}, false},
		{[]string{`{"class_name": "Resizing"}`, `{"class_name": "TrueDivide", "module": "keras.src.ops.numpy", "with": 4}`, `{"class_name": "Subtract", "module": "keras.src.ops.numpy", "with": 1}`}, [3]float64{.25, .25, .25}, [3]float64{-1, -1, -1}, false},
		{[]string{`{"class_name": "Normalization", "config": {"mean": [1, 2, 3], "variance": 4}}`, `{"class_name": "Rescaling", "config": {"scale": 2, "offset": 0}}`}, [3]float64{1, 1, 1}, [3]float64{-1, -2, -3}, false},
		{[]string{`{"class_name": "Normalization", "config": {"mean": 1, "variance": 4, "invert": true}}`}, [3]float64{2, 2, 2}, [3]float64{1, 1, 1}, false},
		{[]string{`{"class_name": "Multiply", "module": "keras.src.ops.numpy", "with": {"class_name": "__numpy__", "config": {"value": [[[[2, 3, 4]]]]}}}`}, [3]float64{2, 3, 4}, [3]float64{}, false},
		{[]string{`{"class_name": "TrueDivide", "module": "keras.src.ops.numpy", "with": 0}`}, [3]float64{}, [3]float64{}, true},
		{[]string{`{"class_name": "Rescaling", "config": {"scale": [1, 2]}}`}, [3]float64{}, [3]float64{}, true},
		{[]string{`{"class_name": "Normalization", "config": {}}`}, [3]float64{}, [3]float64{}, true},
		{[]string{`{"class_name": "Lambda"}`, `{"class_name": "Rescaling", "config": {"scale": 1, "offset": 0}}`}, [3]float64{}, [3]float64{}, true},
	} {
		a := found(t, chain(c.front, nil))
		m, _, left, err := a.Pixels(func(*Layer) ([]float64, []float64, error) { return nil, nil, nil })
		if err != nil || (len(left) > 0) != c.left || !c.left && (m.Scale != c.scale || m.Offset != c.offset) {
			t.Errorf("%q: %v, left %v, %v", c.front, m, left, err)
		}
		if c.left && len(left) != len(c.front) {
			t.Errorf("%q: only %v are named", c.front, left)
		}
	}
}

func TestHead(t *testing.T) {
	const pool = `{"class_name": "GlobalAveragePooling2D"}`
	dense := func(f string) string { return `{"class_name": "Dense", "config": {"activation": "` + f + `"}}` }
	for _, c := range []struct {
		back  []string
		dense int // 0: no head
		left  int
	}{
		{nil, 0, 0},
		{[]string{pool}, 0, 0},
		{[]string{pool, dense("softmax")}, 1, 0},
		{[]string{pool, dense("linear")}, 1, 0},
		{[]string{pool, dense("linear"), `{"class_name": "Softmax"}`}, 1, 0},
		{[]string{pool, dense("relu"), `{"class_name": "Dropout"}`, dense("softmax")}, 2, 0},
		{[]string{pool, dense("linear"), `{"class_name": "ReLU"}`, dense("softmax")}, 2, 0},
		{[]string{pool, dense("sigmoid")}, 0, 2},
		{[]string{pool, dense("tanh"), dense("softmax")}, 0, 3},
		{[]string{pool, dense("relu"), dense("relu"), dense("softmax")}, 0, 4},
		{[]string{pool, dense("relu"), `{"class_name": "BatchNormalization"}`, dense("softmax")}, 0, 4},
		{[]string{`{"class_name": "GlobalMaxPooling2D"}`, dense("softmax")}, 0, 2},
		{[]string{`{"class_name": "Flatten"}`, dense("softmax")}, 0, 2},
		{[]string{pool, `{"class_name": "Dense", "config": {"use_bias": false, "activation": "softmax"}}`}, 0, 2},
	} {
		h, left := found(t, chain(nil, c.back)).Head()
		n := 0
		if h != nil {
			n = len(h.Dense)
		}
		if n != c.dense || len(left) != c.left {
			t.Errorf("%q: %d dense layers, left %v", c.back, n, left)
		}
	}
}

// Groups are numbered by class, ops not at all, as Keras 3 does.
func TestPaths(t *testing.T) {
	a := found(t, chain([]string{`{"class_name": "TrueDivide", "module": "keras.src.ops.numpy", "with": 4}`}, []string{`{"class_name": "Dense"}`, `{"class_name": "Dense"}`, `{"class_name": "GlobalAveragePooling2D"}`}))
	if p := a.Back[1].Path; !slices.Equal(p, []string{"dense_1"}) {
		t.Errorf("%q", p)
	}
	if a.Front[0].Path != nil || a.Within[1].Path[0] != "conv2d_1" {
		t.Errorf("%q, %q", a.Front[0].Path, a.Within[1].Path)
	}
	if got := snake("GlobalAveragePooling2D"); got != "global_average_pooling2d" {
		t.Error(got)
	}
	if got := snake("InceptionResNetV2"); got != "inception_res_net_v2" {
		t.Error(got)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(chain([]string{`{"class_name": "Rescaling", "config": {"scale": 0.5, "offset": [1, 2, 3]}}`}, []string{`{"class_name": "GlobalAveragePooling2D"}`, `{"class_name": "Dense"}`}))
	f.Add([]byte(`{"class_name": "Sequential", "config": [{"class_name": "Dense", "config": {"name": "d"}}]}`))
	f.Fuzz(func(t *testing.T, config []byte) {
		bounded.Parse(t, len(config), func() {
			layers, err := Parse(config)
			if err != nil {
				if !errors.Is(err, errConfig) {
					t.Fatal(err)
				}
				return
			}
			if a, ok := Find(layers, 6); ok {
				a.Head()
				a.Pixels(func(*Layer) ([]float64, []float64, error) { return []float64{1}, []float64{1}, nil })
			}
		})
	})
}
