package lens

import (
	_ "embed"
	"encoding/json"
	"math"
	"slices"
)

// Signs are what training images tell, before any training, of what freezing may cost.
type Signs struct {
	Each    float64   // training images a class, on average
	Chance  float64   // share that one answer for all gets right
	LeftOut []float64 // Probe's, by block of the backbone
	Gap     []float64 // GapByBlock's
	HScore  float64   // of the last block's features
	Classes int
}

// Terms are what a forecast can be made of, each a function of the signs. The probe's
// share counts from chance (0) to all (1), so that any number of classes can be compared.
var Terms = map[string]func(Signs) float64{
	"one":          func(Signs) float64 { return 1 },
	"size":         Signs.size,
	"probe":        Signs.probe,
	"probe*size":   func(s Signs) float64 { return s.probe() * s.size() },
	"fall":         func(s Signs) float64 { return s.aboveChance(slices.Max(s.LeftOut)) - s.probe() },
	"gap":          Signs.gap,
	"gap*size":     func(s Signs) float64 { return s.gap() * s.size() },
	"H-score":      Signs.hScore,
	"H-score*size": func(s Signs) float64 { return s.hScore() * s.size() },
}

func (s Signs) size() float64  { return math.Log(s.Each / 20) }
func (s Signs) probe() float64 { return s.aboveChance(s.LeftOut[len(s.LeftOut)-1]) }

// hScore is 1 at most.
func (s Signs) hScore() float64 { return s.HScore / float64(s.Classes-1) }

func (s Signs) aboveChance(share float64) float64 { return (share - s.Chance) / (1 - s.Chance) }

func (s Signs) gap() float64 {
	sum, n := 0.0, 0.0
	for _, g := range s.Gap {
		if !math.IsNaN(g) {
			sum, n = sum+g, n+1
		}
	}
	return math.Log(sum/n + 1e-3)
}

// Forecast is what freezing the backbone will cost against thawing all of it, batch norm
// in inference mode in both: accuracy, 0.05 is 5 points. Negative: freezing will help.
type Forecast struct {
	Cost      float64
	Low, High float64 // hold it as often as Model.Held says
	Much      float64 // chance that it is more than MuchIs
}

const (
	between = 0.8 // of the errors lie in the interval
	MuchIs  = 0.05
)

// Model foretells: a sum of terms, and how far it was off on worlds that it was not fitted
// on. The lesson's is fitted by irv2/cmd/lesson, on small networks and generated images.
type Model struct {
	Terms  []string  `json:"terms"`
	Values []float64 `json:"values"` // of the terms
	Errors []float64 `json:"errors"` // what came less what was foretold, at evenly spaced shares from least to largest
	Held   float64   `json:"held"`   // share of cases on unseen worlds that the interval held
	Cases  int       `json:"cases"`  // that it was fitted on
}

// Lesson is the model that the lesson's runs gave.
var Lesson = func() (m Model) {
	if err := json.Unmarshal(lesson, &m); err != nil {
		panic(err)
	}
	return m
}()

//go:embed forecast.json
var lesson []byte

// Foretell gives the forecast for what the signs say.
func (m Model) Foretell(s Signs) Forecast {
	f := Forecast{}
	for i, name := range m.Terms {
		f.Cost += m.Values[i] * Terms[name](s)
	}
	f.Low, f.High = f.Cost+m.quantile((1-between)/2), f.Cost+m.quantile((1+between)/2)
	f.Much = m.above(MuchIs - f.Cost)
	return f
}

// quantile of the errors, between their neighbours.
func (m Model) quantile(share float64) float64 {
	at := share * float64(len(m.Errors)-1)
	i := min(int(at), len(m.Errors)-2)
	return m.Errors[i] + (at-float64(i))*(m.Errors[i+1]-m.Errors[i])
}

// above is the share of errors that are larger.
func (m Model) above(error float64) float64 {
	last := len(m.Errors) - 1
	i, _ := slices.BinarySearch(m.Errors, error)
	if i == 0 {
		return 1
	}
	if i > last {
		return 0
	}
	part := (error - m.Errors[i-1]) / (m.Errors[i] - m.Errors[i-1])
	return 1 - (float64(i-1)+part)/float64(last)
}
