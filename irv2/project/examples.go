package project

import (
	"thaw/irv2/images"
	"thaw/irv2/tune"
)

// examples shows a split to package tune.
type examples struct {
	parts   [2][]images.Example
	size    int
	seed    uint64
	augment images.Augment
	pixels  *images.Affine // how the network is fed; nil: the usual way
}

func newExamples(s *images.Split, size int, o Options) *examples {
	return &examples{parts: [2][]images.Example{s.Train, s.Validation}, size: size, seed: o.Seed, augment: o.Augment.images()}
}

func (d *examples) Len(s tune.Split) int          { return len(d.parts[s]) }
func (d *examples) Label(s tune.Split, i int) int { return d.parts[s][i].Label }
func (d *examples) Augmented() bool               { return d.augment.On() }
func (d *examples) Image(dst []float32, s tune.Split, i, epoch int) {
	pixels := d.parts[s][i].Sample.Pixels
	if s == tune.Train && epoch >= 0 && d.augment.On() {
		d.augment.Vary(dst, pixels, d.size, d.seed, epoch, i)
		images.Feed(dst, dst, d.pixels)
		return
	}
	images.Feed(dst, pixels, d.pixels)
}
