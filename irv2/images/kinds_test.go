package images

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"testing"
)

// kinds are the files that kinds.py wrote, by name.
func kinds(t testing.TB) map[string][]byte {
	t.Helper()
	packed := file(t, "kinds.zip")
	z, err := zip.NewReader(bytes.NewReader(packed), int64(len(packed)))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		if files[f.Name], err = io.ReadAll(r); err != nil {
			t.Fatal(err)
		}
	}
	return files
}

// Fax, planes, palettes, depths, odd bitmaps and odd ends, bit for bit as the real
// libraries read them (kinds.py).
func TestKinds(t *testing.T) {
	var want map[string]struct {
		W, H int
		Hash string
	}
	readJSON(t, "kinds.json", &want)
	files := kinds(t)
	if len(files) != len(want) || len(files) < 150 {
		t.Fatalf("%d files, %d references", len(files), len(want))
	}
	for name, want := range want {
		img, err := Decode(files[name], name, DefaultLimits)
		if err != nil {
			t.Error(err)
			continue
		}
		if got := fmt.Sprintf("%016x", uint64(hash(img))); img.W != want.W || img.H != want.H || got != want.Hash {
			t.Errorf("%s: %d x %d, %s; want %d x %d, %s", name, img.W, img.H, got, want.W, want.H, want.Hash)
		}
	}
}

// Cut off anywhere, or with a byte changed, a file is read or refused in a sentence.
func TestKindsCutOff(t *testing.T) {
	for name, data := range kinds(t) {
		for n := 1; n < len(data); n += 1 + len(data)/40 {
			torn := bytes.Clone(data)
			torn[n] ^= 0x5f
			for _, data := range [][]byte{data[:n], torn} {
				if _, err := Decode(data, name, DefaultLimits); err != nil {
					checkSentence(t, err.Error(), name)
				}
			}
		}
	}
}
