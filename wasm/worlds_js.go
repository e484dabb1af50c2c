package main

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/png"

	"thaw/irv2/images"
	"thaw/irv2/worlds"
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

// addWorld answers data.addWorld: perClass images of every class, other ones for
// another seed, never those of pretraining.
func (e *engine) addWorld(r *request) (any, error) {
	args := struct {
		World    string `json:"world"`
		PerClass int    `json:"perClass"`
		Seed     uint64 `json:"seed"`
	}{PerClass: 20, Seed: 1}
	if err := r.decode(&args); err != nil {
		return nil, err
	}
	w, err := worlds.ByName(args.World)
	if err != nil {
		return nil, withCode(codeInvalid, err)
	}
	if args.PerClass < 1 || args.PerClass > 1000 {
		return nil, fail(codeInvalid, "A world gives 1 to 1,000 images a class, not %d.", args.PerClass)
	}
	return e.add(r, "Drawing "+w.Title, e.data.worldSource(w, args.PerClass, args.Seed))
}

// worldSource draws images and adds them as files would be.
func (d *data) worldSource(w *worlds.World, perClass int, seed uint64) source {
	return func(ctx context.Context, to *images.Dataset, progress func(done, total int)) error {
		total := perClass * len(w.Classes)
		for i := range total {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			progress(i, total)
			class, n := i%len(w.Classes), i/len(w.Classes)
			index := worlds.Fresh + seed<<20 + uint64(n)
			file, err := pngOf(w.Image(class, index))
			if err != nil {
				return err
			}
			s, err := to.Add(w.Classes[class], fmt.Sprintf("%s %d.png", w.Classes[class], n+1), file)
			if err != nil {
				return err
			}
			if to == d.set {
				d.generated[s.ID] = true
			}
		}
		progress(total, total)
		return nil
	}
}

func pngOf(pixels *worlds.Image) ([]byte, error) {
	img := image.NewNRGBA(image.Rect(0, 0, worlds.Size, worlds.Size))
	for i := range worlds.Size * worlds.Size {
		copy(img.Pix[4*i:], pixels[3*i:3*i+3])
		img.Pix[4*i+3] = 255
	}
	var b bytes.Buffer
	err := (&png.Encoder{CompressionLevel: png.NoCompression}).Encode(&b, img)
	return b.Bytes(), err
}
