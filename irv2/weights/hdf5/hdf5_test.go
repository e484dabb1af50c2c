package hdf5

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"testing"

	"thaw/irv2/internal/bounded"
)

// sample has a group of n datasets, so that its B-tree has several levels.
func sample(n int) *Node {
	root := &Node{Attributes: []Attribute{{Name: "kind", Values: []string{"sample"}, Scalar: true}}}
	var names []string
	for i := range n {
		name := fmt.Sprintf("layer_%d", i)
		names = append(names, name)
		d := root.Member("group/" + name)
		d.Shape, d.Data = []int{2, 3}, []float32{float32(i), 1, 2, 3, 4, 5}
	}
	g := root.Member("group")
	g.Attributes = []Attribute{{Name: "names", Values: names}, {Name: "none"}}
	root.Member("empty")
	return root
}

func encoded(t testing.TB, n int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, sample(n)); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestRoundTrip(t *testing.T) {
	for _, n := range []int{0, 1, 8, 9, 256, 257, 3000} {
		raw := encoded(t, n)
		f, err := Open(bytes.NewReader(raw), int64(len(raw)))
		if err != nil {
			t.Fatal(err)
		}
		root, err := f.Root()
		if err != nil {
			t.Fatal(err)
		}
		if kind, _, _ := root.Strings("kind"); !slices.Equal(kind, []string{"sample"}) {
			t.Errorf("kind is %q", kind)
		}
		if n == 0 {
			continue
		}
		g, err := root.Group("group")
		if err != nil {
			t.Fatalf("%d members: %v", n, err)
		}
		names, ok, err := g.Strings("names")
		if err != nil || !ok || len(names) != n || len(g.Names()) != n {
			t.Fatalf("%d names, %d members, %v, want %d", len(names), len(g.Names()), err, n)
		}
		if none, ok, err := g.Strings("none"); len(none) != 0 || !ok || err != nil {
			t.Errorf("empty attribute: %q %v %v", none, ok, err)
		}
		for i, name := range names {
			d, err := g.Dataset(name)
			if err != nil {
				t.Fatal(err)
			}
			r, err := d.Reader()
			if err != nil {
				t.Fatal(err)
			}
			b, _ := io.ReadAll(r)
			if c := (cursor{b: b}); !slices.Equal(d.Shape, []int{2, 3}) || d.Type.Name != "float32" || len(b) != 24 || c.u32() != math.Float32bits(float32(i)) {
				t.Fatalf("%s: shape %v, type %s, %d bytes", name, d.Shape, d.Type.Name, len(b))
			}
		}
		if _, err := g.Dataset("missing"); !errors.Is(err, ErrNotFound) {
			t.Errorf("missing dataset: %v", err)
		}
	}
}

// walk reads up to budget members of what can be reached: groups may contain
// themselves.
func walk(g *Group, budget *int) {
	for _, name := range []string{"layer_names", "weight_names", "fixed", "variable"} {
		g.Strings(name)
	}
	for _, name := range g.Names() {
		if *budget--; *budget < 0 {
			return
		}
		if d, err := g.Dataset(name); err == nil {
			if r, err := d.Reader(); err == nil {
				io.Copy(io.Discard, r)
			}
		} else if sub, err := g.Group(name); err == nil {
			walk(sub, budget)
		}
	}
}

// readAll opens raw and reads what it can.
func readAll(raw []byte) {
	budget := 100
	if f, err := Open(bytes.NewReader(raw), int64(len(raw))); err == nil {
		if root, err := f.Root(); err == nil {
			walk(root, &budget)
		}
	}
}

// Every truncation is an error or still reads whole, never a panic.
func TestTruncated(t *testing.T) {
	raw := encoded(t, 20)
	for n := range len(raw) {
		_, err := Open(bytes.NewReader(raw[:n]), int64(n))
		if err == nil {
			t.Fatalf("%d of %d bytes opened", n, len(raw))
		}
		if n >= superblockLen && !errors.Is(err, ErrTruncated) {
			t.Fatalf("%d of %d bytes: %v", n, len(raw), err)
		}
	}
}

func TestNotHDF5(t *testing.T) {
	for _, text := range []string{"", "x", "<!doctype html><title>404</title>"} {
		if _, err := Open(bytes.NewReader([]byte(text)), int64(len(text))); !errors.Is(err, ErrNotHDF5) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// FuzzOpen: no input may panic, hang or take memory beyond its size.
func FuzzOpen(f *testing.F) {
	f.Add(encoded(f, 1))
	f.Add(testdata(f, "userblock.h5.gz")[:2500])
	f.Fuzz(func(t *testing.T, raw []byte) {
		bounded.Parse(t, len(raw), func() { readAll(raw) })
	})
}
