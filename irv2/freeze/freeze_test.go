package freeze

import (
	"encoding/json"
	"strings"
	"testing"

	"thaw/irv2"
)

func full(t testing.TB) *irv2.Model {
	m, err := irv2.New(irv2.Full(299, 2))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func parse(t testing.TB, m *irv2.Model, raw string) (*Plan, error) {
	t.Helper()
	var s Spec
	if err := json.Unmarshal([]byte(raw), &s); err != nil {
		return nil, err
	}
	return New(m, s)
}

// Counts of frozen layers as Keras's own layer list gives them: 246 of 780 names
// hold conv, 32 of the first 100, among which stand 30 batch norms.
func TestSnippets(t *testing.T) {
	m := full(t)
	for _, c := range []struct {
		spec                          string
		frozen, frozenConv, batchNorm int // layers of the backbone
	}{
		{`{"preset":"freeze-conv","asWritten":true}`, 246, 244, 203},
		{`{"preset":"freeze-conv"}`, 780, 244, 0},
		{`{"preset":"freeze-first-100","asWritten":true}`, 32, 32, 204},
		{`{"preset":"freeze-first-100"}`, 100, 32, 174},
		{`{"preset":"unfreeze-all","asWritten":true}`, 0, 0, 204},
		{`{"preset":"unfreeze-all"}`, 0, 0, 204},
		{`{"preset":"unfreeze-all","batchNorm":"inference"}`, 0, 0, 0},
		{`{"preset":"head-only"}`, 780, 244, 0},
		{`{"preset":"head-only","batchNorm":"batch"}`, 780, 244, 204},
		{`{"thaw":[[0,780]]}`, 0, 0, 204},
		{`{"thaw":[]}`, 780, 244, 0},
		{`{"from":"stem"}`, 0, 0, 204},
		{`{"thaw":["conv_7b*"]}`, 777, 243, 1},
		{`{"thaw":["block8_10","block8_10_conv"]}`, 765, 239, 4},
	} {
		p, err := parse(t, m, c.spec)
		if err != nil {
			t.Errorf("%s: %v", c.spec, err)
			continue
		}
		frozen, frozenConv, batch := 0, 0, 0
		for i, l := range m.Layers[:m.Backbone] {
			if !p.Trainable[i] {
				frozen++
				if l.Class == irv2.Conv2D {
					frozenConv++
				}
			}
			if p.BatchStatistics[i] {
				batch++
			}
		}
		if frozen != c.frozen || frozenConv != c.frozenConv || batch != c.batchNorm {
			t.Errorf("%s: %d frozen (%d convolutions), %d on batch statistics; want %d (%d), %d", c.spec, frozen, frozenConv, batch, c.frozen, c.frozenConv, c.batchNorm)
		}
		if p.Name == "" || !strings.HasSuffix(p.Sentence, ".") {
			t.Errorf("%s: name %q, sentence %q", c.spec, p.Name, p.Sentence)
		}
		for i := m.Backbone; i < len(m.Layers); i++ {
			if !p.Trainable[i] {
				t.Errorf("%s: %s of the head is frozen", c.spec, m.Layers[i].Name)
			}
		}
	}
}

// Keras 2 named the residual sums block35_1, ...: both names pick the same layer,
// and as a block name it picks the whole block.
func TestMatches(t *testing.T) {
	m := full(t)
	sum := m.Layer("custom_scale_layer")
	if sum == nil || sum != m.Layer("block35_1") || !Matches("block35_1", sum) || !Matches("custom_scale*", sum) || Matches("block35_10", sum) {
		t.Errorf("%v", sum)
	}
}

func TestErrors(t *testing.T) {
	m := full(t)
	for raw, want := range map[string]string{
		`{}`:                                     "exactly one",
		`{"preset":"head-only","from":"stem"}`:   "exactly one",
		`{"preset":"freeze"}`:                    "not known",
		`{"from":"block9_1"}`:                    "no block is named",
		`{"thaw":["block9_*"]}`:                  "no layer or block",
		`{"thaw":["["]}`:                         "not a pattern",
		`{"thaw":[[5,5]]}`:                       "picks none",
		`{"thaw":[[-1,-5]]}`:                     "picks none",
		`{"thaw":[3]}`:                           "index pairs",
		`{"preset":"head-only","batchNorm":"x"}`: "mode",
	} {
		if _, err := parse(t, m, raw); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want one with %q", raw, err, want)
		}
	}
}

// Ranges are Python's, of Keras's base.layers.
func TestRanges(t *testing.T) {
	m := full(t)
	for raw, want := range map[string][2]int{
		"[600,780]": {600, 780}, "[600,-1]": {600, 779}, "[-30,null]": {750, 780}, "[null,-700]": {0, 80},
		"[0,9999]": {0, 780}, "[-9999,3]": {0, 3}, "[null,null]": {0, 780},
	} {
		p, err := parse(t, m, `{"thaw":[`+raw+`]}`)
		if err != nil {
			t.Fatal(raw, err)
		}
		for i := range m.Backbone {
			if p.Trainable[i] != (i >= want[0] && i < want[1]) {
				t.Fatalf("%s: layer %d trainable %v", raw, i, p.Trainable[i])
			}
		}
	}
}

func TestSpecRoundTrip(t *testing.T) {
	raw := `{"thaw":["block8_*",[3,9]],"batchNorm":"inference"}`
	var s Spec
	if err := json.Unmarshal([]byte(raw), &s); err != nil {
		t.Fatal(err)
	}
	if got, err := json.Marshal(s); err != nil || string(got) != raw {
		t.Errorf("%s, %v", got, err)
	}
}

// Whatever a person pastes, a plan's name, sentence and errors stay readable.
func TestLongPlansAreNamedShortly(t *testing.T) {
	m := full(t)
	const readable = 500
	many := Spec{Thaw: make([]Selector, 1000)}
	for i := range many.Thaw {
		many.Thaw[i].Pattern = "block8_1"
	}
	plan, err := New(m, many)
	if err != nil || len(plan.Name) > readable || !strings.Contains(plan.Sentence, "and 980 more") {
		t.Errorf("%v, %v", plan, err)
	}
	var ranges Spec
	for i := range 200 {
		ranges.Thaw = append(ranges.Thaw, Range(3*i, 3*i+1))
	}
	if plan, err := New(m, ranges); err != nil || plan.Name != "thaw layers[0:1], layers[3:4], layers[6:7], layers[9:10], layers[12:13] and 195 more" {
		t.Errorf("%v, %v", plan, err)
	}
	long := strings.Repeat("x", 1e5)
	for _, spec := range []Spec{{From: long}, {Preset: long}, {Preset: "head-only", BatchNorm: BatchNormMode(long)}} {
		if _, err := New(m, spec); err == nil || len(err.Error()) > readable {
			t.Errorf("%.200v", err)
		}
	}
}
