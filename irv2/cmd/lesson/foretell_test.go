package main

import (
	"encoding/json"
	"math"
	"os"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"thaw/irv2/lens"
)

// Scores of papers, held to another computation of each.
func TestMetricsAgainstNumpy(t *testing.T) {
	raw, err := os.ReadFile("../../../testdata/lesson/metrics.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Channels, Classes int
		X                 []float64
		Labels            []int
		LogME             float64 `json:"log_me"`
		HScore            float64 `json:"h_score"`
		GBC               float64
	}
	if err := json.Unmarshal(raw, &cases); err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		x := mat.NewDense(len(c.Labels), c.Channels, c.X)
		single := make([]float32, len(c.X)) // the figures are of such values
		for i, v := range c.X {
			single[i] = float32(v)
		}
		for _, f := range []struct {
			name                 string
			got, want, tolerance float64
		}{
			{"LogME", logME(x, c.Labels, c.Classes), c.LogME, 1e-3}, // the algorithm's 1e-5 keep it from the very top where features say nothing
			{"H-score", lens.HScore(single, c.Channels, c.Labels, c.Classes), c.HScore, 1e-6},
			{"GBC", gbc(x, c.Labels, c.Classes), c.GBC, 1e-6},
		} {
			if !(math.Abs(f.got-f.want) < f.tolerance*max(1, math.Abs(f.want))) {
				t.Errorf("%d channels: %s %g, numpy %g", c.Channels, f.name, f.got, f.want)
			}
		}
	}
}

// invented are cases whose cost is what the probe misses, and more with more images.
func invented() (list []outcome) {
	for i, world := range []string{"near", "upright", "margin", "shadow", "cells"} {
		for j, each := range []float64{5, 20, 100} {
			for seed := range 5 {
				share := 0.3 + 0.1*float64(i) + 0.05*float64(seed)
				s := lens.Signs{Each: each, Chance: 0.25, LeftOut: []float64{share}, Gap: []float64{0.1 + float64((i*seed)%3)}}
				noise := 0.01 * float64((7*i+3*j+5*seed)%5-2)
				cost := lens.Terms["probe"](s)*-0.5 + 0.5 + 0.05*lens.Terms["size"](s) + noise
				list = append(list, outcome{"a", world, s, map[string]float64{"LogME": float64(seed), "GBC": 0}, cost})
			}
		}
	}
	return list
}

// The candidate that has what costs are made of is found, is near on unseen worlds, and
// its intervals hold what they say.
func TestForetell(t *testing.T) {
	list := invented()
	c := best(list)
	j := c.judged(list)
	if !slices.Contains(c.terms, "probe") || rootMeanSquare(j) > 0.02 || math.Abs(held(j)-0.8) > 0.15 {
		t.Errorf("%s: error %.3f, %.2f held", c.name, rootMeanSquare(j), held(j))
	}
	if mean := candidates[0].judged(list); rootMeanSquare(mean) < 0.08 || brier(mean) < brier(j) {
		t.Errorf("the mean alone: error %.3f", rootMeanSquare(mean))
	}
	raw, err := forecast(list)
	if err != nil {
		t.Fatal(err)
	}
	var m lens.Model
	if err := json.Unmarshal(raw, &m); err != nil {
		t.Fatal(err)
	}
	o := list[7]
	f := m.Foretell(o.signs)
	if math.Abs(f.Cost-o.cost) > 0.05 || !(f.Low < f.Cost && f.Cost < f.High) {
		t.Errorf("%+v, came %.3f", f, o.cost)
	}
}
