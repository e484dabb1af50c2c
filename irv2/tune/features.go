package tune

import (
	"context"
	"slices"

	"thaw/irv2/compile"
	"thaw/kernels/program"
)

// fillCaches computes the features of the frozen prefix once for each image of the
// cached splits. It goes on where an interrupted run stopped.
func (s *Session) fillCaches(poll func() error, emit func(Event)) error {
	total, done := 0, 0
	for split, cached := range s.Cached {
		if cached {
			total += s.Counts[split]
			done += s.cachedTo[split]
		}
	}
	if s.features == nil || done == total && !s.features.Beside {
		return nil
	}
	if err := s.memory.Run(s.features.Phase(program.Init), poll); err != nil {
		return err
	}
	start, n, computed := s.clock.worked(), s.featureLen(), 0
	for split, cached := range s.Cached {
		for cached && s.cachedTo[split] < s.Counts[split] {
			at := s.cachedTo[split]
			chosen := indices(at, min(at+s.batch(), s.Counts[split]))
			if err := s.prefix(s.cache[split], at*n, batch{Split(split), chosen, -1}, poll); err != nil {
				return err
			}
			s.cachedTo[split] += len(chosen)
			done += len(chosen)
			computed += len(chosen)
			took := (s.clock.worked() - start).Seconds()
			e := &CacheEvent{Done: done, Total: total, Computed: computed, Seconds: took}
			if computed > len(chosen) || done == total { // the first batch takes longer than the others
				left := took / float64(computed) * float64(total-done)
				e.SecondsLeft = &left
			}
			emit(Event{Cache: e})
		}
	}
	return nil
}

// Features copies out the features of a split's images, one after the other; nil where they
// are not all cached.
func (s *Session) Features(ctx context.Context, split Split) ([]float32, error) {
	if !s.Cached[split] || s.Counts[split] == 0 || s.cachedTo[split] < s.Counts[split] {
		return nil, nil
	}
	return s.read(ctx, s.cache[split])
}

// Know fills the cache of a split with the features of each of its images, from what Features
// gave of another session with the same prefix, so that they are not computed again.
func (s *Session) Know(split Split, features [][]float32) {
	for i, one := range features {
		s.memory.Write(s.cache[split], i*s.featureLen(), one)
	}
	s.cachedTo[split] = s.Counts[split]
}

// batch is images of a split as an epoch shows them, -1: as they are.
type batch struct {
	split  Split
	chosen []int
	epoch  int
}

func (b batch) equal(c batch) bool {
	return b.split == c.split && b.epoch == c.epoch && slices.Equal(b.chosen, c.chosen)
}

// prefix runs the frozen prefix on images and copies their features to into, from off on.
func (s *Session) prefix(into *program.Buffer, off int, b batch, poll func() error) error {
	p, n := s.features, len(b.chosen)*s.featureLen()
	s.images(p.Input, b)
	if err := s.memory.Run(p.Phase(program.Forward), poll); err != nil {
		return err
	}
	s.memory.Copy(program.Ref{Buffer: into, Off: off, Len: n}, program.Ref{Buffer: p.Output, Len: n})
	return nil
}

// fill writes the input of p for a batch: pixels, or features from the cache or the
// frozen prefix.
func (s *Session) fill(p *compile.Program, b batch, poll func() error) error {
	n := s.featureLen()
	switch {
	case s.features == nil:
		s.images(p.Input, b)
	case s.Cached[b.split]:
		for i, c := range b.chosen {
			s.memory.Copy(program.Ref{Buffer: p.Input, Off: i * n, Len: n}, program.Ref{Buffer: s.cache[b.split], Off: c * n, Len: n})
		}
	default:
		return s.prefix(p.Input, 0, b, poll)
	}
	return nil
}

// prepare writes the pixels that fill will ask for next, where it takes any: the arena
// holds them if nothing else runs before.
func (s *Session) prepare(p *compile.Program, b batch) {
	switch {
	case len(b.chosen) == 0 || s.features != nil && s.Cached[b.split]:
		return
	case s.features != nil:
		p = s.features
	}
	s.images(p.Input, b)
	s.ready = b
}

// images writes the pixels of a batch, unless they are ready.
func (s *Session) images(into *program.Buffer, b batch) {
	ready := s.ready.equal(b)
	s.ready = batch{}
	if ready {
		return
	}
	for i, c := range b.chosen {
		s.data.Image(s.image, b.split, c, b.epoch)
		s.memory.Write(into, i*len(s.image), s.image)
	}
}

func indices(from, to int) []int {
	list := make([]int, to-from)
	for i := range list {
		list[i] = from + i
	}
	return list
}
