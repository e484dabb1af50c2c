package project

import (
	"math"

	"thaw/irv2/tune"
)

// Event tells how a run goes: one of the types below, each with its kind. A loss that is
// no number is nil.
type Event any

type (
	// Started comes when the run has its memory: before it there may be Paused, or the end.
	// Steps are of the whole run.
	Started struct {
		Kind       string `json:"kind"` // started
		Run        string `json:"run"`
		Plan       *Plan  `json:"plan"`
		Steps      int    `json:"steps"`
		Epochs     int    `json:"epochs"`
		Train      int    `json:"train"` // images
		Validation int    `json:"validation"`
		Done       int    `json:"done"` // steps, of a run that goes on
	}
	// Cached: features of Done of Total images are computed.
	Cached struct {
		Kind        string   `json:"kind"` // cache
		Done        int      `json:"done"`
		Total       int      `json:"total"`
		SecondsLeft *float64 `json:"secondsLeft"` // nil before it is known
	}
	// Stepped: a step is done; Step and Epoch count from 1, steps over the whole run. Seconds
	// are without pauses.
	Stepped struct {
		Kind        string   `json:"kind"` // step
		Step        int      `json:"step"`
		Epoch       int      `json:"epoch"`
		Loss        *float64 `json:"loss"`
		Accuracy    float64  `json:"accuracy"`
		Seconds     float64  `json:"seconds"`
		SecondsLeft *float64 `json:"secondsLeft"`
		GFLOPs      float64  `json:"gflops"` // a second, of this step

		Readings *StepReadings `json:"readings,omitempty"`
	}
	// EpochDone: an epoch is trained and evaluated.
	EpochDone struct {
		Kind               string   `json:"kind"` // epoch
		Epoch              int      `json:"epoch"`
		Loss               *float64 `json:"loss"`
		Accuracy           float64  `json:"accuracy"`
		ValidationLoss     *float64 `json:"validationLoss"`     // nil also where nothing
		ValidationAccuracy *float64 `json:"validationAccuracy"` // was held back
		BalancedAccuracy   *float64 `json:"balancedAccuracy"`
		Seconds            float64  `json:"seconds"`
		// Factors of each block's rate, where it is scaled by |gradient|/|weights|, in the order
		// of Plan.Blocks.
		Factors []float64 `json:"factors,omitempty"`

		Anew     *Restated      `json:"anew,omitempty"` // with Options.Restate
		Readings *EpochReadings `json:"readings,omitempty"`
		Series   *PassReadings  `json:"series,omitempty"`
	}
	// Paused: the run waits, or goes on.
	Paused struct {
		Kind string `json:"kind"` // paused or resumed
	}
	// Moved: the device was lost; the run goes on elsewhere from its last checkpoint.
	Moved struct {
		Kind     string `json:"kind"` // moved
		Step     int    `json:"step"` // the last that is kept
		Computes string `json:"computes"`
		Message  string `json:"message"`
	}
	// Ended comes last, unless the run failed. Result is nil before the first whole epoch.
	Ended struct {
		Kind   string     `json:"kind"` // done or cancelled
		Result *RunResult `json:"result"`
	}
	// Failed comes last.
	Failed struct {
		Kind    string `json:"kind"` // failed
		Message string `json:"message"`
		Code    Code   `json:"code"`
	}
	// Warned says what is odd about a run, once; it goes on.
	Warned struct {
		Kind    string `json:"kind"` // warning
		Step    int    `json:"step"`
		Message string `json:"message"`
	}
)

// RunResult is what the last whole epoch of a run showed.
type RunResult struct {
	Run                string   `json:"run"`
	Plan               string   `json:"plan"`
	Epochs             int      `json:"epochs"`
	Steps              int      `json:"steps"`
	Seconds            float64  `json:"seconds"`
	Trained            int      `json:"trained"`
	TrainAccuracy      float64  `json:"trainAccuracy"`
	ValidationAccuracy *float64 `json:"validationAccuracy"` // nil: nothing was held back
	BalancedAccuracy   *float64 `json:"balancedAccuracy"`   // mean over the classes of what is recognised of each
	ValidationLoss     *float64 `json:"validationLoss"`
	Classes            []string `json:"classes"`
	Confusion          [][]int  `json:"confusion"` // [true][predicted], validation images
	// HeldBack is nil in what goes with a network when it leaves the project.
	HeldBack *HeldBack `json:"heldBack,omitempty"`
}

// HeldBack is what the network said of each image that was held back, in lists of one
// length: what stands behind Confusion. Of more than maxAnswers images mistakes come first.
type HeldBack struct {
	IDs    []int `json:"ids"`
	Labels []int `json:"labels"` // positions in RunResult.Classes, as they were in the run
	Said   []int `json:"said"`
	Sure   []int `json:"sure"` // thousandths: the probability of what was said
}

// maxAnswers of a run are kept: some 20 bytes each, in a document that is written often.
const maxAnswers = 4000

func heldBack(answers []tune.Said, data *examples) *HeldBack {
	var order, right []int
	for i, a := range answers {
		if len(answers) > maxAnswers && a.Label == data.Label(tune.Validation, i) {
			right = append(right, i)
		} else {
			order = append(order, i)
		}
	}
	order = append(order, right...)
	order = order[:min(len(order), maxAnswers)]
	h := &HeldBack{[]int{}, []int{}, []int{}, []int{}}
	for _, i := range order {
		h.IDs = append(h.IDs, data.parts[tune.Validation][i].id)
		h.Labels = append(h.Labels, data.Label(tune.Validation, i))
		h.Said = append(h.Said, answers[i].Label)
		h.Sure = append(h.Sure, int(math.Round(1000*answers[i].Probability)))
	}
	return h
}

// eventOf is a session's event as a run tells it.
func eventOf(e tune.Event, flops int64) Event {
	switch {
	case e.Cache != nil:
		return Cached{"cache", e.Cache.Done, e.Cache.Total, e.Cache.SecondsLeft}
	case e.Step != nil:
		s := e.Step
		return Stepped{"step", s.Step, s.Epoch, number(s.Loss), s.Accuracy, s.Seconds, s.SecondsLeft, float64(flops) / max(s.Seconds, 1e-6) / 1e9, stepReadings(s.Blocks)}
	}
	d := e.Epoch
	return EpochDone{"epoch", d.Epoch, number(d.Loss), d.Accuracy, measured(d.Validation, d.Validation.Loss), measured(d.Validation, d.Validation.Accuracy), measured(d.Validation, d.Validation.BalancedAccuracy()), d.Seconds, d.Factors, nil, nil, nil}
}

// measured is a figure of an evaluation, nil where there were no images.
func measured(e *tune.Evaluation, x float64) *float64 {
	if e.Images == 0 {
		return nil
	}
	return number(x)
}

// number is x, or nil where JSON has no word for it.
func number(x float64) *float64 {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return nil
	}
	return &x
}
