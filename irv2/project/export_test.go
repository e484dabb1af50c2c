package project

import (
	"archive/zip"
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"io"
	"io/fs"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"thaw/irv2/images"
	"thaw/irv2/weights"
	"thaw/irv2/worlds"
	"thaw/kernels"
	"thaw/kernels/program"
)

func formatNames() (names []string) {
	for _, f := range exportFormats {
		names = append(names, f.name)
	}
	return names
}

func packaged(t testing.TB, p *Project, format string) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := p.Package(t.Context(), format, &b); err != nil {
		t.Fatal(format, err)
	}
	return b.Bytes()
}

// unpacked are the files of a package by name.
func unpacked(t testing.TB, raw []byte) map[string]string {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		files[f.Name] = string(b)
	}
	return files
}

// Whatever leaves comes back and goes on where it was: bit for bit the same weights, the
// trained head with its names, the way pixels are fed, the size, and what the card says.
func TestEveryExportComesBack(t *testing.T) {
	p := trained(t)
	p.network.info.Preprocessing = &weights.Preprocessing{Scale: [3]float32{1. / 255, 1. / 200, 1. / 255}, Offset: [3]float32{0, -0.5, 0}}
	want := predict(t, p)
	for _, format := range formatNames() {
		if format == "timm" {
			continue // has no mini; see TestTimmComesBack
		}
		for what, file := range map[string][]byte{"file": exported(t, p, format), "package": packaged(t, p, format)} {
			q := New()
			q.Machine = program.OnHost(kernels.NewPortable(2))
			info, err := importBytes(t, q, "w", file)
			if err != nil || info.Description != "fine-tuned in Thaw, 4 classes" || len(info.Warnings) != 2 { // pixels, and that nothing is kept here
				t.Errorf("%s, %s: %+v, %v", format, what, info, err)
				continue
			}
			if got := predict(t, q); !reflect.DeepEqual(got, want) {
				t.Errorf("%s, %s: predicts %v, want %v", format, what, got, want)
			}
			if identify(q.network.current.Weights) != identify(p.network.current.Weights) || !reflect.DeepEqual(info.Preprocessing, p.network.info.Preprocessing) {
				t.Errorf("%s, %s: other weights, or fed %v", format, what, info.Preprocessing)
			}
			if got, _ := q.Describe(); got.Size != 32 || got.Dense != 16 {
				t.Errorf("%s, %s: %+v", format, what, got.Choice)
			}
			// What is given away again says the same of how it was made.
			if text := unpacked(t, packaged(t, q, format))["README.md"]; !strings.Contains(text, "- Plan: "+p.network.current.made.Plan) {
				t.Errorf("%s, %s: %s", format, what, text)
			}
		}
	}
}

// What came back is trained on to the same bits as what never left.
func TestEveryExportGoesOn(t *testing.T) {
	p := trained(t)
	files := map[string][]byte{}
	for _, format := range formatNames() {
		if format != "timm" {
			files[format] = exported(t, p, format)
		}
	}
	o := DefaultOptions()
	o.Continue = true
	train(t, p, "unfreeze-all", o)
	want := identify(p.network.current.Weights)
	for format, file := range files {
		q := New()
		q.Machine = program.OnHost(kernels.NewPortable(2))
		if _, err := importBytes(t, q, "w", file); err != nil {
			t.Fatal(format, err)
		}
		addWorld(t, q, worlds.Near, 3, 1)
		started := train(t, q, "unfreeze-all", DefaultOptions())[0].(Started)
		if got := identify(q.network.current.Weights); got != want || started.Plan.Head == nil || started.Plan.Head.Kept != 4 {
			t.Errorf("%s: goes on to %s, want %s; head %+v", format, got, want, started.Plan.Head)
		}
	}
}

