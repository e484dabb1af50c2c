package score

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"reflect"
	"testing"
)

// What scikit-learn and statsmodels say of the same answers, see testdata/score.
type golden struct {
	Name              string
	Labels            []int
	Probabilities     [][]float32
	Accuracy          float64
	Interval          [2]float64
	BalancedAccuracy  float64
	Recall, Precision []*float64
	RecallInterval    []*[2]float64
	PrecisionInterval []*[2]float64
	Confusion         [][]int
	Curves            []struct {
		Area                          float64
		Interval                      *[2]float64
		Thresholds                    []*float64
		TruePositives, FalsePositives []int
	}
}

// tolerance is the order of summation, in float64.
const tolerance = 1e-12

func TestFiguresAreThoseOfScikitLearn(t *testing.T) {
	text, err := os.ReadFile("../../testdata/score/figures.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []golden
	if err := json.Unmarshal(text, &cases); err != nil {
		t.Fatal(err)
	}
	for _, want := range cases {
		t.Run(want.Name, func(t *testing.T) {
			tally := NewTally([]string{"a", "b", "c"}[:len(want.Confusion)])
			for i, label := range want.Labels {
				tally.Add(label, want.Probabilities[i])
			}
			got := tally.Figures()
			near(t, "accuracy", got.Accuracy, want.Accuracy)
			near(t, "balanced accuracy", got.BalancedAccuracy, want.BalancedAccuracy)
			nearBoth(t, "interval", &got.Interval, &want.Interval)
			if !reflect.DeepEqual(got.Confusion, want.Confusion) || got.Images != len(want.Labels) {
				t.Errorf("%d images, confusion %v, want %v", got.Images, got.Confusion, want.Confusion)
			}
			for i, c := range got.Classes {
				nearIf(t, "recall", c.Recall, want.Recall[i])
				nearIf(t, "precision", c.Precision, want.Precision[i])
				nearBoth(t, "recall's interval", c.RecallInterval, want.RecallInterval[i])
				nearBoth(t, "precision's interval", c.PrecisionInterval, want.PrecisionInterval[i])
			}
			for i, w := range want.Curves {
				c := got.Curves[i]
				nearIf(t, "area", c.Area, &w.Area)
				nearBoth(t, "area's interval", c.Interval, w.Interval)
				if len(c.Points) != len(w.Thresholds) {
					t.Fatalf("%d points, want %d", len(c.Points), len(w.Thresholds))
				}
				for j, p := range c.Points {
					if p.TruePositives != w.TruePositives[j] || p.FalsePositives != w.FalsePositives[j] || j > 0 && p.Threshold != float32(*w.Thresholds[j]) {
						t.Errorf("point %d: %+v", j, p)
					}
				}
			}
			if len(want.Curves) == 0 && len(got.Curves) == 2 && (got.Curves[0].Area != nil || got.Curves[1].Area != nil) {
				t.Error("a curve of one class has an area")
			}
		})
	}
}

// A curve of more points than are shown keeps its ends and its area.
func TestLongCurveIsThinned(t *testing.T) {
	draw := rand.New(rand.NewPCG(1, 2))
	tally := NewTally([]string{"a", "b"})
	const n = 5000
	for i := range n {
		p := float32(min(draw.Float64()+0.3*float64(i%2), 1)) / 2
		tally.Add(i%2, []float32{1 - p, p})
	}
	c := tally.Figures().Curves[1]
	first, last := c.Points[0], c.Points[len(c.Points)-1]
	if len(c.Points) != pointsShown || first != (Point{Threshold: above}) || last.TruePositives != n/2 || last.FalsePositives != n/2 || *c.Area < 0.6 || *c.Area > 0.9 {
		t.Errorf("%d points from %+v to %+v, area %g", len(c.Points), first, last, *c.Area)
	}
}

func TestNothingAddedHasNoFigures(t *testing.T) {
	if f := NewTally([]string{"a", "b"}).Figures(); f != nil {
		t.Errorf("%+v", f)
	}
}

func near(t *testing.T, what string, got, want float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance) {
		t.Errorf("%s %v, want %v", what, got, want)
	}
}

func nearIf(t *testing.T, what string, got, want *float64) {
	t.Helper()
	if got == nil || want == nil {
		if got != nil || want != nil {
			t.Errorf("%s %v, want %v", what, got, want)
		}
		return
	}
	near(t, what, *got, *want)
}

func nearBoth(t *testing.T, what string, got, want *[2]float64) {
	t.Helper()
	if got == nil || want == nil {
		if got != nil || want != nil {
			t.Errorf("%s %v, want %v", what, got, want)
		}
		return
	}
	near(t, what, got[0], want[0])
	near(t, what, got[1], want[1])
}
