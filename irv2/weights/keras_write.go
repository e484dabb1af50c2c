package weights

import (
	"fmt"
	"io"

	"thaw/irv2"
	"thaw/irv2/internal/zip"
	"thaw/irv2/weights/hdf5"
)

// WriteKeras writes the whole network as a .keras archive, which keras.models.load_model of
// Keras 3 opens without custom objects: pixels from 0 to 255 in, probabilities out. What
// about says stands in its metadata.json, labels under that name.
func WriteKeras(w io.Writer, weights *irv2.Weights, about About) error {
	layers := inKeras(weights.Model, about.Preprocessing)
	return zip.Write(w, []*zip.File{
		zip.Text("metadata.json", asJSON(map[string]any{"keras_version": "3.0.0", "labels": about.Classes, "input": about.input(), "thaw": about.Metadata()})),
		zip.Text(zipConfig, kerasConfig(layers)),
		{Name: zipMember, Write: func(w io.Writer) error { return hdf5.Write(w, kerasGroups(layers, weights)) }},
	})
}

func kerasConfig(layers []kerasLayer) string {
	config := describe(layers)
	config["module"], config["class_name"] = "keras", "Model" // its public name
	return asJSON(config)
}

// KerasConfig describes the network for keras.models.model_from_json, as WriteKeras does:
// layers and their weights have the names that WriteSafetensors gives them.
func KerasConfig(m *irv2.Model, about About) string {
	return kerasConfig(inKeras(m, about.Preprocessing))
}

// kerasGroups are the weights as Keras 3 keeps them: see keras3.go.
func kerasGroups(layers []kerasLayer, weights *irv2.Weights) *hdf5.Node {
	root := &hdf5.Node{}
	used := map[string]int{}
	for _, l := range layers {
		if len(l.params) == 0 {
			continue
		}
		group := snake[irv2.Class(l.class)]
		n := used[group]
		used[group]++
		if n > 0 {
			group = fmt.Sprintf("%s_%d", group, n)
		}
		for i, p := range l.params {
			values := root.Member(fmt.Sprintf("layers/%s/vars/%d", group, i))
			values.Shape, values.Data = p.Shape, weights.Of(p)
		}
	}
	return root
}
