package freeze

import (
	"encoding/json"
	"strings"
	"testing"

	"thaw/irv2"
)

// A plan in time is its phases, and the union of what they learn.
func TestPhases(t *testing.T) {
	m, err := irv2.New(irv2.Mini(3))
	if err != nil {
		t.Fatal(err)
	}
	var spec Spec
	text := `{"phases":[{"thaw":["stem"],"batchNorm":"inference","epochs":2,"rate":0.001},{"preset":"head-only","epochs":1},{"from":"block8_1","epochs":3,"rates":{"block8_*":0.5},"scaled":true}]}`
	if err := json.Unmarshal([]byte(text), &spec); err != nil {
		t.Fatal(err)
	}
	if again, _ := json.Marshal(spec); string(again) != text {
		t.Errorf("comes back as %s", again)
	}
	plans, err := InPhases(m, spec)
	if err != nil {
		t.Fatal(err)
	}
	all, err := New(m, spec)
	if err != nil {
		t.Fatal(err)
	}
	for i := range m.Layers {
		learns, live := false, false
		for _, p := range plans {
			learns, live = learns || p.Trainable[i], live || p.BatchStatistics[i]
		}
		if all.Trainable[i] != learns || all.BatchStatistics[i] != live {
			t.Fatalf("%s learns %v, live %v", m.Layers[i], all.Trainable[i], all.BatchStatistics[i])
		}
	}
	if spec.Epochs() != 6 || all.Name != "thaw stem, BN inference × 2, then head only × 1, then from block8_1 × 3" || !strings.HasPrefix(all.Sentence, "Phase 1, 2 passes: Only stem") {
		t.Errorf("%d passes, %q, %q", spec.Epochs(), all.Name, all.Sentence)
	}
	if one, err := InPhases(m, Spec{From: "block8_1"}); err != nil || len(one) != 1 || one[0].Name != "from block8_1" {
		t.Errorf("a plan that is not in time: %v, %v", one, err)
	}
}

func TestPhasesRefused(t *testing.T) {
	m, err := irv2.New(irv2.Mini(3))
	if err != nil {
		t.Fatal(err)
	}
	many := `{"phases":[` + strings.Repeat(`{"preset":"head-only","epochs":1},`, MaxPhases) + `{"preset":"head-only","epochs":1}]}`
	for text, want := range map[string]string{
		`{"phases":[]}`:                       "takes 1 to 50 phases, not 0",
		`{"phases":[{"preset":"head-only"}]}`: "phase 1 has 0 passes",
		`{"phases":[{"preset":"head-only","epochs":1},{"from":"block9","epochs":1}]}`: "phase 2: no block is named",
		`{"phases":[{"epochs":1,"phases":[{"preset":"head-only","epochs":1}]}]}`:      "itself a plan in time",
		`{"preset":"head-only","phases":[{"preset":"head-only","epochs":1}]}`:         "leave out preset",
		`{"phases":{}}`:             "phases takes a list",
		`{"phases":[{"thaw":[3]}]}`: "phase 1: thaw takes",
		many:                        "not 51",
	} {
		var spec Spec
		err := json.Unmarshal([]byte(text), &spec)
		if err == nil {
			_, err = New(m, spec)
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.80s: %v, want %s", text, err, want)
		}
	}
}
