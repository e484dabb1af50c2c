package images

import (
	"context"
	"errors"
	"iter"
)

// Add reads and decodes a file and puts it into class, or, where class is "", into the
// class that its folder names. A class is made on its first picture. The error is a
// *Refusal, also kept in Refused, or context.Canceled.
func (d *Dataset) Add(class string, f File) (*Sample, error) {
	d.begin()
	a := d.arrive(class, f)
	if a.wanted() {
		a.out, a.err = a.job.Decode(d.Foreign)
	}
	return d.enter(a)
}

// AddAll does what Add does with one file after the other, n at most, of which each comes
// with its class. Those that are large or many are decoded at once. poll is asked before
// each with the number of files that are done, and its error ends the work, as does
// context.Canceled of a file.
func (d *Dataset) AddAll(files iter.Seq2[string, File], n int, poll func(done int) error) error {
	d.begin()
	p := d.pipeline(n)
	defer p.close()
	done := 0
	ask := func() error { return poll(done) }
	for class, f := range files {
		if err := ask(); err != nil {
			return err
		}
		a := d.arrive(class, f)
		var job *Job
		if a.wanted() {
			job = &a.job
		}
		if err := p.add(job, func(out *Decoded, err error) error {
			a.out, a.err = out, err
			done++
			if _, err := d.enter(a); errors.Is(err, context.Canceled) {
				return err
			}
			return nil
		}); err != nil {
			return err
		}
	}
	return p.finish(ask)
}

// arrival is a file on its way into a class.
type arrival struct {
	class, name string
	file        File
	job         Job
	unread      error
	out         *Decoded
	err         error // of decoding
}

// arrive reads a file, where there is room for its picture.
func (d *Dataset) arrive(class string, f File) *arrival {
	f.Group = cleanName(f.Group)
	if class == "" {
		class = ClassOf(f.Path)
	}
	a := &arrival{class: cleanName(class), name: f.name(), file: f, unread: errCrowded}
	if !d.crowded() {
		var data []byte
		data, a.unread = f.Read()
		a.job = d.job(f, a.name, data)
	}
	return a
}

// wanted says that it is to be decoded.
func (a *arrival) wanted() bool { return a.unread == nil && a.class != "" }

// enter puts a decoded picture into its class.
func (d *Dataset) enter(a *arrival) (*Sample, error) {
	switch {
	case errors.Is(a.unread, context.Canceled):
		return nil, a.unread
	case d.crowded():
		return nil, d.refused(d.leftOut(a.name))
	case a.unread != nil:
		return nil, d.refused(refuse(a.name, Unreadable, "%s", a.unread))
	case a.class == "":
		return nil, d.refused(refuse(a.name, NoClass, "lies in no folder that could name its class: add it to a class, or drop a folder for each class."))
	case a.err != nil:
		return nil, d.refused(a.err.(*Refusal))
	}
	img := a.out
	d.depth = max(d.depth, img.Depth)
	if img.Depth > 0 && img.Range != d.depth { // a deeper one came in while it was decoded
		a.job.Depth = d.depth
		again, err := a.job.Decode(d.Foreign)
		if err != nil {
			return nil, d.refused(err.(*Refusal))
		}
		img = again
	}
	s := &Sample{Name: a.name, Width: img.Width, Height: img.Height, Size: d.Resizing.Size, Hash: img.Hash, Look: img.Look,
		Depth: img.Depth, Range: d.depth, Browser: img.Browser, File: a.file}
	var err error
	if s.Pixels, err = d.keep(img.Pixels, d.again(s)); err != nil {
		return nil, d.refused(d.leftOut(a.name))
	}
	s.ID = d.newID()
	c := d.Class(a.class)
	if c == nil {
		c = d.newClass(a.class)
	}
	c.Samples = append(c.Samples, s)
	return s, nil
}
