package zip

import (
	stdzip "archive/zip"
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
)

// The standard library reads what is written, sums included, without descriptors behind
// the files.
func TestWrite(t *testing.T) {
	inner := []*File{Text("deep/é.txt", "within"), Text("empty", "")}
	calls := 0
	large := strings.Repeat("thaw", 1<<18)
	files := []*File{
		Text("README.md", "# a"),
		{Name: "large.bin", Write: func(w io.Writer) error { calls++; _, err := io.WriteString(w, large); return err }},
		{Name: "inner.zip", Write: func(w io.Writer) error { return Write(w, inner) }},
	}
	var first, second bytes.Buffer
	for _, b := range []*bytes.Buffer{&first, &second} {
		if err := Write(b, files); err != nil {
			t.Fatal(err)
		}
	}
	if calls != 3 || !bytes.Equal(first.Bytes(), second.Bytes()) {
		t.Errorf("%d calls", calls)
	}
	got := map[string]string{}
	var read func(raw []byte)
	read = func(raw []byte) {
		z, err := stdzip.NewReader(bytes.NewReader(raw), int64(len(raw)))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range z.File {
			r, err := f.Open()
			if err != nil {
				t.Fatal(err)
			}
			b, err := io.ReadAll(r)
			if err != nil || f.Flags&8 != 0 || f.NonUTF8 {
				t.Fatal(f.Name, f.Flags, err)
			}
			got[f.Name] = string(b)
			if f.Name == "inner.zip" {
				read(b)
			}
		}
	}
	read(first.Bytes())
	if len(got) != 5 || got["README.md"] != "# a" || got["large.bin"] != large || got["deep/é.txt"] != "within" || got["empty"] != "" {
		t.Errorf("%d files", len(got))
	}
}

type full struct{ room int }

func (f *full) Write(p []byte) (int, error) {
	if f.room -= len(p); f.room < 0 {
		return 0, errFull
	}
	return len(p), nil
}

var errFull = errors.New("full")

func TestWriteFails(t *testing.T) {
	files := []*File{Text("a", "text"), Text("b", "more")}
	var whole bytes.Buffer
	if err := Write(&whole, files); err != nil {
		t.Fatal(err)
	}
	for room := range whole.Len() {
		if err := Write(&full{room}, files); !errors.Is(err, errFull) {
			t.Fatalf("room for %d bytes: %v", room, err)
		}
	}
	if err := Write(io.Discard, []*File{{Name: "a", Write: func(io.Writer) error { return errFull }}}); !errors.Is(err, errFull) {
		t.Error(err)
	}
}
