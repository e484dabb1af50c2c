package weights

import (
	"encoding/json"

	"thaw/irv2"
)

// kerasLayer is a layer of the network as it goes to Keras: in Keras's own classes, so that
// load_model needs no code of ours.
type kerasLayer struct {
	name, class string
	config      map[string]any
	inputs      []string
	params      []*irv2.Param
}

// inKeras describes the network whole: pixels from 0 to 255 go in, which the first layer
// prepares, and probabilities come out. keras.applications adds scaled residuals by a class
// of its own, which load_model cannot find; here they are a Rescaling and an Add.
func inKeras(m *irv2.Model, pixels *Preprocessing) []kerasLayer {
	var layers []kerasLayer
	add := func(name, class string, config map[string]any, params []*irv2.Param, inputs ...string) {
		config["name"] = name
		layers = append(layers, kerasLayer{name, class, config, inputs, params})
	}
	for _, l := range m.Layers {
		config := map[string]any{}
		var in []string
		for _, x := range l.Inputs {
			if x.Class == irv2.InputLayer {
				in = append(in, preprocessing)
			} else {
				in = append(in, kerasName(x))
			}
		}
		switch l.Class {
		case irv2.InputLayer:
			config["batch_input_shape"] = []any{nil, l.H, l.W, l.C}
			add(l.Name, "InputLayer", config, nil)
			scale, offset := pixels.orUsual()
			add(preprocessing, "Rescaling", map[string]any{"scale": scale, "offset": offset}, nil, l.Name)
			continue
		case irv2.CustomScaleLayer:
			if l.Scale != 1 {
				scaled := kerasName(l) + "_scale"
				add(scaled, "Rescaling", map[string]any{"scale": l.Scale, "offset": 0}, nil, in[1])
				in[1] = scaled
			}
			add(kerasName(l), "Add", config, nil, in...)
			continue
		case irv2.Conv2D:
			config["filters"], config["kernel_size"], config["strides"] = l.C, []int{l.KH, l.KW}, []int{l.Stride, l.Stride}
			config["padding"], config["use_bias"] = padding(l), l.UseBias
		case irv2.BatchNormalization:
			config["axis"], config["epsilon"], config["momentum"], config["scale"] = 3, 1e-3, 0.99, false
		case irv2.Activation:
			config["activation"] = "relu"
		case irv2.MaxPooling2D, irv2.AveragePooling2D:
			config["pool_size"], config["strides"], config["padding"] = []int{l.K, l.K}, []int{l.Stride, l.Stride}, padding(l)
		case irv2.Concatenate:
			config["axis"] = 3
		case irv2.Dense:
			config["units"], config["use_bias"], config["activation"] = l.C, l.UseBias, "softmax"
			if l.ReLU {
				config["activation"] = "relu"
			}
		case irv2.Dropout:
			config["rate"] = l.Rate
		}
		add(l.Name, string(l.Class), config, l.Params, in...)
	}
	return layers
}

// preprocessing is the layer that prepares pixels.
const preprocessing = "preprocessing"

// kerasName is a layer's name, of a scaled sum Keras 2's: it is no CustomScaleLayer here.
func kerasName(l *irv2.Layer) string {
	if l.Alias != "" {
		return l.Alias
	}
	return l.Name
}

func padding(l *irv2.Layer) string {
	if l.Same {
		return "same"
	}
	return "valid"
}

// orUsual is p in the words of Rescaling: a number, or one for each channel.
func (p *Preprocessing) orUsual() (scale, offset any) {
	if p == nil {
		return 1 / 127.5, -1
	}
	one := func(v [3]float32) any {
		if v[0] == v[1] && v[1] == v[2] {
			return v[0]
		}
		return v[:]
	}
	return one(p.Scale), one(p.Offset)
}

// describe writes the layers as the functional model that Keras of every version, and
// TensorFlow.js, read: connections are in the words of Keras 2, which Keras 3 takes too.
func describe(layers []kerasLayer) map[string]any {
	var list []map[string]any
	for _, l := range layers {
		nodes := [][][]any{}
		if len(l.inputs) > 0 {
			nodes = append(nodes, nil)
			for _, in := range l.inputs {
				nodes[0] = append(nodes[0], []any{in, 0, 0, map[string]any{}})
			}
		}
		list = append(list, map[string]any{"class_name": l.class, "name": l.name, "config": l.config, "inbound_nodes": nodes})
	}
	last := layers[len(layers)-1].name
	return map[string]any{"class_name": "Functional", "config": map[string]any{
		"name": "inception_resnet_v2", "layers": list,
		"input_layers": [][]any{{layers[0].name, 0, 0}}, "output_layers": [][]any{{last, 0, 0}},
	}}
}

// asJSON is v as text; it holds nothing that JSON has no word for.
func asJSON(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(text)
}
