package main

import (
	"fmt"
	"math/rand/v2"
	"sync"

	"thaw/irv2/images"
)

// photos are files in folders of classes, decoded into memory: 12 kB each.
type photos struct {
	source
	names      []string
	training   []photo
	validation []photo

	ordering sync.Mutex
	seed     uint64 // with pass: of order
	pass     int
	order    []int
}

// source is what whoever trains says of the photographs: it cannot be told from a folder.
type source struct{ name, terms string }

type photo struct {
	class  int
	pixels []uint8 // [side, side, 3]
}

func (p *photos) classes() []string { return p.names }

// Variants of a photograph: what stays what it is when it is moved, mirrored, lit
// otherwise. Weak, because so small a network has no room to learn by heart.
var variants = images.Augment{Flip: true, Shift: 0.1, Zoom: 0.15, Brightness: 0.15, Contrast: 0.2}

// colourCast is the most by which a channel is scaled, against the others.
const colourCast = 0.1

// varied says the same for the model card.
func varied() string {
	return fmt.Sprintf("mirrored; moved by up to %g %% of the side, zoomed by %g %%; brightness by %g %%, contrast by %g %%, each colour by %g %%",
		100*variants.Shift, 100*variants.Zoom, 100*variants.Brightness, 100*variants.Contrast, 100*colourCast)
}

// train takes each photograph once a pass, in an order of the pass's own.
func (p *photos) train(dst []float32, r recipe, step, i int) int {
	at := step*r.Batch + i
	pass, place := at/len(p.training), at%len(p.training)
	shown := p.inOrder(r.Seed, pass, place)
	variants.Apply(dst, shown.pixels, side, r.Seed, pass, place)
	random := rand.New(rand.NewPCG(r.Seed, uint64(at)))
	var cast [3]float32
	for c := range cast {
		cast[c] = 1 + colourCast*float32(2*random.Float64()-1)
	}
	for j, v := range dst {
		dst[j] = min((v+1)*cast[j%3]-1, 1)
	}
	return shown.class
}

// inOrder is the photograph at a place of a pass.
func (p *photos) inOrder(seed uint64, pass, place int) photo {
	p.ordering.Lock()
	defer p.ordering.Unlock()
	if p.order == nil || p.seed != seed || p.pass != pass {
		p.seed, p.pass = seed, pass
		p.order = rand.New(rand.NewPCG(seed, uint64(pass))).Perm(len(p.training))
	}
	return p.training[p.order[place]]
}

func (p *photos) fresh() measured {
	return measured{len(p.validation), func(dst []float32, i int) int {
		images.Normalize(dst, p.validation[i].pixels)
		return p.validation[i].class
	}}
}

// watched takes every tenth.
func (p *photos) watched() measured {
	all := p.fresh()
	return measured{all.n / 10, func(dst []float32, i int) int { return all.image(dst, 10*i) }}
}
