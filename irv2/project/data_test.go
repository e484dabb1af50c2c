package project

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image/jpeg"
	"math"
	"reflect"
	"strings"
	"testing"

	"thaw/irv2/images"
	"thaw/irv2/worlds"
)

func addFiles(t testing.TB, p *Project, class string, names ...string) *AddResult {
	t.Helper()
	var files []PictureFile
	for _, name := range names {
		files = append(files, onDisk(t, name))
	}
	from, err := Files(class, files)
	if err != nil {
		t.Fatal(err)
	}
	result, err := p.AddImages(t.Context(), from, func(int64, int64) {})
	if err != nil {
		t.Fatal(err)
	}
	return result
}

// sides counts images by side of the split.
func sides(info DataInfo) map[string]int {
	n := map[string]int{}
	for _, c := range info.Classes {
		for _, i := range c.Images {
			n[i.Split]++
		}
	}
	return n
}

// Images of a world that come with a side keep it, whatever share is asked for; others
// beside them are drawn.
func TestSideOfTheirOwn(t *testing.T) {
	p := open(t, 3, 2)
	for _, fraction := range []float64{0, 0.2, 0.5} {
		p.division.fraction = fraction
		if n := sides(p.Images()); n["train"] != 12 || n["validation"] != 8 {
			t.Errorf("fraction %g: %v", fraction, n)
		}
	}
	p.division.fraction = 0.5
	addFiles(t, p, worlds.Near.Classes[0], "photos/boat/boat-1.jpg", "photos/boat/boat-2.jpg", "photos/boat/boat-3.jpg", "photos/boat/boat-4.jpg")
	info := p.Images()
	validation := 0
	for _, i := range info.Classes[0].Images[5:] {
		if i.Split == "validation" {
			validation++
		}
	}
	if n := sides(info); n["train"]+n["validation"] != 24 || validation == 0 || validation == 4 {
		t.Errorf("%v, %d of 4 photographs held back", n, validation)
	}
	if info.Classes[0].Generated || !info.Classes[1].Generated {
		t.Error("photographs are called generated, or generated images are not")
	}
}

// Pictures come back at another size with their names, labels and sides.
func TestResize(t *testing.T) {
	p := open(t, 2, 1)
	addFiles(t, p, "boat", "photos/boat/boat-1.jpg")
	if _, err := p.RenameClass("boat", "ship"); err != nil {
		t.Fatal(err)
	}
	before := p.Images()
	size := 40
	if err := p.Configure(t.Context(), Change{Size: &size}); err != nil {
		t.Fatal(err)
	}
	if after := p.Images(); !reflect.DeepEqual(after, before) {
		t.Errorf("%+v, before %+v", after, before)
	}
	for _, c := range p.data.set.Classes {
		for _, s := range c.Samples {
			if len(values(t, s)) != 40*40*3 {
				t.Fatalf("%s has %d values", s.Name, len(values(t, s)))
			}
		}
	}
}

// A picture whose file is gone is set aside by name, and the size still changes; it is
// back at its own size. One that was removed is not read again.
func TestResizeWithoutTheFile(t *testing.T) {
	p := open(t, 0, 0)
	reads := map[string]int{}
	var files []PictureFile
	for _, name := range []string{"boat-1.jpg", "boat-2.jpg", "boat-3.jpg"} {
		file := onDisk(t, "photos/boat/"+name)
		openFile := file.Open
		file.Open = func() (File, error) {
			if reads[name]++; reads[name] > 1 && name == "boat-1.jpg" {
				return inMemory([]byte("something else")), nil
			}
			return openFile()
		}
		files = append(files, file)
	}
	from, _ := Files("boat", files)
	if _, err := p.AddImages(t.Context(), from, func(int64, int64) {}); err != nil {
		t.Fatal(err)
	}
	addFiles(t, p, "house", "photos/house/house-1.jpg", "photos/house/house-2.jpg")
	if _, err := p.RemoveImages([]int{p.Images().Classes[0].Images[2].ID}); err != nil {
		t.Fatal(err)
	}
	for _, size := range []int{48, 32} {
		if err := p.Configure(t.Context(), Change{Size: &size}); err != nil {
			t.Fatal(err)
		}
		info := p.Images()
		split, err := p.data.divide(p.division)
		if err != nil {
			t.Fatal(err)
		}
		used, warned := len(split.Train)+len(split.Validation), strings.Contains(strings.Join(info.Warnings, " "), "boat-1.jpg can no longer be read at 48 pixels")
		if gone := size == 48; warned != gone || gone && used != 3 || !gone && used != 4 {
			t.Errorf("at %d: %d images used, %v", size, used, info.Warnings)
		}
	}
	if reads["boat-3.jpg"] != 1 {
		t.Error("a removed image was read again")
	}
}

