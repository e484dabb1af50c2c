package freeze

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"thaw/irv2"
)

// Spec is a person's choice; exactly one of Preset, From, Thaw and Phases is set. Its
// JSON is PlanSpec of thaw.d.ts.
type Spec struct {
	Preset    string        `json:"preset,omitempty"` // freeze-conv, freeze-first-100, unfreeze-all, head-only
	AsWritten bool          `json:"asWritten,omitempty"`
	From      string        `json:"from,omitempty"` // a block: it and all after it learn
	Thaw      Selectors     `json:"thaw,omitzero"`  // empty: the head only
	BatchNorm BatchNormMode `json:"batchNorm,omitempty"`
	Phases    Phases        `json:"phases,omitzero"` // a plan in time: one after the other
}

// Selector picks layers: by Pattern (see Matches), or by index as Python's
// base.layers[Start:Stop]: negative numbers count from the backbone's end, nil is open,
// and what lies beyond an end is no error.
type Selector struct {
	Pattern     string
	Start, Stop *int
}

// Selectors are what Spec.Thaw lists.
type Selectors []Selector

// UnmarshalJSON refuses a list that is too long before it reads its parts, and stops at
// the first that is wrong.
func (s *Selectors) UnmarshalJSON(raw []byte) error {
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) != nil {
		return fmt.Errorf("thaw takes a list of names, patterns and [start, stop] index pairs, not %.40s", raw)
	}
	if list == nil {
		*s = nil
		return nil
	}
	if len(list) > maxSelectors {
		return tooMany(len(list))
	}
	*s = make(Selectors, len(list))
	for i := range list {
		if err := (*s)[i].UnmarshalJSON(list[i]); err != nil {
			return err
		}
	}
	return nil
}

func tooMany(selectors int) error {
	return fmt.Errorf("%d names and ranges are more than the %d that a plan takes", selectors, maxSelectors)
}

// Range is the Selector of layers[start:stop].
func Range(start, stop int) Selector { return Selector{Start: &start, Stop: &stop} }

func (s Selector) MarshalJSON() ([]byte, error) {
	if s.Pattern != "" {
		return json.Marshal(s.Pattern)
	}
	return json.Marshal([2]*int{s.Start, s.Stop})
}

func (s *Selector) UnmarshalJSON(raw []byte) error {
	*s = Selector{}
	if json.Unmarshal(raw, &s.Pattern) == nil && s.Pattern != "" {
		return nil
	}
	var r []*int
	if err := json.Unmarshal(raw, &r); err != nil || len(r) != 2 {
		return fmt.Errorf("thaw takes names, patterns and [start, stop] index pairs, not %.40s", raw)
	}
	s.Start, s.Stop = r[0], r[1]
	return nil
}

// String is what Keras calls it.
func (s Selector) String() string {
	if s.Pattern != "" {
		return s.Pattern
	}
	end := func(at *int) string {
		if at == nil {
			return ""
		}
		return strconv.Itoa(*at)
	}
	return "layers[" + end(s.Start) + ":" + end(s.Stop) + "]"
}

// indices are those of the backbone's n layers that a range picks.
func (s Selector) indices(n int) (start, stop int) {
	resolve := func(at *int, open int) int {
		switch {
		case at == nil:
			return open
		case *at < 0:
			return max(*at+n, 0)
		}
		return min(*at, n)
	}
	return resolve(s.Start, 0), resolve(s.Stop, n)
}

// New makes the plan that spec asks for; of one in time what learns in any of its phases
// (see InPhases).
func New(m *irv2.Model, spec Spec) (*Plan, error) {
	if spec.InTime() {
		return union(m, spec)
	}
	switch spec.BatchNorm {
	case "", Keras, Inference, Batch:
	default:
		return nil, fmt.Errorf("batch norm mode %.100q is not known: use keras, inference or batch", spec.BatchNorm)
	}
	rule, err := choose(m, spec)
	if err != nil {
		return nil, err
	}
	p := FromFlags(m, rule.trainable, spec.BatchNorm)
	p.Spec, p.Name, p.Sentence = spec, rule.name, rule.sentence
	switch spec.BatchNorm {
	case Inference:
		p.Name += ", BN inference"
		p.Sentence += " Every batch norm keeps its pretrained statistics."
	case Batch:
		p.Name += ", BN batch"
		p.Sentence += " Every batch norm, frozen or not, runs on the statistics of the batch."
	}
	return p, nil
}

type rule struct {
	name, sentence string
	trainable      func(*irv2.Layer) bool
}

func choose(m *irv2.Model, spec Spec) (rule, error) {
	given := 0
	for _, set := range []bool{spec.Preset != "", spec.From != "", spec.Thaw != nil} {
		if set {
			given++
		}
	}
	if given != 1 {
		return rule{}, fmt.Errorf("a plan needs exactly one of preset, from, thaw and phases")
	}
	switch {
	case spec.From != "":
		return fromBlock(m, spec.From)
	case spec.Thaw != nil:
		return thawed(m, spec.Thaw)
	}
	return preset(m, spec.Preset, spec.AsWritten)
}

