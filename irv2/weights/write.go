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

// WriteH5 writes the whole network as Keras's model.save does for .h5: load_model of Keras 2
// and 3 opens it, pixels from 0 to 255 in and probabilities out, and load_weights takes its
// weights for a model of the same layers. What about says becomes attributes of the root,
// which Keras passes over.
func WriteH5(w io.Writer, weights *irv2.Weights, about About) error {
	layers := inKeras(weights.Model, about.Preprocessing)
	root := &hdf5.Node{}
	group := root.Member("model_weights")
	group.Attributes = append(legacyGroups(group, layers, weights), legacyVersion...)
	root.Attributes = append(root.Attributes, legacyVersion...)
	root.Attributes = append(root.Attributes, hdf5.Attribute{Name: "model_config", Values: []string{asJSON(describe(layers))}, Scalar: true, Long: true})
	metadata := about.Metadata()
	for _, key := range slices.Sorted(maps.Keys(metadata)) {
		root.Attributes = append(root.Attributes, attributes(key, metadata[key])...)
	}
	return hdf5.Write(w, root)
}

var legacyVersion = []hdf5.Attribute{
	{Name: "backend", Values: []string{"tensorflow"}, Scalar: true},
	// Without a version Keras takes the file for one of Keras 1, whose
	// filters it would flip.
	{Name: "keras_version", Values: []string{"2.15.0"}, Scalar: true},
}

// legacyGroups adds the layers' groups to root; the attribute lists them.
func legacyGroups(root *hdf5.Node, layers []kerasLayer, weights *irv2.Weights) []hdf5.Attribute {
	var list []string
	for _, l := range layers {
		list = append(list, l.name)
		group := root.Member(l.name)
		var names []string
		for _, p := range l.params {
			names = append(names, p.Name())
			values := group.Member(p.Name())
			values.Shape, values.Data = p.Shape, weights.Of(p)
		}
		group.Attributes = []hdf5.Attribute{{Name: "weight_names", Values: names}}
	}
	return []hdf5.Attribute{{Name: "layer_names", Values: list}}
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