// A file that cannot be read is refused by name, and the others are kept.
func TestUnreadableFile(t *testing.T) {
	p := open(t, 0, 0)
	gone := PictureFile{Path: "gone.jpg", Open: func() (File, error) { return nil, errors.New("not found") }}
	from, _ := Files("boat", []PictureFile{onDisk(t, "photos/boat/boat-1.jpg"), gone, onDisk(t, "photos/boat/boat-2.jpg")})
	result, err := p.AddImages(t.Context(), from, func(int64, int64) {})
	if err != nil || result.Accepted != 2 || len(result.Refused) != 1 || !strings.HasPrefix(result.Refused[0].Text, "gone.jpg can no longer be read") {
		t.Errorf("%+v, %v", result, err)
	}
}

func TestAddImages(t *testing.T) {
	p := open(t, 0, 0)
	// Hidden files are passed over without being opened.
	from, _ := Files("boat", []PictureFile{{Path: "__MACOSX/boat-1.jpg"}})
	if result, err := p.AddImages(t.Context(), from, func(int64, int64) {}); err != nil || result.Accepted+len(result.Refused) != 0 {
		t.Errorf("%+v, %v", result, err)
	}
	result := addFiles(t, p, "boat", "photos/boat/boat-1.jpg", "bad/empty.jpg")
	if result.Accepted != 1 || len(result.Refused) != 1 || result.Refused[0].Name != "empty.jpg" {
		t.Errorf("%+v", result)
	}
	if result := addFiles(t, p, "empty"); len(result.Data.Classes) != 2 || result.Data.Problem == nil {
		t.Errorf("%+v", result)
	}
	if _, err := Files("", nil); err == nil {
		t.Error("a class without a name")
	}
	_, err := World(worlds.Near, 900, 101, 1)
	check(t, err, Invalid, "1 to 1,000 images")
	_, err = World(worlds.Near, math.MaxInt, 1, 1) // whose sum is below zero
	check(t, err, Invalid, "1 to 1,000 images")
}

