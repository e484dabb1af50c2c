package project

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"time"

	"thaw/irv2"
	"thaw/irv2/images"
	"thaw/irv2/internal/unzip"
	"thaw/irv2/internal/zip"
	"thaw/irv2/keep"
	"thaw/irv2/weights"
	"thaw/irv2/weights/safetensors"
)

// A project's zip file has, readable by anyone: project.json (a keep.Document), the
// pictures in a folder a class, each run's network as safetensors of what it changed,
// page.json, and the weights that runs began from where they do not come with Thaw.
const (
	bundleDocument = "project.json"
	bundlePage     = "page.json"
	bundleBase     = "weights.safetensors"
)

// ExportProject writes the open project as one zip file.
func (p *Project) ExportProject(ctx context.Context, out io.Writer, progress Progress) error {
	k, err := p.keeping()
	if err != nil {
		return err
	}
	if err := k.wait(ctx); err != nil {
		return err
	}
	id := k.id()
	if id == "" {
		return Errorf(Invalid, "There is nothing to save yet: add images first.")
	}
	doc, err := p.places.load(ctx, id)
	if err != nil {
		return err
	}
	b := &bundle{ctx: ctx, store: p.places.store, id: id, used: map[string]bool{}}
	err = b.list(doc, p)
	if err == nil {
		err = b.base(p, doc.Network.Weights)
	}
	if err != nil {
		return err
	}
	for i, f := range b.files {
		write := f.Write
		f.Write = func(w io.Writer) error {
			progress(int64(i), int64(len(b.files)))
			return write(w)
		}
	}
	err = zip.Write(out, b.files)
	if errors.Is(err, zip.ErrTooLarge) {
		return Errorf(Unsupported, "The project is larger than 4 GB, which one file cannot hold: remove runs or images from a copy of it.")
	}
	return err
}

// bundle is a project on its way into a zip file.
type bundle struct {
	ctx   context.Context
	store *keep.Store
	id    string
	files []*zip.File
	used  map[string]bool // names, in lower case
}

// list lists the files, and makes doc name them.
func (b *bundle) list(doc *keep.Document, p *Project) error {
	head := &zip.File{Name: bundleDocument}
	b.files = append(b.files, head)
	for i := range doc.Classes {
		c := &doc.Classes[i]
		for j := range c.Images {
			image := &c.Images[j]
			s, _ := p.data.set.Sample(image.ID)
			image.Pixels = nil
			if s == nil {
				return Errorf(Invalid, "The images have changed meanwhile: save again.")
			}
			image.File = b.name("images/" + safeName(c.Name) + "/" + safeName(image.Name))
			b.files = append(b.files, &zip.File{Name: image.File, Write: b.copying(s.File.Read)})
		}
	}
	for i := range doc.Runs {
		if r := &doc.Runs[i]; r.Values != nil {
			values := *r.Values
			r.Values = &keep.Values{File: b.name("networks/" + fileName(r.ID) + ".safetensors"), Names: values.Names, Shapes: values.Shapes, Length: values.Length}
			b.files = append(b.files, &zip.File{Name: r.Values.File, Write: b.network(values, r)})
		}
	}
	page, err := b.store.Page(b.ctx, b.id)
	if err != nil {
		return err
	}
	if page != nil {
		b.files = append(b.files, zip.Text(bundlePage, string(page)))
	}
	text, err := json.MarshalIndent(doc, "", " ")
	head.Write = func(w io.Writer) error {
		_, err := w.Write(text)
		return err
	}
	return err
}

// name is a name that no other file has, on disks that do not tell letters' cases apart
// either.
func (b *bundle) name(name string) string {
	free, ext := name, path.Ext(name)
	for n := 2; b.used[strings.ToLower(free)]; n++ {
		free = fmt.Sprintf("%s (%d)%s", strings.TrimSuffix(name, ext), n, ext)
	}
	b.used[strings.ToLower(free)] = true
	return free
}

