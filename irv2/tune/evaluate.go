package tune

import (
	"math"

	"thaw/kernels/program"
)

// Evaluation is how the network, in inference mode, does on a split. The loss is Keras's
// val_loss: with the smoothed labels of training, without class weights.
type Evaluation struct {
	Images         int // of the split; 0: there is no loss and no accuracy
	Loss, Accuracy float64
	Confusion      [][]int // [true][predicted]
	Answers        []Said  // one an image
}

// Said is the label that the network gives an image, and how probable it holds it.
type Said struct {
	Label       int
	Probability float64
}

// BalancedAccuracy is the mean, over the classes that the split has images of, of the
// share of each that is recognised (recall): what accuracy would be with as many images
// of every class. NaN without images.
func (e *Evaluation) BalancedAccuracy() float64 {
	sum, classes := 0.0, 0
	for label, row := range e.Confusion {
		n := 0
		for _, images := range row {
			n += images
		}
		if n > 0 {
			sum += float64(row[label]) / float64(n)
			classes++
		}
	}
	return sum / float64(classes)
}

// Evaluate runs the network in inference mode over a split.
func (s *Session) Evaluate(split Split, poll func() error) (*Evaluation, error) {
	p, classes, count := s.evaluate, s.classes(), s.Counts[split]
	e := &Evaluation{Images: count, Confusion: make([][]int, classes), Answers: make([]Said, count)}
	for i := range e.Confusion {
		e.Confusion[i] = make([]int, classes)
	}
	if count == 0 {
		return e, nil
	}
	if err := s.memory.Run(p.Phase(program.Init), poll); err != nil {
		return nil, err
	}
	right, all := 0, make([]float32, p.Logits.Len)
	for rest := indices(0, count); len(rest) > 0; {
		chosen := s.first(rest)
		rest = rest[len(chosen):]
		if err := s.fill(p, batch{split, chosen, -1}, poll); err != nil {
			return nil, err
		}
		if err := s.memory.Run(p.Phase(program.Forward), poll); err != nil {
			return nil, err
		}
		wait := s.memory.Ask(program.Part{Dst: all, Buffer: p.Logits})
		s.prepare(p, batch{split, s.first(rest), -1})
		if err := wait(); err != nil {
			return nil, err
		}
		for i, n := range chosen {
			logits := all[i*classes : (i+1)*classes]
			label, predicted := s.data.Label(split, n), Argmax(logits)
			e.Confusion[label][predicted]++
			e.Answers[n] = Said{predicted, math.Exp(-CrossEntropy(logits, predicted, 0))}
			e.Loss += CrossEntropy(logits, label, s.Options.LabelSmoothing) / float64(count)
			if label == predicted {
				right++
			}
		}
	}
	e.Accuracy = float64(right) / float64(count)
	return e, nil
}

// CrossEntropy is log(sum(exp(logits))) - sum(labels * logits), where labels is one-hot
// and smoothed.
func CrossEntropy(logits []float32, label int, smooth float64) float64 {
	top := float64(logits[Argmax(logits)])
	sum, mean := 0.0, 0.0
	for _, l := range logits {
		sum += math.Exp(float64(l) - top)
		mean += float64(l) / float64(len(logits))
	}
	target := float64(logits[label])
	if smooth > 0 {
		target = (1-smooth)*target + smooth*mean
	}
	return math.Log(sum) + top - target
}
