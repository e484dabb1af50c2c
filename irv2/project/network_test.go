package project

import (
	"reflect"
	"slices"
	"testing"

	"thaw/irv2"
	"thaw/irv2/compile"
	"thaw/irv2/freeze"
	"thaw/irv2/worlds"
	"thaw/kernels/program"
)

// logits of one image, by class.
func logits(t *testing.T, p *Project, w *irv2.Weights, classes []string) map[string]float32 {
	t.Helper()
	plan, err := freeze.New(w.Model, freeze.Spec{Preset: "head-only"})
	if err != nil {
		t.Fatal(err)
	}
	compiled, err := compile.Compile(plan, compile.Options{Batch: 1}, p.Machine)
	if err != nil {
		t.Fatal(err)
	}
	l, err := compiled.Load(p.Machine, w)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	image := make([]float32, 32*32*3)
	irv2.FillUniform(image, 3, "image")
	l.Write(l.Input, 0, image)
	if err := l.Do(program.Forward); err != nil {
		t.Fatal(err)
	}
	values, err := l.Fetch(l.Logits)
	if err != nil {
		t.Fatal(err)
	}
	named := map[string]float32{}
	for i, name := range classes {
		named[name] = values[i]
	}
	return named
}

// Adding, removing, merging and reordering classes leaves every other class's logits as
// they are, to the bit.
func TestOtherClassesKeepTheirLogits(t *testing.T) {
	p := trained(t)
	near := worlds.Near.Classes
	before := logits(t, p, p.network.current.Weights, p.network.current.names())
	edits := []struct {
		do    func() error
		drawn []string
		gone  []string
	}{
		{func() error { addFiles(t, p, "boat", "photos/boat/boat-1.jpg"); return nil }, []string{"boat"}, []string{}},
		{func() error { _, err := p.MergeClasses(near[1], near[3]); return err }, []string{"boat"}, near[1:2]},
		{func() error { _, err := p.RemoveClass(near[0]); return err }, []string{"boat"}, near[:2]},
		{func() error { slices.Reverse(p.data.set.Classes); return nil }, []string{"boat"}, near[:2]},
		{func() error { _, err := p.Undo(t.Context()); return err }, []string{"boat"}, near[1:2]},
	}
	o := DefaultOptions()
	o.Continue = true
	for i, e := range edits {
		if err := e.do(); err != nil {
			t.Fatal(err)
		}
		classes := p.data.outputs()
		plan, err := p.phases(freeze.Spec{Preset: "head-only"}, o, len(classes), [2]int{1, 0})
		if err != nil {
			t.Fatal(err)
		}
		now := version{Weights: p.network.current.startFor(plan.whole, classes, o.Seed), outputs: classes}
		after := logits(t, p, now.Weights, now.names())
		kept := 0
		for name, value := range after {
			if was, ok := before[name]; ok {
				kept++
				if value != was {
					t.Errorf("edit %d, %s: %g, was %g", i, name, value, was)
				}
			}
		}
		info, err := p.Plan(freeze.Spec{Preset: "head-only"}, o)
		if err != nil || !reflect.DeepEqual(info.Head, &HeadStart{kept, e.drawn, e.gone}) {
			t.Errorf("edit %d: %+v, %v", i, info.Head, err)
		}
	}
	// A run that starts from the weights as loaded keeps nothing of the last one.
	o.Continue = false
	if info, err := p.Plan(freeze.Spec{Preset: "head-only"}, o); err != nil || info.Head != nil {
		t.Errorf("%+v, %v", info.Head, err)
	}
}

// Trained, renamed, trained on: what was recognised still is.
func TestRenameThenTrainOn(t *testing.T) {
	p := open(t, 6, 4)
	last := func(events []Event) *RunResult { return events[len(events)-1].(Ended).Result }
	before := last(train(t, p, "unfreeze-all", DefaultOptions()))
	if _, err := p.RenameClass(worlds.Near.Classes[1], "renamed"); err != nil {
		t.Fatal(err)
	}
	o := DefaultOptions()
	o.Continue, o.Rate = true, 1e-9 // too little to learn or to forget
	after := last(train(t, p, "head-only", o))
	if !reflect.DeepEqual(after.Confusion, before.Confusion) || *after.ValidationLoss-*before.ValidationLoss > 1e-5 {
		t.Errorf("%v, was %v", after.Confusion, before.Confusion)
	}
	if before.Classes[1] != worlds.Near.Classes[1] || after.Classes[1] != "renamed" {
		t.Error("a result keeps the names of its time")
	}
}
