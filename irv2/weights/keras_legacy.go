package weights

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"thaw/irv2"
	"thaw/irv2/weights/hdf5"
)

// The layout of Keras's .h5 files since version 1: attribute layer_names of the
// root (or of group model_weights), a group per layer, and its attribute
// weight_names. The order of both counts, not the names, which depend on what
// else was built in the same process (keras/src/legacy/saving/legacy_h5_format.py).

func isLegacy(g *hdf5.Group) bool {
	return g.HasAttribute("layer_names") || g.HasAttribute("layer_names0")
}

func (f *Matched) legacy(root *hdf5.Group, config []byte) error {
	names, err := legacyNames(root, "layer_names")
	if err != nil {
		return err
	}
	c := &contents{config: config}
	var flat, backbone []*fileLayer
	for _, name := range names {
		tensors, err := legacyTensors(root, name)
		if err != nil {
			return err
		}
		layers := leaves(name, tensors)
		c.layers = append(c.layers, layers...)
		if len(tensors) <= manyTensors {
			flat = append(flat, layers...)
		} else if backbone, err = f.nested(layers); err != nil {
			return err
		}
	}
	if backbone == nil {
		backbone = flat[f.firstFitting(f.backbone(), flat):]
	}
	if err := f.matchBackbone(backbone); err != nil {
		return err
	}
	return f.surroundings(c)
}

// manyTensors is more than any single layer of any network has.
const manyTensors = 16

// legacyNames reads a list of names, which Keras splits (name0, name1, ...)
// when it passes 64 KB.
func legacyNames(g *hdf5.Group, attribute string) ([]string, error) {
	names, ok, err := g.Strings(attribute)
	if ok || err != nil {
		return names, err
	}
	for i := 0; ; i++ {
		part, ok, err := g.Strings(fmt.Sprint(attribute, i))
		if !ok || err != nil {
			return names, err
		}
		names = append(names, part...)
	}
}

func legacyTensors(root *hdf5.Group, name string) ([]tensor, error) {
	g, err := root.Group(name)
	if err != nil {
		return nil, err
	}
	var tensors []tensor
	weights, err := legacyNames(g, "weight_names")
	for _, w := range weights {
		t, err := hdf5Tensor(g, w)
		if err != nil {
			return nil, err
		}
		t.name = w
		tensors = append(tensors, t)
	}
	return tensors, err
}

// leaves sorts the tensors of a model's layer by the layer that each is of: that one, or,
// where it is a model itself, one at any depth in it.
func leaves(group string, tensors []tensor) []*fileLayer {
	byName := map[string]*fileLayer{}
	var layers []*fileLayer
	for _, t := range tensors {
		parts := strings.Split(t.name, "/")
		name := parts[max(len(parts)-2, 0)]
		if len(tensors) <= manyTensors && len(parts) < 2 {
			name = group
		}
		if byName[name] == nil {
			byName[name] = &fileLayer{name: name, group: group}
			layers = append(layers, byName[name])
		}
		byName[name].tensors = append(byName[name].tensors, t)
	}
	return layers
}

func hdf5Tensor(g *hdf5.Group, path string) (tensor, error) {
	d, err := g.Dataset(path)
	if err != nil {
		if errors.Is(err, hdf5.ErrNotFound) {
			err = fmt.Errorf("%w (%v)", hdf5.ErrCorrupt, err)
		}
		return tensor{}, err
	}
	return tensor{name: d.Path, shape: d.Shape, dtype: d.Type.Name, open: d.Reader}, nil
}

// nested finds the layers of a backbone that was saved as one layer, or in one. There
// the order is trainable first, then frozen, whatever was frozen at the time; so layers
// are told by name after all: named ones by their name, the others by their number,
// counted from the first of their kind that fits.
func (f *Matched) nested(theirs []*fileLayer) ([]*fileLayer, error) {
	named := map[string]*fileLayer{}
	for _, l := range theirs {
		named[l.name] = l
	}
	counterpart := map[string]*fileLayer{}
	ours := map[string]*irv2.Layer{}
	for _, l := range f.backbone() {
		ours[l.Name] = l
		if from := named[l.Name]; from != nil {
			from.order(l)
		}
	}
	numbered := autoNamed(slices.Collect(maps.Keys(ours)))
	for kind, names := range autoNamed(slices.Collect(maps.Keys(named))) {
		var want []*irv2.Layer
		for _, name := range numbered[kind] {
			want = append(want, ours[name])
		}
		var have []*fileLayer
		for _, name := range names {
			named[name].order(want[0])
			have = append(have, named[name])
		}
		have = have[f.firstFitting(want, have):]
		for i, l := range want[:min(len(want), len(have))] {
			counterpart[l.Name] = have[i]
		}
	}
	var layers []*fileLayer
	for _, l := range f.backbone() {
		from := cmp.Or(counterpart[l.Name], named[l.Name])
		if from == nil {
			return nil, fmt.Errorf("it has no layer %s, which %s has: choose a file of that network", l.Name, f.network())
		}
		layers = append(layers, from)
	}
	return layers, nil
}

// order brings the tensors into the order of like's parameters, a gamma first.
func (l *fileLayer) order(like *irv2.Layer) {
	rank := func(t tensor) int {
		kind := strings.TrimSuffix(t.name[strings.LastIndexByte(t.name, '/')+1:], ":0")
		return slices.IndexFunc(like.Params, func(p *irv2.Param) bool { return p.Kind == kind })
	}
	slices.SortStableFunc(l.tensors, func(a, b tensor) int { return cmp.Compare(rank(a), rank(b)) })
}

// autoNamed groups Keras's automatic names by kind, in the order of their numbers.
func autoNamed(names []string) map[string][]string {
	number := map[string]int{}
	kinds := map[string][]string{}
	for _, name := range names {
		for _, kind := range []string{"conv2d", "batch_normalization"} {
			digits, ok := strings.CutPrefix(name, kind+"_")
			n, err := strconv.Atoi(digits)
			if name == kind || ok && err == nil {
				number[name] = n
				kinds[kind] = append(kinds[kind], name)
			}
		}
	}
	for _, list := range kinds {
		slices.SortFunc(list, func(a, b string) int { return cmp.Compare(number[a], number[b]) })
	}
	return kinds
}
