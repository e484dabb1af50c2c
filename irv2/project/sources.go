package project

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/draw"
	"io"
	"iter"
	"path"
	"strconv"
	"strings"

	"golang.org/x/image/bmp"

	"thaw/irv2/images"
	"thaw/irv2/worlds"
)

// Source is where pictures come from.
type Source struct {
	files iter.Seq2[string, images.File] // with the class of each
	count int                            // at most
	end   func(*images.Dataset) error    // when they are in; or nil
}

// add adds the pictures; progress hears how many files are done.
func (s Source) add(ctx context.Context, to *images.Dataset, progress Progress) error {
	total := int64(s.count)
	err := to.AddAll(s.files, s.count, func(done int) error {
		progress(int64(done), total)
		return ctx.Err()
	})
	if err == nil && s.end != nil {
		err = s.end(to)
	}
	if err == nil {
		progress(total, total)
	}
	return err
}

// PictureFile is a file with the path by which it is known, and what it belongs to, if so.
type PictureFile struct {
	Path    string
	Group   string
	Browser bool // taken even where only the browser can decode it
	Open    func() (File, error)
}

// image is the file as a data set takes it.
func (f PictureFile) image(l images.Limits) images.File {
	return images.File{
		Path:    f.Path,
		Group:   f.Group,
		Browser: f.Browser,
		Read:    func() ([]byte, error) { return f.read(l.FileBytes) },
		Head:    func(n int) ([]byte, error) { return f.read(int64(n)) },
	}
}

// archive lists the file's files.
func (f PictureFile) archive(encoding string, l images.Limits) (*images.Archive, error) {
	file, err := f.Open()
	if err != nil {
		return nil, Errorf(Invalid, "%s can no longer be read, because it was moved or changed: add it again.", path.Base(f.Path))
	}
	return images.ReadArchive(path.Base(f.Path), file, file.Size(), encoding, images.DefaultZipLimits, l)
}

// read is the file's content. One byte over the limit is enough to refuse it by its size.
func (f PictureFile) read(limit int64) ([]byte, error) {
	file, err := f.Open()
	if err == nil {
		content := make([]byte, min(file.Size(), limit+1))
		if _, err = io.ReadFull(io.NewSectionReader(file, 0, file.Size()), content); err == nil {
			return content, nil
		}
	}
	if errors.Is(err, context.Canceled) {
		return nil, err
	}
	return nil, Errorf(Invalid, "can no longer be read, because it was moved or changed: add it again (%v).", err)
}

// Files is a source of files for one class, made if new, even of none.
func Files(class string, files []PictureFile) (Source, error) {
	if class == "" {
		return Source{}, Errorf(Invalid, "Name the class that the images belong to.")
	}
	each := func(yield func(string, images.File) bool) {
		for _, f := range files {
			if !images.Hidden(f.Path) && !yield(class, f.image(images.DefaultLimits)) {
				return
			}
		}
	}
	return Source{each, len(files), func(to *images.Dataset) error {
		if len(files) == 0 && to.Class(class) == nil {
			return to.AddClass(class)
		}
		return nil
	}}, nil
}

// worldSeedMost is the largest seed whose images are far from those of pretraining, which
// have the numbers below worlds.Fresh.
const worldSeedMost = 1<<43 - 1

// World is a source of generated images: perClass of every class, other ones for
// another seed, never those of pretraining. With validation, that many more of every
// class are held back in every run; else runs hold back a share, as of all images.
func World(w *worlds.World, perClass, validation int, seed uint64) (Source, error) {
	if perClass < 1 || perClass > 1000 || validation < 0 || validation > 1000-perClass {
		return Source{}, Errorf(Invalid, "A world gives 1 to 1,000 images a class, not %d and %d to hold back.", perClass, validation)
	}
	if seed > worldSeedMost {
		return Source{}, Errorf(Invalid, "The seed of a world must be at most %d.", int64(worldSeedMost))
	}
	total := (perClass + validation) * len(w.Classes)
	each := func(yield func(string, images.File) bool) {
		for i := range total {
			class, n := i%len(w.Classes), i/len(w.Classes)
			file := worldFile(w, class, worlds.Fresh+seed<<20+uint64(n))
			file.Path = fmt.Sprintf("%s %d.bmp", w.Classes[class], n+1)
			if validation > 0 { // those to train on come first
				file.Side = images.Training
				if n >= perClass {
					file.Side = images.Validating
				}
			}
			if !yield(w.Classes[class], file) {
				return
			}
		}
	}
	return Source{each, total, nil}, nil
}

// worldFile is an image of a world.
func worldFile(w *worlds.World, class int, index uint64) images.File {
	return images.File{
		Origin: fmt.Sprintf("%s %d %d", w.Name, class, index),
		Read:   func() ([]byte, error) { return bmpOf(picture(w.Image(class, index))) },
	}
}

// madeAgain is the file of a generated image by its origin.
func madeAgain(origin string) (images.File, error) {
	unknown := Errorf(Corrupt, "No generated image is known as %.100q.", origin)
	parts := strings.Fields(origin)
	if len(parts) != 3 {
		return images.File{}, unknown
	}
	w, err := worlds.ByName(parts[0])
	class, notClass := strconv.Atoi(parts[1])
	index, notIndex := strconv.ParseUint(parts[2], 10, 64)
	if err != nil || notClass != nil || notIndex != nil || class < 0 || class >= len(w.Classes) {
		return images.File{}, unknown
	}
	return worldFile(w, class, index), nil
}

// WorldByName finds a world.
func WorldByName(name string) (*worlds.World, error) {
	w, err := worlds.ByName(name)
	return w, WithCode(Invalid, err)
}

// WorldPicture is a BMP file with an image of each of the first four classes, two by two.
func WorldPicture(w *worlds.World) ([]byte, error) {
	sheet := image.NewNRGBA(image.Rect(0, 0, 2*worlds.Size, 2*worlds.Size))
	for i := range min(4, len(w.Classes)) {
		at := image.Pt(i%2*worlds.Size, i/2*worlds.Size)
		one := image.Rectangle{at, at.Add(image.Pt(worlds.Size, worlds.Size))}
		draw.Draw(sheet, one, picture(w.Image(i, worlds.Fresh)), image.Point{}, draw.Src)
	}
	return bmpOf(sheet)
}

// bmpOf is a file as dropped images are. BMP, because a PNG encoder and deflate's
// compressors would be linked for this alone.
func bmpOf(picture image.Image) ([]byte, error) {
	var b bytes.Buffer
	err := bmp.Encode(&b, picture)
	return b.Bytes(), err
}

func picture(pixels *worlds.Image) *image.NRGBA {
	img := image.NewNRGBA(image.Rect(0, 0, worlds.Size, worlds.Size))
	for i := range worlds.Size * worlds.Size {
		copy(img.Pix[4*i:], pixels[3*i:3*i+3])
		img.Pix[4*i+3] = 255
	}
	return img
}
