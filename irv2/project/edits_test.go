package project

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"reflect"
	"slices"
	"strings"
	"testing"

	"thaw/irv2/worlds"
)

// shape is the classes with the IDs of their images.
func shape(info DataInfo) string {
	var classes []string
	for _, c := range info.Classes {
		ids := c.Name
		for _, i := range c.Images {
			ids += fmt.Sprint(" ", i.ID)
		}
		classes = append(classes, ids)
	}
	return strings.Join(classes, "; ")
}

// photos is a project with three boats and two houses.
func photos(t *testing.T) (p *Project, boats, houses []int) {
	t.Helper()
	p = open(t, 0, 0)
	addFiles(t, p, "boat", "photos/boat/boat-1.jpg", "photos/boat/boat-2.jpg", "photos/boat/boat-3.jpg")
	addFiles(t, p, "house", "photos/house/house-1.jpg", "photos/house/house-2.jpg")
	for i, ids := range []*[]int{&boats, &houses} {
		for _, image := range p.Images().Classes[i].Images {
			*ids = append(*ids, image.ID)
		}
	}
	return p, boats, houses
}

// Every change of the images can be taken back, and made again, step by step.
func TestUndo(t *testing.T) {
	p, boats, houses := photos(t)
	edits := []struct {
		did string
		do  func() (DataInfo, error)
	}{
		{"moved 2 images to house", func() (DataInfo, error) { return p.MoveImages([]int{boats[2], boats[0], houses[0]}, "house") }},
		{"moved 1 image to garden", func() (DataInfo, error) { return p.MoveImages(houses[:1], "garden") }},
		{"renamed boat to ship", func() (DataInfo, error) { return p.RenameClass("boat", "ship") }},
		{"merged garden into house", func() (DataInfo, error) { return p.MergeClasses("garden", "house") }},
		{"removed 1 image", func() (DataInfo, error) { return p.RemoveImages(boats[:1]) }},
		{"kept 2 images together", func() (DataInfo, error) { return p.KeepTogether(houses) }},
		{"added 1 image to fruit", func() (DataInfo, error) {
			return addFiles(t, p, "fruit", "photos/fruit/fruit-1.jpg").Data, nil
		}},
		{"added class empty", func() (DataInfo, error) { return addFiles(t, p, "empty").Data, nil }},
		{"removed class house", func() (DataInfo, error) { return p.RemoveClass("house") }},
		{"removed all 2 images", func() (DataInfo, error) { return p.ClearImages(), nil }},
	}
	states := []DataInfo{p.Images()}
	for _, e := range edits {
		info, err := e.do()
		if err != nil || info.Undo == nil || *info.Undo != e.did || info.Redo != nil {
			t.Fatalf("%s: %v, %+v", e.did, err, info)
		}
		states = append(states, info)
	}
	for i := len(edits) - 1; i >= 0; i-- {
		back, err := p.Undo(t.Context())
		if err != nil || back.Did != "Undid: "+edits[i].did+"." || *back.Redo != edits[i].did {
			t.Fatalf("%s: %+v, %v", edits[i].did, back, err)
		}
		want := states[i]
		want.Redo = back.Redo
		if !reflect.DeepEqual(back.DataInfo, want) {
			t.Fatalf("%s undone: %s, was %s", edits[i].did, shape(back.DataInfo), shape(want))
		}
	}
	for i, e := range edits {
		again, err := p.Redo(t.Context())
		if err != nil || again.Did != "Did again: "+e.did+"." || shape(again.DataInfo) != shape(states[i+1]) {
			t.Fatalf("%s: %+v, %v", e.did, again, err)
		}
	}
	_, err := p.Redo(t.Context())
	check(t, err, Invalid, "nothing to redo")
	// A change that changes nothing is no step, and a new one ends what could be redone.
	if info, err := p.RenameClass("x", "y"); err == nil || *p.Images().Undo != "removed all 2 images" {
		t.Errorf("%+v, %v", info, err)
	}
	p.Undo(t.Context())
	if info := addFiles(t, p, "more").Data; info.Redo != nil {
		t.Errorf("still to redo: %s", *info.Redo)
	}
	for range 3 * maxChanges {
		addFiles(t, p, "more", "photos/boat/boat-1.jpg")
	}
	for n := 0; ; n++ {
		if _, err := p.Undo(t.Context()); err != nil {
			check(t, err, Invalid, "nothing to undo")
			if n < 50 {
				t.Errorf("%d steps are remembered", n)
			}
			break
		}
	}
}

