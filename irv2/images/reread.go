package images

import (
	"fmt"
	"path"
	"slices"

	"thaw/irv2/internal/text"
)

// Resize brings every picture to the size of r, and those of 16 bits to the range of the
// deepest, from its file; poll is asked between pictures, and its error, or a lack of room,
// ends the work with nothing changed. A picture whose file is gone, or is another picture now, keeps the
// pixels, the size and the range that it has: it is set aside, left out of every split,
// until those are chosen again.
func (d *Dataset) Resize(r Resizing, poll func() error) error {
	next := &Dataset{Resizing: r, Limits: d.Limits, Foreign: d.Foreign, Threads: d.Threads, Disk: d.Disk, Budget: d.Budget, Most: d.Most, depth: d.Depth()}
	again := map[Hash]*Sample{} // one of each picture, as it is to be
	var aside, stay []*Sample
	for _, c := range d.Classes {
		for _, s := range c.Samples {
			if next.aside(s) {
				aside = append(aside, s)
				continue
			}
			again[s.Hash] = s
			stay = append(stay, s)
		}
	}
	next.held = held(stay)
	if err := next.reread(aside, again, poll); err != nil {
		return err
	}
	for _, c := range d.Classes {
		for _, s := range c.Samples {
			if now := again[s.Hash]; now != nil && next.aside(s) {
				s.Size, s.Range, s.Pixels = now.Size, now.Range, now.Pixels
			}
			s.Lost = next.aside(s)
		}
	}
	d.Resizing, d.depth = r, next.depth
	return nil
}

// Depth is the bits in use of the deepest picture of 16, 0 where there is none. All
// pictures of 16 bits are scaled by it.
func (d *Dataset) Depth() (depth int) {
	for _, c := range d.Classes {
		for _, s := range c.Samples {
			depth = max(depth, s.Depth)
		}
	}
	return depth
}

// Settle scales the pictures of 16 bits anew where deeper ones have come, or gone; it is
// to be called when files were added or removed.
func (d *Dataset) Settle(poll func() error) error {
	d.depth = d.Depth()
	for _, c := range d.Classes {
		if slices.ContainsFunc(c.Samples, d.aside) {
			return d.Resize(d.Resizing, poll)
		}
	}
	return nil
}

// depthWarning says by which range pictures of 16 bits are scaled, "" for all of it.
func (d *Dataset) depthWarning() string {
	if depth := d.Depth(); 0 < depth && depth < 16 {
		return fmt.Sprintf("The 16-bit images here use %d of their bits: values up to %s are taken as white, in predictions too.", depth, text.Thousands(1<<depth-1))
	}
	return ""
}

// reread puts pictures, as the data set would have them, into again: one of each, by the
// first file that is still that picture.
func (d *Dataset) reread(pictures []*Sample, again map[Hash]*Sample, poll func() error) error {
	p := d.pipeline(len(pictures))
	defer p.close()
	for len(pictures) > 0 {
		var copies []*Sample
		asked := map[Hash]bool{}
		for _, s := range pictures {
			if err := poll(); err != nil {
				return err
			}
			switch {
			case again[s.Hash] != nil:
				continue
			case asked[s.Hash]:
				copies = append(copies, s)
				continue
			}
			asked[s.Hash] = true
			data, err := s.File.Read()
			if err != nil {
				continue
			}
			job := d.job(s.File, s.Name, data)
			if err := p.add(&job, func(out *Decoded, err error) error {
				if err != nil || out.Hash != s.Hash {
					return nil
				}
				again[s.Hash], err = d.renewed(s, out.Pixels)
				return err
			}); err != nil {
				return err
			}
		}
		if err := p.finish(poll); err != nil {
			return err
		}
		pictures = copies
	}
	return nil
}

// renewed is a picture with other pixels. The error is that there is no room for them.
func (d *Dataset) renewed(s *Sample, pixels []uint8) (*Sample, error) {
	now := *s
	now.Size, now.Range = d.Resizing.Size, d.depth
	var err error
	if now.Pixels, err = d.keep(pixels, d.again(&now)); err != nil {
		return nil, problemf("The size stays as it was, because %s.", d.noRoom())
	}
	return &now, nil
}

// again makes the pixels that a picture has now, once more from its file.
func (d *Dataset) again(s *Sample) func() ([]uint8, error) {
	job := d.job(s.File, s.Name, nil)
	job.Resizing.Size, job.Depth = s.Size, s.Range
	return func() ([]uint8, error) {
		now := job
		var err error
		if now.Data, err = s.File.Read(); err != nil {
			return nil, problemf("%s %v", s.Name, err)
		}
		out, err := now.Decode(d.Foreign)
		if err != nil {
			return nil, err
		}
		if out.Hash != s.Hash {
			return nil, problemf("%s can no longer be read, because it was moved or changed: add it again.", s.Name)
		}
		return out.Pixels, nil
	}
}

// aside says that a picture is not as the data set has them: of another size, or scaled
// by another range.
func (d *Dataset) aside(s *Sample) bool {
	return s.Size != d.Resizing.Size || s.Depth > 0 && s.Range != d.depth
}

// setAside lists the pictures whose files could no longer be read when the size or the
// range changed.
func (d *Dataset) setAside() (aside []*Sample) {
	for _, c := range d.Classes {
		for _, s := range c.Samples {
			if d.aside(s) {
				aside = append(aside, s)
			}
		}
	}
	return aside
}

// asideWarning names those of them that are lost in a sentence, "" for none: others wait
// for Settle.
func (d *Dataset) asideWarning(aside []*Sample) string {
	lost := slices.DeleteFunc(slices.Clone(aside), func(s *Sample) bool { return !s.Lost })
	if len(lost) == 0 {
		return ""
	}
	name, first := path.Base(lost[0].Name), lost[0]
	if len(lost) > 1 {
		name = fmt.Sprintf("%s and %s more", name, text.Thousands(len(lost)-1))
	}
	if first.Size == d.Resizing.Size {
		return fmt.Sprintf("%s can no longer be read, because the file was moved or changed, and is scaled otherwise than the 16-bit images that came later: add it again; until then it is set aside.", name)
	}
	or := ""
	if first.Size > 0 {
		or = fmt.Sprintf(", or go back to %d pixels", first.Size)
	}
	return fmt.Sprintf("%s can no longer be read at %d pixels, because the file was moved or changed: add it again%s; until then it is set aside.",
		name, d.Resizing.Size, or)
}
