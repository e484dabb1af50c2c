package weights

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"thaw/irv2"
)

// tensor is an array of a file, not yet read.
type tensor struct {
	name  string
	shape []int
	dtype string // float32, float16, bfloat16, float64, or the file's word for what cannot be used
	open  func() (io.Reader, error)

	filtersFirst bool // OIHW in a file that is not PyTorch's
}

// assignment says which tensor a parameter is read from.
type assignment struct {
	param *irv2.Param
	from  tensor
	torch bool    // OIHW or [out, in]
	skip  int     // leading output rows to leave out (timm's background class)
	gamma *tensor // multiplies the output channels, unless all 1
}

// Matched is a file whose tensors have found their parameters.
type Matched struct {
	name   string // for errors
	model  *irv2.Model
	assign []assignment
	report Report
	head   foundHead
}

// foundHead is what matchHead was given, for another network, and what it said.
type foundHead struct {
	layers  []*fileLayer
	torch   bool
	skip    int
	warning string
}

func newMatched(m *irv2.Model, f Format) *Matched {
	return &Matched{model: m, report: Report{Format: f}}
}

func (f *Matched) warn(format string, args ...any) {
	f.report.Warnings = append(f.report.Warnings, fmt.Sprintf(format, args...))
}

// network names the model in errors.
func (f *Matched) network() string { return fmt.Sprintf(thisNetwork, f.model.Config.Name) }

// withParams are the layers that have weights.
func withParams(layers []*irv2.Layer) []*irv2.Layer {
	var list []*irv2.Layer
	for _, l := range layers {
		if len(l.Params) > 0 {
			list = append(list, l)
		}
	}
	return list
}

func (f *Matched) backbone() []*irv2.Layer   { return withParams(f.model.Layers[:f.model.Backbone]) }
func (f *Matched) headLayers() []*irv2.Layer { return withParams(f.model.Layers[f.model.Backbone:]) }

// matchBackbone pairs the backbone's layers with the file's, one by one.
func (f *Matched) matchBackbone(layers []*fileLayer) error {
	want := f.backbone()
	for i, l := range want {
		if i == len(layers) {
			return fmt.Errorf("it has %d layers with weights, but %s has %d (the first one missing is %s): choose a file of that network",
				len(layers), f.network(), len(want), l.Name)
		}
		if err := f.matchLayer(l, layers[i]); err != nil {
			return err
		}
		layers[i].taken = true
	}
	return nil
}

func (f *Matched) matchLayer(l *irv2.Layer, from *fileLayer) error {
	tensors := from.tensors
	var gamma *tensor
	if l.Class == irv2.BatchNormalization && len(tensors) == len(l.Params)+1 { // with scale=True
		gamma, tensors = &tensors[0], tensors[1:]
	}
	for i, p := range l.Params {
		if i == len(tensors) {
			return fmt.Errorf("its layer %s has no tensor for %s of %s: choose a file of that network", from.name, p.Name(), f.network())
		}
		if err := f.fit(assignment{param: p, from: tensors[i], torch: tensors[i].filtersFirst}); err != nil {
			return err
		}
	}
	if extra := len(tensors) - len(l.Params); extra > 0 {
		return fmt.Errorf("its layer %s has %d tensors, but %s of %s has %d: choose a file of that network",
			from.name, len(from.tensors), l.Name, f.network(), len(l.Params))
	}
	if gamma == nil {
		return nil
	}
	return f.fitGamma(*gamma, l)
}

// fitGamma gives a batch norm's gamma to its mean and to the filter in front of it.
func (f *Matched) fitGamma(gamma tensor, l *irv2.Layer) error {
	if !slices.Equal(gamma.shape, []int{l.C}) || widths[gamma.dtype] == 0 {
		return fmt.Errorf("tensor %s is %s of %s, but %s needs float32 of %d", gamma.name, dims(gamma.shape), gamma.dtype, f.network(), l.C)
	}
	for i := range f.assign {
		a := &f.assign[i]
		if a.param.Layer == l && a.param.Kind == "moving_mean" || a.param.Layer == l.Inputs[0] && a.param.Kind == "kernel" {
			a.gamma = &gamma
		}
	}
	return nil
}

