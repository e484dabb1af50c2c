// Package score says how well a classifier did on pictures whose labels are known: the
// figures that are reported of a test, with intervals.
//
// Answers enter a Tally one by one and leave as Figures. It keeps a confusion matrix and,
// for two classes, the probabilities: 12 bytes a picture. Figures that would divide by
// nothing are nil. Read score.go, interval.go, curve.go.
package score

import "fmt"

// Figures are what a Tally shows. Intervals are of 95 %.
type Figures struct {
	Images   int     `json:"images"`
	Right    int     `json:"right"`
	Accuracy float64 `json:"accuracy"`
	// Interval of the accuracy is Wilson's.
	Interval [2]float64 `json:"interval"`
	// BalancedAccuracy is the mean recall of the classes that have pictures.
	BalancedAccuracy float64        `json:"balancedAccuracy"`
	Classes          []ClassFigures `json:"classes"`
	Confusion        [][]int        `json:"confusion"` // [true][predicted]
	// Curves are those of two classes, each in turn taken for the positive one; else none.
	Curves []Curve `json:"curves"`
}

// ClassFigures are of one class. Recall is nil for one without pictures, Precision for one
// that was never predicted.
type ClassFigures struct {
	Name              string      `json:"name"`
	Images            int         `json:"images"`
	Predicted         int         `json:"predicted"`
	Right             int         `json:"right"`
	Recall            *float64    `json:"recall"`
	RecallInterval    *[2]float64 `json:"recallInterval"` // Wilson's
	Precision         *float64    `json:"precision"`
	PrecisionInterval *[2]float64 `json:"precisionInterval"`
}

// Tally gathers answers about pictures.
type Tally struct {
	names     []string
	confusion [][]int
	answers   []answer // of two classes
}

type answer struct {
	probabilities [2]float32
	label         int
}

// NewTally is of classes by their names.
func NewTally(names []string) *Tally {
	t := &Tally{names: names, confusion: make([][]int, len(names))}
	for i := range t.confusion {
		t.confusion[i] = make([]int, len(names))
	}
	return t
}

// Add counts a picture of class label by its probabilities, one a class. It returns the
// predicted class: the most probable, of equal ones the first.
func (t *Tally) Add(label int, probabilities []float32) (predicted int) {
	if len(probabilities) != len(t.names) {
		panic(fmt.Sprintf("score: %d probabilities of %d classes", len(probabilities), len(t.names)))
	}
	predicted = Likeliest(probabilities)
	t.confusion[label][predicted]++
	if len(t.names) == 2 {
		t.answers = append(t.answers, answer{[2]float32(probabilities), label})
	}
	return predicted
}

// Likeliest is the index of the largest probability, of equal ones the first.
func Likeliest(probabilities []float32) (at int) {
	for i, p := range probabilities {
		if p > probabilities[at] {
			at = i
		}
	}
	return at
}

// Figures of what was added, nil before there is something.
func (t *Tally) Figures() *Figures {
	f := &Figures{Classes: []ClassFigures{}, Confusion: t.confusion, Curves: []Curve{}}
	predicted := make([]int, len(t.names))
	for _, row := range t.confusion {
		for j, n := range row {
			predicted[j] += n
			f.Images += n
		}
	}
	if f.Images == 0 {
		return nil
	}
	recalled := 0
	for i, row := range t.confusion {
		c := ClassFigures{Name: t.names[i], Predicted: predicted[i], Right: row[i]}
		for _, n := range row {
			c.Images += n
		}
		c.Recall, c.RecallInterval = proportion(c.Right, c.Images)
		c.Precision, c.PrecisionInterval = proportion(c.Right, c.Predicted)
		if c.Recall != nil {
			f.BalancedAccuracy += *c.Recall
			recalled++
		}
		f.Right += c.Right
		f.Classes = append(f.Classes, c)
	}
	f.BalancedAccuracy /= float64(recalled)
	f.Accuracy, f.Interval = float64(f.Right)/float64(f.Images), Wilson(f.Right, f.Images)
	if len(t.names) == 2 {
		f.Curves = []Curve{t.curve(0), t.curve(1)}
	}
	return f
}

func proportion(right, of int) (*float64, *[2]float64) {
	if of == 0 {
		return nil, nil
	}
	share, interval := float64(right)/float64(of), Wilson(right, of)
	return &share, &interval
}
