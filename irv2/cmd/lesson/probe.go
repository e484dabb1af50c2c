package main

import (
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"thaw/irv2"
	"thaw/irv2/cmd/internal/linear"
	"thaw/irv2/worlds"
	"thaw/kernels/program"
)

// The probe stands beside the frozen head: softmax regression on the same frozen
// features, fitted until nothing moves, so that a head that had too few steps is not
// mistaken for features that cannot do better.

// penalties are tried from strong to weak; each fit starts where the last one ended.
var penalties = []float64{10, 1, 0.1, 1e-2, 1e-3, 1e-4}

// maxFolds of the training images choose the penalty: a fold is left out, and the loss on it counts.
const maxFolds = 5

// runProbe fits the probe on a training set and returns its accuracy on the validation
// images and how many values were fitted.
func runProbe(w *irv2.Weights, set trainingSet, machine program.Machine) (accuracy float64, fitted int, err error) {
	train, err := features(w, set.images, machine)
	if err != nil {
		return 0, 0, err
	}
	validation, err := features(w, set.validation, machine)
	if err != nil {
		return 0, 0, err
	}
	scale(train, validation)
	penalty, err := choosePenalty(train, set.classes)
	if err != nil {
		return 0, 0, err
	}
	c := newClassifier(train, set.classes, nil)
	if err := c.Fit(penalty); err != nil {
		return 0, 0, err
	}
	right, rows := 0, validation.RawMatrix().Rows
	logits := c.Logits(validation)
	for i := range rows {
		if floats.MaxIdx(logits.RawRowView(i)) == set.label(i) {
			right++
		}
	}
	return float64(right) / float64(rows), len(c.Values), nil
}

// features are the globally averaged outputs of the backbone, a row for each image, with
// a 1 at the end for the bias.
func features(w *irv2.Weights, images []*worlds.Image, machine program.Machine) (*mat.Dense, error) {
	to := w.Model.Layer("avg_pool")
	x := mat.NewDense(len(images), to.C+1, nil)
	err := forward(w, to, images, machine, func(i int, out []float32) {
		row := x.RawRowView(i)
		for k, v := range out {
			row[k] = float64(v)
		}
		row[to.C] = 1
	})
	return x, err
}

// scale gives every feature of train mean 0 and all of them together variance 1, and
// moves the others along. Features keep their sizes among each other: evened out by the
// few images of a small training set, those that hardly vary would be mostly noise (at 5
// images a class that cost 10 points and more on near).
func scale(train *mat.Dense, others ...*mat.Dense) {
	n, d := train.Dims()
	square := 0.0
	for k := range d - 1 {
		mean := 0.0
		for i := range n {
			mean += train.At(i, k) / float64(n)
		}
		for _, x := range append(others, train) {
			for i := range x.RawMatrix().Rows {
				x.Set(i, k, x.At(i, k)-mean)
			}
		}
		for i := range n {
			square += train.At(i, k) * train.At(i, k) / float64(n*(d-1))
		}
	}
	factor := 1 / math.Sqrt(square+1e-12)
	for _, x := range append(others, train) {
		for i := range x.RawMatrix().Rows {
			for k := range d - 1 {
				x.Set(i, k, x.At(i, k)*factor)
			}
		}
	}
}

// choosePenalty takes the penalty with the least loss on left-out folds. Rows are in the
// order class 0, 1, ..., so folds of whole rounds are balanced.
func choosePenalty(x *mat.Dense, classes int) (float64, error) {
	n, _ := x.Dims()
	folds := min(maxFolds, n/classes)
	loss := make([]float64, len(penalties))
	for fold := range folds {
		var in, out []int
		for i := range n {
			if i/classes%folds == fold {
				out = append(out, i)
			} else {
				in = append(in, i)
			}
		}
		c := newClassifier(linear.Rows(x, in), classes, in)
		left := newClassifier(linear.Rows(x, out), classes, out)
		for k, penalty := range penalties {
			if err := c.Fit(penalty); err != nil {
				return 0, err
			}
			left.Values = c.Values
			loss[k] += left.Loss(c.Values, nil, 0) * float64(len(out))
		}
	}
	best := 0
	for k := range loss {
		if loss[k] < loss[best] {
			best = k
		}
	}
	return penalties[best], nil
}

// newClassifier labels rows by their places in the whole set, nil: as they stand.
func newClassifier(x *mat.Dense, classes int, places []int) *linear.Classifier {
	n, _ := x.Dims()
	labels := make([]int, n)
	for i := range labels {
		place := i
		if places != nil {
			place = places[i]
		}
		labels[i] = place % classes
	}
	return linear.New(x, labels, classes)
}
