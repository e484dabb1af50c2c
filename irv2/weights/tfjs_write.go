package weights

import (
	"encoding/binary"
	"io"
	"math"

	"thaw/irv2"
	"thaw/irv2/internal/zip"
)

// WriteTFJS writes the whole network as a zip of a TensorFlow.js layers model, which
// tf.loadLayersModel opens: pixels from 0 to 255 in, probabilities out.
func WriteTFJS(w io.Writer, weights *irv2.Weights, about About) error {
	return zip.Write(w, TFJSFiles(weights, about))
}

// TFJSFiles are the files of that zip: model.json, weights.bin, and metadata.json with the
// labels.
func TFJSFiles(weights *irv2.Weights, about About) []*zip.File {
	layers := inKeras(weights.Model, about.Preprocessing)
	type entry struct {
		Name  string `json:"name"`
		Shape []int  `json:"shape"`
		DType string `json:"dtype"`
	}
	var entries []entry
	var params []*irv2.Param
	for _, l := range layers {
		for _, p := range l.params {
			entries = append(entries, entry{p.Name(), p.Shape, "float32"})
			params = append(params, p)
		}
	}
	model := map[string]any{
		"format": "layers-model", "generatedBy": "Thaw", "convertedBy": nil,
		"modelTopology":       map[string]any{"keras_version": "2.15.0", "backend": "tensorflow", "model_config": describe(layers)},
		"weightsManifest":     []any{map[string]any{"paths": []string{"weights.bin"}, "weights": entries}},
		"userDefinedMetadata": map[string]any{"thaw": about.Metadata()},
	}
	return []*zip.File{
		zip.Text("model.json", asJSON(model)),
		{Name: "weights.bin", Write: func(w io.Writer) error {
			for _, p := range params {
				if err := writeFloats(w, weights.Of(p)); err != nil {
					return err
				}
			}
			return nil
		}},
		zip.Text("metadata.json", asJSON(map[string]any{"labels": about.Classes, "input": about.input()})),
	}
}

// writeFloats writes little-endian values, some thousand at a time.
func writeFloats(w io.Writer, values []float32) error {
	b := make([]byte, 0, 32<<10)
	for len(values) > 0 {
		n := min(len(values), cap(b)/4)
		b = b[:0]
		for _, v := range values[:n] {
			b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
		}
		if _, err := w.Write(b); err != nil {
			return err
		}
		values = values[n:]
	}
	return nil
}
