package weights

import (
	"archive/zip"
	"bytes"
	"slices"
	"strings"
	"testing"

	"thaw/irv2/internal/bounded"
)

func zipOf(t testing.TB, names ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, name := range names {
		name, content, _ := strings.Cut(name, "=")
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		w.Write([]byte(content))
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// Files of the real programs, and their first bytes where that is all that counts, each
// under a name that says nothing or the wrong thing.
func TestRecognise(t *testing.T) {
	for _, c := range []struct {
		name     string
		raw      []byte
		kind     string
		readable bool
		says     string
	}{
		{"a", testdata(t, "keras_notop.h5"), "HDF5", true, ""},
		{"a", testdata(t, "userblock.h5.gz"), "HDF5", true, ""},
		{"a.zip", testdata(t, "keras.keras"), "Keras archive", true, ""},
		{"a", testdata(t, "timm.safetensors"), "safetensors", true, ""},
		{"a.h5", testdata(t, "torch/small.pth"), "PyTorch checkpoint", true, ""},
		{"a", testdata(t, "torch/old.pth"), "old PyTorch checkpoint", false, "_use_new_zipfile_serialization=True"},
		{"a", testdata(t, "torch/script.pt"), "TorchScript", false, "torch.save(model.state_dict()"},
		{"a", testdata(t, "foreign/m.onnx"), "ONNX model", false, "did not write"},
		{"a.h5", testdata(t, "foreign/model.tflite"), "TensorFlow Lite model", false, "bring the Keras model"},
		{"a", testdata(t, "foreign/saved_model.pb.gz"), "TensorFlow SavedModel", false, "model.save('model.keras')"},
		{"dir/saved_model.pb", []byte("x"), "TensorFlow SavedModel", false, "model.save"},
		{"a", testdata(t, "foreign/frozen.pb"), "TensorFlow graph", false, "frozen"},
		{"a", testdata(t, "foreign/model.ckpt.index"), "TensorFlow checkpoint", false, "model.save"},
		{"model.ckpt.data-00000-of-00001", []byte("\x00\x00\x80\x3f"), "TensorFlow checkpoint", false, "model.save"},
		{"checkpoint", []byte("model_checkpoint_path: \"model.ckpt\""), "TensorFlow checkpoint", false, "model.save"},
		{"a", testdata(t, "foreign/w.npz"), "NumPy archive", false, "save_weights"},
		{"a", testdata(t, "foreign/w.npy"), "NumPy array", false, "save_weights"},
		{"a", []byte("\x08\x04\x12\x03abc\xa2\x1f\x02\x0a\x00"), "Core ML model", false, "Core ML"},
		{"a", zipOf(t, "m.mlpackage/Data/com.apple.CoreML/model.mlmodel"), "Core ML model", false, "Core ML"},
		{"a", zipOf(t, "model.json={}", "weights.bin", `metadata.json={"packageName":"@teachablemachine/image","labels":["a"]}`), "Teachable Machine model", false, "MobileNet"},
		{"a", zipOf(t, "x/model.json", "x/group1-shard1of1.bin"), "TensorFlow.js model", true, ""},
		{"a", zipOf(t, "labels.txt", "model_unquant.tflite"), "zip of a model", false, "holds model_unquant.tflite"},
		{"a", zipOf(t, "run/best.keras", "README.md", "__MACOSX/run/._best.keras"), "packaged model", true, ""},
		{"a", zipOf(t, "run/best.keras", "run/last.keras"), "zip of a model", false, "holds best.keras"},
		{"a", zipOf(t, "cats/1.jpg"), "", false, ""},
		{"model.json", []byte(`{"format": "layers-model", "modelTopology": {}`), "TensorFlow.js model", false, "whole folder"},
		{"config.json", []byte(`{"module": "keras", "class_name": "Functional", "config": {`), "Keras description", false, "without its weights"},
		{"a", []byte("\x80\x04\x95\x10\x00"), "pickle", false, "Python pickle"},
		{"a", []byte("RDX3\nX\n\x00"), "R data", false, "file of R"},
		{"a", []byte("GGUF\x03\x00"), "GGUF model", false, "language model"},
		{"a.h5", []byte("<!DOCTYPE html>\n<html>"), "web page", false, "save the file itself"},
		{"a.h5", []byte("version https://git-lfs.github.com/spec/v1\n"), "Git LFS pointer", false, "git lfs pull"},
		{"a.h5", []byte("\x1f\x8b\x08\x00"), "gzip", false, "unpack"},
		{"a", []byte("7z\xbc\xaf\x27\x1c"), "7z archive", false, "unpack"},
		{"a", zipOf(t, "m.keras")[:20], "zip archive without its end", false, "cut short"},
		{"a.csv", []byte("name,label\n1.jpg,cat\n"), "", false, ""},
		{"a", nil, "", false, ""},
		{"a", []byte("\x00\x01\x02\x03"), "", false, ""},
	} {
		k := Recognise(c.name, bytes.NewReader(c.raw), int64(len(c.raw)))
		if k.Name != c.kind || k.Readable != c.readable || !strings.Contains(k.Sentence("f"), c.says) || (k.says == "") != (c.says == "") {
			t.Errorf("%s (%.30q): %+v, want %s", c.name, c.raw, k, c.kind)
		}
		if s := k.Sentence("f"); s != "" && (!strings.HasPrefix(s, "f: this ") || !strings.HasSuffix(s, ".") || strings.Contains(s, "\n")) {
			t.Errorf("%s: %q is no sentence", c.name, s)
		}
	}
}

func TestRecogniseFolder(t *testing.T) {
	for _, c := range []struct {
		paths []string
		kind  string
		main  string
		parts int
	}{
		{[]string{"m/saved_model.pb", "m/variables/variables.index", "m/variables/variables.data-00000-of-00001", "other/1.jpg"}, "TensorFlow SavedModel", "m/saved_model.pb", 2},
		{[]string{"web/model.json", "web/group1-shard1of2.bin", "web/group1-shard2of2.bin", "web/readme.txt"}, "TensorFlow.js model", "web/model.json", 2},
		{[]string{"m.mlpackage/Manifest.json", "m.mlpackage/Data/com.apple.CoreML/model.mlmodel"}, "Core ML model", "m.mlpackage/Data/com.apple.CoreML/model.mlmodel", 1},
		{[]string{"tm/metadata.json", "tm/model.json", "tm/weights.bin"}, "Teachable Machine model", "tm/model.json", 2},
		{[]string{"cats/1.jpg", "dogs/2.jpg", "model.json"}, "", "", 0},
	} {
		k, main, parts := RecogniseFolder(c.paths, func(string) []byte { return []byte(`{"packageName": "@teachablemachine/image"}`) })
		if k.Name != c.kind || main != c.main || len(parts) != c.parts || slices.Contains(parts, main) {
			t.Errorf("%q: %+v %s %q", c.paths, k, main, parts)
		}
	}
}

func FuzzRecognise(f *testing.F) {
	f.Add([]byte("\x08\x04\x12\x03abc\xa2\x1f\x02\x0a\x00"), "a.onnx")
	f.Add(zipOf(f, "a/data.pkl", "a/data/0"), "a.pth")
	f.Add(zipOf(f, "model.json", "group1-shard1of1.bin"), "web.zip")
	f.Add([]byte(`{"format": "layers-model"}`), "model.json")
	f.Fuzz(func(t *testing.T, raw []byte, name string) {
		bounded.Parse(t, len(raw), func() {
			if k := Recognise(name, bytes.NewReader(raw), int64(len(raw))); k.Sentence("a") != "" {
				bounded.Sentence(t, k.Sentence("a"), "a")
			}
		})
	})
}
