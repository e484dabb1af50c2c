package project

import (
	"encoding/json"
	"math"
	"slices"
	"strings"
	"testing"

	"thaw/irv2/freeze"
	"thaw/irv2/worlds"
)

func weightOf(t *testing.T, text string) ClassWeight {
	t.Helper()
	var o Options
	if err := json.Unmarshal([]byte(`{"classWeight": `+text+`}`), &o); err != nil {
		t.Fatal(err)
	}
	return o.ClassWeight
}

// Weights are those of sklearn's compute_class_weight, or a person's own; where there are
// none, training is what it was, to the bit.
func TestClassWeight(t *testing.T) {
	p := open(t, 0, 0)
	for class, n := range map[string]int{"boat": 8, "fruit": 2, "house": 2} {
		for i := range n {
			addFiles(t, p, class, "photos/"+class+"/"+class+"-"+string(rune('1'+i))+".jpg")
		}
	}
	info := p.Images()
	if !strings.Contains(strings.Join(info.Warnings, " "), `"boat" has 8 images`) {
		t.Errorf("no word of imbalance: %q", info.Warnings)
	}
	split, err := p.data.divide(p.division)
	if err != nil {
		t.Fatal(err)
	}
	of := map[string]int{}
	for _, e := range split.Train {
		of[split.Classes[e.Label]]++
	}
	o := DefaultOptions()
	o.ClassWeight = weightOf(t, `"balanced"`)
	weighted, err := o.weighted(split)
	for label, class := range split.Classes {
		if want := float64(len(split.Train)) / float64(3*of[class]); math.Abs(weighted.weights[label]-want) > 1e-12 || err != nil {
			t.Errorf("%s: %g, want %g (%v)", class, weighted.weights[label], want, err)
		}
	}
	o.ClassWeight = weightOf(t, `{"fruit": 2.5}`)
	if weighted, err = o.weighted(split); err != nil || weighted.weights[slices.Index(split.Classes, "fruit")] != 2.5 || weighted.weights[slices.Index(split.Classes, "boat")] != 1 {
		t.Errorf("%v, %v", weighted.weights, err)
	}
	o.ClassWeight = weightOf(t, `{"fruits": 2.5}`)
	_, err = p.Plan(freeze.Spec{Preset: "head-only"}, o)
	check(t, err, Invalid, "no class")
	o.ClassWeight = weightOf(t, `{"fruit": -1}`)
	_, err = p.Plan(freeze.Spec{Preset: "head-only"}, o)
	check(t, err, Invalid, "must be 0 to 1,000,000, not -1")
	for given, want := range map[string]string{`"fair"`: "no class weights called", `{"null": null}`: `of "null" is no number`, `null`: "a number for each class", `{"boat": "x"}`: "a number for each class", `3`: "a number for each class"} {
		check(t, Decode([]byte(`{"classWeight": `+given+`}`), &o), Invalid, want)
	}
	loss := func(text string) float64 {
		o := DefaultOptions()
		o.ClassWeight = weightOf(t, text)
		events := train(t, p, "head-only", o)
		return *events[len(events)-2].(EpochDone).Loss
	}
	none := loss(`"none"`)
	if ones := loss(`{"boat": 1}`); ones != none {
		t.Errorf("loss %g with weights of one, %g without", ones, none)
	}
	if balanced := loss(`"balanced"`); balanced == none {
		t.Error("weights change nothing")
	}
}

// A result has the mean of the classes' recalls beside the share of images.
func TestBalancedAccuracyIsShown(t *testing.T) {
	p := open(t, 3, 2)
	if _, err := p.RemoveImages([]int{p.Images().Classes[0].Images[4].ID}); err != nil {
		t.Fatal(err)
	}
	events := train(t, p, "unfreeze-all", DefaultOptions())
	r := events[len(events)-1].(Ended).Result
	sum := 0.0
	for label, row := range r.Confusion {
		n := 0
		for _, images := range row {
			n += images
		}
		sum += float64(row[label]) / float64(n)
	}
	if want := sum / float64(len(worlds.Near.Classes)); math.Abs(*r.BalancedAccuracy-want) > 1e-12 || *events[len(events)-2].(EpochDone).BalancedAccuracy != *r.BalancedAccuracy {
		t.Errorf("%g, want %g", *r.BalancedAccuracy, want)
	}
}