// safeName is a name without what no file may be called.
func safeName(name string) string {
	name = strings.Map(func(r rune) rune {
		if strings.ContainsRune(`/\:*?"<>|`, r) {
			return '_'
		}
		return r
	}, name)
	if strings.Trim(name, ". ") == "" {
		return "_"
	}
	return strings.TrimRight(name, ". ")
}

func (b *bundle) copying(read func() ([]byte, error)) func(io.Writer) error {
	return func(w io.Writer) error {
		if err := b.ctx.Err(); err != nil {
			return err
		}
		content, err := read()
		if err == nil {
			_, err = w.Write(content)
		}
		return err
	}
}

// network writes a run's values as safetensors.
func (b *bundle) network(values keep.Values, r *keep.Run) func(io.Writer) error {
	return func(w io.Writer) error {
		from := b.store.Read(b.ctx, b.id, &values)
		tensors := make([]safetensors.Values, len(values.Names))
		for i, name := range values.Names {
			n := 1
			for _, d := range values.Shapes[i] {
				n *= d
			}
			tensors[i] = safetensors.Values{Name: name, Shape: values.Shapes[i], Data: make([]float32, n)}
			if err := from.Fill(tensors[i].Data); err != nil {
				return keptError(err, "The network of "+r.ID)
			}
		}
		return safetensors.Write(w, tensors, map[string]string{"run": r.ID, "base": r.Base})
	}
}

// base adds the weights that runs began from, where they are kept ones.
func (b *bundle) base(p *Project, id string) error {
	m, err := p.Library.manifest(b.ctx, id)
	if err != nil {
		return nil // they come with Thaw, or are of a file that was not kept
	}
	model, err := irv2.New(m.Config)
	if err != nil {
		return WithCode(Corrupt, err)
	}
	w := irv2.NewWeights(model)
	if err := p.Library.load(b.ctx, m, w, func(int64, int64) {}); err != nil {
		return err
	}
	about := weights.About{Model: m.Config.Name, Size: m.Config.Size, Dense: m.Config.Dense, Classes: m.Classes, From: m.Info.Name, Preprocessing: m.Info.Preprocessing}
	b.files = append(b.files, &zip.File{Name: bundleBase, Write: func(out io.Writer) error {
		return weights.WriteSafetensors(out, w, about.Metadata())
	}})
	return nil
}

var errNoProject = Errorf(Invalid, "This zip file is no project saved by Thaw.")

// IsProject says that a zip file is a saved project.
func IsProject(r io.ReaderAt, size int64) bool {
	files, err := unzip.Files(r, size)
	return err == nil && len(files) > 0 && files[0].Name == bundleDocument
}

// ImportProject keeps a saved project as a new one and returns its ID; nothing of it stays
// where that fails.
func (p *Project) ImportProject(ctx context.Context, file File, tell Tell) (id string, err error) {
	if _, err := p.keeping(); err != nil {
		return "", err
	}
	files, err := unzip.Files(file, file.Size())
	if err != nil {
		return "", errNoProject
	}
	in := &unbundle{ctx: ctx, store: p.places.store, id: newID(), files: map[string]*unzip.File{}, progress: tell.of("Reading the project")}
	for _, f := range files {
		in.files[f.Name] = f
	}
	release, _, err := p.places.try(ctx, in.id)
	if err != nil {
		return "", err
	}
	defer release()
	err = in.run()
	if err == nil {
		err = in.base(p, tell)
	}
	if err != nil {
		p.places.store.Remove(context.WithoutCancel(ctx), in.id)
		return "", err
	}
	return in.id, nil
}

// unbundle is a project on its way out of a zip file.
type unbundle struct {
	ctx         context.Context
	store       *keep.Store
	id          string
	files       map[string]*unzip.File
	progress    Progress
	done, total int64
}

