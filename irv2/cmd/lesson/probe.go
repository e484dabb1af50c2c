package main

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/optimize"

	"thaw/irv2"
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
	if err := c.fit(penalty); err != nil {
		return 0, 0, err
	}
	right, rows := 0, validation.RawMatrix().Rows
	logits := c.logits(validation)
	for i := range rows {
		if floats.MaxIdx(logits.RawRowView(i)) == set.label(i) {
			right++
		}
	}
	return float64(right) / float64(rows), len(c.values), nil
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
		c := newClassifier(rows(x, in), classes, in)
		left := newClassifier(rows(x, out), classes, out)
		for k, penalty := range penalties {
			if err := c.fit(penalty); err != nil {
				return 0, err
			}
			left.values = c.values
			loss[k] += left.loss(c.values, nil, 0) * float64(len(out))
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

func rows(x *mat.Dense, list []int) *mat.Dense {
	_, d := x.Dims()
	y := mat.NewDense(len(list), d, nil)
	for to, from := range list {
		y.SetRow(to, x.RawRowView(from))
	}
	return y
}

// classifier is softmax regression on rows x; label(i) = i modulo classes, of the row's
// place in the whole set. values is [features+1, classes], the bias in the last row.
type classifier struct {
	x       *mat.Dense
	classes int
	labels  []int
	values  []float64
}

func newClassifier(x *mat.Dense, classes int, places []int) *classifier {
	n, d := x.Dims()
	c := &classifier{x: x, classes: classes, labels: make([]int, n), values: make([]float64, d*classes)}
	for i := range c.labels {
		place := i
		if places != nil {
			place = places[i]
		}
		c.labels[i] = place % classes
	}
	return c
}

func (c *classifier) logits(x *mat.Dense) *mat.Dense {
	_, d := x.Dims()
	var z mat.Dense
	z.Mul(x, mat.NewDense(d, c.classes, c.values))
	return &z
}

// loss is the mean cross-entropy plus penalty/2 times the squares of all weights but the
// biases; gradient, if not nil, is overwritten by its gradient.
func (c *classifier) loss(values, gradient []float64, penalty float64) float64 {
	n, d := c.x.Dims()
	var z mat.Dense
	z.Mul(c.x, mat.NewDense(d, c.classes, values))
	sum := 0.0
	for i, label := range c.labels {
		row := z.RawRowView(i)
		top, total := row[0], 0.0
		for _, v := range row {
			top = max(top, v)
		}
		right := row[label]
		for k, v := range row {
			row[k] = math.Exp(v - top)
			total += row[k]
		}
		sum += (math.Log(total) + top - right) / float64(n)
		for k := range row {
			row[k] /= total * float64(n)
		}
		row[label] -= 1 / float64(n)
	}
	weights := values[:(d-1)*c.classes]
	for _, v := range weights {
		sum += penalty / 2 * v * v
	}
	if gradient != nil {
		mat.NewDense(d, c.classes, gradient).Mul(c.x.T(), &z)
		for i, v := range weights {
			gradient[i] += penalty * v
		}
	}
	return sum
}

// fit goes from c.values to the minimum.
func (c *classifier) fit(penalty float64) error {
	problem := optimize.Problem{
		Func: func(v []float64) float64 { return c.loss(v, nil, penalty) },
		Grad: func(g, v []float64) { c.loss(v, g, penalty) },
	}
	settings := &optimize.Settings{GradientThreshold: 1e-5, MajorIterations: 2000}
	found, err := optimize.Minimize(problem, c.values, settings, &optimize.LBFGS{})
	if found == nil {
		return err
	}
	// A line search that finds nothing lower in the last digits has arrived too; whether
	// it did is seen by the gradient.
	c.values = found.X
	gradient := make([]float64, len(c.values))
	c.loss(c.values, gradient, penalty)
	if steepest := floats.Norm(gradient, math.Inf(1)); steepest > 1e-3 {
		return fmt.Errorf("the probe with penalty %g did not converge (%v): its gradient is still %.2g", penalty, found.Status, steepest)
	}
	return nil
}