// What undo brings back has the size in use now, and the pixels of a file that is read
// again where the history could not keep them all.
func TestUndoAtAnotherSize(t *testing.T) {
	p, boats, _ := photos(t)
	before := p.Images()
	first := p.data.set.Classes[0].Samples[0]
	if _, err := p.RemoveImages(boats); err != nil {
		t.Fatal(err)
	}
	if p.data.history.bytes != 3*32*32*3 {
		t.Errorf("%d bytes are held", p.data.history.bytes)
	}
	size := 40
	if err := p.Configure(t.Context(), Change{Size: &size}); err != nil {
		t.Fatal(err)
	}
	if first.Size != 32 {
		t.Error("a removed image was read again")
	}
	p.data.history.trim(p.data.set, 2*32*32*3)
	held := 0
	for _, s := range p.data.history.past[2].other[0].Samples {
		held += int(s.Pixels.Bytes())
	}
	if held != 2*32*32*3 || p.data.history.bytes != int64(held) {
		t.Errorf("%d bytes are held, the history says %d", held, p.data.history.bytes)
	}
	back, err := p.Undo(t.Context())
	if err != nil || !reflect.DeepEqual(back.Classes, before.Classes) || len(back.Warnings) > 0 {
		t.Fatalf("%+v, %v", back, err)
	}
	for _, s := range p.data.set.Classes[0].Samples {
		if s.Size != 40 || len(values(t, s)) != 40*40*3 {
			t.Errorf("%s: size %d, %d values", s.Name, s.Size, len(values(t, s)))
		}
	}
	if _, err := p.Thumbnail(boats[0]); err != nil {
		t.Error(err)
	}
	// Its file is gone, and another may not have its pixels: it is set aside, and said.
	p.RemoveImages(boats[:1])
	gone := p.data.history.past[2].other[0].Samples[0]
	gone.Forget()
	gone.File.Read = func() ([]byte, error) { return nil, errors.New("gone") }
	back, err = p.Undo(t.Context())
	if err != nil || !strings.Contains(strings.Join(back.Warnings, " "), "boat-1.jpg can no longer be read at 40 pixels, because the file was moved or changed: add it again;") {
		t.Errorf("%v, %v", back.Warnings, err)
	}
	_, err = p.Thumbnail(boats[0])
	check(t, err, Invalid, "can no longer be read")
}

// Removing all images ends what adds some: nothing of it comes after.
func TestClearWhileAdding(t *testing.T) {
	p, _, _ := photos(t)
	cleared := make(chan DataInfo)
	files := []PictureFile{onDisk(t, "photos/fruit/fruit-1.jpg"), onDisk(t, "photos/fruit/fruit-2.jpg")}
	said := false
	from, _ := Files("fruit", files)
	_, err := p.AddImages(t.Context(), from, func(done, total int64) {
		if !said {
			said = true
			ended := p.data.adding
			go func() { cleared <- p.ClearImages() }()
			<-ended.Done()
		}
	})
	info := <-cleared
	if !errors.Is(err, context.Canceled) || len(info.Classes) != 0 || *info.Undo != "removed all 5 images" {
		t.Errorf("%+v, %v", info, err)
	}
	if back, err := p.Undo(t.Context()); err != nil || len(back.Classes) != 2 {
		t.Errorf("%+v, %v", back, err)
	}
	if added := addFiles(t, p, "fruit", "photos/fruit/fruit-1.jpg"); added.Accepted != 1 {
		t.Errorf("%+v", added)
	}
}

// A trained network follows when a new name is taken back.
func TestUndoOfARenameIsLearned(t *testing.T) {
	p := trained(t)
	old := worlds.Near.Classes[0]
	names := func() string { return strings.Join(p.network.current.names(), " ") }
	before := names()
	if _, err := p.RenameClass(old, "new"); err != nil || names() == before {
		t.Fatal(names(), err)
	}
	if _, err := p.Undo(t.Context()); err != nil || names() != before {
		t.Errorf("%s, %v", names(), err)
	}
	if _, err := p.Redo(t.Context()); err != nil || names() != strings.Replace(before, old, "new", 1) {
		t.Errorf("%s, %v", names(), err)
	}
}

// Pictures of 16 bits have the range of what is there: after an add that was given up, and
// after each step back and forward.
func TestUndoSettlesDepth(t *testing.T) {
	p := open(t, 0, 0)
	grey := func(name string, most uint16) PictureFile {
		m := image.NewGray16(image.Rect(0, 0, 16, 16))
		for i := range 256 {
			m.SetGray16(i%16, i/16, color.Gray16{Y: uint16(int(most) * i / 255)})
		}
		var b bytes.Buffer
		if err := png.Encode(&b, m); err != nil {
			t.Fatal(err)
		}
		return PictureFile{Path: name, Open: func() (File, error) { return inMemory(b.Bytes()), nil }}
	}
	give := func(ctx context.Context, progress Progress, class string, files ...PictureFile) error {
		from, err := Files(class, files)
		if err != nil {
			t.Fatal(err)
		}
		_, err = p.AddImages(ctx, from, progress)
		return err
	}
	brightest := func() uint8 { return slices.Max(values(t, p.data.set.Classes[0].Samples[0])) }
	none := func(int64, int64) {}
	if err := give(t.Context(), none, "a", grey("8.png", 200)); err != nil {
		t.Fatal(err)
	}
	alone := brightest()
	ctx, cancel := context.WithCancel(t.Context())
	err := give(ctx, func(done, total int64) {
		if done > 0 {
			cancel()
		}
	}, "b", grey("12.png", 4095), grey("12b.png", 4094))
	if !errors.Is(err, context.Canceled) || brightest() != alone || p.data.set.Len() != 1 || len(p.Images().Warnings) > 0 {
		t.Fatalf("%v: brightest %d, was %d; %v", err, brightest(), alone, p.Images().Warnings)
	}
	if err := give(t.Context(), none, "b", grey("12.png", 4095)); err != nil || brightest() >= alone {
		t.Fatalf("%v: brightest %d beside a deeper picture", err, brightest())
	}
	beside := brightest()
	if _, err := p.Undo(t.Context()); err != nil || brightest() != alone {
		t.Errorf("%v: brightest %d after undo, was %d", err, brightest(), alone)
	}
	if _, err := p.Redo(t.Context()); err != nil || brightest() != beside {
		t.Errorf("%v: brightest %d after redo, was %d", err, brightest(), beside)
	}
}
