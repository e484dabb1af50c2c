package keep

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"
)

// place is a Place in memory.
type place map[string][]byte

func (p place) Names(_ context.Context, folder string) ([]string, error) {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(p)), func(name string) bool { return folder != "" && !strings.HasPrefix(name, folder+"/") }), nil
}
func (p place) Get(_ context.Context, name string) ([]byte, error) { return p[name], nil }
func (p place) Put(_ context.Context, name string, content []byte) error {
	p[name] = bytes.Clone(content)
	return nil
}
func (p place) Delete(_ context.Context, names ...string) error {
	for _, name := range names {
		delete(p, name)
	}
	return nil
}

// Values come back bit for bit, across pieces; what is damaged or missing is noticed.
func TestValues(t *testing.T) {
	s := &Store{Notes: place{}, Files: place{}}
	want := [][]float32{{1, float32(math.NaN()), -0.5}, {}, make([]float32, pieceBytes/4+7), {3}}
	for i := range want[2] {
		want[2][i] = float32(i)
	}
	w := s.Write(t.Context(), "p", "network-1")
	for _, values := range want {
		if err := w.Add(values); err != nil {
			t.Fatal(err)
		}
	}
	kept, err := w.Close()
	if err != nil || len(kept.Sums) != 2 {
		t.Fatalf("%+v, %v", kept, err)
	}
	read := func() error {
		r := s.Read(t.Context(), "p", kept)
		for _, values := range want {
			got := make([]float32, len(values))
			if err := r.Fill(got); err != nil {
				return err
			}
			if !bytes.Equal(Bytes(got), Bytes(values)) {
				t.Error("other values")
			}
		}
		if r.Left() != 0 {
			t.Errorf("%d left", r.Left())
		}
		return r.Fill(make([]float32, 1))
	}
	if err := read(); !errors.Is(err, ErrDamaged) {
		t.Errorf("read behind the end: %v", err)
	}
	files := s.Files.(place)
	name := pieceName("p", "network-1", 1)
	files[name][3] ^= 1
	if err := read(); !errors.Is(err, ErrDamaged) {
		t.Errorf("a damaged piece: %v", err)
	}
	delete(files, name)
	if err := read(); !errors.Is(err, ErrDamaged) {
		t.Errorf("a missing piece: %v", err)
	}
}

// What neither a document nor a checkpoint names is swept, and nothing else.
func TestSweep(t *testing.T) {
	s := &Store{Notes: place{}, Files: place{}}
	put := func(names ...string) {
		for _, name := range names {
			s.Files.Put(t.Context(), name, []byte("x"))
		}
	}
	put("a/image-1", "a/image-2", "a/pixels-1", "a/pixels-2", "a/network-1.piece000000", "a/network-2.piece000000", "a/checkpoint-0.piece000000", "a/checkpoint-1.piece000000", "b/image-1", "c/image-1")
	d := &Document{Format: 1, ID: "a", NextID: 9, Classes: []Class{{ID: 1, Name: "x", Images: []Image{{ID: 2, File: "image-1", Pixels: &Pixels{File: "pixels-2"}}}}},
		Runs: []Run{{ID: "run 1", Values: &Values{File: "network-1"}}}}
	for _, err := range []error{s.Save(t.Context(), d), s.SaveCheckpoint(t.Context(), "a", &Checkpoint{Values: Values{File: "checkpoint-1"}}), s.Sweep(t.Context(), d, "w"),
		s.SweepAll(t.Context(), func(id string) bool { return id == "c" })} {
		if err != nil {
			t.Fatal(err)
		}
	}
	got, _ := s.Files.Names(t.Context(), "")
	if want := []string{"a/checkpoint-1.piece000000", "a/image-1", "a/network-1.piece000000", "a/pixels-2", "c/image-1"}; !slices.Equal(got, want) {
		t.Errorf("left %v, want %v", got, want)
	}
	if err := s.Remove(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	if list, damaged, err := s.List(t.Context()); len(list)+len(damaged) > 0 || err != nil {
		t.Errorf("listed %v, %v, %v", list, damaged, err)
	}
}

func FuzzParse(f *testing.F) {
	full, _ := json.Marshal(&Document{Format: 1, ID: "a", NextID: 3, Classes: []Class{{ID: 0, Name: "x", Images: []Image{{ID: 1, File: "f", Hash: 1 << 63}}}},
		Runs: []Run{{ID: "run 1", Values: &Values{File: "n", Names: []string{"w"}, Shapes: [][]int{{2, 3}}, Length: 6}}}})
	f.Add(full)
	f.Add([]byte(`{"format":2}`))
	f.Add([]byte(`{"format":1,"id":"a","runs":[{"values":{"names":["w"],"shapes":[[9223372036854775807,2]],"length":-1}}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		d, err := Parse(text)
		if err != nil {
			return
		}
		again, _ := json.Marshal(d)
		if _, err := Parse(again); err != nil {
			t.Errorf("written again it is no document: %v", err)
		}
	})
}
