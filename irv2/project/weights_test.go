package project

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"thaw/irv2/weights"
	"thaw/kernels"
	"thaw/kernels/program"
)

// mapShelf is a shelf in memory; fail, if set, is asked before each Put.
type mapShelf struct {
	boxes map[Box]map[string][]byte
	fail  func(box Box) error
}

func newMapShelf() *mapShelf {
	return &mapShelf{boxes: map[Box]map[string][]byte{Manifests: {}, Chunks: {}, Measurements: {}}}
}

func (s *mapShelf) Keys(_ context.Context, box Box) ([]string, error) {
	return slices.Sorted(maps.Keys(s.boxes[box])), nil
}
func (s *mapShelf) Get(_ context.Context, box Box, key string) ([]byte, error) {
	return s.boxes[box][key], nil
}
func (s *mapShelf) Put(_ context.Context, box Box, key string, value []byte) error {
	if s.fail != nil {
		if err := s.fail(box); err != nil {
			return err
		}
	}
	s.boxes[box][key] = bytes.Clone(value)
	return nil
}
func (s *mapShelf) Delete(_ context.Context, box Box, keys ...string) error {
	for _, key := range keys {
		delete(s.boxes[box], key)
	}
	return nil
}

func withLibrary(t testing.TB, p *Project) *mapShelf {
	t.Helper()
	s := newMapShelf()
	var err error
	if p.Library, err = OpenLibrary(t.Context(), s, &Locks{}); err != nil {
		t.Fatal(err)
	}
	return s
}

func importBytes(t testing.TB, p *Project, name string, content []byte) (WeightInfo, error) {
	t.Helper()
	return p.Import(t.Context(), "", func() (string, File, error) { return name, inMemory(content), nil }, nil)
}

