package experiment

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// Runs go seed by seed; what does not vary is drawn by the first seed.
func TestOrder(t *testing.T) {
	d := Description{Plans: []Plan{{Name: "a"}, {Name: "b"}}, First: 7, Seeds: 2, Vary: Vary{Head: true}}
	var list []string
	for i := range d.Of() {
		j := d.Job(i)
		split, head, order := d.SeedsOf(j)
		list = append(list, fmt.Sprintf("%s %d %d %d", d.Plans[j.Plan].Name, split, head, order))
	}
	if got := strings.Join(list, ", "); got != "a 7 7 7, b 7 7 7, a 7 8 7, b 7 8 7" {
		t.Error(got)
	}
}

func TestCheck(t *testing.T) {
	two := []Plan{{Name: "a"}, {Name: "b"}}
	for want, d := range map[string]Description{
		"at least one plan":              {Seeds: 2, Vary: Vary{Split: true}},
		"at least one seed":              {Plans: two},
		"more runs than the 1000":        {Plans: two, Seeds: 501, Vary: Vary{Split: true}},
		"more runs than the 1000 ":       {Plans: two, Seeds: 1 << 62, Vary: Vary{Split: true}},
		"first seed must be at most":     {Plans: two, Seeds: 1, First: 1 << 53},
		"Nothing varies":                 {Plans: two, Seeds: 2},
		"Plan 2 of the experiment":       {Plans: []Plan{{Name: "a"}, {}}, Seeds: 1},
		`Two plans are called "a": give`: {Plans: []Plan{{Name: "a"}, {Name: "a"}}, Seeds: 1},
	} {
		if err := d.Check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	if err := (&Description{Plans: two, Seeds: 1}).Check(); err != nil {
		t.Error(err)
	}
}

// What is read is an experiment's own form or refused.
func TestParse(t *testing.T) {
	s := measured([][]float64{{0.5, 0.6}, {0.7, 0.8}}, 8, 2)
	s.Runs = s.Runs[:3]
	text, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	again, err := Parse(text)
	if err != nil || again.Done() || len(again.Runs) != 3 {
		t.Fatalf("%+v, %v", again, err)
	}
	for _, text := range []string{"", "[]", "{}", strings.Replace(string(text), `"plan":1`, `"plan":5`, 1), strings.Replace(string(text), `"seeds":2`, `"seeds":1`, 1)} {
		if s, err := Parse([]byte(text)); err == nil {
			t.Errorf("%s was read as %+v", text, s)
		}
	}
}

// A repetition says what differs, and why.
func TestRepeats(t *testing.T) {
	s := measured([][]float64{{0.5, 0.6}, {0.7, 0.8}}, 8, 2)
	again := s.Again()
	again.Runs = append([]Run{}, s.Runs...)
	if r := again.Repeats(); r.Same != 4 || r.Of != 4 || len(r.Differ) != 0 || s.Repeats() != nil {
		t.Errorf("%+v", r)
	}
	again.Runs[1].Learned, again.Runs[1].Machine = "other", "simd, threads: 2"
	again.Runs[2].Split = "other"
	r := again.Repeats()
	if r.Same != 2 || len(r.Differ) != 2 || r.Differ[0].Index != 1 || r.Differ[0].Split || *r.Differ[0].Figures.Accuracy != 0.7 || !r.Differ[1].Split {
		t.Errorf("%+v", r)
	}
	for want, now := range map[string]Conditions{"other weights": {Weights: "x"}, "the network": {Size: 5}, "other images": {Images: "x"}} {
		if got := s.Under.Other(&now); !strings.Contains(got, want) {
			t.Errorf("%q, want %q", got, want)
		}
	}
	if got := s.Under.Other(&s.Under); got != "" {
		t.Error(got)
	}
}
