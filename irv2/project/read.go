package project

import (
	"context"
	"errors"
	"fmt"
	"hash/crc64"
	"io"
	"time"

	"thaw/irv2"
	"thaw/irv2/weights"
	"thaw/irv2/weights/hdf5"
	"thaw/irv2/weights/safetensors"
)

// File is a file's content.
type File interface {
	io.ReaderAt
	Size() int64
}

// Import makes the weights of a file the network in use, checked tensor by tensor, and
// keeps them. open is called when it is the file's turn and gives its name too; url is
// where it comes from, "" if it was chosen. Where keeping fails, training goes on
// unsaved: the file is still the user's, and the info's warnings say why.
func (p *Project) Import(ctx context.Context, url string, open func() (name string, file File, err error), tell Tell) (WeightInfo, error) {
	done, err := p.Begin(ctx)
	if err != nil {
		return WeightInfo{}, err
	}
	defer done()
	name, file, err := open()
	if err != nil {
		return WeightInfo{}, err
	}
	known, err := p.published(ctx, url, name, file, tell)
	if err != nil {
		return WeightInfo{}, err
	}
	w, classes, report, err := p.read(ctx, name, file, tell)
	if err != nil {
		return WeightInfo{}, err
	}
	m := Manifest{Config: w.Model.Config, Classes: classes, Created: time.Now().UnixMilli(), Info: WeightInfo{
		ID:          identify(w),
		Name:        name,
		Model:       w.Model.Config.Name,
		Format:      string(report.Format),
		Bytes:       file.Size(),
		Description: string(report.Format),
		Warnings:    append([]string{}, report.Warnings...),
		Stored:      true,
	}}
	if known != nil {
		m.Info.Description = known.Name
	} else if classes != nil {
		m.Info.Description = fmt.Sprintf("fine-tuned in Thaw, %d classes", len(classes))
	}
	if err := p.Library.keep(ctx, &m, w, tell.of("Keeping "+name)); err != nil {
		if errors.Is(err, context.Canceled) {
			return WeightInfo{}, err
		}
		m.Info.Stored = false
		m.Info.Warnings = append(m.Info.Warnings, err.Error())
	}
	return m.Info, p.adopt(ctx, w, m.Info, classes)
}

// published says which published file this is, nil if none. One fetched from a
// published address must be that file.
func (p *Project) published(ctx context.Context, url, name string, file File, tell Tell) (*weights.Known, error) {
	known, err := weights.Fingerprint(&patient{file, p.poll(ctx), tell.of("Checking " + name)}, file.Size())
	if err != nil {
		return nil, err
	}
	for _, k := range weights.Published() {
		if k.URL == url && (known == nil || known.URL != url) {
			return nil, Errorf(Corrupt, "What came from %s is not the published file: try again, or download it yourself.", url)
		}
	}
	return known, nil
}

// read reads a weights file for the network that it says it is of, else for the chosen
// one, else for the other: a file that fits is better than an error. classes are those
// of a trained head that came with it, or nil.
func (p *Project) read(ctx context.Context, name string, file File, tell Tell) (w *irv2.Weights, classes []string, report weights.Report, err error) {
	choices := []Choice{p.choice}
	if about, ok := weights.AboutFile(&patient{file, p.poll(ctx), nil}, file.Size()); ok {
		choices = []Choice{{Model: about.Model, Size: about.Size, Dense: about.Dense}}
		classes = about.Classes
	} else {
		for _, model := range []string{"full", "mini"} {
			if model != p.choice.Model {
				choices = append(choices, Choice{Model: model, Dense: -1})
			}
		}
	}
	var first error
	for _, c := range choices {
		m, err := c.Build(max(len(classes), len(p.data.set.Classes)))
		if err != nil {
			return nil, nil, report, err
		}
		// Read compares names and shapes before it reads any value: a try that fails is quick.
		w, report, err := weights.Read(&patient{file, p.poll(ctx), nil}, file.Size(), name, m, tell.of("Reading "+name))
		if err == nil {
			if len(report.Left) > 0 {
				classes = nil // no trained head came with it
			}
			return w, classes, report, nil
		}
		if first == nil {
			first = err
		}
	}
	return nil, nil, report, readError(first)
}

// readError gives a reading error its code. Its text is a sentence that starts
// with the file's name.
func readError(err error) error {
	if errors.Is(err, context.Canceled) {
		return err
	}
	code := Mismatch
	for _, kind := range []struct {
		err  error
		code Code
	}{
		{hdf5.ErrTruncated, Corrupt}, {hdf5.ErrCorrupt, Corrupt}, {safetensors.ErrTruncated, Corrupt},
		{safetensors.ErrCorrupt, Corrupt}, {io.ErrUnexpectedEOF, Corrupt}, {hdf5.ErrUnsupported, Unsupported},
	} {
		if errors.Is(err, kind.err) {
			code = kind.code
		}
	}
	return Errorf(code, "%w.", err)
}

// identify names weights by their values, so that the same ones are kept once.
func identify(w *irv2.Weights) string {
	table := crc64.MakeTable(crc64.ECMA)
	sum := uint64(0)
	for _, d := range w.Data {
		sum = crc64.Update(sum, table, floatBytes(d))
	}
	return fmt.Sprintf("%s-%016x", w.Model.Config.Name, sum)
}

// patient is a file that is read as long as poll allows, and tells how far.
type patient struct {
	file     File
	poll     func() error
	progress Progress // or nil
}

func (r *patient) ReadAt(b []byte, off int64) (int, error) {
	if err := r.poll(); err != nil {
		return 0, err
	}
	n, err := r.file.ReadAt(b, off)
	if r.progress != nil {
		r.progress(off+int64(n), r.file.Size())
	}
	return n, err
}
