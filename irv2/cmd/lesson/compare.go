package main

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// interval is a mean difference in percentage points with its 95 % confidence interval
// by Student's t, from N seeds. With one seed there is no interval: Low and High are infinite.
type interval struct {
	Mean, Low, High float64
	N               int
}

const confidence = 0.95

// paired is the mean of a[i]-b[i]: runs on the same images, split and seed.
func paired(a, b []float64) interval {
	d := make([]float64, len(a))
	for i := range a {
		d[i] = a[i] - b[i]
	}
	mean, sd := stat.MeanStdDev(d, nil)
	n := float64(len(d))
	return around(mean, sd/math.Sqrt(n), n-1, len(d))
}

// unpaired is mean(a) - mean(b) by Welch: what was seen on different worlds.
func unpaired(a, b []float64) interval {
	meanA, varA := stat.MeanVariance(a, nil)
	meanB, varB := stat.MeanVariance(b, nil)
	na, nb := float64(len(a)), float64(len(b))
	sa, sb := varA/na, varB/nb
	freedom := (sa + sb) * (sa + sb) / (sa*sa/(na-1) + sb*sb/(nb-1))
	return around(meanA-meanB, math.Sqrt(sa+sb), freedom, min(len(a), len(b)))
}

func around(mean, standardError, freedom float64, n int) interval {
	i := interval{mean, math.Inf(-1), math.Inf(1), n}
	switch {
	case n < 2:
	case standardError == 0:
		i.Low, i.High = mean, mean
	default:
		t := distuv.StudentsT{Mu: 0, Sigma: 1, Nu: freedom}.Quantile(0.5 + confidence/2)
		i.Low, i.High = mean-t*standardError, mean+t*standardError
	}
	return i
}

// verdict is what an interval allows to say.
type verdict string

const (
	gain verdict = "gain" // above zero
	loss verdict = "loss" // below zero
	none verdict = "none" // within noPoints of zero: too small to matter here
	open verdict = "open" // neither: more seeds are needed
)

// noPoints is the size below which a difference is called none, in percentage points:
// the standard error of one accuracy near 80 % on 1,000 images is 1.3.
const noPoints = 3

// verdict looks first whether the interval is small enough to be called none, since a
// difference of half a point that is surely there is no lesson.
func (i interval) verdict() verdict {
	switch {
	case i.N < 2:
		return open
	case -noPoints < i.Low && i.High < noPoints:
		return none
	case i.Low > 0:
		return gain
	case i.High < 0:
		return loss
	}
	return open
}

func (i interval) String() string {
	if i.N < 2 {
		return fmt.Sprintf("%+.1f (one seed)", i.Mean)
	}
	return fmt.Sprintf("%+.1f [%+.1f, %+.1f]", i.Mean, i.Low, i.High)
}