// timm's names are of the full network alone: it comes back too, and its card says how it
// is fed.
func TestTimmComesBack(t *testing.T) {
	full, size, dense := "full", 75, 64
	p := New()
	p.Machine = program.OnHost(kernels.NewPortable(2))
	if err := p.Configure(t.Context(), Change{Model: &full, Size: &size, Dense: &dense}); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Synthesize(t.Context(), full, 3); err != nil {
		t.Fatal(err)
	}
	p.network.current.outputs = outputsOf([]string{"a", "b"})
	file := packaged(t, p, "timm")
	z, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range z.File {
		names = append(names, f.Name)
	}
	slices.Sort(names)
	if got := strings.Join(names, " "); got != "README.md labels.txt model.safetensors predict.py" {
		t.Error(got)
	}
	card, err := fs.ReadFile(z, "README.md")
	for _, says := range []string{"75 x 75 pixels", "Pillow's `BILINEAR`", "Preprocessing, before the model: a value v becomes v/127.5 - 1", "0. a\n1. b"} {
		if err != nil || !strings.Contains(string(card), says) {
			t.Errorf("the card does not say %q (%v):\n%s", says, err, card)
		}
	}
	q := New()
	q.Machine = p.Machine
	if _, err := importBytes(t, q, "w.zip", file); err != nil {
		t.Fatal(err)
	}
	if got, _ := q.Describe(); got.Model != full || got.Size != size || got.Dense != dense || identify(q.network.current.Weights) != identify(p.network.current.Weights) || !slices.Equal(q.network.current.names(), []string{"a", "b"}) {
		t.Errorf("%+v, classes %q, or other weights", got.Choice, q.network.current.names())
	}
}

// At another size a trained network predicts as it was trained, and says so in its files.
func TestPredictsAtItsOwnSize(t *testing.T) {
	p := trained(t)
	want := predict(t, p)
	size := 48
	if err := p.Configure(t.Context(), Change{Size: &size}); err != nil {
		t.Fatal(err)
	}
	if got := predict(t, p); !reflect.DeepEqual(got, want) {
		t.Errorf("predicts %v, want %v", got, want)
	}
	if about := p.network.about(); about.Size != 32 {
		t.Errorf("%+v", about)
	}
}

func TestPackage(t *testing.T) {
	p := trained(t)
	for _, c := range []struct{ format, files string }{
		{"safetensors", "README.md labels.txt model.safetensors network.json predict.py"},
		{"keras", "README.md labels.txt model.keras predict.py"},
		{"h5", "README.md labels.txt model.h5 predict.py"},
		{"onnx", "README.md labels.txt model.onnx predict.py"},
		{"tfjs", "README.md labels.txt metadata.json model.json predict.mjs weights.bin"},
	} {
		files := unpacked(t, packaged(t, p, c.format))
		var names []string
		for name := range files {
			names = append(names, name)
		}
		slices.Sort(names)
		if got := strings.Join(names, " "); got != c.files {
			t.Errorf("%s: %s", c.format, got)
		}
		var labels []string
		for _, o := range p.network.current.outputs {
			labels = append(labels, o.name)
		}
		if files["labels.txt"] != strings.Join(labels, "\n") {
			t.Errorf("labels %q", files["labels.txt"])
		}
		for _, says := range []string{"32 x 32 pixels", "Pillow's `BILINEAR`", "v/127.5 - 1", "0. " + labels[0], "seed 1", "Started from: random, seed 1", "held back from the same collection", "- Plan: " + p.network.current.made.Plan} {
			if !strings.Contains(files["README.md"], says) {
				t.Errorf("%s: the card does not say %q:\n%s", c.format, says, files["README.md"])
			}
		}
		if script := files["predict.py"]; script != "" && (!strings.Contains(script, "def pixels(") || !strings.Contains(script, `"model.`+c.format)) {
			t.Errorf("%s:\n%s", c.format, script)
		}
	}
	check(t, p.Package(t.Context(), "timm", io.Discard), Invalid, "mini's widths")
	check(t, p.Export(t.Context(), "timm", io.Discard), Invalid, "choose keras, h5, onnx or tfjs")

	fresh := open(t, 0, 0)
	if files := unpacked(t, packaged(t, fresh, "keras")); len(files) != 2 || !strings.Contains(files["README.md"], "has not been trained") {
		t.Errorf("%q", files)
	}
}

