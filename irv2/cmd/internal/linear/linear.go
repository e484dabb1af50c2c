// Package linear fits softmax regression until nothing moves: what a linear classifier can
// tell apart by given features, with nothing left to more steps or a better rate.
package linear

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/optimize"
)

// Classifier is softmax regression on the rows of X, whose last column is 1, for the bias.
type Classifier struct {
	X       *mat.Dense // [images, features+1]
	Labels  []int      // of the rows
	Classes int
	Values  []float64 // [features+1, Classes], the bias in the last row
}

// New is a classifier with all values 0.
func New(x *mat.Dense, labels []int, classes int) *Classifier {
	_, d := x.Dims()
	return &Classifier{x, labels, classes, make([]float64, d*classes)}
}

// Rows copies the listed rows of x.
func Rows(x *mat.Dense, list []int) *mat.Dense {
	_, d := x.Dims()
	y := mat.NewDense(len(list), d, nil)
	for to, from := range list {
		y.SetRow(to, x.RawRowView(from))
	}
	return y
}

// Logits are [rows of x, Classes].
func (c *Classifier) Logits(x *mat.Dense) *mat.Dense {
	_, d := x.Dims()
	var z mat.Dense
	z.Mul(x, mat.NewDense(d, c.Classes, c.Values))
	return &z
}

// Loss is the mean cross-entropy plus penalty/2 times the squares of all weights but the
// biases; gradient, if not nil, is overwritten by its gradient.
func (c *Classifier) Loss(values, gradient []float64, penalty float64) float64 {
	n, d := c.X.Dims()
	var z mat.Dense
	z.Mul(c.X, mat.NewDense(d, c.Classes, values))
	sum := 0.0
	for i, label := range c.Labels {
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
	weights := values[:(d-1)*c.Classes]
	for _, v := range weights {
		sum += penalty / 2 * v * v
	}
	if gradient != nil {
		mat.NewDense(d, c.Classes, gradient).Mul(c.X.T(), &z)
		for i, v := range weights {
			gradient[i] += penalty * v
		}
	}
	return sum
}

// Fit goes from Values to the minimum.
func (c *Classifier) Fit(penalty float64) error {
	problem := optimize.Problem{
		Func: func(v []float64) float64 { return c.Loss(v, nil, penalty) },
		Grad: func(g, v []float64) { c.Loss(v, g, penalty) },
	}
	settings := &optimize.Settings{GradientThreshold: 1e-5, MajorIterations: 2000}
	found, err := optimize.Minimize(problem, c.Values, settings, &optimize.LBFGS{})
	if found == nil {
		return err
	}
	// A line search that finds nothing lower in the last digits has arrived too; whether
	// it did is seen by the gradient.
	c.Values = found.X
	gradient := make([]float64, len(c.Values))
	c.Loss(c.Values, gradient, penalty)
	if steepest := floats.Norm(gradient, math.Inf(1)); steepest > 1e-3 {
		return fmt.Errorf("a linear classifier with penalty %g did not converge (%v): its gradient is still %.2g", penalty, found.Status, steepest)
	}
	return nil
}
