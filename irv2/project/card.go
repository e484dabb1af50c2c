package project

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"strings"

	"thaw/irv2/weights"
)

// Made says how a network was trained.
type Made struct {
	From     string     `json:"from"` // the weights that it started from
	Plan     string     `json:"plan"`
	Sentence string     `json:"sentence"`
	Images   [2]int     `json:"images"` // trained on, held back
	Options  Options    `json:"options"`
	Result   *RunResult `json:"result"` // nil: not one whole epoch
}

// The scripts of packages.
var (
	//go:embed predict/pixels.py
	pixelsScript string
	//go:embed predict/safetensors.py
	safetensorsScript string
	//go:embed predict/keras.py
	kerasScript string
	//go:embed predict/onnx.py
	onnxScript string
	//go:embed predict/timm.py
	timmScript string
	//go:embed predict/tfjs.mjs
	tfjsScript string
)

// scriptName is the script's name in a package.
func (f exportFormat) scriptName() string {
	if f.name == "tfjs" {
		return "predict.mjs"
	}
	return "predict.py"
}

// scriptText is the script for that format's file.
func (f exportFormat) scriptText() string {
	script := strings.Replace(f.script, "# pixels\n", pixelsScript, 1)
	return strings.ReplaceAll(script, "model.keras", f.file)
}

// card is the model card of the network in use, for one format's package.
func (n *network) card(f exportFormat, about weights.About) string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("# InceptionResNetV2 (%s), from Thaw\n", about.Model)
	line("`%s` is for %s.", f.file, f.opens)
	if about.Classes != nil {
		line("`%s` gives the probabilities that Thaw's page gives.", f.scriptName())
	}
	line("Dropped on Thaw's page, whole or unpacked, it goes on where it was.")
	line("\n## What goes in\n")
	line("- Size: %d x %d pixels, RGB; the picture upright (EXIF), without its alpha.", about.Size, about.Size)
	line("- Resize: the whole picture stretched, its shape distorted, by a triangle filter as wide as the scale: Pillow's `BILINEAR`, TensorFlow's `resize(antialias=True)`. Keras's default resize skips pixels and gives other answers.")
	line("- Then rounded to 8 bits, 0 to 255.")
	way := "v/127.5 - 1"
	if about.Preprocessing != nil {
		way = about.Preprocessing.String()
	}
	where := "inside the model"
	if f.name == "timm" {
		where = "before the model"
	}
	line("- Preprocessing, %s: a value v becomes %s.", where, way)
	if n.depth > 0 {
		line("- It was trained on 16-bit pictures of which %d bits are in use: divide by %d to come to 0 to 255.", n.depth, 1<<max(n.depth-8, 0))
	}
	line("\n## What comes out\n")
	if about.Classes == nil {
		line("Nothing that means anything yet: its classifier has not been trained.")
	}
	for i, class := range about.Classes {
		line("%d. %s", i, labelLines([]string{class}))
	}
	line("\n## How it was made\n")
	var made Made
	switch {
	case about.Run == nil:
		line("Not trained here; it came as %s (%s).", n.info.Name, n.info.Description)
	case json.Unmarshal(about.Run, &made) != nil: // of a version with other options
		line("- `%s`", about.Run)
	default:
		made.write(line)
	}
	return b.String()
}

// write writes the lines of a card on a run.
func (m Made) write(line func(format string, args ...any)) {
	o := m.Options
	line("- Started from: %s.", m.From)
	line("- Plan: %s. %s", m.Plan, m.Sentence)
	line("- Images: %d to train on, %d held back.", m.Images[0], m.Images[1])
	line("- %d epochs planned, batch %d, %s, learning rate %g, seed %d.", o.Epochs, o.Batch, o.Optimizer, o.Rate, o.Seed)
	options, err := json.Marshal(o)
	if err != nil {
		panic(err) // numbers and words
	}
	line("- All options: `%s`", options)
	r := m.Result
	if r == nil {
		line("- It was stopped before its first epoch was over: nothing was measured.")
		return
	}
	line("- Run: %d epochs, %d steps, %.0f s, %d values learned.", r.Epochs, r.Steps, r.Seconds, r.Trained)
	line("- Accuracy on what it was trained on: %.1f %%.", 100*r.TrainAccuracy)
	if r.ValidationAccuracy == nil {
		line("- No images were held back, so there is no other figure.")
		return
	}
	line("- Accuracy on images held back from the same collection: %.1f %%; others may be harder.", 100**r.ValidationAccuracy)
	if r.BalancedAccuracy != nil {
		line("- Balanced accuracy: %.1f %%.", 100**r.BalancedAccuracy)
	}
	if r.ValidationLoss != nil {
		line("- Loss: %.4g.", *r.ValidationLoss)
	}
}
