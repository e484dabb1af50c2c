package weights

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"thaw/irv2"
	"thaw/irv2/weights/hdf5"
)

// The layout of Keras 3's .weights.h5 (also inside .keras): layer number k of a
// class in model.layers stands in layers/<class>_<k>/vars/<i>, the class in
// snake case and without number for the first, whatever the layer's own name
// (keras/src/saving/saving_lib.py). A model used as a layer stands in
// layers/functional/layers, at any depth. Late versions of Keras 2 wrote the same
// below _layer_checkpoint_dependencies.

// snake names classes as Keras 3 names groups.
var snake = map[irv2.Class]string{
	irv2.Conv2D:             "conv2d",
	irv2.BatchNormalization: "batch_normalization",
	irv2.Dense:              "dense",
}

func (f *Matched) keras3(root *hdf5.Group, config []byte) error {
	c := &contents{config: config}
	if err := c.walk(root, nil, &budget{groups: maxGroups}); err != nil {
		return err
	}
	kinds := c.mostConvolutions()
	if len(kinds[irv2.Conv2D]) == 0 {
		return fmt.Errorf("it holds no convolutions where Keras keeps them: choose a weights file of %s", f.network())
	}
	skip := map[irv2.Class]int{}
	for class, theirs := range kinds {
		var ours []*irv2.Layer
		for _, l := range f.backbone() {
			if l.Class == class {
				ours = append(ours, l)
			}
		}
		skip[class] = f.firstFitting(ours, theirs)
	}
	var layers []*fileLayer
	for _, l := range f.backbone() {
		i := skip[l.Class]
		skip[l.Class]++
		if i >= len(kinds[l.Class]) {
			break // matchBackbone says what is missing
		}
		layers = append(layers, kinds[l.Class][i])
	}
	if err := f.matchBackbone(layers); err != nil {
		return err
	}
	return f.surroundings(c)
}

// maxGroups bounds the groups that are opened: a damaged file may hold itself. The
// full network has 780 layers with a group or two each.
const maxGroups, maxGroupDepth = 8000, 24

type budget struct{ groups int }

// walk lists the layers with variables in and below g, in the order of their numbers.
func (c *contents) walk(g *hdf5.Group, path []string, b *budget) error {
	names := slices.Clone(g.Names())
	slices.SortFunc(names, byNumber)
	for _, name := range names {
		if len(path) == 0 && strings.HasPrefix(name, "optimizer") || name == "seed_generator" {
			continue
		}
		if b.groups--; b.groups < 0 || len(path) > maxGroupDepth {
			return fmt.Errorf("%w: its groups have no end", hdf5.ErrCorrupt)
		}
		member, err := g.Group(name)
		if errors.Is(err, hdf5.ErrNotGroup) {
			continue
		}
		if err != nil {
			return err
		}
		switch name {
		case "layers", "_layer_checkpoint_dependencies":
			err = c.walk(member, path, b)
		case "vars":
			if len(path) > 0 && len(member.Names()) > 0 {
				err = c.add(path, member)
			}
		default:
			err = c.walk(member, append(slices.Clone(path), name), b)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// add takes in the layer whose variables stand in vars.
func (c *contents) add(path []string, vars *hdf5.Group) error {
	l := &fileLayer{name: strings.TrimSuffix(vars.Path, "/vars"), path: path}
	names := slices.Clone(vars.Names())
	slices.SortFunc(names, byNumber)
	for _, n := range names {
		t, err := hdf5Tensor(vars, n)
		if errors.Is(err, hdf5.ErrNotGroup) {
			continue
		}
		if err != nil {
			return err
		}
		l.tensors = append(l.tensors, t)
	}
	c.layers = append(c.layers, l)
	return nil
}

// byNumber orders names by what stands before their number, then by it: dense, dense_1.
func byNumber(a, b string) int {
	stemA, a := splitNumber(a)
	stemB, b := splitNumber(b)
	i, _ := strconv.Atoi(a)
	j, _ := strconv.Atoi(b)
	return cmp.Or(cmp.Compare(stemA, stemB), cmp.Compare(i, j), cmp.Compare(a, b))
}

// splitNumber cuts the digits off the end of a name, with the line before them.
func splitNumber(name string) (stem, number string) {
	stem = strings.TrimRight(name, "0123456789")
	return strings.TrimSuffix(stem, "_"), name[len(stem):]
}

// mostConvolutions lists the convolutions and batch norms of the model that has the most
// convolutions of its own: the backbone, wherever it is nested.
func (c *contents) mostConvolutions() map[irv2.Class][]*fileLayer {
	models := map[string]map[irv2.Class][]*fileLayer{}
	var best map[irv2.Class][]*fileLayer
	for _, l := range c.layers {
		n := len(l.path) - 1
		model := strings.Join(l.path[:n], "/")
		if models[model] == nil {
			models[model] = map[irv2.Class][]*fileLayer{}
		}
		stem, _ := splitNumber(l.path[n])
		for _, class := range []irv2.Class{irv2.Conv2D, irv2.BatchNormalization} {
			if name := l.path[n]; name == snake[class] || stem == snake[class] && name != stem {
				models[model][class] = append(models[model][class], l)
			}
		}
		if len(models[model][irv2.Conv2D]) > len(best[irv2.Conv2D]) {
			best = models[model]
		}
	}
	return best
}