func survey(t testing.TB, p *Project, files ...PictureFile) *Survey {
	t.Helper()
	s, err := p.Survey(t.Context(), files, "", func(int64, int64) {})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Nothing is taken before it was looked at; what was found is what comes in, and where it
// is given up nothing does.
func TestSurveyAndTake(t *testing.T) {
	p := open(t, 0, 0)
	s := survey(t, p, onDisk(t, "photos.zip"))
	if s.Sources[0].ID != "folder:1" || len(s.Groups) != 0 || s.Asks != nil || s.Pictures != 13 || len(s.Sources[0].Classes) != 3 || p.data.set.Len() != 0 {
		t.Fatalf("%+v", s)
	}
	for i, name := range []string{"boat", "fruit", "house"} {
		if c := s.Sources[0].Classes[i]; c.Name != name || c.Pictures < 4 || c.Drawn != c.Pictures || len(c.Examples) != 3 {
			t.Errorf("%+v", c)
		}
	}
	if s.RefusedCount != 1 || s.Refused[0].Name != "notes.txt" {
		t.Errorf("refused %+v", s.Refused)
	}
	choice := TakeChoice{Source: s.Sources[0].ID, Sides: true}
	ctx, cancel := context.WithCancel(t.Context())
	_, err := p.Take(ctx, s.ID, choice, func(done, _ int64) {
		if done == 5 {
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) || len(p.data.set.Classes) != 0 {
		t.Errorf("given up: %v, %d classes", err, len(p.data.set.Classes))
	}
	result, err := p.Take(t.Context(), s.ID, choice, func(int64, int64) {})
	if err != nil || result.Accepted != 12 || len(result.Refused) != 1 || result.Data.Classes[2].Name != "house" {
		t.Errorf("%+v, %v", result, err)
	}
	_, err = p.Take(t.Context(), s.ID, choice, nil)
	check(t, err, Invalid, "too long ago")

	s = survey(t, p, onDisk(t, "photos/boat/boat-1.jpg"), onDisk(t, "bad/text-named.png"), PictureFile{Path: ".DS_Store"},
		PictureFile{Path: "a.zip", Open: func() (File, error) { return inMemory([]byte("no zip")), nil }})
	if s.Pictures != 1 || s.PassedOver != 1 || s.RefusedCount != 2 {
		t.Errorf("%+v", s)
	}
	_, err = p.Take(t.Context(), s.ID, TakeChoice{Source: "folder:9"}, nil)
	check(t, err, Invalid, "no source")
	if result, err := p.Take(t.Context(), s.ID, TakeChoice{ClassName: "ship"}, func(int64, int64) {}); err != nil || result.Accepted != 1 || len(result.Data.Classes) != 4 {
		t.Errorf("%+v, %v", result, err)
	}
}

// The user's own division is kept: a test set is neither trained on nor validated with.
func TestOwnDivision(t *testing.T) {
	p := open(t, 0, 0)
	var files []PictureFile
	for _, class := range []string{"boat", "house"} {
		for i := 1; i <= 8; i++ {
			file := onDisk(t, fmt.Sprintf("photos/%s/%s-%d.jpg", class, class, i))
			file.Path = fmt.Sprintf("data/%s/%s/%d.jpg", map[bool]string{true: "test", false: "train"}[i > 6], class, i)
			files = append(files, file)
		}
	}
	s := survey(t, p, files...)
	if s.Sides == nil || *s.Sides != (SideCounts{Drawn: 12, Test: 4}) || len(s.Sources[0].Classes) != 2 {
		t.Fatalf("%+v", s)
	}
	result, err := p.Take(t.Context(), s.ID, TakeChoice{Source: s.Sources[0].ID, Sides: true}, func(int64, int64) {})
	if err != nil {
		t.Fatal(err)
	}
	if n := sides(result.Data); n["test"] != 4 || n["validation"] != 2 || n["train"] != 10 {
		t.Errorf("%v", n)
	}
}

// More images than the memory holds are known before, and left out by a sentence.
func TestRoomForImages(t *testing.T) {
	p := open(t, 0, 0)
	p.Memory = int64(5 * 32 * 32 * 3 / imagesShare)
	s := survey(t, p, onDisk(t, "photos.zip"))
	if s.Room == nil || !strings.Contains(*s.Room, "only 5 fit") {
		t.Errorf("%v", s.Room)
	}
	result, err := p.Take(t.Context(), s.ID, TakeChoice{Source: s.Sources[0].ID}, func(int64, int64) {})
	if err != nil || result.Accepted != 5 || !strings.Contains(result.Refused[len(result.Refused)-1].Text, "only 5 images fit") {
		t.Errorf("%+v, %v", result, err)
	}
	if added := addFiles(t, p, "boat", "photos/boat/boat-1.jpg"); added.Accepted != 0 || len(added.Refused) != 1 {
		t.Errorf("%+v", added)
	}
	size := 64
	check(t, p.Configure(t.Context(), Change{Size: &size}), Memory, "At 64 pixels only 1 images fit")
	if p.data.set.Resizing.Size != 32 || p.data.set.Len() != 5 {
		t.Error("something was lost")
	}
}

func TestEditImages(t *testing.T) {
	p := open(t, 2, 0)
	id := p.Images().Classes[0].Images[0].ID
	if thumbnail, err := p.Thumbnail(id); err != nil {
		t.Error(err)
	} else if _, err := jpeg.Decode(bytes.NewReader(thumbnail)); err != nil {
		t.Error(err)
	}
	info, err := p.RemoveImages([]int{id})
	if err != nil || len(info.Classes[0].Images) != 1 {
		t.Errorf("%+v, %v", info.Classes[0], err)
	}
	_, err = p.RemoveImages([]int{id})
	check(t, err, Invalid, "no image number")
	_, err = p.Thumbnail(id)
	check(t, err, Invalid, "no image number")
	if info, err := p.RemoveClass(worlds.Near.Classes[1]); err != nil || len(info.Classes) != 3 {
		t.Errorf("%+v, %v", info, err)
	}
	_, err = p.RenameClass(worlds.Near.Classes[0], worlds.Near.Classes[2])
	check(t, err, Exists, "already a class")
	if info := p.ClearImages(); len(info.Classes) != 0 || info.Problem == nil {
		t.Errorf("%+v", info)
	}
}

func TestWorldPicture(t *testing.T) {
	for _, w := range worlds.All() {
		if picture, err := WorldPicture(w); err != nil || string(picture[:2]) != "BM" {
			t.Errorf("%s: %v", w.Name, err)
		}
	}
	_, err := WorldByName("mars")
	checkCode(t, err, Invalid, "mars")
}

func values(t testing.TB, s *images.Sample) []uint8 {
	t.Helper()
	pixels, err := s.Pixels.Read(nil)
	if err != nil {
		t.Fatal(err)
	}
	return pixels
}
