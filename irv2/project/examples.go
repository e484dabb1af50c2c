package project

import (
	"thaw/irv2/images"
	"thaw/irv2/tune"
)

// examples shows a split to package tune. It holds the pixels itself: the images may be
// changed while a run trains.
type examples struct {
	buffer  []uint8 // for those on disk
	lost    error   // of an image that can no longer be read: the run ends
	parts   [2][]example
	size    int
	seed    uint64
	augment images.Augment
	pixels  *images.Affine // how the network is fed; nil: the usual way
}

// pixelsID tells equal pixels, at one size.
type pixelsID struct {
	hash  images.Hash
	scale int // of 16-bit images, see images.Sample
}

type example struct {
	id     int // the sample's
	pixels *images.Pixels
	known  pixelsID
	label  int
}

// examples are a split's as the network in use is fed.
func (p *Project) examples(s *images.Split, o Options) *examples {
	d := newExamples(s, p.data.set.Resizing.Size, o)
	if p.network != nil {
		d.pixels = p.network.info.pixels()
	}
	return d
}

func newExamples(s *images.Split, size int, o Options) *examples {
	_, _, order := o.seeds()
	d := &examples{size: size, seed: order, augment: o.Augment.images()}
	for i, part := range [2][]images.Example{s.Train, s.Validation} {
		for _, e := range part {
			d.parts[i] = append(d.parts[i], example{e.Sample.ID, e.Sample.Pixels, pixelsID{e.Sample.Hash, e.Sample.Range}, e.Label})
		}
	}
	return d
}

func (d *examples) Len(s tune.Split) int          { return len(d.parts[s]) }
func (d *examples) Label(s tune.Split, i int) int { return d.parts[s][i].label }
func (d *examples) Augmented() bool               { return d.augment.On() }
func (d *examples) Image(dst []float32, s tune.Split, i, epoch int) {
	if d.buffer == nil {
		d.buffer = make([]uint8, d.size*d.size*3)
	}
	pixels, err := d.parts[s][i].pixels.Read(d.buffer)
	if err != nil {
		d.lost = err
		return
	}
	if s == tune.Train && epoch >= 0 && d.augment.On() {
		d.augment.Vary(dst, pixels, d.size, d.seed, epoch, i)
		images.Feed(dst, dst, d.pixels)
		return
	}
	images.Feed(dst, pixels, d.pixels)
}

// known tells which pixels a split has.
func (d *examples) known(s tune.Split) []pixelsID {
	var list []pixelsID
	for _, e := range d.parts[s] {
		list = append(list, e.known)
	}
	return list
}
