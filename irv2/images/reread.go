package images

import (
	"fmt"
	"path"
)

// Resize brings every picture to the size of r, from its file; poll is asked between
// pictures, and its error ends the work with nothing changed. A picture whose file is
// gone, or is another picture now, keeps the pixels and the size that it has: it is set
// aside, left out of every split, until that size is chosen again.
func (d *Dataset) Resize(r Resizing, poll func() error) error {
	again := map[Hash]*Sample{} // one of each picture, at the new size
	for _, c := range d.Classes {
		for _, s := range c.Samples {
			if s.Size == r.Size {
				again[s.Hash] = s
			}
		}
	}
	for _, c := range d.Classes {
		for _, s := range c.Samples {
			if err := poll(); err != nil {
				return err
			}
			if again[s.Hash] == nil && s.Size != r.Size {
				if img := s.reread(d.Limits); img != nil {
					again[s.Hash] = &Sample{}
					again[s.Hash].resize(img, r)
				}
			}
		}
	}
	for _, c := range d.Classes {
		for _, s := range c.Samples {
			if now := again[s.Hash]; now != nil && s.Size != r.Size {
				s.Size, s.Pixels = now.Size, now.Pixels
			}
		}
	}
	d.Resizing = r
	return nil
}

// reread decodes a picture's file once more, nil if it is no longer that picture.
func (s *Sample) reread(l Limits) *RGB8 {
	data, err := s.File.Read()
	if err != nil {
		return nil
	}
	img, err := Decode(data, s.Name, l)
	if err != nil || hash(img) != s.Hash {
		return nil
	}
	return img
}

// setAside lists the pictures that have another size than the data set, because their
// files could no longer be read when it changed.
func (d *Dataset) setAside() (aside []*Sample) {
	for _, c := range d.Classes {
		for _, s := range c.Samples {
			if s.Size != d.Resizing.Size {
				aside = append(aside, s)
			}
		}
	}
	return aside
}

// asideWarning names them in a sentence.
func (d *Dataset) asideWarning(aside []*Sample) string {
	name := path.Base(aside[0].Name)
	if len(aside) > 1 {
		name = fmt.Sprintf("%s and %s more", name, thousands(len(aside)-1))
	}
	or := ""
	if aside[0].Size > 0 {
		or = fmt.Sprintf(", or go back to %d pixels", aside[0].Size)
	}
	return fmt.Sprintf("%s can no longer be read at %d pixels, because the file was moved or changed: add it again%s; until then it is set aside.",
		name, d.Resizing.Size, or)
}
