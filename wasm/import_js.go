package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc64"
	"io"
	"path"
	"strconv"
	"strings"
	"time"

	"thaw/irv2"
	"thaw/irv2/weights"
	"thaw/irv2/weights/hdf5"
	"thaw/irv2/weights/safetensors"
	"thaw/wasm/jsutil"
)

// importWeights answers weights.import: fetches if need be, checks tensor by
// tensor, keeps in IndexedDB, uses.
func (e *engine) importWeights(r *request) (any, error) {
	var args struct {
		URL  string `json:"url"`
		Name string `json:"name"`
	}
	if err := r.decode(&args); err != nil {
		return nil, err
	}
	done, err := e.begin(r.ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	file := jsutil.Prop(r.args, "file")
	if args.URL != "" {
		if file, err = fetch(r.ctx, args.URL, e.progress(r, "Fetching "+path.Base(args.URL))); err != nil {
			return nil, err
		}
		args.Name = cmp.Or(args.Name, path.Base(args.URL))
	}
	b, err := newBlob(file)
	if err != nil {
		return nil, err
	}
	in := &importing{engine: e, request: r, name: cmp.Or(args.Name, b.name(), "The file"), file: b}
	return in.run(args.URL)
}

// importing is one file on its way in.
type importing struct {
	engine  *engine
	request *request
	name    string
	file    *blob
	classes []string // of a head that came with the file
}

func (in *importing) run(url string) (any, error) {
	e, r := in.engine, in.request
	known, err := in.fingerprint(url)
	if err != nil {
		return nil, err
	}
	w, report, err := in.read()
	if err != nil {
		return nil, err
	}
	m := manifest{Config: w.Model.Config, Classes: in.classes, Created: time.Now().UnixMilli(), Info: weightInfo{
		ID:          identify(w),
		Name:        in.name,
		Model:       w.Model.Config.Name,
		Format:      string(report.Format),
		Bytes:       in.file.Size(),
		Description: string(report.Format),
		Warnings:    append([]string{}, report.Warnings...),
		Stored:      true,
	}}
	if known != nil {
		m.Info.Description = known.Name
	} else if in.classes != nil {
		m.Info.Description = fmt.Sprintf("fine-tuned in Thaw, %d classes", len(in.classes))
	}
	if err := in.keep(&m, w); err != nil {
		if errors.Is(err, context.Canceled) {
			return nil, err
		}
		// Training goes on unsaved: the file is still the user's.
		m.Info.Stored = false
		m.Info.Warnings = append(m.Info.Warnings, err.Error())
	}
	return m.Info, e.adopt(r.ctx, w, m.Info, in.classes)
}

// fingerprint says which published file this is, nil if none. One fetched from a
// published address must be that file.
func (in *importing) fingerprint(url string) (*weights.Known, error) {
	known, err := weights.Fingerprint(in.reader("Checking "+in.name), in.file.Size())
	if err != nil {
		return nil, err
	}
	for _, p := range weights.Published() {
		if p.URL == url && (known == nil || known.URL != url) {
			return nil, fail(codeCorrupt, "What came from %s is not the published file: try again, or download it yourself.", url)
		}
	}
	return known, nil
}

// read reads the file for the network that it says it is of, else for the chosen
// one, else for the other: a file that fits is better than an error.
func (in *importing) read() (*irv2.Weights, weights.Report, error) {
	choices := []choice{in.engine.choice}
	if said, ok := in.metadata(); ok {
		choices = []choice{said}
	} else {
		for _, model := range []string{"full", "mini"} {
			if model != in.engine.choice.Model {
				choices = append(choices, choice{Model: model, Dense: -1})
			}
		}
	}
	var first error
	for _, c := range choices {
		m, err := c.build(max(len(in.classes), len(in.engine.data.set.Classes)))
		if err != nil {
			return nil, weights.Report{}, err
		}
		// Read compares names and shapes before it reads any value: a try that fails is quick.
		w, report, err := weights.Read(in.reader(""), in.file.Size(), in.name, m, in.engine.progress(in.request, "Reading "+in.name))
		if err == nil {
			if len(report.Left) > 0 {
				in.classes = nil // no trained head came with it
			}
			return w, report, nil
		}
		if first == nil {
			first = err
		}
	}
	return nil, weights.Report{}, importError(first)
}

// metadata finds out which network a file that Thaw exported or pretrained holds.
func (in *importing) metadata() (choice, bool) {
	f, err := safetensors.Open(in.file, in.file.Size())
	if err != nil {
		return choice{}, false
	}
	if f.Metadata["format"] == "thaw" { // irv2/pretrain: a Dense for the classes, and no other
		in.classes = strings.Split(f.Metadata["classes"], "\n")
		return choice{Model: f.Metadata["model"]}, true
	}
	if f.Metadata[metaModel] == "" {
		return choice{}, false
	}
	c := choice{Model: f.Metadata[metaModel]}
	c.Dense, _ = strconv.Atoi(f.Metadata[metaDense])
	c.Size, _ = strconv.Atoi(f.Metadata[metaSize])
	json.Unmarshal([]byte(f.Metadata[metaClasses]), &in.classes)
	return c, true
}

// importError gives a reading error its code. Its text is a sentence that starts
// with the file's name.
func importError(err error) error {
	code := codeMismatch
	for _, kind := range []struct {
		err  error
		code string
	}{
		{hdf5.ErrTruncated, codeCorrupt}, {hdf5.ErrCorrupt, codeCorrupt}, {safetensors.ErrTruncated, codeCorrupt},
		{safetensors.ErrCorrupt, codeCorrupt}, {io.ErrUnexpectedEOF, codeCorrupt}, {hdf5.ErrUnsupported, codeUnsupported},
	} {
		if errors.Is(err, kind.err) {
			code = kind.code
		}
	}
	if errors.Is(err, context.Canceled) {
		return err
	}
	return fail(code, "%w.", err)
}

// keep stores w, unless the same weights are kept already.
func (in *importing) keep(m *manifest, w *irv2.Weights) error {
	e, ctx := in.engine, in.request.ctx
	if e.store == nil {
		return e.storeErr
	}
	if _, err := e.store.manifest(ctx, m.Info.ID); err == nil {
		return nil
	}
	return e.store.put(ctx, m, w, e.progress(in.request, "Keeping "+in.name))
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

// reader reads the file as long as the request stands, and lets messages through.
// With what it tells the progress.
func (in *importing) reader(what string) io.ReaderAt {
	r := &patientReader{ctx: in.request.ctx, file: in.file, poll: in.engine.loop.poll(in.request.ctx)}
	if what != "" {
		r.progress = in.engine.progress(in.request, what)
	}
	return r
}

type patientReader struct {
	ctx      context.Context
	file     *blob
	poll     func() error
	progress func(done, total int64)
}

func (r *patientReader) ReadAt(p []byte, off int64) (int, error) {
	if err := r.poll(); err != nil {
		return 0, err
	}
	n, err := r.file.ReadAt(p, off)
	if r.progress != nil {
		r.progress(off+int64(n), r.file.Size())
	}
	return n, err
}
