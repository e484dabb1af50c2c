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
// (keras/src/saving/saving_lib.py). A backbone used as one layer stands in
// layers/functional/layers. Late versions of Keras 2 wrote the same below
// _layer_checkpoint_dependencies.

// snake names classes as Keras 3 names groups.
var snake = map[irv2.Class]string{
	irv2.Conv2D:             "conv2d",
	irv2.BatchNormalization: "batch_normalization",
	irv2.Dense:              "dense",
}

func (f *matched) keras3(root *hdf5.Group) error {
	place := finder{budget: 2000}
	if err := place.find(root, root, 0); err != nil {
		return err
	}
	backbone, outer := place.backbone, place.outer
	if backbone == nil {
		return fmt.Errorf("it holds no convolutions where Keras keeps them: choose a weights file of %s", f.network())
	}
	var layers []fileLayer
	used := map[irv2.Class]int{}
	for _, l := range f.backbone() {
		name := numbered(snake[l.Class], used[l.Class])
		used[l.Class]++
		if !backbone.Has(name) {
			break // matchBackbone says what is missing
		}
		from, err := keras3Layer(backbone, name)
		if err != nil {
			return err
		}
		layers = append(layers, from)
	}
	if _, err := f.matchBackbone(layers); err != nil {
		return err
	}
	var head []fileLayer
	for i := 0; outer.Has(numbered("dense", i)); i++ {
		l, err := keras3Layer(outer, numbered("dense", i))
		if err != nil {
			return err
		}
		head = append(head, l)
	}
	f.matchHead(head, false, 0)
	return nil
}

func numbered(name string, i int) string {
	if i == 0 {
		return name
	}
	return fmt.Sprintf("%s_%d", name, i)
}

// finder looks for the group whose members are the backbone's layers.
type finder struct {
	backbone *hdf5.Group
	outer    *hdf5.Group // holds the layers around it: the same group, unless it is nested
	budget   int         // groups still to be opened: a damaged file may hold itself
}

// maxDepth is that of layers/functional/layers, with one to spare.
const maxDepth = 4

func (s *finder) find(g, outer *hdf5.Group, depth int) error {
	if g.Has("conv2d") {
		first, err := g.Group("conv2d")
		if err != nil {
			return err
		}
		if first.Has("vars") {
			s.backbone, s.outer = g, outer
			return nil
		}
	}
	for _, name := range g.Names() {
		if s.budget--; s.budget < 0 || s.backbone != nil || depth == maxDepth {
			return nil
		}
		if name == "vars" || strings.HasPrefix(name, "optimizer") {
			continue
		}
		member, err := g.Group(name)
		if errors.Is(err, hdf5.ErrNotGroup) {
			continue
		}
		if err != nil {
			return err
		}
		if depth == 0 {
			outer = member
		}
		if err := s.find(member, outer, depth+1); err != nil {
			return err
		}
	}
	return nil
}

func keras3Layer(g *hdf5.Group, name string) (fileLayer, error) {
	l := fileLayer{name: g.Path + "/" + name}
	vars, err := g.Group(name + "/vars")
	if err != nil {
		return l, err
	}
	names := slices.Clone(vars.Names())
	slices.SortFunc(names, func(a, b string) int {
		i, _ := strconv.Atoi(a)
		j, _ := strconv.Atoi(b)
		return cmp.Compare(i, j)
	})
	for _, n := range names {
		t, err := hdf5Tensor(vars, n)
		if err != nil {
			return l, err
		}
		l.tensors = append(l.tensors, t)
	}
	return l, nil
}
