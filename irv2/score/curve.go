package score

import (
	"cmp"
	"math"
	"slices"
)

// Curve is the receiver operating characteristic with one class taken for positive: what
// is found of it, and what is wrongly taken for it, as the threshold of its probability falls.
type Curve struct {
	Positive  string `json:"positive"`
	Positives int    `json:"positives"` // pictures of it
	Negatives int    `json:"negatives"`
	// Area under the curve is the share of pairs, one picture of each class, in which the
	// positive one has the higher probability; of equal ones half. nil without pairs.
	Area *float64 `json:"area"`
	// Interval of the area is DeLong's; nil where its variance is 0 (no pair is out of
	// order) or unknown (a class has one picture): it would be a point.
	Interval *[2]float64 `json:"interval"`
	// Points by falling threshold, from one at which nothing is positive. Of many at most
	// pointsShown, evenly by rank.
	Points []Point `json:"points"`
}

// Point of a Curve: what has at least this probability is taken for positive.
type Point struct {
	Threshold      float32 `json:"threshold"` // above 1 at the first
	TruePositives  int     `json:"truePositives"`
	FalsePositives int     `json:"falsePositives"`
}

const (
	pointsShown = 2000
	// above is over every probability, where scikit-learn writes infinity, which JSON lacks.
	above = 2
)

func (t *Tally) curve(positive int) Curve {
	c := Curve{Positive: t.names[positive]}
	var scores [2][]float64 // of negatives, of positives
	for _, a := range t.answers {
		side := 0
		if a.label == positive {
			side = 1
		}
		scores[side] = append(scores[side], float64(a.probabilities[positive]))
	}
	c.Negatives, c.Positives = len(scores[0]), len(scores[1])
	c.Points = thin(points(scores[1], scores[0]))
	c.Area, c.Interval = area(scores[1], scores[0])
	return c
}

// points of all thresholds at which something changes.
func points(positives, negatives []float64) []Point {
	falling := func(a, b float64) int { return cmp.Compare(b, a) }
	slices.SortFunc(positives, falling)
	slices.SortFunc(negatives, falling)
	list := []Point{{Threshold: above}}
	for p, n := 0, 0; p < len(positives) || n < len(negatives); {
		next := math.Inf(-1)
		if p < len(positives) {
			next = positives[p]
		}
		if n < len(negatives) {
			next = max(next, negatives[n])
		}
		for p < len(positives) && positives[p] == next {
			p++
		}
		for n < len(negatives) && negatives[n] == next {
			n++
		}
		list = append(list, Point{float32(next), p, n})
	}
	return list
}

// thin leaves pointsShown of the points, with the first and the last.
func thin(list []Point) []Point {
	if len(list) <= pointsShown {
		return list
	}
	few := make([]Point, pointsShown)
	for i := range few {
		few[i] = list[i*(len(list)-1)/(pointsShown-1)]
	}
	return few
}

// area is that under the curve with its interval: E. R. DeLong, D. M. DeLong and D. L.
// Clarke-Pearson, Comparing the areas under two or more correlated receiver operating
// characteristic curves, Biometrics 44, 1988; its components by ranks as X. Sun and W. Xu,
// Fast implementation of DeLong's algorithm, IEEE Signal Processing Letters 21, 2014.
func area(positives, negatives []float64) (*float64, *[2]float64) {
	m, n := len(positives), len(negatives)
	if m == 0 || n == 0 {
		return nil, nil
	}
	all := midranks(slices.Concat(positives, negatives))
	ofPositives, ofNegatives := midranks(positives), midranks(negatives)
	v10, v01 := make([]float64, m), make([]float64, n) // share of the others that each is in order with
	for i := range v10 {
		v10[i] = (all[i] - ofPositives[i]) / float64(n)
	}
	for i := range v01 {
		v01[i] = 1 - (all[m+i]-ofNegatives[i])/float64(m)
	}
	auc, s10 := meanVariance(v10)
	_, s01 := meanVariance(v01)
	variance := s10/float64(m) + s01/float64(n)
	if !(variance > 0) { // NaN too
		return &auc, nil
	}
	half := z95 * math.Sqrt(variance)
	return &auc, &[2]float64{max(auc-half, 0), min(auc+half, 1)}
}

// midranks counts from 1; equal values have the mean of their ranks.
func midranks(values []float64) []float64 {
	order := make([]int, len(values))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(values[a], values[b]) })
	ranks := make([]float64, len(values))
	for from := 0; from < len(order); {
		to := from
		for to < len(order) && values[order[to]] == values[order[from]] {
			to++
		}
		for _, i := range order[from:to] {
			ranks[i] = float64(from+to+1) / 2
		}
		from = to
	}
	return ranks
}

// meanVariance is the mean with the sample variance, NaN of one value.
func meanVariance(values []float64) (mean, variance float64) {
	for _, v := range values {
		mean += v
	}
	mean /= float64(len(values))
	for _, v := range values {
		variance += (v - mean) * (v - mean)
	}
	return mean, variance / float64(len(values)-1)
}
