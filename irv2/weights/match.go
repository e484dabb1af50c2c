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
}

// fileLayer is a layer of a file with its tensors, in the order of irv2's Params.
type fileLayer struct {
	name    string
	tensors []tensor
}

// assignment says which tensor a parameter is read from.
type assignment struct {
	param *irv2.Param
	from  tensor
	torch bool    // OIHW or [out, in]
	skip  int     // leading output rows to leave out (timm's background class)
	gamma *tensor // multiplies the output channels, unless all 1
}

// matched is a file whose tensors have found their parameters.
type matched struct {
	model  *irv2.Model
	assign []assignment
	report Report
}

func newMatched(m *irv2.Model, f Format) *matched {
	return &matched{model: m, report: Report{Format: f}}
}

func (f *matched) warn(format string, args ...any) {
	f.report.Warnings = append(f.report.Warnings, fmt.Sprintf(format, args...))
}

// network names the model in errors.
func (f *matched) network() string { return fmt.Sprintf(thisNetwork, f.model.Config.Name) }

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

func (f *matched) backbone() []*irv2.Layer { return withParams(f.model.Layers[:f.model.Backbone]) }
func (f *matched) head() []*irv2.Layer     { return withParams(f.model.Layers[f.model.Backbone:]) }

// matchBackbone pairs the backbone's layers with the file's, one by one, and
// returns what follows them.
func (f *matched) matchBackbone(layers []fileLayer) ([]fileLayer, error) {
	want := f.backbone()
	for i, l := range want {
		if i == len(layers) {
			return nil, fmt.Errorf("it has %d layers with weights, but %s has %d (the first one missing is %s): choose a file of that network",
				len(layers), f.network(), len(want), l.Name)
		}
		if err := f.matchLayer(l, layers[i]); err != nil {
			return nil, err
		}
	}
	return layers[len(want):], nil
}

func (f *matched) matchLayer(l *irv2.Layer, from fileLayer) error {
	for i, p := range l.Params {
		if i == len(from.tensors) {
			return fmt.Errorf("its layer %s has no tensor for %s of %s: choose a file of that network", from.name, p.Name(), f.network())
		}
		if err := f.fit(assignment{param: p, from: from.tensors[i]}); err != nil {
			return err
		}
	}
	if extra := len(from.tensors) - len(l.Params); extra > 0 {
		return fmt.Errorf("its layer %s has %d tensors, but %s of %s has %d: choose a file of that network",
			from.name, len(from.tensors), l.Name, f.network(), len(l.Params))
	}
	return nil
}

// fit takes an assignment in if shape and type fit.
func (f *matched) fit(a assignment) error {
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
func (f *matched) matchHead(layers []fileLayer, torch bool, skip int) {
	var dense []fileLayer
	var shapes []string
	for _, l := range layers {
		if len(l.tensors) == 2 && len(l.tensors[0].shape) == 2 && len(l.tensors[1].shape) == 1 {
			dense = append(dense, l)
			shapes = append(shapes, dims(assignment{from: l.tensors[0], torch: torch}.shape()))
		}
	}
	want := f.head()
	f.report.Top = len(dense) > 0
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
	var wanted []string
	for _, l := range want {
		f.report.Left = append(f.report.Left, l.Params[0].Name(), l.Params[1].Name())
		wanted = append(wanted, dims(l.Params[0].Shape))
	}
	if f.report.Top {
		f.warn("Its classifier (%s) is not this one (%s) and was left out; the new one starts fresh.",
			strings.Join(shapes, ", "), strings.Join(wanted, ", "))
	}
}

// dims prints a shape: 3x3x32x64.
func dims(shape []int) string {
	if len(shape) == 0 {
		return "a single number"
	}
	return strings.ReplaceAll(strings.Trim(fmt.Sprint(shape), "[]"), " ", "x")
}
