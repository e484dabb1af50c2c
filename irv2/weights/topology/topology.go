// Package topology reads what a Keras file says of its model (config.json of a .keras
// archive, the attribute model_config of an .h5 file, modelTopology of TensorFlow.js):
// which layers stand in front of and behind an InceptionResNetV2, however deep models
// are nested in it, and what they do.
//
// It reads the words of Keras 2 and 3 and knows neither files nor weights. Read
// topology.go (a config becomes a list of layers), around.go (where the backbone is),
// head.go and pixels.go (what stands behind and in front of it).
package topology

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// Layer is a layer, or an op on its own, of a model; none is a model itself.
type Layer struct {
	Name, Class string
	Group       string   // the model's own layer that holds it, itself if it is one
	Path        []string // where Keras 3 keeps its weights: functional, dense_1

	config   map[string]any
	inputs   []*Layer // each once
	operands []any    // of an op, in order: a *Layer, or what it is computed with
	at       int      // in the list
}

// String names a layer for users: dense (Dense, tanh).
func (l *Layer) String() string {
	if f := l.activation(); l.Class != "Activation" && f != "linear" || l.Class == "Activation" {
		return fmt.Sprintf("%s (%s, %s)", l.Name, l.Class, f)
	}
	return fmt.Sprintf("%s (%s)", l.Name, l.Class)
}

// activation is the name of the layer's function, linear if it has none.
func (l *Layer) activation() string {
	switch f := l.config["activation"].(type) {
	case string:
		return f
	case map[string]any: // a class of its own
		name, _ := f["class_name"].(string)
		return strings.ToLower(name)
	}
	return "linear"
}

// maxLayers and maxDepth bound what a damaged config can ask for.
const maxLayers, maxDepth = 20_000, 16

var errConfig = errors.New("not the description of a Keras model")

// Parse lists the layers of a model, each behind those that it reads.
func Parse(config []byte) ([]*Layer, error) {
	var root map[string]any
	if err := json.Unmarshal(config, &root); err != nil {
		return nil, errConfig
	}
	p := &parser{}
	if inner, ok := root["model_config"].(map[string]any); ok { // TensorFlow.js
		root = inner
	}
	if !isModel(root) {
		return nil, errConfig
	}
	_, err := p.model(root, nil, "", nil, 0)
	return p.layers, err
}

type parser struct{ layers []*Layer }

func (p *parser) add(l *Layer) {
	l.at = len(p.layers)
	p.layers = append(p.layers, l)
}

// isModel: layers in layers.
func isModel(entry map[string]any) bool { return entriesOf(entry) != nil }

func entriesOf(entry map[string]any) []any {
	switch config := entry["config"].(type) {
	case map[string]any:
		list, _ := config["layers"].([]any)
		return list
	case []any: // Sequential as Keras wrote it before 2.2.3
		return config
	}
	return nil
}

// model adds the layers of a model fed by feed (nil: by inputs of its own) and returns
// what gives its outputs.
func (p *parser) model(entry map[string]any, path []string, group string, feed []*Layer, depth int) ([]*Layer, error) {
	if depth > maxDepth {
		return nil, errConfig
	}
	config, _ := entry["config"].(map[string]any)
	sequential := config == nil || config["input_layers"] == nil
	inputs := references(config["input_layers"])
	made := map[string][]*Layer{}
	used := map[string]int{}
	last := feed
	for _, e := range entriesOf(entry) {
		one, ok := e.(map[string]any)
		if !ok || len(p.layers) > maxLayers {
			return nil, errConfig
		}
		l := p.describe(one, path, used)
		if group != "" {
			l.Group = group
		}
		from, operands := last, []any(nil)
		if !sequential {
			from, operands = connect(one["inbound_nodes"], made)
		}
		switch {
		case l.Class == "InputLayer":
			if fed := fedBy(l.Name, inputs, feed); fed != nil {
				last = []*Layer{fed}
				break
			}
			if sequential && feed != nil {
				break // last is feed
			}
			p.add(l)
			last = []*Layer{l}
		case isModel(one):
			var err error
			if last, err = p.model(one, l.Path, l.Group, from, depth+1); err != nil {
				return nil, err
			}
		default:
			l.inputs, l.operands = distinct(from), operands
			p.add(l)
			last = []*Layer{l}
		}
		made[l.Name] = last
	}
	if sequential {
		return last, nil
	}
	var outputs []*Layer
	for _, r := range references(config["output_layers"]) {
		outputs = append(outputs, r.pick(made)...)
	}
	return outputs, nil
}

// describe makes a layer of an entry, numbered as Keras 3 numbers groups.
func (p *parser) describe(entry map[string]any, path []string, used map[string]int) *Layer {
	l := &Layer{}
	l.Class, _ = entry["class_name"].(string)
	l.config, _ = entry["config"].(map[string]any)
	l.Name, _ = l.config["name"].(string)
	if name, ok := entry["name"].(string); ok {
		l.Name = name
	}
	l.Group = l.Name
	if module, _ := entry["module"].(string); !strings.HasPrefix(module, "keras.src.ops") { // ops have no weights and no number
		name := snake(l.Class)
		if n := used[name]; n > 0 {
			l.Path = append(append(l.Path, path...), fmt.Sprintf("%s_%d", name, n))
		} else {
			l.Path = append(append(l.Path, path...), name)
		}
		used[name]++
	}
	return l
}

// snake is keras.src.utils.naming.to_snake_case.
func snake(class string) string {
	var b strings.Builder
	upper := func(c byte) bool { return c >= 'A' && c <= 'Z' }
	lower := func(c byte) bool { return c >= 'a' && c <= 'z' }
	for i := range len(class) {
		c := class[i]
		if i > 0 && upper(c) && (lower(class[i-1]) || i+1 < len(class) && lower(class[i+1])) {
			b.WriteByte('_')
		}
		b.WriteByte(c)
	}
	return strings.ToLower(b.String())
}

// fedBy is what stands for a model's input of that name where it is used as a layer.
func fedBy(name string, inputs []reference, feed []*Layer) *Layer {
	for i, r := range inputs {
		if r.name == name && i < len(feed) {
			return feed[i]
		}
	}
	return nil
}

func distinct(list []*Layer) []*Layer {
	var out []*Layer
	seen := map[*Layer]bool{}
	for _, l := range list {
		if !seen[l] {
			seen[l] = true
			out = append(out, l)
		}
	}
	return out
}
