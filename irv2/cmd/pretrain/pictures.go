package main

import (
	"math/rand/v2"
	"runtime"

	"thaw/irv2/worlds"
)

// pictures are what a network is pretrained on. All are side x side.
type pictures interface {
	classes() []string
	// train writes image i of a step to dst, normalised, and returns its class: the
	// same one for the same seed, step and i.
	train(dst []float32, r recipe, step, i int) (class int)
	// fresh are the images, never trained on, that the model card's accuracy is of;
	// watched are fewer, never trained on either, to look at while training.
	fresh() measured
	watched() measured
}

// measured are images to measure accuracy on.
type measured struct {
	n     int
	image func(dst []float32, i int) (class int)
}

const (
	side   = worlds.Size
	pixels = side * side * 3
)

// batch is the images and classes of one step.
type batch struct {
	images  []float32
	classes []int
}

func newBatch(n int) batch { return batch{make([]float32, n*pixels), make([]int, n)} }

// fill asks for every image of a batch, on all cores.
func (b batch) fill(image func(dst []float32, i int) (class int)) {
	workers := min(runtime.GOMAXPROCS(0), len(b.classes))
	done := make(chan bool)
	for w := range workers {
		go func() {
			for i := w; i < len(b.classes); i += workers {
				b.classes[i] = image(b.images[i*pixels:][:pixels], i)
			}
			done <- true
		}()
	}
	for range workers {
		<-done
	}
}

// feed draws the batches of the coming steps, one ahead of training.
func (t *trainer) feed() <-chan batch {
	batches := make(chan batch, 1)
	go func() {
		for step := t.Step; step < t.Steps; step++ {
			b := newBatch(t.Batch)
			b.fill(func(dst []float32, i int) int { return t.pictures.train(dst, t.recipe, step, i) })
			batches <- b
		}
	}()
	return batches
}

// generated are the images of a world: every one is seen once.
type generated struct{ *worlds.World }

func (g generated) classes() []string { return g.Classes }

func (g generated) train(dst []float32, r recipe, step, i int) int {
	// The classes of a step are drawn in a row: skip those of the images before.
	random := rand.New(rand.NewPCG(r.Seed, uint64(step)))
	class := 0
	for range i + 1 {
		class = random.IntN(len(g.Classes))
	}
	g.draw(dst, class, worlds.Training+r.Seed<<32+uint64(step*r.Batch+i))
	return class
}

func (g generated) fresh() measured   { return g.from(worlds.Fresh, freshPerClass) }
func (g generated) watched() measured { return g.from(worlds.Validation, 20) }

// from are perClass images of each class, from index first on.
func (g generated) from(first uint64, perClass int) measured {
	return measured{perClass * len(g.Classes), func(dst []float32, i int) int {
		class := i % len(g.Classes)
		g.draw(dst, class, first+uint64(i/len(g.Classes)))
		return class
	}}
}

func (g generated) draw(dst []float32, class int, index uint64) {
	for j, v := range g.Image(class, index) {
		dst[j] = float32(v)/127.5 - 1
	}
}