// nine are pictures of three classes, as PNG in a folder of the test's.
func nine(t testing.TB) (paths []string) {
	t.Helper()
	dir := t.TempDir()
	for _, class := range []string{"boat", "fruit", "house"} {
		for i := 1; i <= 3; i++ {
			img := decoded(t, fmt.Sprintf("%sphotos/%s/%s-%d.jpg", testImages, class, class, i))
			w, h, rgba := img.Thumbnail(1 << 20) // its own size
			var b bytes.Buffer
			if err := png.Encode(&b, &image.NRGBA{Pix: rgba, Stride: 4 * w, Rect: image.Rect(0, 0, w, h)}); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(dir, fmt.Sprintf("%s-%d.png", class, i))
			if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
				t.Fatal(err)
			}
			paths = append(paths, path)
		}
	}
	return paths
}

func decoded(t testing.TB, path string) *images.RGB8 {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	img, err := images.Decode(content, path, images.DefaultLimits)
	if err != nil {
		t.Fatal(err)
	}
	return img.RGB8()
}

// The network that comes with the page knows 48 classes: its exports, asked by their own
// scripts in the real libraries, give the page's probabilities.
func TestExportsPredict(t *testing.T) {
	p := New()
	p.Machine = program.OnHost(kernels.NewPortable(2))
	raw, err := os.ReadFile("../../web/models/mini.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := importBytes(t, p, "mini.safetensors", raw); err != nil {
		t.Fatal(err)
	}
	for _, way := range []*weights.Preprocessing{nil, {Scale: [3]float32{1. / 120, 1. / 127.5, 1. / 140}, Offset: [3]float32{-1, -0.9, -1.1}}} {
		p.network.info.Preprocessing = way
		p.dropPredictors()
		for _, format := range []string{"safetensors", "keras", "h5", "onnx", "tfjs"} {
			t.Run(format, func(t *testing.T) { predictsAs(t, p, format) })
		}
	}
}

// The full network, which alone timm has: its weights here are random, with each kind of
// head.
func TestFullExportsPredict(t *testing.T) {
	for _, format := range []string{"timm", "tfjs"} {
		t.Run(format, func(t *testing.T) { fullPredictsAs(t, format) })
	}
}

func fullPredictsAs(t *testing.T, format string) {
	asker(t, format)
	full, size := "full", 75
	p := New()
	p.Machine = program.OnHost(kernels.NewPortable(2))
	for _, dense := range []int{0, 64} {
		if err := p.Configure(t.Context(), Change{Model: &full, Size: &size, Dense: &dense}); err != nil {
			t.Fatal(err)
		}
		if _, err := p.Synthesize(t.Context(), full, 3); err != nil {
			t.Fatal(err)
		}
		p.network.current.outputs = outputsOf([]string{"a", "b"})
		predictsAs(t, p, format)
	}
}

// scriptTolerance is of a probability, on the same pixels: pictures come as PNG, because
// JPEG decoders differ by a level here and there, which is worth up to 0.008 here.
const scriptTolerance = 1e-3

// predictsAs runs the script of a package on nine pictures.
func predictsAs(t *testing.T, p *Project, format string) {
	ask := asker(t, format)
	dir := t.TempDir()
	for name, content := range unpacked(t, packaged(t, p, format)) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	pictures := nine(t)
	got := ask(dir, pictures)
	if len(got) != len(pictures) {
		t.Fatalf("%d answers for %d pictures", len(got), len(pictures))
	}
	worst := 0.0
	for i, path := range pictures {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		want, err := p.Predict(t.Context(), func() (string, []byte, error) { return path, content, nil })
		if err != nil {
			t.Fatal(err)
		}
		best := ""
		for name, probability := range got[i] {
			if best == "" || probability > got[i][best] {
				best = name
			}
		}
		if best != want.Classes[0].Name || len(got[i]) != len(want.Classes) {
			t.Errorf("%s is %s, want %s", filepath.Base(path), best, want.Classes[0].Name)
		}
		for _, c := range want.Classes {
			worst = max(worst, math.Abs(got[i][c.Name]-float64(c.Probability)))
		}
	}
	if worst > scriptTolerance {
		t.Errorf("probabilities differ by %g", worst)
	}
	t.Logf("%d pictures, largest difference %.2g", len(pictures), worst)
}

