package weights

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"thaw/irv2/weights/hdf5"
)

// The layout of Keras's .h5 files since version 1: attribute layer_names of the
// root (or of group model_weights), a group per layer, and its attribute
// weight_names. The order of both counts, not the names, which depend on what
// else was built in the same process (keras/src/legacy/saving/legacy_h5_format.py).

func isLegacy(g *hdf5.Group) bool {
	return g.HasAttribute("layer_names") || g.HasAttribute("layer_names0")
}

func (f *matched) legacy(root *hdf5.Group) error {
	names, err := legacyNames(root, "layer_names")
	if err != nil {
		return err
	}
	var layers []fileLayer
	for _, name := range names {
		l, err := legacyLayer(root, name)
		if err != nil {
			return err
		}
		switch {
		case len(l.tensors) == 0:
		case len(l.tensors) > manyTensors:
			// A backbone used as one layer. What stands before it is none of ours.
			if layers, err = f.nested(l.tensors); err != nil {
				return err
			}
		default:
			layers = append(layers, l)
		}
	}
	rest, err := f.matchBackbone(layers)
	if err != nil {
		return err
	}
	f.matchHead(rest, false, 0)
	return nil
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

func legacyLayer(root *hdf5.Group, name string) (fileLayer, error) {
	l := fileLayer{name: name}
	g, err := root.Group(name)
	if err != nil {
		return l, err
	}
	weights, err := legacyNames(g, "weight_names")
	for _, w := range weights {
		t, err := hdf5Tensor(g, w)
		if err != nil {
			return l, err
		}
		t.name = w
		l.tensors = append(l.tensors, t)
	}
	return l, err
}

func hdf5Tensor(g *hdf5.Group, path string) (tensor, error) {
	d, err := g.Dataset(path)
	if err != nil {
		if errors.Is(err, hdf5.ErrNotFound) {
			err = fmt.Errorf("%w (%v)", hdf5.ErrCorrupt, err)
		}
		return tensor{}, err
	}
	return tensor{d.Path, d.Shape, d.Type.Name, d.Reader}, nil
}

// nested sorts the tensors of a backbone that was saved as one layer into its
// layers. There the order is trainable first, then frozen, whatever was frozen
// at the time; so layers are told by name after all: named ones by their name,
// the others by their number, counted from the smallest of their kind.
func (f *matched) nested(tensors []tensor) ([]fileLayer, error) {
	byName := map[string]*fileLayer{}
	var names []string
	for _, t := range tensors {
		parts := strings.Split(t.name, "/")
		name := parts[max(len(parts)-2, 0)]
		if byName[name] == nil {
			byName[name] = &fileLayer{name: name}
			names = append(names, name)
		}
		byName[name].tensors = append(byName[name].tensors, t)
	}
	var ours []string
	for _, l := range f.backbone() {
		ours = append(ours, l.Name)
	}
	counterpart := map[string]string{}
	for kind, theirs := range autoNamed(names) {
		for i, name := range autoNamed(ours)[kind] {
			if i < len(theirs) {
				counterpart[name] = theirs[i]
			}
		}
	}
	var layers []fileLayer
	for _, l := range f.backbone() {
		from := byName[cmp.Or(counterpart[l.Name], l.Name)]
		if from == nil {
			return nil, fmt.Errorf("it has no layer %s, which %s has: choose a file of that network", l.Name, f.network())
		}
		sorted := fileLayer{name: from.name}
		for _, p := range l.Params {
			for _, t := range from.tensors {
				if kind := t.name[strings.LastIndexByte(t.name, '/')+1:]; strings.TrimSuffix(kind, ":0") == p.Kind {
					sorted.tensors = append(sorted.tensors, t)
				}
			}
		}
		layers = append(layers, sorted)
	}
	return layers, nil
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
