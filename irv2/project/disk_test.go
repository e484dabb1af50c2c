package project

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"thaw/irv2/images"
)

// keepOn gives a project a disk and room for so many of its pictures in memory.
func keepOn(t testing.TB, p *Project, pictures int) (slabs *[]*os.File) {
	slabs = &[]*os.File{}
	p.KeepOn(&images.Disk{Open: func() (images.Slab, error) {
		f, err := os.Create(filepath.Join(t.TempDir(), "slab"))
		*slabs = append(*slabs, f)
		return f, err
	}})
	p.data.set.Budget = int64(pictures * 32 * 32 * 3)
	return slabs
}

// A run on images of which most are on disk ends at the weights of one that has all in
// memory, to the bit; the images take what memory they may and no more.
func TestTrainFromDisk(t *testing.T) {
	run := func(pictures int) (*Project, []float32) {
		p := open(t, 0, 0)
		keepOn(t, p, pictures)
		addFiles(t, p, "boat", "photos/boat/boat-1.jpg", "photos/boat/boat-2.jpg", "photos/boat/boat-3.jpg")
		addFiles(t, p, "house", "photos/house/house-1.jpg", "photos/house/house-2.jpg", "photos/house/house-3.jpg")
		o := DefaultOptions()
		o.Augment = Augment{Flip: true, Shift: 0.1}
		train(t, p, "freeze-conv", o)
		return p, slices.Concat(p.network.current.Data...)
	}
	_, want := run(100)
	p, got := run(1)
	if p.data.set.Held() != 32*32*3 {
		t.Errorf("%d bytes are held", p.data.set.Held())
	}
	if !slices.Equal(got, want) {
		t.Error("other weights")
	}
	id := p.Images().Classes[1].Images[2].ID
	if _, err := p.Thumbnail(id); err != nil {
		t.Error(err)
	}
}

// More images than the memory holds go in where there is a disk; those that undo may bring
// back go there too.
func TestRoomOnDisk(t *testing.T) {
	p := open(t, 0, 0)
	p.Memory = int64(2 * 32 * 32 * 3 / imagesShare)
	slabs := keepOn(t, p, 2)
	s := survey(t, p, onDisk(t, "photos.zip"))
	if s.Room != nil {
		t.Error(*s.Room)
	}
	result, err := p.Take(t.Context(), s.ID, TakeChoice{Source: s.Sources[0].ID}, func(int64, int64) {})
	if err != nil || result.Accepted < 6 {
		t.Fatalf("%+v, %v", result, err)
	}
	before := values(t, p.data.set.Classes[0].Samples[0])
	p.ClearImages()
	p.data.history.trim(p.data.set, 0)
	if p.data.history.bytes != 0 {
		t.Errorf("%d bytes are held", p.data.history.bytes)
	}
	p.data.set.Foreign = nil
	if _, err := p.Undo(t.Context()); err != nil {
		t.Fatal(err)
	}
	if first := p.data.set.Classes[0].Samples[0]; first.Pixels.Bytes() != 0 || !slices.Equal(values(t, first), before) {
		t.Error("undo brought back something else")
	}
	for _, f := range *slabs {
		f.Close()
	}
	if _, err := p.Undo(t.Context()); err != nil { // the disk is gone: files are read again
		t.Error(err)
	}
}

// A run whose images can be read nowhere any more ends with a sentence.
func TestImagesLostInARun(t *testing.T) {
	p := open(t, 0, 0)
	slabs := keepOn(t, p, 0)
	gone := false
	var files []PictureFile
	for _, name := range []string{"boat-1.jpg", "boat-2.jpg", "boat-3.jpg"} {
		file := onDisk(t, "photos/boat/"+name)
		openFile := file.Open
		file.Open = func() (File, error) {
			if gone {
				return nil, errors.New("gone")
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
	gone = true
	for _, f := range *slabs {
		f.Close()
	}
	events := train(t, p, "freeze-conv", DefaultOptions())
	failed, ok := events[len(events)-1].(Failed)
	if !ok || !strings.Contains(failed.Message, "can no longer be read") {
		t.Errorf("%+v", events[len(events)-1])
	}
}