func exported(t testing.TB, p *Project, format string) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := p.Export(t.Context(), format, &b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// trained is a project after one epoch of a run.
func trained(t testing.TB) *Project {
	p := open(t, 3, 1)
	train(t, p, "unfreeze-all", DefaultOptions())
	return p
}

// What is exported comes back with its classes, is kept once, loads in another visit to
// the same predictions, and can be removed.
func TestExportImportKeep(t *testing.T) {
	p := trained(t)
	want := predict(t, p)
	file := exported(t, p, "safetensors")
	again := New()
	again.Machine = program.OnHost(kernels.NewPortable(2))
	shelf := withLibrary(t, again)
	for range 2 {
		info, err := importBytes(t, again, "tuned.safetensors", file)
		if err != nil || !info.Stored || info.Description != "fine-tuned in Thaw, 4 classes" || info.Format != string(weights.Thaw) || len(info.Warnings) != 0 {
			t.Fatalf("%+v, %v", info, err)
		}
	}
	if len(shelf.boxes[Manifests]) != 1 || len(shelf.boxes[Chunks]) != 2 { // 4.9 MB
		t.Errorf("%d manifests, %d chunks", len(shelf.boxes[Manifests]), len(shelf.boxes[Chunks]))
	}
	if info, _ := again.Describe(); info.Size != 32 || info.Dense != 16 {
		// What was trained goes on at its size, though mini was in use at another.
		t.Errorf("%+v", info.Choice)
	}
	if got := predict(t, again); !reflect.DeepEqual(got, want) {
		t.Errorf("predicts %v, before %v", got, want)
	}

	third := New()
	third.Machine = program.OnHost(kernels.NewPortable(2))
	third.Library, _ = OpenLibrary(t.Context(), shelf, &Locks{})
	list, err := third.ListWeights(t.Context())
	if err != nil || len(list) != 3 || list[0].ID != "mini-source" || list[1].ID != "mini-photo" || list[2].Name != "tuned.safetensors" {
		t.Fatalf("%+v, %v", list, err)
	}
	if _, err := third.UseWeights(t.Context(), list[2].ID, nil); err != nil {
		t.Fatal(err)
	}
	if got := predict(t, third); !reflect.DeepEqual(got, want) {
		t.Errorf("predicts %v, before %v", got, want)
	}
	if identify(third.network.current.Weights) != identify(p.network.current.Weights) {
		t.Error("kept weights are not those that were exported")
	}
	if err := third.RemoveWeights(t.Context(), list[2].ID); err != nil || len(shelf.boxes[Chunks]) != 0 {
		t.Errorf("%d chunks left, %v", len(shelf.boxes[Chunks]), err)
	}
	if info, _ := third.Describe(); info.Weights.Stored {
		t.Error("removed weights are said to be kept")
	}
	_, err = third.UseWeights(t.Context(), list[2].ID, nil)
	check(t, err, Invalid, "no longer kept")
	for _, info := range Builtins() {
		check(t, third.RemoveWeights(t.Context(), info.ID), Invalid, "cannot be removed")
	}
}

// An exported file says of itself what it always did.
func TestExportedMetadata(t *testing.T) {
	p := open(t, 0, 0)
	file := exported(t, p, "safetensors")
	want := `{"__metadata__":{"thaw.classes":"null","thaw.dense":"16","thaw.model":"mini","thaw.size":"32","thaw.weights":"random, seed 1"},"conv2d/kernel":{"dtype":"F32",`
	if got := string(file[8 : 8+len(want)]); got != want {
		t.Errorf("%s", got)
	}
	check(t, p.Export(t.Context(), "pt", &bytes.Buffer{}), Invalid, `no export to "pt"`)
	check(t, func() error {
		q := New()
		q.Machine = p.Machine
		return q.Export(t.Context(), "h5", &bytes.Buffer{})
	}(), Invalid, "no weights to export")
}

// The network is told by the file, else the chosen one is tried first, then the other.
func TestWhichNetwork(t *testing.T) {
	p := open(t, 0, 0)
	var b bytes.Buffer // says nothing of its network
	if err := weights.WriteH5(&b, p.network.current.Weights, weights.About{}); err != nil {
		t.Fatal(err)
	}
	h5 := b.Bytes()
	full := "full"
	q := open(t, 0, 0)
	if err := q.Configure(t.Context(), Change{Model: &full}); err != nil {
		t.Fatal(err)
	}
	info, err := importBytes(t, q, "mini.h5", h5)
	if err != nil || info.Model != "mini" {
		t.Errorf("%+v, %v", info, err)
	}
	if info.Stored || !slices.Equal(info.Warnings, []string{"Weights are not kept here."}) {
		t.Errorf("%+v: without a library nothing is kept, and that is said", info)
	}
	// The page's own files, in the words of the pretraining command, with their heads.
	for i, classes := range []int{48, 200} {
		raw, err := os.ReadFile("../../web/" + builtinFile(Builtins()[i]))
		if err != nil {
			t.Fatal(err)
		}
		info, err = importBytes(t, q, "mini.safetensors", raw)
		if err != nil || info.Description != fmt.Sprintf("fine-tuned in Thaw, %d classes", classes) || len(q.network.current.outputs) != classes || q.choice.Dense != 0 {
			t.Errorf("%+v, %v", info, err)
		}
		// As what comes with Thaw it has no head.
		info, err = q.UseBuiltin(t.Context(), Builtins()[i], func(string) (File, error) { return inMemory(raw), nil }, nil)
		if err != nil || info.ID != Builtins()[i].ID || info.Bytes != int64(len(raw)) || q.network.current.outputs != nil {
			t.Errorf("%+v, %v", info, err)
		}
	}
}

// Bad files get a code and a sentence; the weights in use stay.
func TestBadFiles(t *testing.T) {
	p := open(t, 0, 0)
	good := exported(t, p, "safetensors")
	other, err := os.ReadFile("../../testdata/weights/other.h5")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		content []byte
		code    Code
	}{
		"cut":   {good[:len(good)-100], Corrupt},
		"text":  {[]byte(strings.Repeat("no weights ", 100)), Mismatch},
		"empty": {nil, Mismatch},
		"other": {other, Mismatch},
	} {
		_, err := importBytes(t, p, name, c.content)
		check(t, err, c.code, name+": ")
	}
	if p.network.info.ID != "random-mini-1" {
		t.Errorf("%s is in use", p.network.info.ID)
	}
	_, err = p.Import(t.Context(), weights.Published()[0].URL, func() (string, File, error) { return "w.h5", inMemory(good), nil }, nil)
	check(t, err, Corrupt, "not the published file")
	ctx, cancel := context.WithCancel(t.Context())
	_, err = p.Import(ctx, "", func() (string, File, error) { cancel(); return "w", inMemory(good), nil }, nil)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("given up: %v", err)
	}
}

