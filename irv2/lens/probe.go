package lens

import (
	"thaw/irv2"
	"thaw/irv2/tune"
	"thaw/kernels/program"
)

// Probe is what a linear classifier on the pooled features of a block recognises: how much
// of what the classes need is there to read, whatever is trained behind it.
type Probe struct {
	Block    string
	Accuracy Interval // share of the held-back images
	LeftOut  float64  // share of the training images, each read by a classifier fitted on all others
	Penalty  float64  // chosen, see ridge
}

// Probes are those of all blocks of the backbone.
type Probes struct {
	Blocks          []Probe
	Train, HeldBack int       // images used
	Chance          float64   // share of the held-back images that naming the training images' largest class gets right
	Commonest       float64   // share of that class in the training images
	Last            []float32 // features of the last block, [Train, its channels]
	labels          []int     // of the images that these are of
	classes         int
}

// HScore is that of the features of the last block: see there. Its time grows with the cube of
// their channels, so it is computed where it is asked for.
func (p *Probes) HScore() float64 {
	return HScore(p.Last, len(p.Last)/p.Train, p.labels, p.classes)
}

// maxProbed images of a split are used, evenly spread: the time of a fit grows with their cube.
const maxProbed = 500

// Measure probes each block of w's backbone: fitted on the training images, the penalty
// chosen on these alone, and scored on the held-back ones. There must be some to train on;
// without held-back ones accuracies are NaN. progress is told how much of its work is done.
func Measure(w *irv2.Weights, data tune.Data, machine program.Machine, poll func() error, progress func(done, total int)) (*Probes, error) {
	chosen := [2][]int{Spread(data.Len(tune.Train), maxProbed), Spread(data.Len(tune.Validation), maxProbed)}
	p := &Probes{Train: len(chosen[0]), HeldBack: len(chosen[1])}
	classes := w.Model.Config.Classes
	total := p.Train + p.HeldBack + len(w.Model.Blocks) - 1
	var seen [2][]*features
	var labels [2][]int
	for split, list := range chosen {
		before := split * p.Train
		blocks, err := pool(w, data, tune.Split(split), list, machine, poll, func(done int) { progress(before+done, total) })
		if err != nil {
			return nil, err
		}
		seen[split] = blocks
		for _, n := range list {
			labels[split] = append(labels[split], data.Label(tune.Split(split), n))
		}
	}
	largest := commonest(labels[0], classes)
	p.Chance = Wilson(count(labels[1], largest), p.HeldBack).Value
	last := seen[0][len(seen[0])-1]
	p.Last, p.labels, p.classes = last.values, labels[0], classes
	p.Commonest = Wilson(count(labels[0], largest), p.Train).Value
	for i, name := range w.Model.Blocks[:len(seen[0])] {
		if err := poll(); err != nil {
			return nil, err
		}
		scores, left, penalty := ridge(seen[0][i], seen[1][i], labels[0], classes)
		found := Wilson(right(left, labels[0], classes), p.Train)
		p.Blocks = append(p.Blocks, Probe{name, Wilson(right(scores, labels[1], classes), p.HeldBack), found.Value, penalty})
		progress(p.Train+p.HeldBack+i+1, total)
	}
	return p, nil
}

// right counts the rows of scores, [len(labels)][classes], that are largest at their label.
func right(scores []float64, labels []int, classes int) (n int) {
	for i, label := range labels {
		if largest(scores[i*classes:][:classes]) == label {
			n++
		}
	}
	return n
}

func largest(scores []float64) int {
	best := 0
	for i, v := range scores {
		if v > scores[best] {
			best = i
		}
	}
	return best
}

func commonest(labels []int, classes int) int {
	counts := make([]float64, classes)
	for _, label := range labels {
		counts[label]++
	}
	return largest(counts)
}

func count(labels []int, label int) int {
	n := 0
	for _, l := range labels {
		if l == label {
			n++
		}
	}
	return n
}
