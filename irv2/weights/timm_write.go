package weights

import (
	"errors"
	"io"
	"slices"

	"thaw/irv2"
	"thaw/irv2/weights/safetensors"
)

// ErrNoTimm says that timm has no network of these widths.
var ErrNoTimm = errors.New("timm has the full network only")

// WriteTimm writes the network under timm's names and in PyTorch's layouts, for
// load_state_dict of timm's inception_resnet_v2. A head with a hidden layer is a Sequential
// in the place of classif: classif.0, ReLU, classif.2.
func WriteTimm(w io.Writer, weights *irv2.Weights, about About) error {
	m := weights.Model
	if m.Config.SamePadding {
		return ErrNoTimm
	}
	modules := timmNames(m)
	var tensors []safetensors.Values
	add := func(name string, p *irv2.Param) {
		shape, s := p.Shape, p.Shape
		values := func() []float32 { return weights.Of(p) }
		switch len(s) {
		case 4:
			shape, values = []int{s[3], s[2], s[0], s[1]}, func() []float32 { return filtersFirst(weights.Of(p), s) }
		case 2:
			shape, values = []int{s[1], s[0]}, func() []float32 {
				turned := make([]float32, p.Len())
				transpose(turned, weights.Of(p), s[0], s[1], 1)
				return turned
			}
		}
		tensors = append(tensors, safetensors.Values{Name: name, Shape: shape, Make: values})
	}
	for _, l := range withParams(m.Layers[:m.Backbone]) {
		if l.Class == irv2.BatchNormalization { // PyTorch's has a gamma
			ones := func() []float32 { return slices.Repeat([]float32{1}, l.C) }
			tensors = append(tensors, safetensors.Values{Name: modules[l.Inputs[0]] + ".bn.weight", Shape: []int{l.C}, Make: ones})
		}
		for _, p := range l.Params {
			add(timmKey(modules, p), p)
		}
	}
	head := withParams(m.Layers[m.Backbone:])
	for i, l := range head {
		module := timmHeads[0]
		if len(head) > 1 {
			module += []string{".0", ".2"}[i]
		}
		add(module+".weight", l.Param("kernel"))
		add(module+".bias", l.Param("bias"))
	}
	metadata := about.Metadata()
	if metadata == nil {
		metadata = map[string]string{}
	}
	metadata["format"] = "pt"
	return safetensors.Write(w, tensors, metadata)
}

// filtersFirst turns filters, [kh, kw, in, out], into [out, in, kh, kw].
func filtersFirst(values []float32, shape []int) []float32 {
	turned := make([]float32, len(values))
	// HWIO seen as [taps][in][out] becomes [out][in][taps].
	transpose(turned, values, shape[0]*shape[1], shape[2], shape[3])
	return turned
}