// What cannot be kept whole leaves nothing, and the weights are used all the same.
func TestKeepingFails(t *testing.T) {
	for _, box := range []Box{Chunks, Manifests} {
		p := open(t, 0, 0)
		shelf := withLibrary(t, p)
		shelf.fail = func(b Box) error {
			if b == box {
				return Errorf("quota", "There is no room.")
			}
			return nil
		}
		info, err := importBytes(t, p, "w.safetensors", exported(t, p, "safetensors"))
		if err != nil || info.Stored || !slices.Equal(info.Warnings, []string{"There is no room."}) || p.network.info.Name != "w.safetensors" {
			t.Errorf("%s: %+v, %v", box, info, err)
		}
		if len(shelf.boxes[Chunks])+len(shelf.boxes[Manifests]) != 0 {
			t.Errorf("%s: something stays", box)
		}
	}
}

// Each chunk is checked; chunks that no manifest knows are swept.
func TestDamagedLibrary(t *testing.T) {
	p := open(t, 0, 0)
	shelf := withLibrary(t, p)
	info, err := importBytes(t, p, "w.safetensors", exported(t, p, "safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	first, second := fmt.Sprintf("%s/000000", info.ID), fmt.Sprintf("%s/000001", info.ID)
	whole := maps.Clone(shelf.boxes[Chunks])
	for name, damage := range map[string]func(map[string][]byte){
		"bit":       func(m map[string][]byte) { b := bytes.Clone(m[first]); b[1000] ^= 1; m[first] = b },
		"short":     func(m map[string][]byte) { m[second] = m[second][:8] },
		"missing":   func(m map[string][]byte) { delete(m, second) },
		"exchanged": func(m map[string][]byte) { m[first], m[second] = m[second], m[first] },
	} {
		shelf.boxes[Chunks] = maps.Clone(whole)
		damage(shelf.boxes[Chunks])
		_, err := p.UseWeights(t.Context(), info.ID, nil)
		if err == nil {
			t.Errorf("%s: loads", name)
			continue
		}
		check(t, err, Corrupt, `kept copy of "w.safetensors" is damaged`)
	}
	shelf.boxes[Chunks] = maps.Clone(whole)
	shelf.boxes[Chunks]["mini-0/000000"] = []byte("left by a crash")
	if _, err := OpenLibrary(t.Context(), shelf, &Locks{}); err != nil || !maps.EqualFunc(shelf.boxes[Chunks], whole, bytes.Equal) {
		t.Errorf("%d chunks after sweeping, %v", len(shelf.boxes[Chunks]), err)
	}
	if _, err := p.UseWeights(t.Context(), info.ID, nil); err != nil {
		t.Error(err)
	}
}

// A manifest of an earlier version: its names are a format.
func TestManifestFormat(t *testing.T) {
	p := open(t, 0, 0)
	shelf := withLibrary(t, p)
	info, err := importBytes(t, p, "w.safetensors", exported(t, p, "safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	text := string(shelf.boxes[Manifests][info.ID])
	for _, want := range []string{`{"Info":{"id":"mini-`, `"Config":{"Name":"mini","Size":32,`, `"Classes":null,"Created":`, `,"Bytes":`, `,"Sums":[`} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s in %s", want, text)
		}
	}
}