// fit takes an assignment in if shape and type fit.
func (f *Matched) fit(a assignment) error {
	if !slices.Equal(a.shape(), a.param.Shape) {
		return fmt.Errorf("tensor %s is %s, but %s of %s needs %s: choose a file of that network",
			a.from.name, dims(a.from.shape), a.param.Name(), f.network(), dims(a.wantedShape()))
	}
	if _, ok := widths[a.from.dtype]; !ok {
		return fmt.Errorf("tensor %s holds %s values, which are no weights: save it as float32", a.from.name, a.from.dtype)
	}
	f.assign = append(f.assign, a)
	return nil
}

// shape is the tensor's shape in Keras's layout.
func (a assignment) shape() []int {
	s := a.from.shape
	switch {
	case a.torch && len(s) == 4:
		return []int{s[2], s[3], s[1], s[0]}
	case a.torch && len(s) == 2:
		return []int{s[1], s[0] - a.skip}
	case a.torch && len(s) == 1:
		return []int{s[0] - a.skip}
	}
	return s
}

// wantedShape is the parameter's shape in the file's layout.
func (a assignment) wantedShape() []int {
	s := a.param.Shape
	switch {
	case a.torch && len(s) == 4:
		return []int{s[3], s[2], s[0], s[1]}
	case a.torch && len(s) == 2:
		return []int{s[1], s[0]}
	}
	return s
}

// matchHead takes the file's dense layers for the head if all fit, or none.
func (f *Matched) matchHead(layers []*fileLayer, torch bool, skip int) {
	var dense []*fileLayer
	var shapes [][]int // [inputs, outputs]
	var found, wanted []string
	for _, l := range layers {
		if l.isDense() {
			shape := assignment{from: l.tensors[0], torch: torch}.shape()
			dense, shapes, found = append(dense, l), append(shapes, shape), append(found, dims(shape))
		}
	}
	want := f.headLayers()
	f.head = foundHead{layers: layers, torch: torch, skip: skip}
	f.report.Top = len(dense) > 0
	f.report.Head = headOf(shapes, f.model.Layers[f.model.Backbone-1].C)
	before := len(f.assign)
	fits := len(dense) == len(want)
	for i := 0; fits && i < len(want); i++ {
		for j, p := range want[i].Params {
			fits = fits && f.fit(assignment{param: p, from: dense[i].tensors[j], torch: torch, skip: skip}) == nil
		}
	}
	if fits {
		return
	}
	f.assign = f.assign[:before]
	for _, l := range want {
		f.report.Left = append(f.report.Left, l.Params[0].Name(), l.Params[1].Name())
		wanted = append(wanted, dims(l.Params[0].Shape))
	}
	if f.report.Top {
		f.head.warning = fmt.Sprintf("Its classifier (%s) is not this one (%s) and was left out; the new one starts fresh.",
			strings.Join(found, ", "), strings.Join(wanted, ", "))
	}
}

// WithHead is the same match for m, whose backbone is the same and whose head is another.
func (f *Matched) WithHead(m *irv2.Model) *Matched {
	next := &Matched{name: f.name, model: m, report: f.report}
	next.report.Left = nil
	for _, a := range f.assign {
		if a.param.Layer.Index < f.model.Backbone {
			a.param = m.Params[a.param.Index]
			next.assign = append(next.assign, a)
		}
	}
	next.matchHead(f.head.layers, f.head.torch, f.head.skip)
	return next
}

// Head is a classifier behind the pooled features.
type Head struct{ Dense, Classes int } // units; Dense 0: no such layer

// headOf is the head that dense layers of these shapes make behind that many features, nil
// if they make none.
func headOf(shapes [][]int, features int) *Head {
	for _, s := range shapes {
		if s[0] != features || s[1] < 1 || s[1] > maxUnits {
			return nil
		}
		features = s[1]
	}
	switch {
	case len(shapes) == 0 || len(shapes) > 2 || features < 2:
		return nil
	case len(shapes) == 1:
		return &Head{0, features}
	}
	return &Head{shapes[0][1], features}
}

// maxUnits is more than any classifier has that a person trains.
const maxUnits = 1 << 16

// dims prints a shape: 3x3x32x64.
func dims(shape []int) string {
	if len(shape) == 0 {
		return "a single number"
	}
	return strings.ReplaceAll(strings.Trim(fmt.Sprint(shape), "[]"), " ", "x")
}
