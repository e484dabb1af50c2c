package main

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/jpeg"
	"sync"

	"github.com/hack-pad/safejs"

	"thaw/irv2/images"
	"thaw/wasm/jsutil"
)

// data is the images, with what the data set itself need not know.
type data struct {
	sync.Mutex // held while images are added or changed; adding gives way between files
	set        *images.Dataset
	sources    []source     // where the pictures came from, to read them again at another size
	generated  map[int]bool // samples made by this project
	heldBack   map[int]bool // for samples whose side of the split came with them: is it validation?
}

// source adds its pictures to a data set; progress hears how many of its files are done.
type source func(ctx context.Context, to *images.Dataset, progress func(done, total int)) error

func newData(size int) *data {
	return &data{set: images.NewDataset(images.DefaultResizing(size)), generated: map[int]bool{}, heldBack: map[int]bool{}}
}

// divide splits the images as the data set does, but for those with a side of their own.
func (d *data) divide(fraction float64, seed uint64) (*images.Split, error) {
	split, err := d.set.Split(fraction, seed)
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

// dataInfo is DataInfo of thaw.d.ts.
type dataInfo struct {
	Classes    []classInfo     `json:"classes"`
	Duplicates []duplicateInfo `json:"duplicates"`
	Problem    *string         `json:"problem"`
	Warnings   []string        `json:"warnings"`
}

type classInfo struct {
	Name      string      `json:"name"`
	Images    []imageInfo `json:"images"`
	Generated bool        `json:"generated,omitempty"`
}

type imageInfo struct {
	ID    int    `json:"id"`
	Name  string `json:"name"`
	Split string `json:"split"` // train or validation
}

type duplicateInfo struct {
	IDs      []int `json:"ids"`
	Conflict bool  `json:"conflict"`
}

type refusedInfo struct {
	Name   string `json:"name"`
	Reason string `json:"reason"`
}

// addResult is AddResult of thaw.d.ts.
type addResult struct {
	Accepted int           `json:"accepted"`
	Refused  []refusedInfo `json:"refused"`
	Data     dataInfo      `json:"data"`
}

// info describes the images, split as the next run would.
func (d *data) info(fraction float64, seed uint64) dataInfo {
	info := dataInfo{Classes: []classInfo{}, Duplicates: []duplicateInfo{}, Warnings: []string{}}
	validation := map[int]bool{}
	if split, err := d.divide(fraction, seed); err != nil {
		problem := err.Error()
		info.Problem = &problem
	} else {
		info.Warnings = append(info.Warnings, split.Warnings...)
		for _, e := range split.Validation {
			validation[e.Sample.ID] = true
		}
	}
	for _, c := range d.set.Classes {
		class := classInfo{Name: c.Name, Images: []imageInfo{}, Generated: len(c.Samples) > 0}
		for _, s := range c.Samples {
			side := "train"
			if validation[s.ID] {
				side = "validation"
			}
			class.Images = append(class.Images, imageInfo{s.ID, s.Name, side})
			class.Generated = class.Generated && d.generated[s.ID]
		}
		info.Classes = append(info.Classes, class)
	}
	for _, dup := range d.set.Duplicates() {
		list := duplicateInfo{Conflict: dup.Conflict}
		for _, s := range dup.Samples {
			list.IDs = append(list.IDs, s.ID)
		}
		info.Duplicates = append(info.Duplicates, list)
	}
	return info
}

// add adds a source; what came before the request was given up stays.
func (e *engine) add(r *request, what string, from source) (any, error) {
	e.data.Lock()
	defer e.data.Unlock()
	d := e.data.set
	d.ClearRefused()
	before := d.Len()
	tell := e.progress(r, what)
	err := from(r.ctx, d, func(done, total int) { tell(int64(done), int64(total)) })
	e.data.sources = append(e.data.sources, from)
	if err != nil {
		return nil, withCode(codeInvalid, err)
	}
	result := addResult{Accepted: d.Len() - before, Refused: []refusedInfo{}, Data: e.dataInfo()}
	for _, refusal := range d.Refused {
		result.Refused = append(result.Refused, refusedInfo{refusal.Name, refusal.Text})
	}
	return result, nil
}

// pictureFile is a file of the page with the path by which it is known.
type pictureFile struct {
	path string
	file safejs.Value
}

func filesOf(list safejs.Value, key string) []pictureFile {
	var files []pictureFile
	for _, f := range jsutil.Elements(list) {
		files = append(files, pictureFile{jsutil.String(jsutil.Prop(f, key)), jsutil.Prop(f, "file")})
	}
	return files
}

// readFiles reads files one by one, into class or into the classes of their folders.
func readFiles(ctx context.Context, to *images.Dataset, class string, files []pictureFile, progress func(done, total int)) error {
	for i, f := range files {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		progress(i, len(files))
		if images.Hidden(f.path) {
			continue
		}
		b, err := newBlob(f.file)
		if err != nil {
			return err
		}
		// One byte over the limit is enough for Add to refuse the file by its size.
		content := make([]byte, min(b.Size(), to.Limits.FileBytes+1))
		if _, err := b.ReadAt(content, 0); err != nil {
			return err
		}
		to.Add(class, f.path, content) // a refusal stands in to.Refused
	}
	progress(len(files), len(files))
	return nil
}

// addImages answers data.add.
func (e *engine) addImages(r *request) (any, error) {
	class := jsutil.String(jsutil.Prop(r.args, "class"))
	if class == "" {
		return nil, fail(codeInvalid, "Name the class that the images belong to.")
	}
	files := filesOf(jsutil.Prop(r.args, "files"), "name")
	return e.add(r, "Reading images", func(ctx context.Context, to *images.Dataset, progress func(done, total int)) error {
		if len(files) == 0 && to.Class(class) == nil {
			return to.AddClass(class)
		}
		return readFiles(ctx, to, class, files, progress)
	})
}

// addFolder answers data.addFolder.
func (e *engine) addFolder(r *request) (any, error) {
	files := filesOf(jsutil.Prop(r.args, "files"), "path")
	return e.add(r, "Reading images", func(ctx context.Context, to *images.Dataset, progress func(done, total int)) error {
		return readFiles(ctx, to, "", files, progress)
	})
}

// addZip answers data.addZip.
func (e *engine) addZip(r *request) (any, error) {
	b, err := newBlob(jsutil.Prop(r.args, "file"))
	if err != nil {
		return nil, err
	}
	return e.add(r, "Unpacking "+b.name(), func(ctx context.Context, to *images.Dataset, progress func(done, total int)) error {
		_, err := to.AddZip(ctx, "", b.name(), b, b.Size(), images.DefaultZipLimits, progress)
		return err
	})
}

// resize reads all pictures again at another size. A picture is known again by
// its Hash, which is of its original pixels; labels, names and IDs stay.
func (e *engine) resize(ctx context.Context, size int) error {
	e.data.Lock()
	defer e.data.Unlock()
	d := e.data
	if size == d.set.Resizing.Size {
		return nil
	}
	again := images.NewDataset(images.DefaultResizing(size))
	for _, from := range d.sources {
		if err := from(ctx, again, func(int, int) { e.loop.yield() }); err != nil {
			return err
		}
	}
	pixels := map[images.Hash][]uint8{}
	for _, c := range again.Classes {
		for _, s := range c.Samples {
			pixels[s.Hash] = s.Pixels
		}
	}
	for _, c := range d.set.Classes {
		for _, s := range c.Samples {
			if pixels[s.Hash] == nil {
				return fail(codeInvalid, "%s of class %q can no longer be read, which another image size needs: remove it and add it again.", s.Name, c.Name)
			}
		}
	}
	for _, c := range d.set.Classes {
		for _, s := range c.Samples {
			s.Pixels = pixels[s.Hash]
		}
	}
	d.set.Resizing = again.Resizing
	return nil
}

func (e *engine) dataInfo() dataInfo { return e.data.info(e.split.fraction, e.split.seed) }

// change answers a call that edits the data set.
func (e *engine) change(r *request, args any, edit func(*images.Dataset) error) (any, error) {
	if err := r.decode(args); err != nil {
		return nil, err
	}
	e.data.Lock()
	defer e.data.Unlock()
	if err := edit(e.data.set); err != nil {
		return nil, withCode(codeInvalid, err)
	}
	return e.dataInfo(), nil
}

// listData answers data.list.
func (e *engine) listData(*request) (any, error) { return e.dataInfo(), nil }

// renameClass answers data.rename.
func (e *engine) renameClass(r *request) (any, error) {
	var args struct{ Class, To string }
	return e.change(r, &args, func(d *images.Dataset) error { return d.RenameClass(args.Class, args.To) })
}

// removeClass answers data.removeClass.
func (e *engine) removeClass(r *request) (any, error) {
	var args struct{ Class string }
	return e.change(r, &args, func(d *images.Dataset) error { return d.RemoveClass(args.Class) })
}

// removeImages answers data.remove.
func (e *engine) removeImages(r *request) (any, error) {
	var args struct{ IDs []int }
	return e.change(r, &args, func(d *images.Dataset) error {
		for _, id := range args.IDs {
			if err := d.RemoveSample(id); err != nil {
				return err
			}
		}
		return nil
	})
}

// clearData answers data.clear.
func (e *engine) clearData(r *request) (any, error) {
	e.data = newData(e.choice.Size)
	return e.dataInfo(), nil
}

// thumbnailSide is the longest side of a thumbnail in pixels.
const thumbnailSide = 96

// thumbnail answers data.thumbnail.
func (e *engine) thumbnail(r *request) (any, error) {
	var args struct{ ID int }
	if err := r.decode(&args); err != nil {
		return nil, err
	}
	s, _ := e.data.set.Sample(args.ID)
	if s == nil {
		return nil, fail(codeInvalid, "There is no image number %d: it may have been removed.", args.ID)
	}
	size := e.data.set.Resizing.Size
	w, h, rgba := (&images.RGB8{W: size, H: size, Pix: s.Pixels}).Thumbnail(thumbnailSide)
	var b bytes.Buffer
	img := &image.RGBA{Pix: rgba, Stride: 4 * w, Rect: image.Rect(0, 0, w, h)}
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: 85}); err != nil {
		return nil, fmt.Errorf("thumbnail: %w", err)
	}
	array, err := jsutil.BytesToJS(b.Bytes())
	if err != nil {
		return nil, err
	}
	return jsutil.Construct("Blob", []any{array}, map[string]any{"type": "image/jpeg"})
}
