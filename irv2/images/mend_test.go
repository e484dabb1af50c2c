package images

import (
	"bytes"
	"image"
	"image/jpeg"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// Ends of a JPEG: read where all pixels are there, else refused as cut off. libjpeg, and
// so Pillow and browsers, put the end where it is missing too.
func TestJPEGEnds(t *testing.T) {
	for _, name := range []string{"formats/boat.jpg", "formats/progressive.jpg", "formats/gray.jpg", "formats/cmyk.jpg", "formats/rgb-444.jpg"} {
		whole := file(t, name)
		if i := bytes.LastIndex(whole, []byte("\xff\xd9")); i != len(whole)-2 {
			t.Fatalf("%s ends at %d of %d", name, i, len(whole))
		}
		pixels, n := whole[:len(whole)-2:len(whole)-2], len(whole)
		want := decodeHash(t, name, whole)
		for what, data := range map[string][]byte{
			"no end":              pixels,
			"half an end":         whole[:n-1],
			"zeros for an end":    append(pixels, make([]byte, 40)...),
			"text for an end":     append(pixels, "some text that is no JPEG"...),
			"a marker of nothing": append(pixels, "some \xff\x11 text \xff\xfe\xff\xff"...),
			"garbage behind":      append(slices.Clone(whole), "garbage \xff\xd8\xff\xda"...),
		} {
			if got := decodeHash(t, name, data); got != want {
				t.Errorf("%s with %s: other pixels", name, what)
			}
		}
		for what, data := range map[string][]byte{
			"half":                 whole[:n/2],
			"all but a few bytes":  whole[:n-12],
			"zeros for a half":     append(slices.Clone(whole[:n/2]), make([]byte, n-n/2)...),
			"zeros for some bytes": append(slices.Clone(whole[:n-20]), make([]byte, 20)...),
		} {
			_, err := Decode(data, name, DefaultLimits)
			if r, ok := err.(*Refusal); !ok || r.Reason != Truncated {
				t.Errorf("%s with %s: %v", name, what, err)
			}
		}
	}
}

func decodeHash(t *testing.T, name string, data []byte) Hash {
	t.Helper()
	img, err := Decode(data, name, DefaultLimits)
	if err != nil {
		t.Error(err)
		return 0
	}
	return hash(img)
}

// A progressive JPEG whose last scans are missing is coarse, not whole.
func TestProgressiveWithoutItsLastScan(t *testing.T) {
	whole := file(t, "formats/progressive.jpg")
	last := bytes.LastIndex(whole, []byte("\xff\xda"))
	table := bytes.LastIndex(whole[:last], []byte("\xff\xc4"))
	for _, n := range []int{last, table} {
		if _, err := Decode(whole[:n], "coarse.jpg", DefaultLimits); err == nil || err.(*Refusal).Reason != Truncated {
			t.Error(err)
		}
	}
}

// Without Adobe's mark four inks are read as with it.
func TestInksWithoutMark(t *testing.T) {
	marked := file(t, "formats/cmyk.jpg")
	at := bytes.Index(marked, []byte("\xff\xee\x00\x0eAdobe"))
	plain := slices.Concat(marked[:at], marked[at+16:])
	if got, want := decodeHash(t, "plain.jpg", plain), decodeHash(t, "cmyk.jpg", marked); got != want {
		t.Error("other pixels")
	}
}

// What a picture takes is known from its header: a baseline photograph of 200 megapixels
// is within the limits, and progressive; with full chroma a progressive one is not.
func TestLargePicturesByTheirHeader(t *testing.T) {
	for _, c := range []struct {
		file string
		w, h int
		says string // "": taken
		most float64
	}{
		{"formats/boat.jpg", 16_320, 12_240, "", 0.3e9},
		{"formats/boat.jpg", 40_000, 5_000, "", 0.31e9},
		{"formats/progressive.jpg", 16_320, 12_240, "", 1.5e9},
		{"formats/rgb-444.jpg", 16_320, 12_240, "", 0.6e9},
		{"progressive 4:4:4", 16_320, 12_240, "take 3.0 GB to decode", 0},
		{"progressive 4:4:4", 12_000, 9_000, "", 1.7e9},
		{"formats/boat.jpg", 65_000, 65_000, "megapixels", 0},
	} {
		name := strings.Replace(c.file, "progressive 4:4:4", "formats/rgb-444.jpg", 1)
		data := bytes.Clone(file(t, name))
		for s := range segments(data) {
			if _, ok := frameOf(s); ok {
				if name != c.file {
					data[s.end-len(s.body)-3] = jpegSOF2
				}
				copy(s.body[1:], []byte{byte(c.h >> 8), byte(c.h), byte(c.w >> 8), byte(c.w)})
			}
		}
		h, err := headerJPEG(data)
		if err != nil || h.w != c.w || h.h != c.h {
			t.Fatal(h, err)
		}
		refusal := DefaultLimits.check(h, "photo.jpg")
		switch {
		case c.says == "" && (refusal != nil || h.total() > c.most):
			t.Errorf("%s of %d x %d: %v, %.2g bytes", c.file, c.w, c.h, refusal, h.total())
		case c.says != "" && (refusal == nil || refusal.Reason != TooLarge || !strings.Contains(refusal.Text, c.says)):
			t.Errorf("%s of %d x %d: %v", c.file, c.w, c.h, refusal)
		}
		if refusal != nil {
			checkSentence(t, refusal.Text, "photo.jpg")
		}
	}
}

// What decoding allocates is what the header said.
func TestDecodingTakesWhatTheHeaderSays(t *testing.T) {
	m := image.NewYCbCr(image.Rect(0, 0, 2000, 1500), image.YCbCrSubsampleRatio420)
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, nil); err != nil {
		t.Fatal(err)
	}
	files := kinds(t)
	files["baseline.jpg"] = b.Bytes()
	for _, name := range []string{"baseline.jpg", "rgb16-16.tif", "rgb8-le-zlib-contig-strips.tif", "reserved.bmp"} {
		data := files[name]
		f, refusal := sniff(data, name)
		if refusal != nil {
			t.Fatal(refusal)
		}
		h, err := f.header(data)
		if err != nil {
			t.Fatal(err)
		}
		const beside = 400 << 10 // tables, buffers, a row
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if _, err := Decode(data, name, DefaultLimits); err != nil {
			t.Fatal(err)
		}
		runtime.ReadMemStats(&after)
		got := after.TotalAlloc - before.TotalAlloc
		if float64(got) > h.total()*1.1+beside {
			t.Errorf("%s: %d bytes, said %.0f", name, got, h.total())
		}
	}
}
