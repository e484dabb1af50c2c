package lens

import (
	"math"

	"thaw/irv2"
	"thaw/irv2/compile"
	"thaw/irv2/tune"
	"thaw/kernels/program"
)

// An image is covered by a grey patch of patchCells of the occlusionCells that each of its
// sides is divided into, moved by one cell: a patch of a fifth, moved by a tenth, has 81
// places.
const (
	occlusionCells = 10
	patchCells     = 2
	places         = occlusionCells - patchCells + 1
)

// Occlusion is how much of the probability of a class goes when part of an image is covered
// (Zeiler and Fergus, arXiv 1311.2901). It asks the network alone and knows no gradients: a
// control of Grad-CAM.
type Occlusion struct {
	Cells, Patch int       // of the image's side, of the patch's
	Values       []float64 // [Cells, Cells]: mean loss over the patches that cover a cell
	Most         float64   // the largest loss by one patch
}

// Occlude measures it for an image as Explain takes it; grey is a pixel of the patch.
// progress is told after each batch how many of how many covered images are done.
func Occlude(w *irv2.Weights, image []float32, grey [3]float32, class int, machine program.Machine, poll func() error, progress func(done, total int)) (*Occlusion, error) {
	data := &covered{image, grey, w.Model.Config.Size}
	n, classes := data.Len(tune.Validation), w.Model.Config.Classes
	probs := make([]float32, n*classes)
	err := infer(w, compile.Options{}, data, tune.Validation, Spread(n, n), machine, poll, func(p *compile.Program, at, batch int) []program.Part {
		progress(at, n)
		return []program.Part{{Dst: probs[at*classes:][:batch*classes], Buffer: p.Probs}}
	})
	if err != nil {
		return nil, err
	}
	o := &Occlusion{Cells: occlusionCells, Patch: patchCells, Values: make([]float64, occlusionCells*occlusionCells), Most: math.Inf(-1)}
	over := make([]float64, len(o.Values)) // patches that cover a cell
	for i := range places * places {
		loss := float64(probs[class]) - float64(probs[(i+1)*classes+class])
		o.Most = max(o.Most, loss)
		for dy := range patchCells {
			for dx := range patchCells {
				cell := (i/places+dy)*occlusionCells + i%places + dx
				o.Values[cell] += loss
				over[cell]++
			}
		}
	}
	for i := range o.Values {
		o.Values[i] /= over[i]
	}
	return o, nil
}

// covered is an image as a data set: as it is, then with the patch at each place.
type covered struct {
	image []float32
	grey  [3]float32
	size  int
}

func (c *covered) Len(tune.Split) int        { return 1 + places*places }
func (c *covered) Label(tune.Split, int) int { return 0 }
func (c *covered) Augmented() bool           { return false }
func (c *covered) Image(dst []float32, _ tune.Split, i, _ int) {
	copy(dst, c.image)
	if i == 0 {
		return
	}
	row, column := (i-1)/places, (i-1)%places
	for y := edge(row, c.size); y < edge(row+patchCells, c.size); y++ {
		for x := edge(column, c.size); x < edge(column+patchCells, c.size); x++ {
			copy(dst[3*(y*c.size+x):], c.grey[:])
		}
	}
}

// edge is the first pixel of a cell.
func edge(cell, size int) int { return (cell*size + occlusionCells/2) / occlusionCells }

// Agrees is the correlation (Pearson) of a map with what covering the image's cells costs;
// NaN where one of them is the same everywhere.
func (o *Occlusion) Agrees(c *Cam, size int) float64 {
	at, cells := c.At(size), make([]float64, len(o.Values))
	for i := range cells {
		top, bottom := edge(i/o.Cells, size), edge(i/o.Cells+1, size)
		left, right := edge(i%o.Cells, size), edge(i%o.Cells+1, size)
		for y := top; y < bottom; y++ {
			for x := left; x < right; x++ {
				cells[i] += at[y*size+x] / float64((bottom-top)*(right-left))
			}
		}
	}
	return correlation(cells, o.Values)
}

func correlation(a, b []float64) float64 {
	var ma, mb, ab, aa, bb float64
	for i := range a {
		ma += a[i] / float64(len(a))
		mb += b[i] / float64(len(b))
	}
	for i := range a {
		ab += (a[i] - ma) * (b[i] - mb)
		aa += (a[i] - ma) * (a[i] - ma)
		bb += (b[i] - mb) * (b[i] - mb)
	}
	return ab / math.Sqrt(aa*bb)
}
