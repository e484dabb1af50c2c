package project

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"image/jpeg"
	"slices"
	"testing"

	"thaw/irv2/freeze"
)

// What is explained is what is predicted; images of the data set and their files give the
// same; before and after differ as the plan says.
func TestExplain(t *testing.T) {
	p := open(t, 3, 2)
	none := func() (string, []byte, error) { t.Error("a file was asked for"); return "", nil, nil }
	explain := func(c ExplainChoice) *Explanation {
		t.Helper()
		e, err := p.Explain(t.Context(), c, none, func(int64, int64) {})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := json.Marshal(e); err != nil {
			t.Fatal(err)
		}
		return e
	}
	first := p.data.set.Classes[0].Samples[0]
	if _, err := p.Explain(t.Context(), ExplainChoice{Image: &first.ID}, none, nil); err == nil {
		t.Error("explained by a network that knows no classes")
	}
	o := DefaultOptions()
	o.Batch = 4
	train(t, p, "head-only", o)
	got := explain(ExplainChoice{Image: &first.ID})
	answer, err := p.Predict(t.Context(), func() (string, []byte, error) { content, err := first.File.Read(); return first.Name, content, err })
	if err != nil {
		t.Fatal(err)
	}
	if likeliest := answer.Classes[0]; got.Run != "run 1" || got.Class != likeliest.Name || abs(float64(got.Probability-likeliest.Probability)) > 1e-5 || len(got.Classes) != 4 {
		t.Errorf("%+v, predicted %+v", got, likeliest)
	}
	plan, _ := p.Plan(freeze.Spec{Preset: "head-only"}, o)
	if len(got.Blocks) != len(plan.Blocks)-1 || got.Occlusion != nil {
		t.Errorf("%d blocks", len(got.Blocks))
	}
	for i, m := range got.Blocks {
		if m.Block != plan.Blocks[i].Name || len(m.Values) != m.Height*m.Width || m.Largest > 0 && slices.Max(m.Values) != 1000 || slices.Min(m.Values) < 0 || m.Agrees != nil {
			t.Errorf("%+v", m)
		}
	}
	if img, err := jpeg.Decode(bytes.NewReader(got.Picture)); err != nil || img.Bounds().Dx() != got.Size {
		t.Errorf("the picture: %v", err)
	}
	fromFile, err := p.Explain(t.Context(), ExplainChoice{}, func() (string, []byte, error) { content, err := first.File.Read(); return first.Name, content, err }, nil)
	if err != nil || !slices.Equal(fromFile.Blocks[5].Values, got.Blocks[5].Values) {
		t.Errorf("the file gives another map: %v", err)
	}
	// The head alone learned: under it the loaded layers are the same, and with the head that
	// was drawn they say something else.
	if same := explain(ExplainChoice{Image: &first.ID, Before: "loaded"}); same.Probability != got.Probability {
		t.Errorf("loaded layers say %g, the same ones %g", same.Probability, got.Probability)
	}
	start := explain(ExplainChoice{Image: &first.ID, Before: "start", Class: got.Class})
	if start.Probability == got.Probability || start.Class != got.Class {
		t.Errorf("%+v as the run began", start)
	}
	covered, last := ExplainChoice{Image: &first.ID, Occlusion: true}, int64(-1)
	withControl, err := p.Explain(t.Context(), covered, none, func(done, total int64) { last = total })
	if err != nil || last != 82 || len(withControl.Occlusion.Values) != 100 {
		t.Errorf("%v, %d images covered", err, last)
	}
	agreed := 0
	for _, m := range withControl.Blocks {
		if m.Agrees != nil && abs(*m.Agrees) <= 1 {
			agreed++
		}
	}
	if agreed == 0 {
		t.Error("no map was compared with its control")
	}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := p.Explain(cancelled, covered, none, func(int64, int64) {}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	gone := -1
	for _, c := range []ExplainChoice{{Image: &gone}, {Image: &first.ID, Class: "nothing"}, {Image: &first.ID, Before: "never"}, {Image: &first.ID, Run: "run 9"}} {
		if _, err := p.Explain(t.Context(), c, none, nil); err == nil {
			t.Errorf("explained %+v", c)
		}
	}
}

func abs(x float64) float64 { return max(x, -x) }
