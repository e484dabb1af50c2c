package project

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"math"
	"os"
	"strings"
	"testing"

	"thaw/irv2/weights"
)

func files(contents map[string]string) []PictureFile {
	var list []PictureFile
	for path, content := range contents {
		list = append(list, PictureFile{Path: path, Open: func() (File, error) { return inMemory([]byte(content)), nil }})
	}
	return list
}

func fixture(t testing.TB, name string) string {
	t.Helper()
	raw, err := os.ReadFile("../../testdata/weights/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// A drop of everything: what each is, whatever its name, and what belongs to what.
func TestRecogniseDrop(t *testing.T) {
	p := New()
	var photos bytes.Buffer
	z := zip.NewWriter(&photos)
	z.Create("cats/1.jpg")
	z.Close()
	contents := map[string]string{
		"net.bin": fixture(t, "keras_notop.h5"), "m.pth": fixture(t, "torch/small.pth"), "m.onnx": fixture(t, "foreign/m.onnx"),
		"labels.csv": "a.jpg,cat\n", "photos.zip": photos.String(), "cats/1.jpg": "\xff\xd8\xff\xe0", "notes.txt": "hello", "cats/2.heic": "\x00\x00\x00\x18ftypheic", "voc/1.xml": "<annotation><folder>",
		"sm/saved_model.pb": "\x08\x01", "sm/variables/variables.index": "x",
		"js/model.json": `{"format": "layers-model"}`, "js/group1-shard1of1.bin": "1234", "js/readme.md": "# js",
	}
	list, err := p.Recognise(t.Context(), files(contents))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"net.bin": "weights", "m.pth": "weights", "m.onnx": "foreign", "labels.csv": "table", "photos.zip": "images", "cats/1.jpg": "images", "notes.txt": "other", "cats/2.heic": "images", "voc/1.xml": "other",
		"sm/saved_model.pb": "foreign", "sm/variables/variables.index": "foreign of sm/saved_model.pb",
		"js/model.json": "weights", "js/group1-shard1of1.bin": "weights of js/model.json", "js/readme.md": "other",
	}
	for _, r := range list {
		got := r.Kind
		if r.Of != "" {
			got += " of " + r.Of
		}
		if got != want[r.Path] || (r.Sentence != "") != (r.Kind == "foreign" && r.Of == "") {
			t.Errorf("%s: %+v, want %s", r.Path, r, want[r.Path])
		}
	}
	if len(list) != len(want) {
		t.Errorf("%d of %d", len(list), len(want))
	}
}

// A folder of TensorFlow.js becomes the network in use, and its files are read as one.
func TestImportFolder(t *testing.T) {
	p := trained(t)
	w := p.network.current.Weights
	var values []byte
	type entry struct {
		Name  string `json:"name"`
		Shape []int  `json:"shape"`
		DType string `json:"dtype"`
	}
	var list []entry
	for _, param := range w.Model.Params {
		list = append(list, entry{param.Name(), param.Shape, "float32"})
		for _, v := range w.Of(param) {
			bits := math.Float32bits(v)
			values = append(values, byte(bits), byte(bits>>8), byte(bits>>16), byte(bits>>24))
		}
	}
	manifest, err := json.Marshal(map[string]any{"format": "layers-model", "weightsManifest": []any{map[string]any{"paths": []string{"a.bin", "b.bin"}, "weights": list}}})
	if err != nil {
		t.Fatal(err)
	}
	contents := map[string]string{"m/a.bin": string(values[:1e6+1]), "m/b.bin": string(values[1e6+1:]), "m/model.json": string(manifest)}
	for _, whole := range []bool{true, false} {
		q, _ := empty(t)
		info, err := q.Import(t.Context(), "", func() (string, File, error) { return Folder(files(contents)) }, nil)
		if !whole {
			check(t, err, Corrupt, "b.bin")
			continue
		}
		if err != nil || info.Name != "m/model.json" || info.Format != string(weights.TFJS) || len(info.Warnings) != 0 || !strings.HasSuffix(info.Description, "trained for 4 classes") {
			t.Fatalf("%+v, %v", info, err)
		}
		if identify(q.network.current.Weights) != identify(w) {
			t.Error("other values")
		}
		delete(contents, "m/b.bin")
	}
	_, _, err = Folder(nil)
	check(t, err, Invalid, "missing")
}
