package main

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/draw"

	"golang.org/x/image/bmp"

	"thaw/irv2/images"
	"thaw/irv2/worlds"
	"thaw/wasm/jsutil"
)

// worldInfo is an element of worlds() of thaw.d.ts.
type worldInfo struct {
	Name        string   `json:"name"`
	Title       string   `json:"title"`
	Description string   `json:"description"`
	Classes     []string `json:"classes"`
}

// worlds answers data.worlds.
func (e *engine) worlds(*request) (any, error) {
	var list []worldInfo
	for _, w := range worlds.All() {
		list = append(list, worldInfo{w.Name, w.Title, w.Description, w.Classes})
	}
	return list, nil
}

// worldPicture answers data.worldPicture: one image of each of the first four classes,
// two by two.
func (e *engine) worldPicture(r *request) (any, error) {
	var args struct{ World string }
	if err := r.decode(&args); err != nil {
		return nil, err
	}
	w, err := worlds.ByName(args.World)
	if err != nil {
		return nil, withCode(codeInvalid, err)
	}
	sheet := image.NewNRGBA(image.Rect(0, 0, 2*worlds.Size, 2*worlds.Size))
	for i := range min(4, len(w.Classes)) {
		at := image.Pt(i%2*worlds.Size, i/2*worlds.Size)
		one := image.Rectangle{at, at.Add(image.Pt(worlds.Size, worlds.Size))}
		draw.Draw(sheet, one, picture(w.Image(i, worlds.Fresh)), image.Point{}, draw.Src)
	}
	var file bytes.Buffer
	if err := bmp.Encode(&file, sheet); err != nil {
		return nil, err
	}
	array, err := jsutil.BytesToJS(file.Bytes())
	if err != nil {
		return nil, err
	}
	return jsutil.Construct("Blob", []any{array}, map[string]any{"type": "image/bmp"})
}

// addWorld answers data.addWorld: perClass images of every class, other ones for
// another seed, never those of pretraining. With validation, that many more of every
// class are held back in every run; else runs hold back a share, as of all images.
func (e *engine) addWorld(r *request) (any, error) {
	args := struct {
		World      string `json:"world"`
		PerClass   int    `json:"perClass"`
		Validation int    `json:"validation"`
		Seed       uint64 `json:"seed"`
	}{PerClass: 20, Seed: 1}
	if err := r.decode(&args); err != nil {
		return nil, err
	}
	w, err := worlds.ByName(args.World)
	if err != nil {
		return nil, withCode(codeInvalid, err)
	}
	if n := args.PerClass + args.Validation; args.PerClass < 1 || args.Validation < 0 || n > 1000 {
		return nil, fail(codeInvalid, "A world gives 1 to 1,000 images a class, not %d.", n)
	}
	return e.add(r, "Drawing "+w.Title, e.data.worldSource(w, args.PerClass, args.Validation, args.Seed))
}

// worldSource draws images and adds them as files would be, those to train on first.
func (d *data) worldSource(w *worlds.World, train, validation int, seed uint64) source {
	return func(ctx context.Context, to *images.Dataset, progress func(done, total int)) error {
		total := (train + validation) * len(w.Classes)
		for i := range total {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			progress(i, total)
			class, n := i%len(w.Classes), i/len(w.Classes)
			index := worlds.Fresh + seed<<20 + uint64(n)
			file, err := bmpOf(w.Image(class, index))
			if err != nil {
				return err
			}
			s, err := to.Add(w.Classes[class], fmt.Sprintf("%s %d.bmp", w.Classes[class], n+1), file)
			if err != nil {
				return err
			}
			if to == d.set {
				d.generated[s.ID] = true
				if validation > 0 {
					d.heldBack[s.ID] = n >= train
				}
			}
		}
		progress(total, total)
		return nil
	}
}

// bmpOf is a file as dropped images are. BMP, because a PNG encoder and deflate's
// compressors would be linked for this alone.
func bmpOf(pixels *worlds.Image) ([]byte, error) {
	var b bytes.Buffer
	err := bmp.Encode(&b, picture(pixels))
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
