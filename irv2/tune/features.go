package tune

import (
	"time"

	"thaw/irv2/compile"
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
	if s.features == nil || done == total && !s.featuresPersist() {
		return nil
	}
	if err := s.features.Run(compile.Init, s.backend, poll); err != nil {
		return err
	}
	start, n, before := time.Now(), s.featureLen(), done
	for split, cached := range s.Cached {
		for cached && s.cachedTo[split] < s.Counts[split] {
			at := s.cachedTo[split]
			chosen := indices(at, min(at+s.batch(), s.Counts[split]))
			features, err := s.prefix(Split(split), chosen, -1, poll)
			if err != nil {
				return err
			}
			copy(s.cache[split][at*n:], features)
			s.cachedTo[split] += len(chosen)
			done += len(chosen)
			left := time.Since(start).Seconds() / float64(done-before) * float64(total-done)
			emit(Event{Cache: &CacheEvent{done, total, left}})
		}
	}
	return nil
}

// prefix runs the frozen prefix on the chosen images and returns their features.
func (s *Session) prefix(split Split, chosen []int, epoch int, poll func() error) ([]float32, error) {
	p := s.features
	s.images(p.InputData(), split, chosen, epoch)
	if err := p.Run(compile.ForwardPhase, s.backend, poll); err != nil {
		return nil, err
	}
	return p.OutputData()[:len(chosen)*s.featureLen()], nil
}

// fill writes the input of p for the chosen images: pixels, or features from the
// cache or the frozen prefix.
func (s *Session) fill(p *compile.Program, split Split, chosen []int, epoch int, poll func() error) error {
	n := s.featureLen()
	switch {
	case s.features == nil:
		s.images(p.InputData(), split, chosen, epoch)
	case s.Cached[split]:
		for i, c := range chosen {
			copy(p.InputData()[i*n:(i+1)*n], s.cache[split][c*n:])
		}
	default:
		features, err := s.prefix(split, chosen, epoch, poll)
		if err != nil {
			return err
		}
		copy(p.InputData(), features)
	}
	return nil
}

func (s *Session) images(dst []float32, split Split, chosen []int, epoch int) {
	size := s.Plan.Model.Config.Size
	n := size * size * 3
	for i, c := range chosen {
		s.data.Image(dst[i*n:(i+1)*n], split, c, epoch)
	}
}

func indices(from, to int) []int {
	list := make([]int, to-from)
	for i := range list {
		list[i] = from + i
	}
	return list
}
