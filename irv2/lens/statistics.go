package lens

import (
	"context"
	"math"
	"slices"

	"thaw/irv2"
	"thaw/irv2/compile"
	"thaw/irv2/freeze"
	"thaw/irv2/tune"
	"thaw/kernels/program"
)

// Drift is how far the moving statistics of batch norm went from where they were, averaged
// over channels.
type Drift struct {
	Shift    float64 // |mean - mean0| in deviations of before: sqrt(variance0 + eps)
	LogRatio float64 // |log((variance + eps) / (variance0 + eps))|
}

const (
	bnEpsilon  = 1e-3 // Keras's, in InceptionResNetV2
	bnMomentum = 0.99
)

// Remaining is how much of the statistics before training is still in the moving ones
// after so many steps on batch statistics: 0.99^steps.
func Remaining(steps int) float64 { return math.Pow(bnMomentum, float64(steps)) }

// Drifted gives the drift of each batch norm, by its layer.
func Drifted(before, after *irv2.Weights) map[*irv2.Layer]Drift {
	drifts := map[*irv2.Layer]Drift{}
	for _, l := range after.Model.Layers {
		if mean := l.Param("moving_mean"); mean != nil {
			variance := l.Param("moving_variance")
			drifts[l] = drift(before.Of(mean), before.Of(variance), after.Of(mean), after.Of(variance))
		}
	}
	return drifts
}

func drift(mean0, variance0, mean, variance []float32) (d Drift) {
	n := float64(len(mean))
	for c := range mean {
		v0 := float64(variance0[c]) + bnEpsilon
		d.Shift += math.Abs(float64(mean[c])-float64(mean0[c])) / math.Sqrt(v0) / n
		d.LogRatio += math.Abs(math.Log((float64(variance[c])+bnEpsilon)/v0)) / n
	}
	return d
}

// Restate replaces the moving means and variances of w by those of training images under
// the weights as they are, layer by layer, each fed by layers that already use their new
// statistics: of the batch norms that are live, by layer as in freeze.Plan, nil: of all.
// What a network scores with them tells drift of statistics from learning.
//
// One batch of all images in training mode does it exactly: a batch norm then normalises
// with the statistics of all images, which is what it will do in inference mode. Where
// budget bytes (0: no limit) do not hold all, it takes as many as they do, evenly spread;
// it returns how many.
func Restate(w *irv2.Weights, live []bool, data tune.Data, budget int64, machine program.Machine, poll func() error) (images int, err error) {
	plan := freeze.FromFlags(w.Model, func(*irv2.Layer) bool { return false }, freeze.Batch)
	if live != nil {
		plan.BatchStatistics = live
	}
	p, err := restating(plan, data.Len(tune.Train), budget, machine)
	if err != nil || p == nil {
		return 0, err
	}
	l, err := p.Load(machine, w)
	if err != nil {
		return 0, err
	}
	defer l.Close()
	images = p.Options.Batch
	fill(l, data, tune.Train, Spread(data.Len(tune.Train), images))
	if err := l.Run(p.Phase(program.Forward), poll); err != nil {
		return 0, err
	}
	for _, param := range p.Moving() { // on a device they stand there
		if err := l.Read(context.Background(), w.Of(param), p.Param(param), 0); err != nil {
			return 0, err
		}
	}
	return images, nil
}

// restating compiles that pass for the most images, up to n, that fit; nil where none do.
func restating(plan *freeze.Plan, n int, budget int64, machine program.Machine) (*compile.Program, error) {
	for ; n > 0; n = n * 3 / 4 {
		p, err := compile.Compile(plan, compile.Options{Batch: n, Training: true, Restate: true}, machine)
		if err != nil || budget == 0 || p.Cost().Peak() <= budget {
			return p, err
		}
	}
	return nil, nil
}

// Spread chooses k of n images, evenly.
func Spread(n, k int) []int {
	k = min(n, k)
	chosen := make([]int, k)
	for i := range chosen {
		chosen[i] = i * n / k
	}
	return chosen
}

// fill writes images as the network takes them, unvaried, into the input of l.
func fill(l *compile.Loaded, data tune.Data, split tune.Split, chosen []int) {
	size := l.Plan.Model.Config.Size
	image := make([]float32, size*size*3)
	for i, n := range chosen {
		data.Image(image, split, n, -1)
		l.Write(l.Input, i*len(image), image)
	}
}

// Gap is how far the statistics of training images are from those that the network has
// stored, for each batch norm by its layer: the domain gap, as the network sees it. Each
// layer is fed by layers that use the images' statistics already, so a layer adds its own
// part. Arguments as for Restate; w stays as it is.
func Gap(w *irv2.Weights, data tune.Data, budget int64, machine program.Machine, poll func() error) (map[*irv2.Layer]Drift, error) {
	restated := &irv2.Weights{Model: w.Model, Data: slices.Clone(w.Data)}
	for _, p := range w.Model.Params {
		if p.Statistic() {
			restated.Data[p.Index] = slices.Clone(w.Of(p))
		}
	}
	if n, err := Restate(restated, nil, data, budget, machine, poll); err != nil || n == 0 {
		return nil, err
	}
	return Drifted(w, restated), nil
}

// GapByBlock is the mean shift of the batch norms of each block of the backbone, NaN where
// there is none.
func GapByBlock(m *irv2.Model, gap map[*irv2.Layer]Drift) []float64 {
	shifts := make([]float64, len(m.Blocks)-1)
	for i, block := range m.Blocks[:len(shifts)] {
		sum, n := 0.0, 0.0
		for l, d := range gap {
			if l.Block == block {
				sum, n = sum+d.Shift, n+1
			}
		}
		shifts[i] = sum / n
	}
	return shifts
}
