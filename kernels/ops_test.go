package kernels_test

import (
	"math"
	"testing"

	"thaw/kernels"
)

// The other ops by hand, on numbers that float32 holds exactly.

func TestPoolByHand(t *testing.T) {
	p := kernels.NewPortable(1)
	// 1 5 2     the tie of the two 5s belongs to the first
	// 3 5 4
	in, out := view(1, 2, 3, 1, 1, 5, 2, 3, 5, 4), view(1, 1, 2, 1, 0, 0)
	p.MaxPool(&kernels.PoolArgs{In: in, Out: out, K: 2, Stride: 1})
	want(t, "MaxPool", out.Data, 5, 5)
	dIn := view(1, 2, 3, 1, 9, 9, 9, 9, 9, 9)
	p.MaxPoolBackward(&kernels.PoolBackwardArgs{In: in, Out: out, DOut: view(1, 1, 2, 1, 1, 10), DIn: dIn, K: 2, Stride: 1})
	want(t, "MaxPoolBackward", dIn.Data, 0, 11, 0, 0, 0, 0)

	// An average counts only the pixels inside: 2, 3, 2 of a row padded on both sides.
	in, out = view(1, 1, 3, 1, 2, 4, 12), view(1, 1, 3, 1, 0, 0, 0)
	p.AvgPool(&kernels.PoolArgs{In: in, Out: out, K: 3, Stride: 1, PadTop: 1, PadLeft: 1})
	want(t, "AvgPool", out.Data, 3, 6, 8)
	dIn = view(1, 1, 3, 1, 9, 9, 9)
	p.AvgPoolBackward(&kernels.PoolBackwardArgs{DOut: view(1, 1, 3, 1, 2, 3, 4), DIn: dIn, K: 3, Stride: 1, PadTop: 1, PadLeft: 1})
	want(t, "AvgPoolBackward", dIn.Data, 2, 4, 3)
}

func TestBatchNormByHand(t *testing.T) {
	p := kernels.NewPortable(1)
	// Mean 4, variance 4; Eps 0: (x-4)/2 + 1.
	x, out := view(1, 1, 4, 1, 2, 2, 6, 6), view(1, 1, 4, 1, 0, 0, 0, 0)
	mean, inv, runMean, runVariance := []float32{0}, []float32{0}, []float32{8}, []float32{2}
	p.BatchNormTrain(&kernels.BatchNormTrainArgs{X: x, Out: out, Beta: []float32{0.5}, Momentum: 0.75, Mean: mean, InvStd: inv,
		RunningMean: runMean, RunningVariance: runVariance, ReLU: true})
	want(t, "Out", out.Data, 0, 0, 1.5, 1.5)
	want(t, "statistics", []float32{mean[0], inv[0], runMean[0], runVariance[0]}, 4, 0.5, 7, 2.5)

	// The gate closes on the first two. g = 0 0 1 3, xhat = -1 -1 1 1: mean(g) = 1,
	// mean(g*xhat) = 1, DX = (g - 1 - xhat)/2.
	dX, dBeta := view(1, 1, 4, 1, 0, 0, 0, 0), []float32{0}
	p.BatchNormBackward(&kernels.BatchNormBackwardArgs{X: x, DOut: view(1, 1, 4, 1, 7, 7, 1, 3), DX: dX, Beta: []float32{0.5}, Mean: mean, InvStd: inv, ReLU: true, DBeta: dBeta})
	want(t, "DX", dX.Data, 0, 0, -0.5, 0.5)
	want(t, "DBeta", dBeta, 4)
}

func TestReLUBiasBackwardByHand(t *testing.T) {
	d, dBias := view(1, 1, 2, 2, 1, 2, 3, 4), []float32{0, 0}
	kernels.NewPortable(1).ReLUBiasBackward(&kernels.ReLUBiasBackwardArgs{Out: view(1, 1, 2, 2, 1, 0, 5, 6), D: d, Alpha: 0.5, DBias: dBias})
	want(t, "D", d.Data, 1, 0, 3, 4)
	want(t, "DBias", dBias, 2, 2)
}

// The first outputs of splitmix64 seeded with 1234567, as its author publishes them.
func TestUniform(t *testing.T) {
	for i, z := range []uint64{6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431} {
		if got, want := kernels.Uniform(1234567, uint64(i)), float32(math.Ldexp(float64(z>>40), -24)); got != want {
			t.Errorf("Uniform(1234567, %d) = %v, want %v", i, got, want)
		}
	}
	kept := 0
	for i := range uint64(100_000) {
		if kernels.DropoutKeep(7, i, 0.25) {
			kept++
		}
	}
	if math.Abs(float64(kept)-75_000) > 5*137 { // five standard deviations
		t.Errorf("dropout of 0.25 keeps %d of 100000", kept)
	}
}

// Shape errors are the caller's bugs and panic with both shapes.
func TestShapePanics(t *testing.T) {
	p := kernels.NewPortable(1)
	short := kernels.View{Data: make([]float32, 5), N: 1, H: 1, W: 2, C: 3, Stride: 3}
	for name, f := range map[string]func(){
		"short buffer": func() { p.BatchNormApply(&kernels.BatchNormApplyArgs{X: short, Out: short}) },
		"other shape": func() {
			p.Conv2D(&kernels.Conv2DArgs{Shape: kernels.ConvShape{N: 1, H: 2, W: 2, CIn: 1}, In: view(1, 1, 1, 1, 0), Out: view(1, 1, 1, 1, 0)})
		},
		"other lengths": func() { p.SGD(&kernels.SGDArgs{Param: make([]float32, 3), Grad: make([]float32, 4)}) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			f()
		}()
	}
}
