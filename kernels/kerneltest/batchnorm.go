package kerneltest

import (
	"fmt"
	"math"
	"testing"

	"thaw/kernels"
)

const (
	bnEps      = 1e-3
	bnMomentum = 0.99
)

// statTolerance: statistics are to be summed so that the number of pixels does
// not show; a few roundings of values of order 1 remain.
const statTolerance = 24

// gradTolerance is wider: InvStd multiplies the roundings of a difference.
const gradTolerance = 200

// A pixel shape and a number of channels a line; offset is the mean of X, which
// must not cost accuracy as E[x^2]-E[x]^2 would.
var batchNormCases = []struct {
	n, h, w, c, extra int
	offset            float64
	relu              bool
}{
	{1, 1, 2, 1, 0, 0, false},
	{2, 3, 3, 5, 1, 0, true},
	{4, 3, 3, 192, 0, 0, true},
	{1, 7, 7, 17, 3, 2, false},
	{2, 17, 17, 32, 32, 0, true},
	{1, 63, 65, 8, 0, 4, true},
	{1, 183, 182, 4, 0, 3, true}, // more pixels than a GPU takes in its smallest chunks
	{1, 2, 1, 33, 0, 0, true},
	{3, 5, 1, 80, 5, -1, true},
	{1, 1, 5, 2080, 0, 0, false},
}

func testBatchNorm(t *testing.T, b kernels.Backend) {
	for i, c := range batchNormCases {
		x := newTensor(c.n, c.h, c.w, c.c).random(newRand(i)).apply(func(v float64) float64 { return float64(float32(v + c.offset)) })
		for _, alias := range []bool{false, true} {
			t.Run(fmt.Sprintf("%+v alias=%v", c, alias), func(t *testing.T) {
				checkBatchNorm(t, b, x, c.extra, c.relu, alias)
			})
		}
	}
}

func checkBatchNorm(t *testing.T, b kernels.Backend, x tensor, extra int, relu, alias bool) {
	r := newRand(x.c)
	beta := tensor{1, 1, 1, x.c, newTensor(1, 1, 1, x.c).random(r).v}
	oldMean, oldVariance := newTensor(1, 1, 1, x.c).random(r), newTensor(1, 1, 1, x.c).random(r).apply(math.Abs)
	in := newBuffer(x.n, x.h, x.w, x.c, extra).set(x)
	out := newBuffer(x.n, x.h, x.w, x.c, extra+1)
	if alias {
		out = newBuffer(x.n, x.h, x.w, x.c, extra).set(x)
	}
	mean, invStd, scratch := newVector(x.c), newVector(x.c), sumsScratch(b, x)
	runMean, runVariance := newVector(x.c).set(oldMean), newVector(x.c).set(oldVariance)
	a := kernels.BatchNormTrainArgs{X: in.view, Out: out.view, Beta: vector(beta.v), Eps: bnEps, Momentum: bnMomentum,
		Mean: mean.data(), InvStd: invStd.data(), RunningMean: runMean.data(), RunningVariance: runVariance.data(), ReLU: relu, Scratch: scratch.data()}
	if alias {
		a.X = out.view
	}
	b.BatchNormTrain(&a)
	scratch.checkGuards(t, "BatchNormTrain scratch")

	// The contract's Eps and Momentum are float32.
	eps, momentum := float64(float32(bnEps)), float64(float32(bnMomentum))
	m, v := moments(x)
	wantMean, wantVariance := tensor{1, 1, 1, x.c, m}, tensor{1, 1, 1, x.c, v}
	wantInv := wantVariance.apply(func(v float64) float64 { return 1 / math.Sqrt(v+eps) })
	mean.check(t, "mean", wantMean, within(wantMean, statTolerance))
	// Near a variance of 0 InvStd has condition 1/2 * InvStd^2 * error of the variance.
	invStd.check(t, "inverse deviation", wantInv, func(c int) float64 {
		return statTolerance * ulp * wantInv.v[c] * (1 + wantInv.v[c]*wantInv.v[c]*v[c])
	})
	move := func(old, batch tensor) tensor {
		w := old.clone()
		for c := range w.v {
			w.v[c] = old.v[c]*momentum + batch.v[c]*(1-momentum)
		}
		return w
	}
	newMean, newVariance := move(oldMean, wantMean), move(oldVariance, wantVariance)
	runMean.check(t, "running mean", newMean, within(newMean, statTolerance))
	runVariance.check(t, "running variance", newVariance, within(newVariance, statTolerance))

	want := batchNorm(x, beta.v, eps)
	plain := want.clone()
	if relu {
		want = want.apply(func(v float64) float64 { return math.Max(v, 0) })
	}
	out.check(t, "out", want, bnTolerance(x, wantInv, statTolerance))

	again := newBuffer(x.n, x.h, x.w, x.c, out.view.Stride-x.c)
	b.BatchNormApply(&kernels.BatchNormApplyArgs{X: in.view, Out: again.view, Beta: a.Beta, Mean: a.Mean, InvStd: a.InvStd, ReLU: relu})
	sameBits(t, "BatchNormApply against BatchNormTrain", out, again)

	checkBatchNormBackward(t, b, x, plain, in, a, extra, alias)
}

