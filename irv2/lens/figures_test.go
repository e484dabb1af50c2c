package lens

import (
	"encoding/json"
	"math"
	"testing"

	figures "thaw/testdata/lens"
)

// numpy is figures.json.
type numpy struct {
	Ridge []struct {
		Channels, Classes int
		Labels            []int
		Train, Test       []float32
		Errors            []float64
		Penalty           float64
		Scores, Left      []float64
	}
	Alike []struct {
		Images           int
		Channels         [2]int
		X, Y             []float32
		Value, Low, High float64
	}
	Wilson []struct {
		Right, N  int
		Low, High float64
	}
	Drift struct {
		Mean0, Mean, Variance0, Variance []float32
		Shift, LogRatio, Moved           float64
	}
}

func read(t *testing.T) (f numpy) {
	t.Helper()
	if err := json.Unmarshal(figures.Figures, &f); err != nil {
		t.Fatal(err)
	}
	return f
}

func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance) {
		t.Errorf("%s: %.9g, numpy %.9g", what, got, want)
	}
}

// Ridge gives the scores of normal equations, and its penalty is the one whose errors,
// each image really left out, are least.
func TestRidgeAgainstNumpy(t *testing.T) {
	for _, f := range read(t).Ridge {
		n := len(f.Labels)
		train, test := &features{n, f.Channels, f.Train}, &features{len(f.Test) / f.Channels, f.Channels, f.Test}
		x := centred(train, train)[0]
		y, _ := oneHot(f.Labels, f.Classes)
		gram, size := make([]float64, n*n), 0.0
		for i := range n {
			for j := range n {
				gram[i*n+j] = dot(x[i*f.Channels:][:f.Channels], x[j*f.Channels:][:f.Channels])
			}
			size += gram[i*n+i] / float64(n)
		}
		for i, p := range penalties {
			_, _, e := leaveOneOut(gram, y, n, p*size)
			near(t, "errors of left-out images", e, f.Errors[i], 1e-6*f.Errors[i])
		}
		scores, left, penalty := ridge(train, test, f.Labels, f.Classes)
		near(t, "penalty", penalty, f.Penalty, 0)
		for i, v := range f.Scores {
			near(t, "score", scores[i], v, 1e-8)
		}
		for i, v := range f.Left {
			near(t, "score of a left-out image", left[i], v, 1e-8)
		}
	}
}

// Gram matrices are kept in float32: seven digits.
func TestAlikeAgainstNumpy(t *testing.T) {
	for _, f := range read(t).Alike {
		of := func(channels int, values []float32) *Representation {
			return &Representation{f.Images, [][]float32{gramOf(&features{f.Images, channels, values})}}
		}
		got := Alike(of(f.Channels[0], f.X), of(f.Channels[1], f.Y))[0]
		near(t, "CKA", got.Value, f.Value, 1e-5)
		near(t, "its low end", got.Low, f.Low, 1e-5)
		near(t, "its high end", got.High, f.High, 1e-5)
	}
}

func TestWilsonAgainstNumpy(t *testing.T) {
	for _, f := range read(t).Wilson {
		got := Wilson(f.Right, f.N)
		near(t, "share", got.Value, float64(f.Right)/float64(f.N), 0)
		near(t, "low end", got.Low, f.Low, 1e-12)
		near(t, "high end", got.High, f.High, 1e-12)
	}
}

func TestDriftAgainstNumpy(t *testing.T) {
	f := read(t).Drift
	got := drift(f.Mean0, f.Variance0, f.Mean, f.Variance)
	near(t, "shift", got.Shift, f.Shift, 1e-12)
	near(t, "log of the ratio", got.LogRatio, f.LogRatio, 1e-12)
	near(t, "|w - w0| / |w0|", math.Sqrt(distance(f.Mean, f.Mean0)/distance(f.Mean0, nil)), f.Moved, 1e-12)
}
