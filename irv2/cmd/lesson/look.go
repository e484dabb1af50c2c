package main

import (
	"gonum.org/v1/gonum/mat"

	"thaw/irv2"
	"thaw/irv2/lens"
	"thaw/kernels/program"
)

// signs are what the training images alone tell of what freezing may cost.
type signs struct {
	LeftOut []float64 `json:"left_out"` // lens.Probe's, of each block of the backbone
	Gap     []float64 `json:"gap"`      // lens.GapByBlock
	LogME   float64   `json:"log_me"`
	HScore  float64   `json:"h_score"`
	GBC     float64   `json:"gbc"`
}

// lookAt computes the signs of a training set.
func lookAt(w *irv2.Weights, set trainingSet, machine program.Machine) (*signs, error) {
	poll := func() error { return nil }
	probes, err := lens.Measure(w, set, machine, poll, func(int, int) {})
	if err != nil {
		return nil, err
	}
	s := &signs{}
	for _, b := range probes.Blocks {
		s.LeftOut = append(s.LeftOut, b.LeftOut)
	}
	gap, err := lens.Gap(w, set, 0, machine, poll)
	if err != nil {
		return nil, err
	}
	s.Gap = lens.GapByBlock(w.Model, gap)
	labels := make([]int, probes.Train)
	for i := range labels {
		labels[i] = set.label(i)
	}
	pooled := mat.NewDense(probes.Train, len(probes.Last)/probes.Train, nil)
	for i, v := range probes.Last {
		pooled.RawMatrix().Data[i] = float64(v)
	}
	s.LogME, s.HScore, s.GBC = logME(pooled, labels, set.classes), probes.HScore(), gbc(pooled, labels, set.classes)
	return s, nil
}
