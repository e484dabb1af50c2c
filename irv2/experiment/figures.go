package experiment

import (
	"encoding/json"
	"math"
)

// Spread is the mean of some runs, their standard deviation and the mean's 95 % interval
// by Student's t. SD, Low and High are nil where there are fewer than two.
type Spread struct {
	N    int      `json:"n"`
	Mean *float64 `json:"mean"` // nil: no run
	SD   *float64 `json:"sd"`
	Low  *float64 `json:"low"`
	High *float64 `json:"high"`
}

// Pair is the spread of one plan's figure minus another's, over the seeds that both have.
type Pair struct {
	Plan int `json:"plan"`
	Less int `json:"less"` // the plan that is subtracted
	Spread
	// Wider is the interval where splits overlap: runs that share training images are no
	// independent draws, and the plain interval is too narrow for new images (C. Nadeau and
	// Y. Bengio, Inference for the generalization error, Machine Learning 52, 2003). nil
	// where the split does not vary, or for fewer than two seeds.
	Wider *[2]float64 `json:"wider"`
}

// Analysis is what an experiment shows by one measure.
type Analysis struct {
	Plans []Spread `json:"plans"`
	Pairs []Pair   `json:"pairs"` // each plan against each before it
}

// Measure reads a figure of a run, nil where it was not measured.
type Measure func(Figures) *float64

// Figures are what a run's result tells of the images that were held back.
type Figures struct {
	Accuracy *float64 `json:"validationAccuracy"`
	Balanced *float64 `json:"balancedAccuracy"`
	Loss     *float64 `json:"validationLoss"`
}

// Figures of a run; none of one that failed.
func (r *Run) Figures() (f Figures) {
	if r.Problem == "" {
		json.Unmarshal(r.Result, &f) // null, or what whoever trains wrote
	}
	return f
}

// Measures by name.
var Measures = map[string]Measure{
	"accuracy": func(f Figures) *float64 { return f.Accuracy },
	"balanced": func(f Figures) *float64 { return f.Balanced },
	"loss":     func(f Figures) *float64 { return f.Loss },
}

// Analyse is what the runs that are done show by a measure.
func (s *State) Analyse(of Measure) Analysis {
	values := make([]*float64, s.Of()) // in the order of jobs
	ratio := 0.0                       // images that measure for one that trains
	for i := range s.Runs {
		r := &s.Runs[i]
		if values[i] = of(r.Figures()); values[i] != nil {
			ratio = max(ratio, float64(r.Validation)/float64(max(r.Train, 1)))
		}
	}
	a := Analysis{Plans: []Spread{}, Pairs: []Pair{}}
	for i := range s.Plans {
		var own []float64
		for at := i; at < len(values); at += len(s.Plans) {
			if values[at] != nil {
				own = append(own, *values[at])
			}
		}
		a.Plans = append(a.Plans, spread(own))
		for j := range i {
			var d []float64
			for at := 0; at < len(values); at += len(s.Plans) {
				if x, y := values[at+i], values[at+j]; x != nil && y != nil {
					d = append(d, *x-*y)
				}
			}
			p := Pair{Plan: i, Less: j, Spread: spread(d)}
			if s.Vary.Split && len(d) > 1 {
				low, high := around(*p.Mean, *p.SD, 1/float64(len(d))+ratio, len(d))
				p.Wider = &[2]float64{low, high}
			}
			a.Pairs = append(a.Pairs, p)
		}
	}
	return a
}

func spread(values []float64) Spread {
	s := Spread{N: len(values)}
	if s.N == 0 {
		return s
	}
	mean, sd := meanSD(values)
	s.Mean = &mean
	if s.N > 1 {
		low, high := around(mean, sd, 1/float64(s.N), s.N)
		s.SD, s.Low, s.High = &sd, &low, &high
	}
	return s
}

// confidence of all intervals.
const confidence = 0.95

// around is the interval of a mean of n values with standard deviation sd, whose variance
// is share of one value's.
func around(mean, sd, share float64, n int) (low, high float64) {
	half := quantile(confidence, n-1) * sd * math.Sqrt(share)
	return mean - half, mean + half
}

// quantile is the t between which and -t Student's distribution of a whole number of
// degrees of freedom, at least 1, has the share p. Gonum's would bring the gamma function
// into every visit of the page: it is a test's.
func quantile(p float64, freedom int) float64 {
	low, high := 0.0, 1.0
	for within(high, freedom) < p {
		high *= 2
	}
	for range 60 { // to the last bit
		if t := (low + high) / 2; within(t, freedom) < p {
			low = t
		} else {
			high = t
		}
	}
	return high
}

// within is the share between -t and t, by the sums 26.7.3 and 26.7.4 of Abramowitz and
// Stegun, Handbook of Mathematical Functions.
func within(t float64, freedom int) float64 {
	tangent := t / math.Sqrt(float64(freedom))
	square := 1 / (1 + tangent*tangent) // of the cosine
	odd := freedom % 2
	term, sum := 1.0, 0.0
	if odd == 1 {
		term = math.Sqrt(square)
	}
	for i := odd; i < freedom; i += 2 {
		sum += term
		term *= square * float64(i+1) / float64(i+2)
	}
	sum *= tangent * math.Sqrt(square)
	if odd == 1 {
		return 2 / math.Pi * (math.Atan(tangent) + sum)
	}
	return sum
}

// meanSD is the mean and the standard deviation by n-1, NaN for one value.
func meanSD(values []float64) (mean, sd float64) {
	n := float64(len(values))
	for _, v := range values {
		mean += v / n
	}
	for _, v := range values {
		sd += (v - mean) * (v - mean)
	}
	return mean, math.Sqrt(sd / (n - 1))
}
