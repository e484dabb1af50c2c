package main

import (
	"math"
	"strings"
	"testing"

	"thaw/irv2/worlds"
)

// Differences 1, 2, 3: mean 2, standard error 1/sqrt 3, t(0.975, 2) = 4.302653.
func TestPaired(t *testing.T) {
	i := paired([]float64{11, 22, 33}, []float64{10, 20, 30})
	if half := 4.302653 / math.Sqrt(3); math.Abs(i.Mean-2) > 1e-12 || math.Abs(i.High-2-half) > 1e-5 || math.Abs(2-half-i.Low) > 1e-5 || i.N != 3 {
		t.Errorf("%+v", i)
	}
	if i := paired([]float64{90}, []float64{50}); i.verdict() != open || !math.IsInf(i.High, 1) {
		t.Errorf("one seed decides: %+v", i)
	}
}

// Variances 1 and 4 of three values each: standard error sqrt(5/3), freedom
// (5/3)^2 / ((1/3)^2/2 + (4/3)^2/2) = 50/17, whose t(0.975) is 3.2200.
func TestUnpaired(t *testing.T) {
	i := unpaired([]float64{9, 10, 11}, []float64{4, 6, 8})
	if half := (i.High - i.Low) / 2; math.Abs(i.Mean-4) > 1e-12 || math.Abs(half/math.Sqrt(5.0/3)-3.22) > 0.01 {
		t.Errorf("%+v", i)
	}
}

// The sentence follows the interval, whichever way, and claims nothing inside the noise.
func TestVerdicts(t *testing.T) {
	c := contrasts[0]
	for _, x := range []struct {
		interval
		verdict
		says string
	}{
		{interval{30, 25, 35, 5}, gain, "costs 30.0 points"},
		{interval{-8, -12, -4, 5}, loss, "freezing the backbone is better, by 8.0 points"},
		{interval{1, 0.5, 1.5, 5}, none, "less than 1.5 points"},
		{interval{-1, -2, 1, 5}, none, "less than 2.0 points"},
		{interval{20, -1, 41, 5}, open, "not told apart by 5 seeds"},
	} {
		if x.interval.verdict() != x.verdict || !strings.Contains(c.says(x.interval), x.says) {
			t.Errorf("%v: %s, %q; want %s, %q", x.interval, x.interval.verdict(), c.says(x.interval), x.verdict, x.says)
		}
	}
	if e := (expectation{expects: worlds.Much}); e.met(none) != "**not** as predicted" || e.met(open) != "not decided" || e.met(gain) != "as predicted" {
		t.Error("expectations are not compared with what was seen")
	}
}

// Only seeds that both plans have are paired, in the same order.
func TestPairs(t *testing.T) {
	run := func(plan string, seed uint64, accuracy float64) result {
		return result{setting: setting{World: "near", Each: 5, Plan: plan, Seed: seed}, Accuracy: accuracy}
	}
	f := figures{run(thawed, 3, 0.7), run(thawed, 1, 0.9), run(headOnly, 1, 0.5), run(headOnly, 2, 0.1), run(headOnly, 3, 0.4)}
	a, b := f.pairs(thawed, headOnly, "near", 5)
	if len(a) != 2 || a[0] != 90 || b[0] != 50 || a[1] != 70 || b[1] != 40 {
		t.Errorf("%v %v", a, b)
	}
}
