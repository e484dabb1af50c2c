package images

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"strings"
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
					if strings.Contains(err.Error(), "runtime error") {
						t.Errorf("a panic, not a sentence: %v", err)
					}
				}
			}
		}
	}
}

// withTag gives a little-endian TIFF another value of a tag; one that it lacks takes the
// place of its resolution.
func withTag(t *testing.T, data []byte, tag uint16, value uint32) []byte {
	t.Helper()
	data = bytes.Clone(data)
	const resolution = 282
	at := int(binary.LittleEndian.Uint32(data[4:]))
	for i := range int(binary.LittleEndian.Uint16(data[at:])) {
		entry := data[at+2+12*i:]
		if has := binary.LittleEndian.Uint16(entry); has == tag || has == resolution && tag == tagSampleFormat {
			binary.LittleEndian.PutUint16(entry, tag)
			copy(entry[2:], "\x04\x00\x01\x00\x00\x00") // one long
			binary.LittleEndian.PutUint32(entry[8:], value)
			return data
		}
	}
	t.Fatalf("no tag %d", tag)
	return nil
}

// What a TIFF holds that is not read is said, and what its parts do not fit.
func TestTIFFRefusals(t *testing.T) {
	files := kinds(t)
	gray, rgb := files["gray16-8.tif"], files["rgb16-8.tif"]
	for _, c := range []struct {
		data   []byte
		reason Reason
		says   string
	}{
		{withTag(t, gray, tagSampleFormat, 3), Unsupported, "its values are floating-point numbers"},
		{withTag(t, gray, tagSampleFormat, 2), Unsupported, "its values have a sign"},
		{withTag(t, gray, tagBits, 32), Unsupported, "its values have 32 bits"},
		{withTag(t, gray, tagCompression, 50000), Unsupported, "it is packed as Zstandard"},
		{withTag(t, gray, tagCompression, 4), Damaged, "do not fit a fax"},
		{withTag(t, rgb, tagPhotometric, 8), Unsupported, "it is in CIE Lab"},
		{withTag(t, rgb, tagPhotometric, blackIsZero), Unsupported, "has 3 values a pixel, and does not say which are colours"},
		{withTag(t, rgb, tagPhotometric, inYCbCr), Unsupported, "brightness apart from colour"},
		{withTag(t, gray, tagHeight, 1000), Damaged, "it lists 1 of its 53 parts"},
		{withTag(t, gray, tagWidth, 0), Damaged, "says that it is 0 x"},
		{withTag(t, withTag(t, gray, tagWidth, 60_000), tagHeight, 60_000), TooLarge, "megapixels"},
	} {
		img, err := Decode(c.data, "scan.tif", DefaultLimits)
		r, ok := err.(*Refusal)
		if !ok || r.Reason != c.reason || !strings.Contains(r.Text, c.says) {
			t.Errorf("%q: %v, %v", c.says, img, err)
			continue
		}
		checkSentence(t, r.Text, "scan.tif")
	}
}
