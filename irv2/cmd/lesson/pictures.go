package main

import (
	"crypto/sha256"
	"encoding/hex"
	"sync"
	"sync/atomic"

	"thaw/irv2/tune"
	"thaw/irv2/worlds"
)

// group is the pictures that all runs on one world with one seed share: drawn when the
// first run asks, dropped after the last.
type group struct {
	world  *worlds.World
	seed   uint64
	recipe recipe

	left            atomic.Int32 // runs not yet done
	once, onceFresh sync.Once
	drawn           *pictures
}

func (g *group) pictures() *pictures {
	g.once.Do(func() {
		sizes := g.recipe.sizes()
		largest := sizes[len(sizes)-1] * len(g.world.Classes)
		g.drawn = &pictures{
			classes: len(g.world.Classes),
			train:   pictured(g.world, worlds.Training+g.seed<<32, largest),
		}
	})
	return g.drawn
}

// validated draws the validation images too.
func (g *group) validated() *pictures {
	p := g.pictures()
	g.onceFresh.Do(func() { p.validation = pictured(g.world, worlds.Fresh+g.seed<<32, g.recipe.Validation) })
	return p
}

// done is called after each run.
func (g *group) done() {
	if g.left.Add(-1) == 0 {
		g.drawn = nil
	}
}

// pictured draws n pictures in the order class 0, 1, ..., 0, 1, ...: every prefix of whole
// rounds is balanced, and the small training sets are part of the large ones.
func pictured(w *worlds.World, from uint64, n int) []*worlds.Image {
	list := make([]*worlds.Image, n)
	for i := range list {
		list[i] = w.Image(i%len(w.Classes), from+uint64(i/len(w.Classes)))
	}
	return list
}

// pictures are the training and validation images of a group.
type pictures struct {
	classes           int
	train, validation []*worlds.Image
}

func (p *pictures) label(i int) int { return i % p.classes }

// tensor writes a picture as the network takes it, [64, 64, 3] in [-1, 1].
func tensor(dst []float32, img *worlds.Image) {
	for i, v := range img {
		dst[i] = float32(v)/127.5 - 1
	}
}

// trainingSet is tune's view of the first len(images) training pictures. Validation is
// not tune's task: it happens once, after the last step.
type trainingSet struct {
	*pictures
	images []*worlds.Image
}

func (p *pictures) first(n int) trainingSet { return trainingSet{p, p.train[:n]} }

func (t trainingSet) Len(s tune.Split) int {
	if s == tune.Train {
		return len(t.images)
	}
	return 0
}
func (t trainingSet) Label(_ tune.Split, i int) int { return t.label(i) }
func (t trainingSet) Augmented() bool               { return false }
func (t trainingSet) Image(dst []float32, _ tune.Split, i, _ int) {
	tensor(dst, t.images[i])
}

// fingerprint tells pictures of this code from those of a changed world.
func fingerprint(w *worlds.World) string {
	h := sha256.New()
	for class := range w.Classes {
		h.Write(w.Image(class, worlds.Training)[:])
	}
	return hex.EncodeToString(h.Sum(nil))[:12]
}
