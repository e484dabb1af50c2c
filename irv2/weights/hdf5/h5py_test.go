package hdf5

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
)

// testdata reads a file that h5py wrote (testdata/weights/make.py).
func testdata(t testing.TB, name string) []byte {
	t.Helper()
	raw, err := os.ReadFile("../../../testdata/weights/" + name)
	if err != nil {
		t.Fatal(err)
	}
	if strings.HasSuffix(name, ".gz") {
		z, err := gzip.NewReader(bytes.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		if raw, err = io.ReadAll(z); err != nil {
			t.Fatal(err)
		}
	}
	return raw
}

func openRoot(t testing.TB, raw []byte) *Group {
	t.Helper()
	f, err := Open(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	root, err := f.Root()
	if err != nil {
		t.Fatal(err)
	}
	return root
}

func TestReadsH5py(t *testing.T) {
	for _, name := range []string{"features.h5.gz", "userblock.h5.gz"} {
		t.Run(name, func(t *testing.T) { testFeatures(t, openRoot(t, testdata(t, name))) })
	}
	tree, err := openRoot(t, testdata(t, "features.h5.gz")).Group("tree")
	if err != nil || len(tree.Names()) != 300 {
		t.Errorf("%d groups in tree, %v, want 300", len(tree.Names()), err)
	}
}

func testFeatures(t *testing.T, root *Group) {
	for name, want := range map[string][]string{
		"fixed": {"one", "three"}, "variable": {"eins", "drei", "", "fünf"}, "scalar": {"text"}, "none": {},
	} {
		if got, ok, err := root.Strings(name); !ok || err != nil || !slices.Equal(got, want) {
			t.Errorf("attribute %s: %q %v %v, want %q", name, got, ok, err, want)
		}
	}
	if _, ok, _ := root.Strings("absent"); ok {
		t.Error("found an absent attribute")
	}
	if _, _, err := root.Strings("number"); err == nil {
		t.Error("read a number as strings")
	}
	for _, name := range []string{"plain", "chunked", "deflated", "all", "many"} {
		d, err := root.Dataset(name)
		if err != nil {
			t.Fatal(err)
		}
		r, err := d.Reader()
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(r)
		n := 1
		for _, side := range d.Shape {
			n *= side
		}
		if err != nil || len(b) != 4*n {
			t.Fatalf("%s: %d bytes, %v, want %d", name, len(b), err, 4*n)
		}
		for i := range n {
			if v := math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:])); v != float32(i) {
				t.Fatalf("%s[%d] is %g", name, i, v)
			}
		}
	}
	for name, want := range map[string]string{"half": "float16", "double": "float64", "ints": "int32", "big": "float32 (big-endian)"} {
		if d, err := root.Dataset(name); err != nil || d.Type.Name != want || !slices.Equal(d.Shape, []int{5, 12}) {
			t.Errorf("%s: %+v, %v, want %s", name, d, err, want)
		}
	}
	if d, err := root.Dataset("scalar"); err != nil || len(d.Shape) != 0 {
		t.Errorf("scalar: %+v %v", d, err)
	}
	if d, err := root.Dataset("unwritten"); err != nil {
		t.Error(err)
	} else if _, err := d.Reader(); err == nil {
		t.Error("read a dataset without values")
	}
	if _, err := root.Group("plain"); !errors.Is(err, ErrNotGroup) {
		t.Errorf("dataset opened as a group: %v", err)
	}
}

func TestLatestIsNamed(t *testing.T) {
	raw := testdata(t, "latest.h5")
	if _, err := Open(bytes.NewReader(raw), int64(len(raw))); !errors.Is(err, ErrUnsupported) {
		t.Errorf("libver=latest: %v", err)
	}
}

// One bit wrong in every fifth byte: an error or other values, never a panic.
// (FuzzOpen goes further.)
func TestBitFlips(t *testing.T) {
	raw := testdata(t, "userblock.h5.gz")
	for i := 0; i < len(raw); i += 5 {
		bit := byte(1) << (i % 8)
		raw[i] ^= bit
		readAll(raw)
		raw[i] ^= bit
	}
}