// asker runs a package's script: predict.py with the Python that KERAS_PYTHON names (default
// python3), predict.mjs with the TensorFlow.js in node_modules of the folder that
// TFJS_FOLDER names.
func asker(t *testing.T, format string) func(dir string, pictures []string) []map[string]float64 {
	t.Helper()
	if format == "tfjs" {
		folder := os.Getenv("TFJS_FOLDER")
		if _, err := os.Stat(filepath.Join(folder, "node_modules/@tensorflow/tfjs")); folder == "" || err != nil {
			t.Skip("no TensorFlow.js: npm install @tensorflow/tfjs, and set TFJS_FOLDER to the folder with node_modules")
		}
		return func(dir string, pictures []string) []map[string]float64 { return runNode(t, folder, dir, pictures) }
	}
	needs := map[string]string{"safetensors": "keras, tensorflow, safetensors", "keras": "keras, tensorflow", "h5": "keras, tensorflow", "onnx": "onnxruntime", "timm": "timm, torch, safetensors"}[format] + ", PIL"
	python := cmp.Or(os.Getenv("KERAS_PYTHON"), "python3")
	if err := exec.Command(python, "-c", "import "+needs).Run(); err != nil {
		t.Skipf("%s lacks one of %s (%v): set KERAS_PYTHON to a Python that has them", python, needs, err)
	}
	return func(dir string, pictures []string) []map[string]float64 {
		return lines(t, dir, python, append([]string{"predict.py"}, pictures...)...)
	}
}

// asksTFJS is what a page does, in node: the argument is the folder with TensorFlow.js, the
// package's address and the pictures as JSON.
const asksTFJS = `
import { createRequire } from 'node:module'
import { readFileSync } from 'node:fs'
import { predict } from './predict.mjs'
const [folder, address, ...files] = process.argv.slice(2)
const tf = createRequire(folder + '/')('@tensorflow/tfjs')
await tf.setBackend('cpu')
const model = await tf.loadLayersModel(address + '/model.json')
const labels = (await (await fetch(address + '/labels.txt')).text()).split('\n')
for (const file of files) {
  const { width, height, data } = JSON.parse(readFileSync(file))
  const answer = predict(tf, model, labels, { width, height, data: Buffer.from(data, 'base64') })
  console.log(JSON.stringify(Object.fromEntries(answer.map(a => [a.name, a.probability]))))
}
`

func runNode(t *testing.T, folder, dir string, pictures []string) []map[string]float64 {
	t.Helper()
	site := httptest.NewServer(http.FileServer(http.Dir(dir)))
	defer site.Close()
	if err := os.WriteFile(filepath.Join(dir, "ask.mjs"), []byte(asksTFJS), 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{"ask.mjs", folder, site.URL}
	for i, path := range pictures {
		w, h, rgba := decoded(t, path).Thumbnail(1 << 20)
		text, err := json.Marshal(map[string]any{"width": w, "height": h, "data": rgba})
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Join(dir, fmt.Sprint(i, ".json"))
		if err := os.WriteFile(name, text, 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, name)
	}
	return lines(t, dir, "node", args...)
}

// lines runs a command in dir that prints an object for each picture.
func lines(t *testing.T, dir, command string, args ...string) (list []map[string]float64) {
	t.Helper()
	c := exec.Command(command, args...)
	c.Dir = dir
	c.Env = append(os.Environ(), "TF_CPP_MIN_LOG_LEVEL=3")
	var problems bytes.Buffer
	c.Stderr = &problems
	out, err := c.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, problems.Bytes())
	}
	for line := range strings.Lines(string(out)) {
		var answer map[string]float64
		if json.Unmarshal([]byte(line), &answer) == nil {
			list = append(list, answer)
		}
	}
	return list
}
