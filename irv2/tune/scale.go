package tune

import (
	"slices"

	"thaw/irv2"
	"thaw/kernels/program"
	"thaw/kernels/splitmix"
)

// scaleBatches of a pass tell its blocks' rates.
const scaleBatches = 5

// scale sets the factor of each block's rate for the pass that begins: its |gradient| /
// |weights|, averaged over the pass's first batches before any of them is learned from,
// as a share of the largest (Auto-RGN of Lee et al., Surgical fine-tuning improves
// adaptation to distribution shifts, 2023, by blocks).
func (s *Session) scale(order []int, epoch int, poll func() error) error {
	s.factors = nil
	sums := make([]float64, len(s.Plan.Model.Blocks))
	for n := 0; n < scaleBatches && len(order) > 0; n++ {
		chosen := s.first(order)
		order = order[len(chosen):]
		if err := s.ratios(sums, chosen, epoch, splitmix.At(s.Options.Seed, uint64(s.steps+n)), poll); err != nil {
			return err
		}
	}
	largest := slices.Max(sums)
	if !(largest > 0) {
		return nil
	}
	for i := range sums {
		sums[i] /= largest
	}
	s.factors = sums
	return nil
}

// ratios adds those of a batch to sums, and leaves the network as it was.
func (s *Session) ratios(sums []float64, chosen []int, epoch int, seed uint64, poll func() error) error {
	p := s.stepOn(len(chosen))
	p.SetStep(s.steps+1, s.rates, seed)
	if err := s.memory.Run(p.Phase(program.Save), nil); err != nil {
		return err
	}
	err := s.gradients(p, chosen, epoch, poll)
	if restored := s.memory.Run(p.Phase(program.Restore), nil); err == nil {
		err = restored
	}
	if err != nil {
		return err
	}
	parts, blocks := p.Readings()
	if err := s.memory.Ask(parts...)(); err != nil {
		return err
	}
	for i, b := range blocks() {
		if b.Ratio > 0 { // else nothing learns there
			sums[i] += b.Ratio
		}
	}
	return nil
}

// rate is the learning rate of a parameter in the pass at hand.
func (s *Session) rate(p *irv2.Param) float64 {
	rate := s.rates(p)
	if s.factors != nil {
		rate *= s.factors[slices.Index(s.Plan.Model.Blocks, p.Layer.Block)]
	}
	return rate
}
