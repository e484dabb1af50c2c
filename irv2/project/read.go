package project

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"hash/crc64"
	"io"
	"time"

	"thaw/irv2"
	"thaw/irv2/keep"
	"thaw/irv2/weights"
	"thaw/irv2/weights/hdf5"
	"thaw/irv2/weights/safetensors"
	"thaw/irv2/weights/tfjs"
	"thaw/irv2/weights/torch"
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
	m, w, err := p.importFile(ctx, url, name, file, tell)
	if err != nil {
		return WeightInfo{}, err
	}
	return m.Info, p.adopt(ctx, w, m.Info, m.Classes)
}

// importFile reads a file's weights and keeps them.
func (p *Project) importFile(ctx context.Context, url, name string, file File, tell Tell) (m Manifest, w *irv2.Weights, err error) {
	known, err := p.published(ctx, url, name, file, tell)
	if err != nil {
		return m, nil, err
	}
	w, outputs, report, err := p.read(ctx, name, file, tell)
	if err != nil {
		return m, nil, err
	}
	m = Manifest{Config: w.Model.Config, Classes: outputs, Created: time.Now().UnixMilli(), Info: WeightInfo{
		ID:            identify(w),
		Name:          name,
		Model:         w.Model.Config.Name,
		Format:        string(report.Format),
		Bytes:         file.Size(),
		Description:   describeFile(known, report, outputs),
		Warnings:      append([]string{}, report.Warnings...),
		Stored:        true,
		Preprocessing: report.Preprocessing,
	}}
	if about, own := weights.AboutMetadata(report.Metadata); own {
		m.Info.Run = about.Run
	}
	if way := report.Preprocessing; way != nil {
		m.Info.Warnings = append(m.Info.Warnings, fmt.Sprintf("Pixels are fed as %v, as the file's own layers do.", way))
	}
	if err := p.Library.keep(ctx, &m, w, tell); err != nil {
		if errors.Is(err, context.Canceled) {
			return m, nil, err
		}
		m.Info.Stored = false
		m.Info.Warnings = append(m.Info.Warnings, err.Error())
	}
	return m, w, nil
}

// published says which published file this is, nil if none. One fetched from a
// published address must be that file, where its sum is known.
func (p *Project) published(ctx context.Context, url, name string, file File, tell Tell) (*weights.Known, error) {
	known, err := weights.Fingerprint(&patient{file, p.poll(ctx), tell.of("Checking " + name)}, file.Size())
	if err != nil {
		return nil, err
	}
	for _, k := range weights.Published() {
		if k.URL == url && k.HasSum() && (known == nil || known.URL != url) {
			return nil, Errorf(Corrupt, "What came from %.200s is not the published file: try again, or download it yourself.", url)
		}
	}
	return known, nil
}

// describeFile says in some words what a file holds.
func describeFile(known *weights.Known, report weights.Report, outputs []string) string {
	_, own := weights.AboutMetadata(report.Metadata)
	switch {
	case known != nil:
		return known.Name
	case outputs == nil:
		return string(report.Format)
	case own:
		return fmt.Sprintf("fine-tuned in Thaw, %d classes", len(outputs))
	}
	return fmt.Sprintf("%s, trained for %d classes", report.Format, len(outputs))
}

// read reads a weights file for the network that it says it is of, else for the chosen
// one, else for the other: a file that fits is better than an error. outputs are those of
// a trained head that came with it, or nil.
func (p *Project) read(ctx context.Context, name string, file File, tell Tell) (w *irv2.Weights, outputs []string, report weights.Report, err error) {
	in := p.patiently(ctx, file)
	choices := []Choice{p.choice}
	about, own := weights.AboutFile(in, file.Size())
	if own {
		choices = []Choice{{Model: about.Model, Size: about.Size, Dense: about.Dense}}
	} else {
		for _, model := range []string{"full", "mini"} {
			if model != p.choice.Model {
				choices = append(choices, Choice{Model: model, Dense: -1})
			}
		}
	}
	var found *weights.Matched
	for _, c := range choices {
		m, wrong := c.Build(max(len(about.Classes), len(p.data.set.Classes)))
		if wrong != nil {
			return nil, nil, report, wrong
		}
		var mismatch error
		if found, mismatch = weights.Match(in, file.Size(), name, m); mismatch == nil {
			break
		}
		if err == nil {
			err = mismatch
		}
	}
	if found == nil {
		return nil, nil, report, cmp.Or(ctx.Err(), readError(err)) // a file given up looks like none
	}
	if !own {
		if found, outputs, err = withHead(found); err != nil {
			return nil, nil, report, err
		}
	}
	if w, report, err = found.Load(tell.of("Reading " + name)); err != nil {
		return nil, nil, report, readError(err)
	}
	if own && len(report.Left) == 0 {
		outputs = about.Classes // nil: no trained head came with it
	}
	if own {
		report.Preprocessing, report.Metadata = about.Preprocessing, about.Metadata()
	}
	return w, outputs, report, nil
}

// withHead matches a file for a network with the head that is in it, if it has one of
// Thaw's form, and gives its outputs names. ImageNet's, which nobody has asked for, is
// left where the file does not name its classes.
func withHead(found *weights.Matched) (*weights.Matched, []string, error) {
	r, config := found.Report(), found.Model().Config
	head := r.Head
	if head == nil || r.Outputs == nil && head.Dense == 0 && (head.Classes == 1000 || head.Classes == 1001) {
		return found, nil, nil
	}
	if len(r.Left) > 0 {
		config.Dense, config.Classes = head.Dense, head.Classes
		m, err := irv2.New(config)
		if err != nil {
			return nil, nil, err
		}
		found = found.WithHead(m)
	}
	if len(r.Outputs) == head.Classes {
		return found, r.Outputs, nil
	}
	return found, weights.Numbered(head.Classes), nil
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
		{tfjs.ErrTruncated, Corrupt}, {weights.ErrONNX, Corrupt}, {tfjs.ErrCorrupt, Corrupt}, {torch.ErrTruncated, Corrupt}, {torch.ErrCorrupt, Corrupt}, {torch.ErrUnsupported, Unsupported},
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
		sum = crc64.Update(sum, table, keep.Bytes(d))
	}
	return fmt.Sprintf("%s-%016x", w.Model.Config.Name, sum)
}

// patiently reads a file with p's patience, and what belongs to it.
func (p *Project) patiently(ctx context.Context, file File) io.ReaderAt {
	in := &patient{file, p.poll(ctx), nil}
	if folder, ok := file.(weights.Folder); ok {
		return patientFolder{in, folder}
	}
	return in
}

// patientFolder is a patient file with others beside it.
type patientFolder struct {
	*patient
	folder weights.Folder
}

func (f patientFolder) Part(name string) (io.ReaderAt, int64, error) {
	r, size, err := f.folder.Part(name)
	return &patient{sized{r, size}, f.poll, nil}, size, err
}

type sized struct {
	io.ReaderAt
	size int64
}

func (s sized) Size() int64 { return s.size }

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
