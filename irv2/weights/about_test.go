package weights

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"os"
	"reflect"
	"testing"

	"thaw/irv2"
	"thaw/irv2/internal/zip"
)

// writers are all formats that Thaw writes.
var writers = map[string]func(io.Writer, *irv2.Weights, About) error{
	"safetensors": func(w io.Writer, of *irv2.Weights, about About) error {
		return WriteSafetensors(w, of, about.Metadata())
	},
	"h5":    WriteH5,
	"keras": WriteKeras,
	"tfjs":  WriteTFJS,
	"timm":  WriteTimm,
	"onnx":  WriteONNX,
	"packaged": func(w io.Writer, of *irv2.Weights, about About) error {
		return zip.Write(w, []*zip.File{zip.Text("README.md", "# x"), {Name: "model.keras", Write: func(w io.Writer) error { return WriteKeras(w, of, about) }}})
	},
}

// The keys and their values are a format: files of earlier versions have them.
func TestAbout(t *testing.T) {
	m := thin(t, 3, 4)
	for _, c := range []struct {
		about    About
		metadata map[string]string
	}{
		{About{Model: "mini", Size: 64, Dense: 128, Classes: []string{"boat", `"house"`, "é<ü"}, From: "mini.safetensors"}, map[string]string{
			"thaw.model": "mini", "thaw.size": "64", "thaw.dense": "128", "thaw.classes": `["boat","\"house\"","é\u003cü"]`, "thaw.weights": "mini.safetensors"}},
		{About{Model: "full", Size: 299}, map[string]string{
			"thaw.model": "full", "thaw.size": "299", "thaw.dense": "0", "thaw.classes": "null", "thaw.weights": ""}},
		{About{Model: "mini", Preprocessing: &Preprocessing{[3]float32{0.5, 0.25, 1}, [3]float32{-1, 0, 2}}}, map[string]string{
			"thaw.model": "mini", "thaw.size": "0", "thaw.dense": "0", "thaw.classes": "null", "thaw.weights": "", "thaw.preprocessing": `{"scale":[0.5,0.25,1],"offset":[-1,0,2]}`}},
		{About{Model: "mini", Run: json.RawMessage(`{"seed":1}`)}, map[string]string{
			"thaw.model": "mini", "thaw.size": "0", "thaw.dense": "0", "thaw.classes": "null", "thaw.weights": "", "thaw.run": `{"seed":1}`}},
	} {
		if got := c.about.Metadata(); !maps.Equal(got, c.metadata) {
			t.Errorf("%q, want %q", got, c.metadata)
		}
		for name, write := range writers {
			var b bytes.Buffer
			if err := write(&b, golden(m), c.about); err != nil {
				t.Fatal(name, err)
			}
			got, ok := AboutFile(bytes.NewReader(b.Bytes()), int64(b.Len()))
			if !ok || !reflect.DeepEqual(got, c.about) {
				t.Errorf("%s: %+v, want %+v", name, got, c.about)
			}
		}
	}
}

// HDF5 has no room for a long list in one attribute.
func TestAboutManyClasses(t *testing.T) {
	about := About{Model: "mini", Classes: Numbered(9000)}
	var b bytes.Buffer
	if err := WriteH5(&b, golden(thin(t, 3, 4)), about); err != nil {
		t.Fatal(err)
	}
	if got, ok := AboutFile(bytes.NewReader(b.Bytes()), int64(b.Len())); !ok || !reflect.DeepEqual(got, about) {
		t.Errorf("%v, %d classes", ok, len(got.Classes))
	}
}

// The file that the page brings was written in the older words.
func TestAboutOlder(t *testing.T) {
	raw, err := os.ReadFile("../../web/models/mini.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	a, ok := AboutFile(bytes.NewReader(raw), int64(len(raw)))
	if !ok || a.Model != "mini" || a.Dense != 0 || len(a.Classes) != 48 {
		t.Errorf("%+v", a)
	}
}

func TestAboutForeign(t *testing.T) {
	for _, m := range []map[string]string{nil, {"format": "pt"}, {"model": "mini"}} {
		if a, ok := AboutMetadata(m); ok {
			t.Errorf("%v is taken for %+v", m, a)
		}
	}
	if _, ok := AboutFile(bytes.NewReader([]byte("no weights")), 10); ok {
		t.Error("any text is taken for Thaw's")
	}
	a, ok := AboutMetadata(map[string]string{"thaw.model": "mini", "thaw.dense": "x", "thaw.classes": "{"})
	if !ok || !reflect.DeepEqual(a, About{Model: "mini"}) {
		t.Errorf("damaged numbers: %+v, %v", a, ok)
	}
}