func (u *unbundle) run() error {
	text, err := u.read(bundleDocument)
	if err != nil {
		return errNoProject
	}
	doc, err := keep.Parse(text)
	switch {
	case errors.Is(err, keep.ErrNewer):
		return Errorf(Unsupported, "This project was saved by a later version of Thaw: reload the page to update it.")
	case err != nil:
		return errNoProject
	}
	u.total = int64(doc.Images() + len(doc.Runs))
	for i := range doc.Classes {
		for j := range doc.Classes[i].Images {
			if err := u.image(&doc.Classes[i].Images[j]); err != nil {
				return err
			}
		}
	}
	for i := range doc.Runs {
		if err := u.network(&doc.Runs[i]); err != nil {
			return err
		}
	}
	if page, err := u.read(bundlePage); err == nil {
		if err := u.store.SavePage(u.ctx, u.id, page); err != nil {
			return err
		}
	}
	doc.ID, doc.Changed = u.id, time.Now().UnixMilli()
	return u.store.Save(u.ctx, doc)
}

// maxFile bounds what a file in the archive may unpack to; pictures have a limit of their own.
const maxFile = 1 << 30

func (u *unbundle) read(name string) ([]byte, error) {
	f := u.files[name]
	if f == nil || f.UncompressedSize > maxFile {
		return nil, Errorf(Corrupt, "%s is missing in the project's file: it is damaged.", name)
	}
	r, err := f.Open()
	if err != nil {
		return nil, Errorf(Corrupt, "%s in the project's file is damaged (%v).", name, err)
	}
	content, err := io.ReadAll(io.LimitReader(r, int64(f.UncompressedSize)+1))
	if err != nil {
		return nil, Errorf(Corrupt, "%s in the project's file is damaged (%v).", name, err)
	}
	return content, u.ctx.Err()
}

func (u *unbundle) step() {
	u.done++
	u.progress(u.done, u.total)
}

func (u *unbundle) image(i *keep.Image) error {
	defer u.step()
	i.Pixels = nil
	if i.Origin != "" {
		i.File = ""
		return nil
	}
	content, err := u.read(i.File)
	if err != nil {
		return err
	}
	if len(content) > int(images.DefaultLimits.FileBytes) || keep.Sum(content) != i.Sum {
		return Errorf(Corrupt, "%s in the project's file is damaged.", i.Name)
	}
	i.File = fmt.Sprintf("image-%d", i.ID)
	return u.store.Files.Put(u.ctx, u.id+"/"+i.File, content)
}

// network takes a run's network from its safetensors file.
func (u *unbundle) network(r *keep.Run) error {
	defer u.step()
	if r.Values == nil {
		return nil
	}
	content, err := u.read(r.Values.File)
	if err != nil {
		return err
	}
	damaged := Errorf(Corrupt, "The network of %s in the project's file is damaged.", r.ID)
	file, err := safetensors.Open(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		return damaged
	}
	w := u.store.Write(u.ctx, u.id, "network-"+fileName(r.ID))
	for i, name := range r.Values.Names {
		at := slices.IndexFunc(file.Tensors, func(t safetensors.Tensor) bool { return t.Name == name })
		if at < 0 || file.Tensors[at].DType != "F32" || !slices.Equal(file.Tensors[at].Shape, r.Values.Shapes[i]) {
			return damaged
		}
		if err := w.Copy(file.Reader(file.Tensors[at])); err != nil {
			return err
		}
	}
	values, err := w.Close()
	if err != nil {
		return err
	}
	values.Names, values.Shapes = r.Values.Names, r.Values.Shapes
	r.Values = values
	return nil
}

// inBytes is a File in memory.
type inBytes struct{ *bytes.Reader }

// base keeps the weights that runs began from, where they came along.
func (u *unbundle) base(p *Project, tell Tell) error {
	if u.files[bundleBase] == nil {
		return nil
	}
	content, err := u.read(bundleBase)
	if err != nil {
		return err
	}
	_, _, err = p.importFile(u.ctx, "", bundleBase, inBytes{bytes.NewReader(content)}, tell)
	return err
}
