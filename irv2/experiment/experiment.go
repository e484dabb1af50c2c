// Package experiment repeats plans over seeds, and says what that shows: mean, spread and
// paired differences, each with its interval.
//
// The package trains nothing and knows no network: what a plan is and how a run went are
// JSON of whoever trains (package project). A State holds all that is needed to go on
// after a crash and to be repeated by somebody else.
//
// Read experiment.go (what is repeated, in which order, and what came of it), figures.go
// (statistics), repeat.go (the same again, somewhere else).
package experiment

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Description says what is repeated.
type Description struct {
	Plans []Plan `json:"plans"`
	First uint64 `json:"first"` // the first seed; the others follow it
	Seeds int    `json:"seeds"`
	Vary  Vary   `json:"vary"`
}

// Plan is one of several that are compared.
type Plan struct {
	Name    string          `json:"name"`
	Spec    json.RawMessage `json:"spec"`
	Options json.RawMessage `json:"options"` // their seed is not looked at
}

// Vary says what a seed draws anew. What it does not is drawn by the first seed in all runs.
type Vary struct {
	Split bool `json:"split"` // which images are held back
	Head  bool `json:"head"`  // the values that the head begins with
	Order bool `json:"order"` // of images, what varies them, and dropout
}

// MaxRuns of one experiment: more would take weeks.
const MaxRuns = 1000

// seedMost is the largest whole number of JavaScript below which none is lost.
const seedMost = 1<<53 - 1

// Check says in a sentence what cannot be repeated.
func (d *Description) Check() error {
	switch {
	case len(d.Plans) == 0:
		return sentence("An experiment needs at least one plan: choose one.")
	case d.Seeds < 1:
		return sentence("An experiment needs at least one seed: 5 are usual.")
	case len(d.Plans) > MaxRuns || d.Seeds > MaxRuns/len(d.Plans):
		return sentence("%d plans with %d seeds are more runs than the %d that an experiment takes: choose fewer.", len(d.Plans), d.Seeds, MaxRuns)
	case d.First > seedMost-MaxRuns:
		return sentence("The first seed must be at most %d: a page cannot tell larger numbers apart.", uint64(seedMost-MaxRuns))
	case d.Seeds > 1 && !d.Vary.Split && !d.Vary.Head && !d.Vary.Order:
		return sentence("Nothing varies from seed to seed, so that all runs of a plan would be the same: choose split, head or order, or one seed.")
	}
	for i, p := range d.Plans {
		switch {
		case p.Name == "" || len(p.Name) > 200:
			return sentence("Plan %d of the experiment needs a name of at most 200 letters.", i+1)
		case slices.ContainsFunc(d.Plans[:i], func(other Plan) bool { return other.Name == p.Name }):
			return sentence("Two plans are called %q: give each a name of its own.", p.Name)
		}
	}
	return nil
}

// problem is an error that is a sentence for the user.
type problem string

func (p problem) Error() string { return string(p) }

func sentence(format string, args ...any) error { return problem(fmt.Sprintf(format, args...)) }

// Job is a run that is to be done.
type Job struct {
	Index int // of all
	Plan  int
	Seed  uint64
}

// Of is how many runs there are.
func (d *Description) Of() int { return len(d.Plans) * d.Seeds }

// Job is run i: seed by seed, so that differences between plans exist early.
func (d *Description) Job(i int) Job {
	return Job{i, i % len(d.Plans), d.First + uint64(i/len(d.Plans))}
}

// Seeds of a job's split, head and order.
func (d *Description) SeedsOf(j Job) (split, head, order uint64) {
	drawn := func(varies bool) uint64 {
		if varies {
			return j.Seed
		}
		return d.First
	}
	return drawn(d.Vary.Split), drawn(d.Vary.Head), drawn(d.Vary.Order)
}

// Run is a job that is done.
type Run struct {
	Plan       int               `json:"plan"`
	Seed       uint64            `json:"seed"`
	Began      int64             `json:"began"`             // Unix milliseconds
	Problem    string            `json:"problem,omitempty"` // why it failed, and does not count
	Train      int               `json:"train"`             // images
	Validation int               `json:"validation"`
	Split      string            `json:"split"`    // identifies which images, on which side, in which order
	Learned    string            `json:"learned"`  // identifies all values that training changed, to the bit
	Machine    string            `json:"machine"`  // who computed, and with how many threads
	Interval   *[2]float64       `json:"interval"` // 95 %, of this run's accuracy by its images alone (Wilson)
	Epochs     []json.RawMessage `json:"epochs"`   // what each pass showed
	Result     json.RawMessage   `json:"result"`
}

// Conditions are what all runs share beside the description.
type Conditions struct {
	Thaw         string  `json:"thaw"`    // version
	Weights      string  `json:"weights"` // ID of those that runs begin from: a digest, or how they were drawn
	WeightsTitle string  `json:"weightsTitle"`
	Model        string  `json:"model"`
	Size         int     `json:"size"`   // of pictures, pixels
	Dense        int     `json:"dense"`  // width of the head's own layer
	Images       string  `json:"images"` // identifies all images with their classes, in order
	Classes      []Class `json:"classes"`
}

// Class is a class with how many images it has.
type Class struct {
	Name   string `json:"name"`
	Images int    `json:"images"`
}

// State is an experiment as it stands. It is done when Runs has all.
type State struct {
	ID string `json:"id"`
	Description
	Under  Conditions `json:"under"`
	Runs   []Run      `json:"runs"`             // those done, in the order of jobs
	Expect []Run      `json:"expect,omitempty"` // what an earlier one gave, of which this is a repetition
}

// Done says that no run is left.
func (s *State) Done() bool { return len(s.Runs) >= s.Of() }

const runPrefix = "experiment "

// RunID is what job i is called, in its checkpoint too.
func (s *State) RunID(i int) string { return fmt.Sprintf("%s%s, run %d", runPrefix, s.ID, i+1) }

// IsRun says that a run was a job of an experiment, by what it is called.
func IsRun(id string) bool { return strings.HasPrefix(id, runPrefix) }

// Parse reads a state, of which nothing is believed but its form.
func Parse(text []byte) (*State, error) {
	s := &State{}
	if err := json.Unmarshal(text, s); err != nil {
		return nil, sentence("This is no experiment of Thaw (%v).", err)
	}
	if err := s.Check(); err != nil {
		return nil, err
	}
	if len(s.Runs) > s.Of() || !s.inOrder(s.Runs) || !s.inOrder(s.Expect) {
		return nil, sentence("This experiment contradicts itself: its runs are not those of its plans and seeds.")
	}
	return s, nil
}

// inOrder says that runs are the first jobs.
func (s *State) inOrder(runs []Run) bool {
	if len(runs) > s.Of() {
		return false
	}
	for i, r := range runs {
		if j := s.Job(i); r.Plan != j.Plan || r.Seed != j.Seed {
			return false
		}
	}
	return true
}
