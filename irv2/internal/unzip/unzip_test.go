package unzip

import (
	"archive/zip"
	"bytes"
	"errors"
	"hash/crc32"
	"io"
	"strings"
	"testing"
)

// archive is written by the standard library: stored, deflated, streamed (sizes
// behind the data), in folders, empty, and with a comment at the end.
func archive(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, f := range []struct {
		header zip.FileHeader
		text   string
	}{
		{zip.FileHeader{Name: "cats/a.txt", Method: zip.Deflate}, strings.Repeat("meow ", 5000)},
		{zip.FileHeader{Name: "stored.bin", Method: zip.Store, Extra: []byte{9, 9, 2, 0, 1, 2}}, "as it is"},
		{zip.FileHeader{Name: "../über/"}, ""},
		{zip.FileHeader{Name: "empty", Method: zip.Deflate}, ""},
	} {
		w, err := z.CreateHeader(&f.header)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, f.text); err != nil {
			t.Fatal(err)
		}
	}
	z.SetComment("a comment, behind which the end is looked for")
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestAgainstArchiveZip(t *testing.T) {
	compare(t, archive(t))
}

// compare checks every entry against archive/zip.
func compare(t *testing.T, b []byte) {
	t.Helper()
	r := bytes.NewReader(b)
	want, err := zip.NewReader(r, r.Size())
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		t.Fatal(err)
	}
	got, err := Files(r, r.Size())
	if err != nil || len(got) != len(want.File) {
		t.Fatalf("%d files of %d, %v", len(got), len(want.File), err)
	}
	for i, w := range want.File {
		g := got[i]
		if g.Name != w.Name || g.Flags != w.Flags || g.Method != w.Method || g.UncompressedSize != w.UncompressedSize64 {
			t.Errorf("%+v, want %+v", g, w)
		}
		gotAt, _ := g.DataOffset()
		if wantAt, _ := w.DataOffset(); gotAt != wantAt {
			t.Errorf("%s starts at %d, want %d", w.Name, gotAt, wantAt)
		}
		gr, err := g.Open()
		if err != nil {
			t.Fatal(err)
		}
		gotBytes, err := io.ReadAll(gr)
		if err != nil {
			t.Errorf("%s: %v", w.Name, err)
		}
		wr, err := w.Open()
		if err != nil {
			t.Fatal(err)
		}
		if wantBytes, _ := io.ReadAll(wr); !bytes.Equal(gotBytes, wantBytes) {
			t.Errorf("%s: %d bytes, want %d", w.Name, len(gotBytes), len(wantBytes))
		}
	}
}

// Damage anywhere is an error, never a panic or wrong bytes that pass.
func TestDamage(t *testing.T) {
	whole := archive(t)
	for n := range len(whole) {
		for _, b := range [][]byte{whole[:n], flipped(whole, n)} {
			files, err := Files(bytes.NewReader(b), int64(len(b)))
			if err != nil {
				continue
			}
			for _, f := range files {
				r, err := f.Open()
				if err != nil {
					continue
				}
				text, err := io.ReadAll(r)
				if err == nil && f.Name == "stored.bin" && f.UncompressedSize == 8 && string(text) != "as it is" {
					t.Fatalf("byte %d: %q passed", n, text)
				}
			}
		}
	}
}

func flipped(b []byte, i int) []byte {
	c := bytes.Clone(b)
	c[i] ^= 0x55
	return c
}

// Zip64 is what archives beyond 4 GB or 65,535 files use; here for a small file.
func TestZip64(t *testing.T) {
	const text = "as it is"
	local := make([]byte, localLen)
	order.PutUint32(local, localSignature)
	order.PutUint16(local[26:], 1)
	b := append(append(local, 'a'), text...)
	directory := make([]byte, directoryEntry)
	order.PutUint32(directory, directorySignature)
	for _, at := range []int{20, 24, 42} {
		order.PutUint32(directory[at:], 1<<32-1)
	}
	order.PutUint16(directory[28:], 1)
	order.PutUint16(directory[30:], 28)
	order.PutUint32(directory[16:], crc32.ChecksumIEEE([]byte(text)))
	directory = append(directory, 'a', 1, 0, 24, 0)
	for _, v := range []uint64{uint64(len(text)), uint64(len(text)), 0} {
		directory = order.AppendUint64(directory, v)
	}
	start := len(b)
	b = append(b, directory...)
	end64 := make([]byte, end64Len)
	order.PutUint32(end64, end64Signature)
	order.PutUint64(end64[4:], end64Len-12)
	order.PutUint64(end64[24:], 1)
	order.PutUint64(end64[32:], 1)
	order.PutUint64(end64[40:], uint64(len(directory)))
	order.PutUint64(end64[48:], uint64(start))
	locator := make([]byte, locatorLen)
	order.PutUint32(locator, locatorSignature)
	order.PutUint64(locator[8:], uint64(len(b)))
	order.PutUint32(locator[16:], 1)
	end := make([]byte, endLen)
	order.PutUint32(end, endSignature)
	for i := 8; i < 20; i++ {
		end[i] = 0xff
	}
	compare(t, append(append(append(b, end64...), locator...), end...))
}
