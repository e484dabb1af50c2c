package project

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/jpeg"
	"sync"

	"thaw/irv2/images"
)

// data is the images, with what the data set itself need not know.
type data struct {
	sync.Mutex // held while images are added or changed; adding gives way between files
	set        *images.Dataset
	sources    []Source     // where the pictures came from, to read them again at another size
	generated  map[int]bool // samples made by this project
	heldBack   map[int]bool // for samples whose side of the split came with them: is it validation?
}

func newData(size int) *data {
	return &data{set: images.NewDataset(images.DefaultResizing(size)), generated: map[int]bool{}, heldBack: map[int]bool{}}
}

// division says how images are divided for validation.
type division struct {
	fraction float64
	seed     uint64
}

// divide splits the images as the data set does, but for those with a side of their own.
func (d *data) divide(by division) (*images.Split, error) {
	split, err := d.set.Split(by.fraction, by.seed)
	if err != nil || len(d.heldBack) == 0 {
		return split, err
	}
	drawn := [2][]images.Example{split.Train, split.Validation}
	split.Train, split.Validation = nil, nil
	for side, examples := range drawn {
		for _, e := range examples {
			validation, given := d.heldBack[e.Sample.ID]
			if !given {
				validation = side == 1
			}
			if validation {
				split.Validation = append(split.Validation, e)
			} else {
				split.Train = append(split.Train, e)
			}
		}
	}
	return split, nil
}

// resize reads all pictures again at another size. A picture is known again by
// its Hash, which is of its original pixels; labels, names and IDs stay.
func (d *data) resize(ctx context.Context, size int, poll func() error) error {
	d.Lock()
	defer d.Unlock()
	if size == d.set.Resizing.Size {
		return nil
	}
	again := newData(size)
	for _, from := range d.sources {
		if err := from.add(ctx, again, func(int64, int64) { poll() }); err != nil { // from sees ctx's end itself
			return err
		}
	}
	pixels := map[images.Hash][]uint8{}
	for _, c := range again.set.Classes {
		for _, s := range c.Samples {
			pixels[s.Hash] = s.Pixels
		}
	}
	for _, c := range d.set.Classes {
		for _, s := range c.Samples {
			if pixels[s.Hash] == nil {
				return Errorf(Invalid, "%s of class %q can no longer be read, which another image size needs: remove it and add it again.", s.Name, c.Name)
			}
		}
	}
	for _, c := range d.set.Classes {
		for _, s := range c.Samples {
			s.Pixels = pixels[s.Hash]
		}
	}
	d.set.Resizing = again.set.Resizing
	return nil
}

// DataInfo describes the images, split as the last plan or run did.
type DataInfo struct {
	Classes    []ClassInfo     `json:"classes"`
	Duplicates []DuplicateInfo `json:"duplicates"`
	Problem    *string         `json:"problem"` // why training cannot start yet
	Warnings   []string        `json:"warnings"`
}

// ClassInfo is a class with its images; Generated says that all were made by this project.
type ClassInfo struct {
	Name      string      `json:"name"`
	Images    []ImageInfo `json:"images"`
	Generated bool        `json:"generated,omitempty"`
}

// ImageInfo is an image and its side of the split, train or validation.
type ImageInfo struct {
	ID    int    `json:"id"`
	Name  string `json:"name"`
	Split string `json:"split"`
}

// DuplicateInfo is one picture held more than once; Conflict: under two classes.
type DuplicateInfo struct {
	IDs      []int `json:"ids"`
	Conflict bool  `json:"conflict"`
}

func (d *data) info(by division) DataInfo {
	info := DataInfo{Classes: []ClassInfo{}, Duplicates: []DuplicateInfo{}, Warnings: []string{}}
	validation := map[int]bool{}
	if split, err := d.divide(by); err != nil {
		problem := err.Error()
		info.Problem = &problem
	} else {
		info.Warnings = append(info.Warnings, split.Warnings...)
		for _, e := range split.Validation {
			validation[e.Sample.ID] = true
		}
	}
	for _, c := range d.set.Classes {
		class := ClassInfo{Name: c.Name, Images: []ImageInfo{}, Generated: len(c.Samples) > 0}
		for _, s := range c.Samples {
			side := "train"
			if validation[s.ID] {
				side = "validation"
			}
			class.Images = append(class.Images, ImageInfo{s.ID, s.Name, side})
			class.Generated = class.Generated && d.generated[s.ID]
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
	return info
}

// AddResult is what came of adding images.
type AddResult struct {
	Accepted int               `json:"accepted"`
	Refused  []*images.Refusal `json:"refused"`
	Data     DataInfo          `json:"data"`
}

// AddImages adds those of a source; what came before ctx ended stays.
func (p *Project) AddImages(ctx context.Context, from Source, progress Progress) (*AddResult, error) {
	d := p.data
	d.Lock()
	defer d.Unlock()
	d.set.ClearRefused()
	before := d.set.Len()
	err := from.add(ctx, d, progress)
	d.sources = append(d.sources, from)
	if err != nil {
		return nil, WithCode(Invalid, err)
	}
	return &AddResult{Accepted: d.set.Len() - before, Refused: append([]*images.Refusal{}, d.set.Refused...), Data: p.Images()}, nil
}

// Images describes the images.
func (p *Project) Images() DataInfo { return p.data.info(p.division) }

// RenameClass gives a class another name; its images and its label stay.
func (p *Project) RenameClass(name, to string) (DataInfo, error) {
	return p.edit(func(d *images.Dataset) error { return d.RenameClass(name, to) })
}

// RemoveClass removes a class with its images.
func (p *Project) RemoveClass(name string) (DataInfo, error) {
	return p.edit(func(d *images.Dataset) error { return d.RemoveClass(name) })
}

// RemoveImages removes images; their classes stay.
func (p *Project) RemoveImages(ids []int) (DataInfo, error) {
	return p.edit(func(d *images.Dataset) error {
		for _, id := range ids {
			if err := d.RemoveSample(id); err != nil {
				return err
			}
		}
		return nil
	})
}

func (p *Project) edit(change func(*images.Dataset) error) (DataInfo, error) {
	p.data.Lock()
	defer p.data.Unlock()
	if err := change(p.data.set); err != nil {
		return DataInfo{}, WithCode(Invalid, err)
	}
	return p.Images(), nil
}

// ClearImages removes all images and classes.
func (p *Project) ClearImages() DataInfo {
	p.data = newData(p.choice.Size)
	return p.Images()
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
	size := set.Resizing.Size
	w, h, rgba := (&images.RGB8{W: size, H: size, Pix: s.Pixels}).Thumbnail(thumbnailSide)
	var b bytes.Buffer
	img := &image.RGBA{Pix: rgba, Stride: 4 * w, Rect: image.Rect(0, 0, w, h)}
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: 85}); err != nil {
		return nil, fmt.Errorf("thumbnail: %w", err)
	}
	return b.Bytes(), nil
}
