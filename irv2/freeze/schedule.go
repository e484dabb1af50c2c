package freeze

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"thaw/irv2"
)

// Phase is a part of a plan in time: what learns for so many passes, and how fast. Its
// JSON is Phase of thaw.d.ts.
type Phase struct {
	Spec
	Epochs int                `json:"epochs"`
	Rate   float64            `json:"rate,omitempty"`   // 0: the run's
	Rates  map[string]float64 `json:"rates,omitempty"`  // factors by pattern; nil: the run's
	Scaled bool               `json:"scaled,omitempty"` // each block's rate also by its |gradient|/|weights|
}

// Phases are what Spec.Phases lists.
type Phases []Phase

// UnmarshalJSON refuses a list that is too long before it reads its parts.
func (p *Phases) UnmarshalJSON(raw []byte) error {
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) != nil {
		return fmt.Errorf("phases takes a list of plans with their epochs, not %.40s", raw)
	}
	if len(list) > MaxPhases {
		return phaseCount(len(list))
	}
	*p = nil
	if list != nil {
		*p = make(Phases, len(list))
	}
	for i := range list {
		strict := json.NewDecoder(bytes.NewReader(list[i]))
		strict.DisallowUnknownFields()
		if err := strict.Decode(&(*p)[i]); err != nil {
			return fmt.Errorf("phase %d: %w", i+1, err)
		}
	}
	return nil
}

func phaseCount(n int) error {
	return fmt.Errorf("a plan in time takes 1 to %d phases, not %d", MaxPhases, n)
}

// MaxPhases is how many parts a plan in time may have.
const MaxPhases = 50

// InTime says that s is a plan in time.
func (s Spec) InTime() bool { return s.Phases != nil }

// Epochs is the passes of a plan in time, 0 of another.
func (s Spec) Epochs() int {
	n := 0
	for _, p := range s.Phases {
		n += p.Epochs
	}
	return n
}

// InPhases makes the plan of every phase of spec, of which one that is not in time is the
// only one.
func InPhases(m *irv2.Model, spec Spec) ([]*Plan, error) {
	if !spec.InTime() {
		p, err := New(m, spec)
		return []*Plan{p}, err
	}
	if n := len(spec.Phases); n < 1 || n > MaxPhases {
		return nil, phaseCount(n)
	}
	plans := make([]*Plan, len(spec.Phases))
	for i, phase := range spec.Phases {
		if phase.InTime() {
			return nil, fmt.Errorf("phase %d is itself a plan in time: list its phases one after the other", i+1)
		}
		if phase.Epochs < 1 || phase.Epochs > 100000 {
			return nil, fmt.Errorf("phase %d has %d passes: choose 1 to 100000", i+1, phase.Epochs)
		}
		var err error
		if plans[i], err = New(m, phase.Spec); err != nil {
			return nil, fmt.Errorf("phase %d: %w", i+1, err)
		}
	}
	return plans, nil
}

// union is the plan in which learns and moves what does so in any phase of spec.
func union(m *irv2.Model, spec Spec) (*Plan, error) {
	if spec.Preset != "" || spec.AsWritten || spec.From != "" || spec.Thaw != nil || spec.BatchNorm != "" {
		return nil, fmt.Errorf("a plan in time says what learns in its phases only: leave out preset, from, thaw and batchNorm beside them")
	}
	plans, err := InPhases(m, spec)
	if err != nil {
		return nil, err
	}
	u := &Plan{Model: m, Spec: spec, Trainable: make([]bool, len(m.Layers)), BatchStatistics: make([]bool, len(m.Layers))}
	names, sentences := make([]string, len(plans)), make([]string, len(plans))
	for i, p := range plans {
		for layer := range m.Layers {
			u.Trainable[layer] = u.Trainable[layer] || p.Trainable[layer]
			u.BatchStatistics[layer] = u.BatchStatistics[layer] || p.BatchStatistics[layer]
		}
		names[i] = fmt.Sprintf("%s × %d", p.Name, spec.Phases[i].Epochs)
		sentences[i] = fmt.Sprintf("Phase %d, %s: %s", i+1, passes(spec.Phases[i].Epochs), p.Sentence)
	}
	u.Name, u.Sentence = few(names, ", then ", "phases"), few(sentences, " ", "phases.")
	return u, nil
}

// phasesShown of a plan in time stand in its name and sentence.
const phasesShown = 4

func few(list []string, between, what string) string {
	if more := len(list) - phasesShown; more > 0 {
		return strings.Join(list[:phasesShown], between) + fmt.Sprintf("%sand %d more %s", between, more, what)
	}
	return strings.Join(list, between)
}

func passes(n int) string {
	if n == 1 {
		return "1 pass"
	}
	return fmt.Sprintf("%d passes", n)
}
