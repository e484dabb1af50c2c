package score

import (
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
	// By probability, of which the bits are in its order as it is not negative, then by side.
	keys := make([]int, len(t.answers))
	for i, a := range t.answers {
		keys[i] = int(math.Float32bits(a.probabilities[positive])) << 1
		if a.label == positive {
			keys[i]++
		}
	}
	slices.Sort(keys)
	c := Curve{Positive: t.names[positive]}
	points := pointsOf(keys)
	last := points[len(points)-1]
	c.Positives, c.Negatives = last.TruePositives, last.FalsePositives
	c.Area, c.Interval = area(points)
	c.Points = thin(points)
	return c
}

// pointsOf sorted keys are all thresholds at which something changes.
func pointsOf(keys []int) []Point {
	points := []Point{{Threshold: above}}
	now := points[0]
	for i := len(keys) - 1; i >= 0; i-- {
		if keys[i]&1 == 1 {
			now.TruePositives++
		} else {
			now.FalsePositives++
		}
		if i == 0 || keys[i-1]>>1 != keys[i]>>1 {
			now.Threshold = math.Float32frombits(uint32(keys[i] >> 1))
			points = append(points, now)
		}
	}
	return points
}

// thin leaves pointsShown of the points, with the first and the last.
func thin(points []Point) []Point {
	if len(points) <= pointsShown {
		return points
	}
	few := make([]Point, pointsShown)
	for i := range few {
		few[i] = points[i*(len(points)-1)/(pointsShown-1)]
	}
	return few
}

// area is that under the curve with its interval: E. R. DeLong, D. M. DeLong and D. L.
// Clarke-Pearson, Comparing the areas under two or more correlated receiver operating
// characteristic curves, Biometrics 44, 1988. A picture's component is the share of those
// of the other class that it is in order with, the same for all at one threshold.
func area(points []Point) (*float64, *[2]float64) {
	last := points[len(points)-1]
	m, n := float64(last.TruePositives), float64(last.FalsePositives)
	if m == 0 || n == 0 {
		return nil, nil
	}
	components := func(do func(pictures, share float64, positive bool)) {
		for i, p := range points[1:] {
			before := points[i]
			positives, negatives := float64(p.TruePositives-before.TruePositives), float64(p.FalsePositives-before.FalsePositives)
			do(positives, (n-float64(p.FalsePositives)+negatives/2)/n, true)
			do(negatives, (float64(before.TruePositives)+positives/2)/m, false)
		}
	}
	auc := 0.0
	components(func(pictures, share float64, positive bool) {
		if positive {
			auc += pictures * share / m
		}
	})
	variance := 0.0
	components(func(pictures, share float64, positive bool) {
		of := n
		if positive {
			of = m
		}
		variance += pictures * (share - auc) * (share - auc) / ((of - 1) * of)
	})
	if !(variance > 0) || m == 1 || n == 1 {
		return &auc, nil
	}
	half := z95 * math.Sqrt(variance)
	return &auc, &[2]float64{max(auc-half, 0), min(auc+half, 1)}
}
