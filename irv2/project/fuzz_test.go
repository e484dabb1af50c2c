package project

import (
	"context"
	"encoding/json"
	"errors"
	"testing"

	"thaw/irv2"
	"thaw/irv2/freeze"
	"thaw/irv2/internal/bounded"
)

// sentenceOf holds an error to what a person is told: a code and a short sentence.
func sentenceOf(t bounded.TB, err error) {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) || e.Code == "" || e.Code == Internal {
		t.Fatalf("%T %v has no code, or is Thaw's own fault", err, err)
	}
	if len(err.Error()) > 1000 {
		t.Fatalf("an error of %d characters: %.200s", len(err.Error()), err)
	}
	bounded.Sentence(t, err.Error(), "file")
}

// FuzzArguments: what a page may send with plan and train. What is taken is in its bounds,
// and is what was asked for.
func FuzzArguments(f *testing.F) {
	for _, text := range []string{
		`{"spec":{"preset":"head-only"},"options":{"epochs":3,"batch":4,"seed":7,"optimizer":"sgd","rate":0.01,"momentum":0.5,"labelSmoothing":0.1,"dropout":0.2,"validation":0,"continue":true}}`,
		`{"spec":{"thaw":["block8_*",[0,null]]},"options":{"rates":{"backbone":0.1,"block8_*":0},"classWeight":{"a":2},"augment":{"flip":true,"shift":0.1,"rotate":10}}}`,
		`{"options":{"classWeight":"balanced","rate":null}}`, `{"options":{"ratez":1}}`, `{"options":{"epochs":1e300}}`,
	} {
		f.Add([]byte(text))
	}
	m, err := irv2.New(irv2.Mini(3))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		bounded.Parse(t, len(text), func() {
			args := struct {
				Spec    freeze.Spec
				Options Options
			}{Options: DefaultOptions()}
			if err := Decode(text, &args); err != nil {
				sentenceOf(t, err)
				return
			}
			if err := args.Options.Check(m); err != nil {
				sentenceOf(t, err)
				return
			}
			if _, err := json.Marshal(args.Options.tune(0)); err != nil { // NaN and infinities cannot be written
				t.Fatal(err)
			}
		})
	})
}

// FuzzCalls: the arguments of the other calls, all kinds of them in one.
func FuzzCalls(f *testing.F) {
	f.Add([]byte(`{"model":"full","size":299,"dense":0,"ids":[1,2],"names":["a"],"survey":1,"choice":{"source":"folder","sides":false},"world":"near","seed":1}`))
	f.Add([]byte(`{"ids":[1.5]}`))
	f.Add([]byte(`{"choice":[]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		bounded.Parse(t, len(text), func() {
			var args struct {
				Change
				IDs    IDs
				Names  []string
				Survey int
				Choice TakeChoice
				World  string
				Seed   uint64
			}
			if err := Decode(text, &args); err != nil {
				sentenceOf(t, err)
			}
		})
	})
}

// FuzzImport: whatever a file holds, it is read or refused in a sentence, and what was
// there before stays.
func FuzzImport(f *testing.F) {
	f.Add([]byte("\x89HDF\r\n\x1a\n"), "file.h5")
	f.Add([]byte("\x40\x00\x00\x00\x00\x00\x00\x00"+`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"__m":{}}  1234`), "file.safetensors")
	f.Add([]byte(`{"format":"layers-model","modelTopology":{},"weightsManifest":[]}`), "model.json")
	f.Add([]byte("PK\x05\x06\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"), "file.keras")
	p := open(f, 0, 0)
	before := p.network
	f.Fuzz(func(t *testing.T, raw []byte, name string) {
		bounded.Parse(t, len(raw), func() {
			_, err := p.Import(context.Background(), "", func() (string, File, error) { return "file", inMemory(raw), nil }, nil)
			if err != nil {
				sentenceOf(t, err)
				if p.network != before {
					t.Fatal("a refused file changed the network")
				}
			}
			before = p.network
			p.Recognise(context.Background(), []PictureFile{{Path: name, Open: func() (File, error) { return inMemory(raw), nil }}})
		})
	})
}

// FuzzManifest: what a library finds on its shelf may be damaged, or of another release.
func FuzzManifest(f *testing.F) {
	p := open(f, 0, 0)
	text, err := json.Marshal(Manifest{Info: WeightInfo{ID: "a"}, Config: p.network.loaded.Model.Config, Bytes: 4, Sums: []uint32{1}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add([]byte(`{}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		bounded.Parse(t, len(text), func() {
			shelf := newMapShelf()
			shelf.Put(context.Background(), Manifests, "a", text)
			if p.Library, err = OpenLibrary(context.Background(), shelf, &Locks{}); err != nil {
				t.Fatal(err)
			}
			if list, err := p.ListWeights(context.Background()); err != nil || list[0].ID != Builtins()[0].ID {
				t.Fatalf("%v, %v", list, err)
			}
			if _, err := p.UseWeights(context.Background(), "a", nil); err != nil {
				sentenceOf(t, err)
			}
		})
	})
}