// preset returns the three snippets of the text that Thaw comes from, and head-only.
func preset(m *irv2.Model, name string, asWritten bool) (rule, error) {
	all := func(*irv2.Layer) bool { return true }
	none := func(*irv2.Layer) bool { return false }
	isConv := func(l *irv2.Layer) bool { return strings.Contains(l.Name, "conv") }
	first := firstLayers(m)
	early := func(l *irv2.Layer) bool { return l.Index < first }

	switch name {
	case "freeze-conv":
		if asWritten {
			return rule{"freeze conv, as written",
				"Every layer with conv in its name is frozen, but all batch norms except conv_7b_bn still learn their betas and run on batch statistics: the frozen network changes under the head.",
				func(l *irv2.Layer) bool { return !isConv(l) }}, nil
		}
		return rule{"freeze conv, as meant", "The whole backbone is a fixed feature extractor; only the head learns.", none}, nil
	case "freeze-first-100":
		if asWritten {
			return rule{fmt.Sprintf("freeze conv in first %d, as written", first),
				fmt.Sprintf("The convolutions among the first %d layers are frozen, their batch norms are not: they learn and run on batch statistics.", first),
				func(l *irv2.Layer) bool { return !(early(l) && isConv(l)) }}, nil
		}
		return rule{fmt.Sprintf("freeze first %d, as meant", first),
			fmt.Sprintf("The first %d layers are frozen whole, their batch norms too; everything after learns.", first),
			func(l *irv2.Layer) bool { return !early(l) }}, nil
	case "unfreeze-all":
		if asWritten {
			return rule{"unfreeze all, as written", "Setting trainable = True on convolutions changes nothing: it is the default. Everything learns, and every batch norm runs on batch statistics.", all}, nil
		}
		return rule{"unfreeze all", "Everything learns, and every batch norm runs on batch statistics.", all}, nil
	case "head-only":
		return rule{"head only", "The backbone is frozen; only the new layers on top learn.", none}, nil
	}
	return rule{}, fmt.Errorf("preset %.100q is not known: use freeze-conv, freeze-first-100, unfreeze-all or head-only", name)
}

// firstLayers is 100 of the full network's 780 layers, and the same share of another's.
func firstLayers(m *irv2.Model) int { return (100*m.Backbone + 390) / 780 }

func fromBlock(m *irv2.Model, block string) (rule, error) {
	at := slices.Index(m.Blocks, block)
	if at < 0 {
		return rule{}, fmt.Errorf("no block is named %.100q: blocks are %s ... %s", block, strings.Join(m.Blocks[:3], ", "), strings.Join(m.Blocks[len(m.Blocks)-3:], ", "))
	}
	if at == 0 {
		return rule{"from " + block, "Nothing is frozen: every block learns.", func(*irv2.Layer) bool { return true }}, nil
	}
	return rule{"from " + block, fmt.Sprintf("Frozen up to %s; %s and all after it learn.", m.Blocks[at-1], block),
		func(l *irv2.Layer) bool { return slices.Index(m.Blocks, l.Block) >= at }}, nil
}

// Bounds of what a person may list.
const (
	maxSelectors = 1000
	maxPattern   = 100 // characters
	namesShown   = 20  // in a plan's name and sentence
	rangesShown  = 5   // where it has ranges alone, which tell less
)

func thawed(m *irv2.Model, selectors []Selector) (rule, error) {
	if len(selectors) > maxSelectors {
		return rule{}, tooMany(len(selectors))
	}
	names, picked := make([]string, len(selectors)), make([]bool, len(m.Layers))
	for i, s := range selectors {
		if err := s.pick(m, picked); err != nil {
			return rule{}, err
		}
		names[i] = s.String()
	}
	shown := namesShown
	if !slices.ContainsFunc(selectors, func(s Selector) bool { return s.Pattern != "" }) {
		shown = rangesShown
	}
	list := strings.Join(names[:min(len(names), shown)], ", ")
	if more := len(names) - shown; more > 0 {
		list += fmt.Sprintf(" and %d more", more)
	}
	if list == "" {
		return preset(m, "head-only", false)
	}
	return rule{"thaw " + list, "Only " + list + " and the head learn.", func(l *irv2.Layer) bool { return picked[l.Index] }}, nil
}

// pick marks the layers of a selector.
func (s Selector) pick(m *irv2.Model, picked []bool) error {
	if s.Pattern == "" {
		start, stop := s.indices(m.Backbone)
		if start >= stop {
			return fmt.Errorf("%s picks none of the %d layers", s, m.Backbone)
		}
		for i := start; i < stop; i++ {
			picked[i] = true
		}
		return nil
	}
	if len(s.Pattern) > maxPattern {
		return fmt.Errorf("a pattern of %d characters is longer than any name: at most %d", len(s.Pattern), maxPattern)
	}
	if err := checkPattern(m, s.Pattern); err != nil {
		return err
	}
	for i, l := range m.Layers {
		picked[i] = picked[i] || Matches(s.Pattern, l)
	}
	return nil
}
