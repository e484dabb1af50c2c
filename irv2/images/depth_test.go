package images

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"image/png"
	"slices"
	"strings"
	"testing"
)

// gray16 is a 16 x 16 PNG whose values go from 0 to most.
func gray16(t testing.TB, most uint16) []byte {
	m := image.NewGray16(image.Rect(0, 0, 16, 16))
	for i := range 256 {
		m.SetGray16(i%16, i/16, color.Gray16{Y: uint16(int(most) * i / 255)})
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func never() error { return nil }

func addData(t testing.TB, d *Dataset, class, path string, data []byte) *Sample {
	t.Helper()
	s, err := d.Add(class, inMemory(path, data))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Pictures of 16 bits are scaled by the range that the deepest of their set uses, whatever
// came first, and anew when it goes.
func TestDepthIsTheSets(t *testing.T) {
	d := NewDataset(DefaultResizing(16))
	eight := addData(t, d, "a", "8.png", gray16(t, 200))
	plain := add(t, d, "b", "boat.png", "formats/boat.png")
	before := slices.Clone(values(t, plain))
	brightest := func(s *Sample) uint8 { return slices.Max(values(t, s)) }
	if eight.Depth != 8 || brightest(eight) != 200 {
		t.Errorf("alone: depth %d, brightest %d", eight.Depth, brightest(eight))
	}
	twelve := addData(t, d, "b", "12.png", gray16(t, 4095))
	if err := d.Settle(never); err != nil {
		t.Fatal(err)
	}
	if d.Depth() != 12 || brightest(eight) != 200>>4 || brightest(twelve) != 255 {
		t.Errorf("with 12 bits: depth %d, brightest %d and %d", d.Depth(), brightest(eight), brightest(twelve))
	}
	split, err := d.Split(0, 1)
	if err != nil || len(split.Train) != 3 || len(split.Warnings) != 1 || !strings.Contains(split.Warnings[0], "use 12 of their bits: values up to 4,095 are taken as white") {
		t.Error(split, err)
	}
	if err := d.Remove([]int{twelve.ID}); err != nil {
		t.Fatal(err)
	}
	if d.Settle(never); d.Depth() != 8 || brightest(eight) != 200 || !slices.Equal(values(t, plain), before) {
		t.Errorf("alone again: depth %d, brightest %d", d.Depth(), brightest(eight))
	}
	full := addData(t, d, "b", "16.png", gray16(t, 65535))
	d.Settle(never)
	if split, err = d.Split(0, 1); err != nil || len(split.Warnings) != 0 || brightest(eight) != 0 || brightest(full) != 255 {
		t.Errorf("all 16 bits: %v, %v, brightest %d", split, err, brightest(eight))
	}
}

// A picture whose file is gone when the range grows is set aside, with a sentence; until
// Settle was called, nothing is said.
func TestDepthOfAFileThatIsGone(t *testing.T) {
	d := NewDataset(DefaultResizing(16))
	content := gray16(t, 200)
	gone := false
	f := File{Path: "8.png", Read: func() ([]byte, error) {
		if gone {
			return nil, errors.New("is gone.")
		}
		return content, nil
	}}
	if _, err := d.Add("a", f); err != nil {
		t.Fatal(err)
	}
	addData(t, d, "a", "9.png", gray16(t, 201))
	addData(t, d, "b", "12.png", gray16(t, 4000))
	addData(t, d, "b", "13.png", gray16(t, 4001))
	gone = true
	d.Settle(never)
	split, err := d.Split(0, 1)
	if err != nil || len(split.Train) != 3 || len(split.LeftOut) != 1 || len(split.Warnings) != 2 {
		t.Fatal(split, err)
	}
	checkSentence(t, split.Warnings[0], "8.png")
}

// A prediction of a deeper picture is clamped, not wrapped.
func TestScaledClamps(t *testing.T) {
	img, err := Decode(gray16(t, 65535), "16.png", DefaultLimits)
	if err != nil {
		t.Fatal(err)
	}
	if pix := img.Scaled(8).RGB8().Pix; pix[0] != 0 || pix[3] != 255 || pix[len(pix)-1] != 255 {
		t.Error(pix[:6])
	}
	if h := hash(img.Scaled(0)); h != hash(img) {
		t.Error("no depth changes the picture")
	}
	pixels, h := img.Square(DefaultResizing(16), 8)
	if h != hash(img) || !slices.Equal(pixels, DefaultResizing(16).Resize8(img.Scaled(8))) {
		t.Error("the hash is not of the picture's own depth")
	}
}
