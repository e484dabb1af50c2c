package linear

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// The gradient is that of the loss, and a fit ends where it is zero.
func TestClassifier(t *testing.T) {
	x := mat.NewDense(6, 3, []float64{1, 0.2, 1, -1, 0.5, 1, 0.7, -1, 1, -0.4, 1, 1, 1.5, 0.3, 1, 0.1, -0.2, 1})
	c := New(x, []int{0, 1, 0, 1, 0, 1}, 2)
	v, g := []float64{0.3, -0.2, 0.5, 0.1, -0.7, 0.4}, make([]float64, 6)
	c.Loss(v, g, 0.1)
	for i := range v {
		const h = 1e-6
		up, down := append([]float64(nil), v...), append([]float64(nil), v...)
		up[i], down[i] = up[i]+h, down[i]-h
		if d := (c.Loss(up, nil, 0.1) - c.Loss(down, nil, 0.1)) / (2 * h); math.Abs(d-g[i]) > 1e-7 {
			t.Errorf("gradient %d is %g, differences give %g", i, g[i], d)
		}
	}
	if err := c.Fit(0.1); err != nil {
		t.Fatal(err)
	}
	c.Loss(c.Values, g, 0.1)
	for i, v := range g {
		if math.Abs(v) > 1e-4 {
			t.Errorf("gradient %d at the end is %g", i, v)
		}
	}
}
