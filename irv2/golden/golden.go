// Package golden checks the network and its training against figures from Keras.
//
// A golden file holds samples of tensors that Keras computed from weights and
// images which are functions of (seed, name, index): testdata/golden/README.md says
// how the files are made and when a float32 implementation passes; check.py there
// is the same rule in Python.
package golden

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"math"
	"slices"
	"sort"

	"thaw/irv2"
)

// File is a golden file.
type File struct {
	Size, Batch, Classes, Dense, Steps int
	Seed                               uint64
	LayerList                          []Layer           `json:"layer_list"`
	ForwardInference                   map[string]Tensor `json:"forward_inference"`
	ForwardTrain                       map[string]Tensor `json:"forward_train"`
	Presets                            map[string]Preset
	Schedules                          map[string]Schedule
}

// Schedule is presets in time, by one optimiser.
type Schedule struct {
	Phases []struct {
		Preset         string
		Steps          int
		LearningRate   float64           `json:"learning_rate"`
		TrainableCount int               `json:"trainable_count"`
		Change1        map[string]Tensor `json:"change_1"` // after its first step, since the schedule's start
		ChangeN        map[string]Tensor `json:"change_n"`
	}
	Losses    []float64
	LossesGap []float64 `json:"losses_gap"`
	EvalAfter Tensor    `json:"eval_after"`
}

// Layer is one row of Keras's model.layers.
type Layer struct {
	Index       int
	Name, Class string
	Weights     [][2]json.RawMessage // kind, shape
}

// Preset is a training run.
type Preset struct {
	LearningRate    float64  `json:"learning_rate"`
	TrainableCount  int      `json:"trainable_count"`
	TrainableLayers []string `json:"trainable_layers"`
	Losses          []float64
	LossesGap       []float64 `json:"losses_gap"`
	Gradients       map[string]Tensor
	Change1         map[string]Tensor `json:"change_1"`
	ChangeN         map[string]Tensor `json:"change_n"`
	EvalAfter       Tensor            `json:"eval_after"`
}

// Tensor is a sample of a tensor: Values at flat indices At, the RMS of all
// elements, and the Gap that two honest float32 runs of Keras left.
type Tensor struct {
	Shape     []int
	At        []int
	Values    []float64
	RMS       float64
	Gap       *float64
	Unchanged bool
	Zero      bool
}

// Read reads a golden file of a folder.
func Read(folder fs.FS, name string) (*File, error) {
	raw, err := fs.ReadFile(folder, name)
	if err != nil {
		return nil, err
	}
	f := &File{}
	if err := json.Unmarshal(raw, f); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return f, nil
}

// floor is the relative error below which float32 is not asked to be better.

const floor = 1e-6

// Report is the outcome of comparing one group of tensors.
type Report struct {
	Median, MedianLimit float64
	Worst               float64 // as a share of its limit
	WorstName           string
	Over                int
	Failures            []string
}

// Kind says what a group holds: the rule differs a little.
type Kind int

const (
	Forward Kind = iota
	Gradient
	Change
	LaterChange // of a phase that follows others
)

// Compare holds got, which returns a tensor by name, against one group of a golden file.
func Compare(kind Kind, want map[string]Tensor, got func(name string) []float64) Report {
	var r Report
	var gaps, rms, errs []float64
	names := make([]string, 0, len(want))
	for name, t := range want {
		names = append(names, name)
		if t.Gap != nil {
			gaps, rms = append(gaps, *t.Gap), append(rms, t.RMS)
		}
	}
	sort.Strings(names)
	typical := max(median(gaps), 0)
	fail := func(format string, args ...any) { r.Failures = append(r.Failures, fmt.Sprintf(format, args...)) }
	var over []string
	for _, name := range names {
		t, g := want[name], got(name)
		if g == nil {
			fail("%s: no such tensor here", name)
			continue
		}
		if n := len(t.At); n > 0 && t.At[n-1] >= len(g) {
			fail("%s: %d elements, Keras has %v", name, len(g), t.Shape)
			continue
		}
		switch {
		case t.Unchanged:
			if i := slices.IndexFunc(g, func(v float64) bool { return v != 0 }); i >= 0 {
				fail("%s: element %d changed by %g, must not change", name, i, g[i])
			}
		case t.Zero:
			if largest := maxAbs(g); kind == Gradient && !(largest <= 1e-3*median(rms)) {
				fail("%s: %g, must be zero", name, largest)
			}
		default:
			e, limit := t.err(g), 10*max(*t.Gap, typical, floor)
			errs = append(errs, e)
			if e/limit > r.Worst || math.IsNaN(e) {
				r.Worst, r.WorstName = e/limit, name
			}
			if !(e <= limit) {
				over = append(over, fmt.Sprintf("%s: error %.2e, limit %.2e", name, e, limit))
			}
		}
	}
	r.Over = len(over)
	switch share := float64(len(over)) / float64(len(errs)); {
	case kind == Change && share <= 0.02:
	case kind == LaterChange && share <= 0.25 && r.Worst <= 5:
	default:
		r.Failures = append(r.Failures, over...)
	}
	r.Median, r.MedianLimit = median(errs), 3*max(typical, floor)
	if len(errs) > 1 && !(r.Median <= r.MedianLimit) {
		fail("median error %.2e, limit %.2e", r.Median, r.MedianLimit)
	}
	return r
}

func (t Tensor) err(got []float64) float64 {
	sum := 0.0
	for i, at := range t.At {
		d := got[at] - t.Values[i]
		sum += d * d
	}
	return math.Sqrt(sum/float64(len(t.At))) / t.RMS
}

func maxAbs(x []float64) float64 {
	m := 0.0
	for _, v := range x {
		if math.IsNaN(v) {
			return v
		}
		m = max(m, math.Abs(v))
	}
	return m
}

func median(x []float64) float64 {
	if len(x) == 0 {
		return 0
	}
	s := slices.Clone(x)
	sort.Float64s(s)
	return (s[len(s)/2] + s[(len(s)-1)/2]) / 2
}

// Images returns the golden batch [batch, size, size, 3] in [-1, 1].
func Images(seed uint64, batch, size int) []float32 {
	out := make([]float32, batch*size*size*3)
	irv2.FillUniform(out, seed, "images")
	p := (size + 15) / 16
	flat := make([]float32, batch*p*p*3)
	irv2.FillUniform(flat, seed, "patches")
	for n := range batch {
		for y := range size {
			for x := range size {
				for c := range 3 {
					i := ((n*size+y)*size+x)*3 + c
					out[i] = 0.5*out[i] + 0.5*flat[((n*p+y/16)*p+x/16)*3+c]
				}
			}
		}
	}
	return out
}
