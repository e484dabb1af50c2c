package project

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"thaw/irv2/keep"
	"thaw/irv2/weights"
	"thaw/irv2/worlds"
)

func quiet(int64, int64) {}

// A project saved as one file is, on another machine, the same: and anyone can read it.
func TestBundle(t *testing.T) {
	d := newDisk()
	p := d.visit(t, open(t, 0, 0))
	withLibrary(t, p)
	file := filepath.Join(t.TempDir(), "base.safetensors")
	var b bytes.Buffer
	if err := weights.WriteSafetensors(&b, p.network.loaded.Weights, weights.About{Model: "mini", Size: 32, Dense: 16}.Metadata()); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Import(t.Context(), "", func() (string, File, error) { return "base.safetensors", inMemory(b.Bytes()), nil }, nil); err != nil {
		t.Fatal(err)
	}
	addWorld(t, p, worlds.Near, 2, 1)
	from, err := Files("a/b: c", []PictureFile{onDisk(t, "photos/boat/boat-1.jpg"), onDisk(t, "photos/boat/boat-2.jpg")})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.AddImages(t.Context(), from, quiet); err != nil {
		t.Fatal(err)
	}
	train(t, p, "head-only", DefaultOptions())
	p.NotePage(t.Context(), []byte(`{"a":1}`))
	var saved bytes.Buffer
	if err := p.ExportProject(t.Context(), &saved, quiet); err != nil {
		t.Fatal(err)
	}
	want, wantImages := predict(t, p), p.Images()
	wantImages.Undo = nil

	r, err := zip.NewReader(bytes.NewReader(saved.Bytes()), int64(saved.Len()))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range r.File {
		names = append(names, f.Name)
	}
	for _, name := range []string{"project.json", "page.json", "images/a_b_ c/boat-1.jpg", "images/plain arrow/plain arrow 1.bmp", "networks/run-1.safetensors", "weights.safetensors"} {
		if !slices.Contains(names, name) {
			t.Errorf("no %s in %v", name, names)
		}
	}
	if !IsProject(bytes.NewReader(saved.Bytes()), int64(saved.Len())) {
		t.Error("it is not known as a project")
	}

	q := newDisk().visit(t, open(t, 0, 0))
	withLibrary(t, q)
	id, err := q.ImportProject(t.Context(), inMemory(saved.Bytes()), nil)
	if err != nil {
		t.Fatal(err)
	}
	o, err := q.OpenProject(t.Context(), id, false, func(ctx context.Context, id string, tell Tell) error {
		_, err := q.UseWeights(ctx, id, tell)
		return err
	}, nil)
	if err != nil || len(o.Warnings) > 0 || string(o.Page) != `{"a":1}` || len(o.Runs) != 1 {
		t.Fatalf("%+v, %v", o, err)
	}
	if got := q.Images(); !reflect.DeepEqual(got, wantImages) {
		t.Errorf("images\n%+v, want\n%+v", got, wantImages)
	}
	if got := predict(t, q); !reflect.DeepEqual(got, want) {
		t.Errorf("predicted %v, want %v", got, want)
	}
}

// A damaged file is refused in a sentence, and nothing of it stays.
func TestBundleRefuses(t *testing.T) {
	d := newDisk()
	p := d.visit(t, open(t, 0, 0))
	from, _ := Files("boats", []PictureFile{onDisk(t, "photos/boat/boat-1.jpg")})
	if _, err := p.AddImages(t.Context(), from, quiet); err != nil {
		t.Fatal(err)
	}
	kept(t, p)
	var saved bytes.Buffer
	if err := p.ExportProject(t.Context(), &saved, quiet); err != nil {
		t.Fatal(err)
	}
	refuses := func(content []byte, part string) {
		t.Helper()
		other := newDisk()
		q := other.visit(t, open(t, 0, 0))
		_, err := q.ImportProject(t.Context(), inMemory(content), nil)
		if err == nil || !strings.Contains(err.Error(), part) || !strings.HasSuffix(err.Error(), ".") {
			t.Errorf("error %v, want %q", err, part)
		}
		if n := len(other.notes.files) + len(other.files.files); n > 0 {
			t.Errorf("%d files stay", n)
		}
	}
	refuses([]byte("no zip"), "no project")
	picture := bytes.Index(saved.Bytes(), []byte("\xff\xd8\xff"))
	damaged := bytes.Clone(saved.Bytes())
	damaged[picture+100] ^= 1
	refuses(damaged, "boat-1.jpg")
	refuses(bytes.Replace(saved.Bytes(), []byte(`"format": 1`), []byte(`"format": 9`), 1), "")
	for _, doc := range []keep.Document{
		{Format: 1, ID: "x", NextID: 1, Classes: []keep.Class{{ID: 0, Name: "a", Images: []keep.Image{{ID: 0, File: "f"}}}}},
		{Format: 1, ID: "x", NextID: 9, Runs: []keep.Run{{ID: "r", Values: &keep.Values{Names: []string{"a"}, Shapes: [][]int{{1 << 40, 1 << 40}}, Length: 5}}}},
	} {
		text, _ := json.Marshal(doc)
		if _, err := keep.Parse(text); err == nil {
			t.Errorf("taken: %s", text)
		}
	}
}
