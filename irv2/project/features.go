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
// the next with the same prefix, images and order does not compute them again. They do not
// change once made.
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

// count is how many images are known.
func (f *features) count() int {
	n := 0
	for split, values := range f.values {
		if values != nil {
			n += len(f.images[split])
		}
	}
	return n
}

// known is what a run need not compute, nil: all. What is kept but would not fit beside
// the run does not count.
func (p *Project) known(l *tune.Layout, from version, d *examples) *features {
	kept, f := p.kept(), p.featuresOf(l, from, d)
	if kept == nil || f == nil || !roomBeside(l, kept.bytes()) || f.of != kept.of || !slices.Equal(f.weights, kept.weights) {
		return nil
	}
	for split := range f.values {
		if l.Cached[split] && len(f.images[split]) > 0 && slices.Equal(f.images[split], kept.images[split]) {
			f.values[split] = kept.values[split]
		}
	}
	return f
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
	case f == nil, bytes == 0, r.known != nil && r.known.bytes() == bytes: // as they are
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
