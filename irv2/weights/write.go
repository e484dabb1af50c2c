package weights

import (
	"fmt"
	"io"
	"maps"
	"slices"

	"thaw/irv2"
	"thaw/irv2/weights/hdf5"
	"thaw/irv2/weights/safetensors"
)

// WriteSafetensors writes all parameters under their names ("conv2d_7/kernel"),
// in Keras's layout, float32. metadata (see About) comes back in Report.Metadata.
func WriteSafetensors(w io.Writer, weights *irv2.Weights, metadata map[string]string) error {
	return writeSafetensors(w, weights, metadata, false)
}

// WriteSafetensorsHalf is WriteSafetensors with float16 values, for weights that
// are shipped: half the size, three significant digits. It fails on a value
// beyond 65504.
func WriteSafetensorsHalf(w io.Writer, weights *irv2.Weights, metadata map[string]string) error {
	return writeSafetensors(w, weights, metadata, true)
}

func writeSafetensors(w io.Writer, weights *irv2.Weights, metadata map[string]string, half bool) error {
	var tensors []safetensors.Values
	for _, p := range weights.Model.Params {
		tensors = append(tensors, safetensors.Values{Name: p.Name(), Shape: p.Shape, Data: weights.Of(p), Half: half})
	}
	return safetensors.Write(w, tensors, metadata)
}

// WriteH5 writes the backbone and head as Keras's save_weights does for .h5:
// model.load_weights("x.h5") takes it for a model of the same layers. metadata (see
// About) becomes attributes of the root, which Keras passes over.
func WriteH5(w io.Writer, weights *irv2.Weights, metadata map[string]string) error {
	root := &hdf5.Node{}
	var layers []string
	for _, l := range weights.Model.Layers {
		layers = append(layers, l.Name)
		group := root.Member(l.Name)
		var names []string
		for _, p := range l.Params {
			names = append(names, p.Name())
			values := group.Member(p.Name())
			values.Shape, values.Data = p.Shape, weights.Of(p)
		}
		group.Attributes = []hdf5.Attribute{{Name: "weight_names", Values: names}}
	}
	root.Attributes = []hdf5.Attribute{
		{Name: "layer_names", Values: layers},
		{Name: "backend", Values: []string{"tensorflow"}, Scalar: true},
		// Without a version Keras takes the file for one of Keras 1, whose
		// filters it would flip.
		{Name: "keras_version", Values: []string{"2.15.0"}, Scalar: true},
	}
	for _, key := range slices.Sorted(maps.Keys(metadata)) {
		root.Attributes = append(root.Attributes, attributes(key, metadata[key])...)
	}
	return hdf5.Write(w, root)
}

// attributes keep one value, in parts (key0, key1, ...) where HDF5 has no room for it in
// one, as Keras does with names of layers.
func attributes(key, value string) []hdf5.Attribute {
	if len(value) <= maxAttribute {
		return []hdf5.Attribute{{Name: key, Values: []string{value}, Scalar: true}}
	}
	var parts []hdf5.Attribute
	for i := 0; value != ""; i++ {
		n := min(len(value), maxAttribute)
		for n > 1 && value[n-1] == ' ' { // readers trim
			n--
		}
		parts = append(parts, hdf5.Attribute{Name: fmt.Sprint(key, i), Values: []string{value[:n]}, Scalar: true})
		value = value[n:]
	}
	return parts
}

const maxAttribute = 32 << 10
