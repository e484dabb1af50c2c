package project

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"slices"
	"strings"
	"testing"

	"thaw/irv2/images"
	"thaw/irv2/worlds"
)

// fakeBrowser decodes AVIF to a plain colour.
type fakeBrowser struct{ asked int }

func (b *fakeBrowser) Decodes(format string) bool { return format == "AVIF" }

func (b *fakeBrowser) Decode(data []byte, format string) (*images.RGB8, error) {
	if b.asked++; len(data) < 100 {
		return nil, errors.New("no picture")
	}
	return &images.RGB8{W: 3, H: 2, Pix: bytes.Repeat([]byte{10, 20, 30}, 6)}, nil
}

// Formats of the browser are taken where it decodes them and may, and remembered as its.
func TestBrowserDecoded(t *testing.T) {
	p := New()
	without := addFiles(t, p, "a", "foreign/boat.avif")
	by := &fakeBrowser{}
	p.DecodeBy(by)
	forbidden := addFiles(t, p, "a", "foreign/boat.avif", "bad/phone.heic")
	if by.asked != 0 || without.Accepted+forbidden.Accepted != 0 {
		t.Errorf("asked %d times, %d taken", by.asked, without.Accepted+forbidden.Accepted)
	}
	for i, says := range []string{"is not read here", "is an AVIF image, which only this browser can decode", "Most Compatible"} {
		if text := append(without.Refused, forbidden.Refused...)[i].Text; !strings.Contains(text, says) {
			t.Error(text)
		}
	}
	s := survey(t, p, onDisk(t, "foreign/boat.avif"), onDisk(t, "bad/phone.heic"), onDisk(t, "formats/boat.png"))
	if len(s.Foreign) != 2 || s.Foreign[0] != (ForeignCount{"AVIF", 1, true}) || s.Foreign[1] != (ForeignCount{"HEIC", 1, false}) || s.Pictures != 2 || s.RefusedCount != 1 {
		t.Errorf("%+v, %d pictures, %d refused", s.Foreign, s.Pictures, s.RefusedCount)
	}
	got, err := p.Take(t.Context(), s.ID, TakeChoice{ClassName: "a", BrowserDecoded: true}, func(int64, int64) {})
	if err != nil || got.Accepted != 2 {
		t.Fatal(got, err)
	}
	for _, i := range got.Data.Classes[0].Images {
		if i.BrowserDecoded != (i.Name == "boat.avif") {
			t.Errorf("%+v", i)
		}
	}
	// Another size asks the browser again.
	if err := p.data.resize(75, never); err != nil || by.asked != 2 {
		t.Error(err, by.asked)
	}
	broken := PictureFile{Path: "x.avif", Browser: true, Open: func() (File, error) { return inMemory([]byte("\x00\x00\x00\x1cftypavif")), nil }}
	from, _ := Files("a", []PictureFile{broken})
	if got, err = p.AddImages(t.Context(), from, func(int64, int64) {}); err != nil || len(got.Refused) != 1 || !strings.Contains(got.Refused[0].Text, "cannot decode (no picture)") {
		t.Error(got, err)
	}
	large := append([]byte("\x00\x00\x00\x1cftypavif____ispe\x00\x00\x00\x00\x00\x01\x00\x00\x00\x01\x00\x00"), make([]byte, 100)...)
	from, _ = Files("a", []PictureFile{{Path: "x.avif", Browser: true, Open: func() (File, error) { return inMemory(large), nil }}})
	asked := by.asked
	if got, err = p.AddImages(t.Context(), from, func(int64, int64) {}); err != nil || len(got.Refused) != 1 || got.Refused[0].Reason != images.TooLarge || by.asked != asked {
		t.Error(got, err)
	}
}

func never() error { return nil }

// pngOf is a picture of 8 x 8 pixels, as value gives them.
func pngOf(t *testing.T, deep bool, value func(i int) int) PictureFile {
	t.Helper()
	var m draw.Image = image.NewGray(image.Rect(0, 0, 8, 8))
	if deep {
		m = image.NewGray16(m.Bounds())
	}
	for i := range 64 {
		var c color.Color = color.Gray{Y: uint8(value(i))}
		if deep {
			c = color.Gray16{Y: uint16(value(i))}
		}
		m.Set(i%8, i/8, c)
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return PictureFile{Path: "scan.png", Open: func() (File, error) { return inMemory(b.Bytes()), nil }}
}

// upTo is a picture of 16 bits whose values end at most.
func upTo(t *testing.T, most int) PictureFile {
	return pngOf(t, true, func(i int) int { return most * i / 63 })
}

func addPicture(t *testing.T, p *Project, class string, f PictureFile) *AddResult {
	t.Helper()
	from, _ := Files(class, []PictureFile{f})
	got, err := p.AddImages(t.Context(), from, func(int64, int64) {})
	if err != nil || got.Accepted != 1 {
		t.Fatal(got, err)
	}
	return got
}

// A set's 16-bit images are scaled alike as soon as they are added or removed, and said so.
func TestDepthOfASet(t *testing.T) {
	p := New()
	addPicture(t, p, "a", upTo(t, 900))
	got := addPicture(t, p, "b", upTo(t, 4000))
	if w := strings.Join(got.Data.Warnings, " "); !strings.Contains(w, "use 12 of their bits") || strings.Contains(w, "no longer be read") {
		t.Error(w)
	}
	first := p.data.set.Classes[0].Samples[0]
	if first.Range != 12 || first.Depth != 10 {
		t.Errorf("%d bits, scaled by %d", first.Depth, first.Range)
	}
	if _, err := p.RemoveClass("b"); err != nil || first.Range != 10 {
		t.Errorf("scaled by %d (%v)", first.Range, err)
	}
	if _, err := p.Undo(t.Context()); err != nil || first.Range != 12 {
		t.Errorf("after undo scaled by %d (%v)", first.Range, err)
	}
}

// A prediction scales a 16-bit image as those were that the network was trained on, even
// when they are gone: one that uses 10 of 12 bits is dark, not bright.
func TestPredictionsUseTheDepthOfTraining(t *testing.T) {
	p := open(t, 2, 1)
	addPicture(t, p, worlds.Near.Classes[0], upTo(t, 4095))
	train(t, p, "head-only", DefaultOptions())
	p.ClearImages()
	ask := func(f PictureFile) []Probability {
		got, err := p.Predict(t.Context(), func() (string, []byte, error) {
			content, err := f.read(1 << 20)
			return f.Path, content, err
		})
		if err != nil {
			t.Fatal(err)
		}
		return got.Classes
	}
	value := func(i int) int { return 900 * i / 63 }
	want := ask(pngOf(t, false, func(i int) int { return value(i) >> 4 }))
	if got := ask(pngOf(t, true, value)); !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}
