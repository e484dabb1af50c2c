package project

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"

	"thaw/irv2"
	"thaw/irv2/internal/zip"
	"thaw/irv2/weights"
)

// exportFormat is a way to take the network away.
type exportFormat struct {
	name   string
	file   string // of the model in a package
	opens  string // what reads it
	script string // in predict, that asks it
	write  func(io.Writer, *irv2.Weights, weights.About) error
}

var exportFormats = []exportFormat{
	{"safetensors", "model.safetensors", `Thaw, to go on with it, and all that reads safetensors: values by the names of Keras's layers, which network.json describes for keras.models.model_from_json; pixels from 0 to 255 go in, probabilities come out`, safetensorsScript, func(w io.Writer, of *irv2.Weights, about weights.About) error {
		return weights.WriteSafetensors(w, of, about.Metadata())
	}},
	{"keras", "model.keras", `Keras 3: keras.models.load_model("model.keras"); pixels from 0 to 255 go in, probabilities come out`, kerasScript, weights.WriteKeras},
	{"h5", "model.h5", `Keras 2 and 3: keras.models.load_model("model.h5"); pixels from 0 to 255 go in, probabilities come out`, kerasScript, weights.WriteH5},
	{"onnx", "model.onnx", "ONNX Runtime and all that reads ONNX: pixels [n, height, width, 3] from 0 to 255 go in, probabilities come out", onnxScript, weights.WriteONNX},
	{"tfjs", "model.json", "TensorFlow.js 4: tf.loadLayersModel('model.json'); pixels from 0 to 255 go in, probabilities come out", tfjsScript, weights.WriteTFJS},
	{"timm", "model.safetensors", "PyTorch with timm: load_state_dict of inception_resnet_v2; pixels as predict.py prepares them go in, logits come out", timmScript, weights.WriteTimm},
}

// Export writes the network as it is now: safetensors, keras, h5, onnx, tfjs (a zip) or timm.
// Each comes back by Import.
func (p *Project) Export(ctx context.Context, format string, out io.Writer) error {
	return p.export(ctx, format, func(f exportFormat, of *network, about weights.About) error {
		return f.write(out, of.current.Weights, about)
	})
}

// Package writes a zip of the network with its labels, a model card and a script that gives
// the page's probabilities. It comes back by Import too.
func (p *Project) Package(ctx context.Context, format string, out io.Writer) error {
	return p.export(ctx, format, func(f exportFormat, of *network, about weights.About) error {
		w := of.current.Weights
		files := []*zip.File{{Name: f.file, Write: func(out io.Writer) error { return f.write(out, w, about) }}}
		if f.name == "tfjs" {
			files = weights.TFJSFiles(w, about)
		}
		if f.name == "safetensors" {
			files = append(files, zip.Text("network.json", weights.KerasConfig(w.Model, about)))
		}
		files = append(files, zip.Text("README.md", of.card(f, about)))
		if about.Classes != nil {
			files = append(files, zip.Text("labels.txt", labelLines(about.Classes)), zip.Text(f.scriptName(), f.scriptText()))
		}
		return zip.Write(out, files)
	})
}

func (p *Project) export(ctx context.Context, format string, write func(exportFormat, *network, weights.About) error) error {
	done, err := p.Begin(ctx)
	if err != nil {
		return err
	}
	defer done()
	n := p.network
	if n == nil {
		return Errorf(Invalid, "There are no weights to export yet.")
	}
	i := slices.IndexFunc(exportFormats, func(f exportFormat) bool { return f.name == format })
	if i < 0 {
		return Errorf(Invalid, "There is no export to %.100q: choose safetensors, keras, h5, onnx, tfjs or timm.", format)
	}
	if err := write(exportFormats[i], n, n.about()); errors.Is(err, weights.ErrNoTimm) {
		return Errorf(Invalid, "timm has no network of mini's widths: choose keras, h5, onnx or tfjs.")
	} else {
		return err
	}
}

// about is what a file says of the network in use.
func (n *network) about() weights.About {
	config := n.current.Model.Config
	about := weights.About{Model: config.Name, Size: config.Size, Dense: config.Dense, Classes: n.current.names(), From: n.info.Name, Preprocessing: n.info.Preprocessing}
	switch made := n.current.made; {
	case made != nil:
		text, err := json.Marshal(made)
		if err != nil {
			panic(err) // its numbers are finite
		}
		about.Run = text
	case about.Classes != nil:
		about.Run = n.info.Run
	}
	return about
}

// labelLines are labels one a line, in the order of outputs.
func labelLines(classes []string) string {
	lines := slices.Clone(classes)
	for i := range lines {
		lines[i] = strings.Join(strings.Fields(lines[i]), " ")
	}
	return strings.Join(lines, "\n")
}
