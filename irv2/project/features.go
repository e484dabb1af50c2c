package project

import (
	"context"
	"slices"
	"weak"

	"thaw/irv2/images"
	"thaw/irv2/tune"
	"thaw/kernels/program"
)

// features are those of the frozen prefix that a run on the host computed, kept so that
// the next with the same prefix does not compute them again, as long as it wants no other
// images: in which order, with which labels and on which side they stand does not matter to
// their bits (golden.TestFeaturesDoNotDependOnOrder). They do not change once made.
type features struct {
	of      prefix
	weights []weak.Pointer[float32] // where the prefix's parameters stand, which never change there
	images  [2][]pixelsID
	values  [2][]float32 // nil: not known
}

// prefix is what the features of an image depend on beside its pixels and the parameters:
// the bits, not only the numbers.
type prefix struct {
	machine program.Machine
	threads int // some may have been lost
	layer   string
	size    int
	batch   int
	depth   int           // by which 16-bit images are scaled
	feed    images.Affine // zero: the usual way
}

// featuresOf says what the features of a run from these weights depend on, without values;
// nil where nothing can be kept of them.
func (p *Project) featuresOf(l *tune.Layout, from version, d *examples) *features {
	if l.Machine() != p.Machine || l.Prefix == nil || l.PrefixChanged() || from.Weights == nil || d == nil {
		return nil
	}
	f := &features{of: prefix{machine: l.Machine(), layer: l.Prefix.Name, size: d.size, batch: l.Batch(), depth: p.data.set.Depth()}}
	if host, ok := l.Machine().(program.Host); ok {
		f.of.threads = host.Threads()
	}
	if d.pixels != nil {
		f.of.feed = *d.pixels
	}
	for i, param := range l.Plan.Model.Params {
		if param.Layer.Index <= l.Prefix.Index { // none of the head, which always learns
			f.weights = append(f.weights, weak.Make(&from.Data[i][0]))
		}
	}
	for split := range d.parts {
		f.images[split] = d.known(tune.Split(split))
	}
	return f
}

// bytes that the values take.
func (f *features) bytes() int64 { return 4 * int64(len(f.values[0])+len(f.values[1])) }

// known are the features of each image of a split that a run need not compute, where they
// are kept; nil: those of the whole split are to be computed.
type known [2][][]float32

// count is how many images are known.
func (k *known) count() int {
	if k == nil {
		return 0
	}
	return len(k[tune.Train]) + len(k[tune.Validation])
}

// known is what a run need not compute, nil: all. What is kept but would not fit beside
// the run does not count.
func (p *Project) known(l *tune.Layout, from version, d *examples) *known {
	kept, f := p.kept(), p.featuresOf(l, from, d)
	if kept == nil || f == nil || !roomBeside(l, kept.bytes()) || f.of != kept.of || !slices.Equal(f.weights, kept.weights) {
		return nil
	}
	k, at := &known{}, kept.byImage(l.Prefix.H*l.Prefix.W*l.Prefix.C)
	for split, images := range f.images {
		if !l.Cached[split] {
			continue
		}
		for _, id := range images {
			one := at[id]
			if one == nil {
				k[split] = nil
				break
			}
			k[split] = append(k[split], one)
		}
	}
	return k
}

// byImage finds the features, n numbers, of an image on either side.
func (f *features) byImage(n int) map[pixelsID][]float32 {
	at := map[pixelsID][]float32{}
	for split, values := range f.values {
		for i, id := range f.images[split] {
			if values != nil {
				at[id] = values[i*n:][:n]
			}
		}
	}
	return at
}

// roomBeside says that there is room for so much beside a run.
func roomBeside(l *tune.Layout, bytes int64) bool {
	return l.Options.Budget == 0 || l.Cost().Peak+bytes <= l.Options.Budget
}

// makeRoom lets kept features go where a run needs their place.
func (p *Project) makeRoom(l *tune.Layout) {
	if kept := p.kept(); kept != nil && !roomBeside(l, kept.bytes()) {
		p.keep(nil)
	}
}

// keptShare is the part of all memory that kept features may take: images, which are not
// asked to leave it, take up to imagesShare, and the rest is for weights.
const keptShare = 0.125

// keepFeatures keeps what the run computed, if there is room for it beside the run, which
// still has its memory. Those of another prefix go.
func (r *Run) keepFeatures() {
	if r.session == nil {
		return
	}
	p, l := r.project, r.layout
	f, bytes := p.featuresOf(l, r.from, r.data), l.Cost().CacheBytes
	switch {
	case f == nil, bytes == 0, r.known.count() == cachedImages(l): // as they are
		return
	case p.Memory > 0 && float64(bytes) > keptShare*float64(p.Memory), !roomBeside(l, bytes):
		return
	}
	p.keep(nil)
	for split := range f.values {
		values, err := r.session.Features(context.Background(), tune.Split(split))
		if err != nil {
			return
		}
		f.values[split] = values
	}
	p.keep(f)
}

func cachedImages(l *tune.Layout) (n int) {
	for split, cached := range l.Cached {
		if cached {
			n += l.Counts[split]
		}
	}
	return n
}

func (p *Project) kept() *features {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.features
}

func (p *Project) keep(f *features) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.features = f
}