// sumsScratch is scratch for sums over the pixels of x.
func sumsScratch(b kernels.Backend, x tensor) *buffer { return newVector(b.SumsLen(x.pixels(), x.c)) }

// bnTolerance: (x-mean)*InvStd carries roundings of x and mean times InvStd.
func bnTolerance(x, inv tensor, units float64) func(int) float64 {
	return func(i int) float64 { return units * ulp * (1 + (math.Abs(x.v[i])+1)*inv.v[i%x.c]) }
}

func checkBatchNormBackward(t *testing.T, b kernels.Backend, x, plain tensor, in *buffer, a kernels.BatchNormTrainArgs, extra int, alias bool) {
	eps := float64(a.Eps)
	dOut := x.like().random(newRand(7))
	gated := dOut.clone()
	for i, v := range plain.v {
		if math.Abs(v) < 1e-4 { // the ReLU's gate may fall either way
			dOut.v[i], gated.v[i] = 0, 0
		}
		if a.ReLU && v <= 0 {
			gated.v[i] = 0
		}
	}
	wantX, wantBeta := batchNormBackward(x, gated, eps)
	_, variance := moments(x)
	dXTolerance := func(i int) float64 {
		inv := 1 / math.Sqrt(variance[i%x.c]+eps)
		return gradTolerance * ulp * inv * (1 + inv)
	}
	betaTolerance := statTolerance * ulp * float64(max(x.pixels(), 4)) // the sum of absolute values is below the pixels
	d := newBuffer(x.n, x.h, x.w, x.c, extra).set(dOut)
	dX, dBeta := newBuffer(x.n, x.h, x.w, x.c, extra+2), newVector(x.c)
	if alias {
		dX = d
	}
	scratch := sumsScratch(b, x)
	args := kernels.BatchNormBackwardArgs{X: in.view, DOut: d.view, DX: dX.view, Beta: a.Beta, Mean: a.Mean, InvStd: a.InvStd, ReLU: a.ReLU,
		DBeta: dBeta.data(), Scratch: scratch.data()}
	b.BatchNormBackward(&args)
	beta := tensor{1, 1, 1, x.c, wantBeta}
	dX.check(t, "dX", wantX, dXTolerance)
	dBeta.check(t, "dBeta", beta, func(int) float64 { return betaTolerance })

	// Only DBeta wanted, then only DX.
	d = newBuffer(x.n, x.h, x.w, x.c, extra).set(dOut)
	dBeta = newVector(x.c)
	args.DOut, args.DX, args.DBeta = d.view, kernels.View{}, dBeta.data()
	b.BatchNormBackward(&args)
	dBeta.check(t, "dBeta alone", beta, func(int) float64 { return betaTolerance })
	dX = newBuffer(x.n, x.h, x.w, x.c, 0)
	args.DX, args.DBeta = dX.view, nil
	b.BatchNormBackward(&args)
	dX.check(t, "dX alone", wantX, dXTolerance)
	d.check(t, "dOut", dOut, exact)
	scratch.checkGuards(t, "BatchNormBackward scratch")
}

func testBatchNormFold(t *testing.T, b kernels.Backend) {
	for _, c := range []int{1, 3, 16, 33, 192} {
		r := newRand(c)
		beta, mean, variance := newTensor(1, 1, 1, c).random(r), newTensor(1, 1, 1, c).random(r), newTensor(1, 1, 1, c).random(r).apply(math.Abs)
		scale, shift := newVector(c), newVector(c)
		b.BatchNormFold(&kernels.BatchNormFoldArgs{Beta: vector(beta.v), Mean: vector(mean.v), Variance: vector(variance.v), Eps: bnEps, Scale: scale.data(), Shift: shift.data()})
		wantScale := variance.apply(func(v float64) float64 { return 1 / math.Sqrt(v+float64(float32(bnEps))) })
		wantShift := beta.clone()
		for i := range wantShift.v {
			wantShift.v[i] -= mean.v[i] * wantScale.v[i]
		}
		tolerance := func(i int) float64 { return 8 * ulp * (1 + wantScale.v[i]) }
		scale.check(t, "scale", wantScale, tolerance)
		shift.check(t, "shift", wantShift, tolerance)
	}
}
