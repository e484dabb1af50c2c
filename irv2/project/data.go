package project

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"sync"
	"time"

	"thaw/irv2/images"
)

// data is the images. Its lock is held while they are added or changed; adding gives way
// between files.
type data struct {
	sync.Mutex
	set     *images.Dataset
	history history

	adding context.Context // ends when all images are removed
	end    context.CancelFunc
}

func newData(size int) *data {
	d := &data{set: images.NewDataset(images.DefaultResizing(size))}
	d.adding, d.end = context.WithCancel(context.Background())
	return d
}

// empty removes all images, for good, and ends what is adding some.
func (d *data) empty() {
	d.stopAdding()
	d.Lock()
	defer d.Unlock()
	d.set.Restore(0, nil)
	d.set.ClearRefused()
	d.history = history{}
}

// KeepOn gives images a disk for the pixels beyond diskBudget.
func (p *Project) KeepOn(disk *images.Disk) { p.data.set.Disk, p.data.set.Budget = disk, diskBudget }

// diskBudget is how much of the pixels stays in memory where there is a disk: a picture is
// read from it in some tens of microseconds, which no step notices, and the memory is of
// more use to runs.
const diskBudget = 256 << 20

// DecodeIn gives images decoders for intakes that are large (see images.Dataset.Threads).
func (p *Project) DecodeIn(threads func() images.Decoders) { p.data.set.Threads = threads }

// DecodeBy gives images a decoder of the formats that are not read here, which is asked
// for what it was said that it may (see PictureFile.Browser).
func (p *Project) DecodeBy(f images.Foreign) { p.data.set.Foreign = f }

// stopAdding ends what is adding images now, or waits to do so.
func (d *data) stopAdding() {
	d.end()
	d.adding, d.end = context.WithCancel(context.Background())
}

// division says how images are divided for validation.
type division struct {
	fraction float64
	seed     uint64
}

func (d *data) divide(by division) (*images.Split, error) { return d.set.Split(by.fraction, by.seed) }

// outputs are what a head for the classes answers.
func (d *data) outputs() []output {
	outputs := make([]output, len(d.set.Classes))
	for i, c := range d.set.Classes {
		outputs[i] = output{c.Name, c.ID}
	}
	return outputs
}

// resize reads all pictures again at another size; labels, names and IDs stay.
func (d *data) resize(size int, poll func() error) error {
	d.Lock()
	defer d.Unlock()
	if size == d.set.Resizing.Size {
		return nil
	}
	return WithCode(Memory, d.set.Resize(images.DefaultResizing(size), poll))
}

// DataInfo describes the images, split as the last plan or run did.
type DataInfo struct {
	Classes    []ClassInfo     `json:"classes"`
	Duplicates []DuplicateInfo `json:"duplicates"`
	Problem    *string         `json:"problem"` // why training cannot start yet
	Warnings   []string        `json:"warnings"`
	Undo       *string         `json:"undo"` // what Undo would take back, in words; nil: nothing
	Redo       *string         `json:"redo"`
	Tested     []Tested        `json:"tested"` // measurements of the test set, one a network
}

// ClassInfo is a class with its images; Generated says that all were made by this project.
type ClassInfo struct {
	Name      string      `json:"name"`
	Images    []ImageInfo `json:"images"`
	Generated bool        `json:"generated,omitempty"`
}

// ImageInfo is an image and its side of the split: train, validation, test (looked at only
// when a person asks), or aside. Excluded: set aside by hand, which IncludeImages takes back.
type ImageInfo struct {
	ID    int    `json:"id"`
	Name  string `json:"name"`
	Split string `json:"split"`
	Group string `json:"group,omitempty"`

	Excluded bool `json:"excluded,omitempty"`
	// BrowserDecoded: its pixels are what this browser makes of its file.
	BrowserDecoded bool `json:"browserDecoded,omitempty"`
}

// DuplicateInfo is one picture held more than once; Conflict: under two classes.
type DuplicateInfo struct {
	IDs      []int `json:"ids"`
	Conflict bool  `json:"conflict"`
}

