package experiment

import "fmt"

// Repeated compares a repetition with what it repeats.
type Repeated struct {
	Same   int          `json:"same"` // runs that gave the same, to the bit
	Of     int          `json:"of"`   // runs that are done and can be compared
	Differ []Difference `json:"differ"`
}

// Difference is a run that gave something else, with how it had been.
type Difference struct {
	Index   int     `json:"index"` // of the run
	Split   bool    `json:"split"` // other images were held back
	Machine string  `json:"machine"`
	Figures Figures `json:"figures"`
}

// Repeats says how far the runs are those that were expected; nil where none were.
func (s *State) Repeats() *Repeated {
	if len(s.Expect) == 0 {
		return nil
	}
	r := &Repeated{Of: min(len(s.Runs), len(s.Expect)), Differ: []Difference{}}
	for i := range r.Of {
		got, want := &s.Runs[i], &s.Expect[i]
		if got.Learned == want.Learned && got.Problem == want.Problem && got.Split == want.Split {
			r.Same++
		} else {
			r.Differ = append(r.Differ, Difference{i, got.Split != want.Split, want.Machine, want.Figures()})
		}
	}
	return r
}

// Again is s as a description to repeat, under what conditions, with what to expect.
func (s *State) Again() *State {
	again := &State{Description: s.Description, Under: s.Under, Runs: []Run{}}
	for _, r := range s.Runs {
		r.Epochs = nil
		again.Expect = append(again.Expect, r)
	}
	return again
}

// Other says in a sentence why runs under now cannot give what they gave under c; "": they can.
func (c *Conditions) Other(now *Conditions) string {
	switch {
	case c.Weights != now.Weights:
		return fmt.Sprintf("This experiment began from other weights (%s) than those in use (%s): load those first.", c.WeightsTitle, now.WeightsTitle)
	case c.Model != now.Model || c.Size != now.Size || c.Dense != now.Dense:
		return fmt.Sprintf("This experiment is of the network %s at %d pixels with a head of %d: choose that first.", c.Model, c.Size, c.Dense)
	case c.Images != now.Images:
		return "This experiment is of other images than are here, or in another order: bring back those, or begin a new one."
	}
	return ""
}
