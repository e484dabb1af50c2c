package experiment

import (
	"encoding/json"
	"math"
	"os"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"
)

// scipy is what scipy says of the same runs, see testdata/experiment.
type scipy struct {
	Train, Validation int
	Values            [][]float64 // by plan and seed
	Plans             []Spread
	Pairs             []Pair
}

// tolerance is the order of summation, and the series that quantiles come from.
const tolerance = 1e-9

func TestFiguresAreThoseOfScipy(t *testing.T) {
	text, err := os.ReadFile("../../testdata/experiment/figures.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []scipy
	if err := json.Unmarshal(text, &cases); err != nil {
		t.Fatal(err)
	}
	for _, want := range cases {
		s := measured(want.Values, want.Train, want.Validation)
		got := s.Analyse(Measures["accuracy"])
		if len(got.Plans) != len(want.Plans) || len(got.Pairs) != len(want.Pairs) {
			t.Fatalf("%d plans, %d pairs", len(got.Plans), len(got.Pairs))
		}
		for i := range want.Plans {
			same(t, got.Plans[i], want.Plans[i])
		}
		for i, pair := range want.Pairs {
			p := got.Pairs[i]
			same(t, p.Spread, pair.Spread)
			if p.Plan != pair.Plan || p.Less != pair.Less || (p.Wider == nil) != (pair.Wider == nil) {
				t.Fatalf("pair %+v, want %+v", p, pair)
			}
			for side := range 2 {
				if p.Wider != nil {
					near(t, "wider", &p.Wider[side], &pair.Wider[side])
				}
			}
		}
		s.Vary = Vary{Head: true}
		for _, p := range s.Analyse(Measures["accuracy"]).Pairs {
			if p.Wider != nil {
				t.Error("splits that are the same overlap no more")
			}
		}
	}
}

// measured is an experiment with these accuracies.
func measured(values [][]float64, train, validation int) *State {
	s := &State{Description: Description{First: 3, Seeds: len(values[0]), Vary: Vary{Split: true}}}
	for i := range values {
		s.Plans = append(s.Plans, Plan{Name: string(rune('a' + i))})
	}
	for i := range s.Of() {
		j := s.Job(i)
		result, _ := json.Marshal(Figures{Accuracy: &values[j.Plan][j.Seed-s.First]})
		s.Runs = append(s.Runs, Run{Plan: j.Plan, Seed: j.Seed, Train: train, Validation: validation, Result: result})
	}
	return s
}

func same(t *testing.T, got, want Spread) {
	t.Helper()
	if got.N != want.N {
		t.Errorf("of %d, want %d", got.N, want.N)
	}
	near(t, "mean", got.Mean, want.Mean)
	near(t, "standard deviation", got.SD, want.SD)
	near(t, "low", got.Low, want.Low)
	near(t, "high", got.High, want.High)
}

func near(t *testing.T, what string, got, want *float64) {
	t.Helper()
	if (got == nil) != (want == nil) || got != nil && !(math.Abs(*got-*want) <= tolerance) {
		t.Errorf("%s: %v, scipy %v", what, got, want)
	}
}

// The quantile is gonum's.
func TestQuantile(t *testing.T) {
	for freedom := 1; freedom < MaxRuns; freedom += 1 + freedom/5 {
		for _, p := range []float64{0.1, 0.9, confidence, 0.999} {
			want := distuv.StudentsT{Sigma: 1, Nu: float64(freedom)}.Quantile(0.5 + p/2)
			if got := quantile(p, freedom); math.Abs(got-want) > tolerance*want {
				t.Errorf("%g of %d: %.12g, gonum %.12g", p, freedom, got, want)
			}
		}
	}
}

// A run that failed, or measured nothing, does not count, and its seed makes no pair.
func TestWhatDoesNotCount(t *testing.T) {
	s := measured([][]float64{{0.5, 0.6, 0.7}, {0.6, 0.8, 0.7}}, 8, 2)
	s.Runs[2].Problem = "The loss grew beyond all numbers."
	s.Runs[5].Result = json.RawMessage("null")
	a := s.Analyse(Measures["accuracy"])
	if a.Plans[0].N != 2 || a.Plans[1].N != 2 || a.Pairs[0].N != 1 || a.Pairs[0].SD != nil {
		t.Errorf("%+v", a)
	}
	if a := s.Analyse(Measures["loss"]); a.Plans[0].N != 0 || a.Plans[0].Mean != nil {
		t.Errorf("no loss was measured: %+v", a)
	}
}
