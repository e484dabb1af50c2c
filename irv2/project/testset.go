package project

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"thaw/irv2/keep"
)

// Tested is how a network did on the user's test set. A figure of a test set is fair
// once: who chooses among networks by it has trained on it, in a way. So what was measured
// is kept and told.
type Tested struct {
	Run              string     `json:"run"`  // "": the network as loaded
	When             int64      `json:"when"` // Unix milliseconds
	Images           int        `json:"images"`
	Right            int        `json:"right"`
	Accuracy         float64    `json:"accuracy"`
	Interval         [2]float64 `json:"interval"` // of 95 %
	BalancedAccuracy float64    `json:"balancedAccuracy"`
}

// MeasureTest asks the network in use about the images' own test set (images.Testing),
// which nothing else looks at, and keeps the figures with its run.
func (p *Project) MeasureTest(ctx context.Context, emit func(Answer), progress Progress) (*Predictions, error) {
	done, err := p.beginPredicting(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	split, err := p.data.divide(p.division)
	if err != nil {
		return nil, WithCode(Invalid, err)
	}
	if len(split.Test) == 0 {
		return nil, Errorf(Invalid, "There is no test set: add a folder called test beside those to train on, with your own division kept.")
	}
	current := p.network.current
	list := make([]asked, len(split.Test))
	for i, e := range split.Test {
		c := p.data.set.Classes[e.Label]
		list[i] = asked{e.Sample.File, c.Name, current.outputFor(output{c.Name, c.ID})}
	}
	result := &Predictions{Classes: current.names(), Sources: []KnownSource{}}
	if err := p.askAll(ctx, list, result, emit, progress); err != nil {
		return nil, err
	}
	if f := result.Figures; f != nil {
		p.noteTest(Tested{current.run, time.Now().UnixMilli(), f.Images, f.Right, f.Accuracy, f.Interval, f.BalancedAccuracy})
	}
	return result, nil
}

// noteTest keeps a measurement, in the place of an earlier one of the same network.
func (p *Project) noteTest(t Tested) {
	p.tested = append(slices.DeleteFunc(p.tested, func(o Tested) bool { return o.Run == t.Run }), t)
	if k := p.keepable(); k != nil {
		k.noteTest(t)
	}
}

func (k *keeper) noteTest(t Tested) {
	k.mu.Lock()
	defer k.mu.Unlock()
	runs := slices.Clone(k.doc.Runs) // the document of before may be under way to the disk
	for i := range runs {
		if runs[i].ID == t.Run {
			runs[i].Test = rawJSON(t)
			k.doc.Runs = runs
			k.touch()
			return
		}
	}
}

// testedRuns are the measurements of kept runs, the oldest run first.
func testedRuns(runs []keep.Run) (list []Tested) {
	for _, r := range runs {
		var t Tested
		if r.Test != nil && json.Unmarshal(r.Test, &t) == nil && t.Images > 0 {
			list = append(list, t)
		}
	}
	return list
}