func (d *data) info(by division) DataInfo {
	info := DataInfo{Classes: []ClassInfo{}, Duplicates: []DuplicateInfo{}, Warnings: []string{}}
	sides := map[int]string{}
	if split, err := d.divide(by); err != nil {
		problem := err.Error()
		info.Problem = &problem
	} else {
		info.Warnings = append(info.Warnings, split.Warnings...)
		for _, s := range split.LeftOut {
			sides[s.ID] = "aside"
		}
		for name, examples := range map[string][]images.Example{"validation": split.Validation, "test": split.Test} {
			for _, e := range examples {
				sides[e.Sample.ID] = name
			}
		}
	}
	if warning := d.set.Imbalance(); warning != "" {
		info.Warnings = append(info.Warnings, warning)
	}
	for _, c := range d.set.Classes {
		class := ClassInfo{Name: c.Name, Images: []ImageInfo{}, Generated: len(c.Samples) > 0}
		for _, s := range c.Samples {
			class.Images = append(class.Images, ImageInfo{s.ID, s.Name, cmp.Or(sides[s.ID], "train"), s.File.Group, s.Excluded, s.Browser})
			class.Generated = class.Generated && s.File.Generated()
		}
		info.Classes = append(info.Classes, class)
	}
	for _, dup := range d.set.Duplicates() {
		list := DuplicateInfo{Conflict: dup.Conflict}
		for _, s := range dup.Samples {
			list.IDs = append(list.IDs, s.ID)
		}
		info.Duplicates = append(info.Duplicates, list)
	}
	info.Undo, info.Redo = lastOf(d.history.past), lastOf(d.history.future)
	return info
}

func lastOf(changes []change) *string {
	if len(changes) == 0 {
		return nil
	}
	return &changes[len(changes)-1].did
}

// AddResult is what came of adding images.
type AddResult struct {
	Accepted int               `json:"accepted"`
	Refused  []*images.Refusal `json:"refused"`
	Data     DataInfo          `json:"data"`
}

// AddImages adds those of a source. Nothing of it stays when ctx ends, or all images are
// removed, before all are there.
func (p *Project) AddImages(ctx context.Context, from Source, progress Progress) (*AddResult, error) {
	d := p.data
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(d.adding, cancel)()
	d.Lock()
	defer d.Unlock()
	d.set.ClearRefused()
	d.set.Most = p.pixelMemory()
	before, had, next := d.set.Arrangement(), d.set.Len(), d.set.NextID()
	began := time.Now()
	err := from.add(ctx, d.set, func(done, total int64) {
		if progress(done, total); time.Since(began) > keepIntakeEvery {
			next, began = p.keepFrom(next), time.Now()
		}
	})
	if settled := d.set.Settle(p.poll(ctx)); err == nil {
		err = settled
	}
	if errors.Is(err, context.Canceled) {
		d.set.Arrange(before)
		d.set.Settle(p.poll(context.Background())) // what went may have been deeper than all that stays
		p.changed()
		return nil, err
	}
	d.remember(added(before, d.set.Arrangement()), before)
	p.keepFrom(next)
	if err != nil {
		return nil, WithCode(Invalid, err)
	}
	return &AddResult{Accepted: d.set.Len() - had, Refused: append([]*images.Refusal{}, d.set.Refused...), Data: p.Images()}, nil
}

// keepIntakeEvery is how often what came in so far is kept: thousands of photographs take an
// hour, and a crash is not to cost it.
var keepIntakeEvery = 10 * time.Second

// keepFrom has the images kept whose ID is at least first, and returns the next ID.
func (p *Project) keepFrom(first int) (next int) {
	for _, c := range p.data.set.Classes {
		for _, s := range c.Samples {
			if s.ID >= first {
				s.File = p.keptFile(s.File, s.ID)
			}
		}
	}
	p.changed()
	return p.data.set.NextID()
}

// Images describes the images.
func (p *Project) Images() DataInfo {
	info := p.data.info(p.division)
	info.Tested = append([]Tested{}, p.tested...)
	return info
}

// thumbnailSide is the longest side of a thumbnail in pixels.
const thumbnailSide = 96

// Thumbnail is a small JPEG of an image.
func (p *Project) Thumbnail(id int) ([]byte, error) {
	set := p.data.set
	s, _ := set.Sample(id)
	if s == nil {
		return nil, Errorf(Invalid, "There is no image number %d: it may have been removed.", id)
	}
	if s.Pixels == nil {
		return nil, Errorf(Invalid, "The file of %s can no longer be read, because it was moved or changed: add it again.", s.Name)
	}
	pixels, err := s.Pixels.Read(nil)
	if err != nil {
		return nil, WithCode(Invalid, err)
	}
	return asJPEG(&images.RGB8{W: s.Size, H: s.Size, Pix: pixels}, thumbnailSide)
}

// asJPEG is a picture at most side pixels wide and high.
func asJPEG(picture *images.RGB8, side int) ([]byte, error) {
	w, h, rgba := picture.Thumbnail(side)
	var b bytes.Buffer
	img := &image.RGBA{Pix: rgba, Stride: 4 * w, Rect: image.Rect(0, 0, w, h)}
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: 85}); err != nil {
		return nil, fmt.Errorf("thumbnail: %w", err)
	}
	return b.Bytes(), nil
}
