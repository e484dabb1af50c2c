package webgpu

import (
	"maps"
	"slices"
	"testing"

	"thaw/irv2"
	"thaw/irv2/compile"
	"thaw/irv2/freeze"
	"thaw/kernels/program"
)

// mostPipelines is what the full network needs for every plan, with Adam and clipping, and
// mostOfRun what a run of the page does: a driver compiles them while a person waits.
// RATIONALE.md says why they are not fewer.
const (
	mostPipelines = 29
	mostOfRun     = 27
)

func TestPipelines(t *testing.T) {
	for _, config := range []irv2.Config{irv2.Full(299, 10), irv2.Mini(3)} {
		model, err := irv2.New(config)
		if err != nil {
			t.Fatal(err)
		}
		all, ofRun := map[string]bool{}, map[string]bool{}
		for _, spec := range []freeze.Spec{{Preset: "unfreeze-all"}, {Preset: "unfreeze-all", BatchNorm: freeze.Inference}, {From: "block8_1"}} {
			plan, err := freeze.New(model, spec)
			if err != nil {
				t.Fatal(err)
			}
			for _, options := range []compile.Options{{Batch: 4, Training: true}, {Batch: 4}, {Batch: 4, Training: true, ClipNorm: 1}} {
				p, err := compile.Compile(plan, options, unloadable{})
				if err != nil {
					t.Fatal(err)
				}
				names := pipelinesOf(t, p.Program)
				maps.Copy(all, names)
				if options.ClipNorm == 0 {
					maps.Copy(ofRun, names)
				}
			}
		}
		t.Logf("%s: %q", config.Name, slices.Sorted(maps.Keys(all)))
		if len(all) > mostPipelines || len(ofRun) > mostOfRun {
			t.Errorf("%s needs %d pipelines, %d in a run of the page; want at most %d and %d", config.Name, len(all), len(ofRun), mostPipelines, mostOfRun)
		}
	}
}

func pipelinesOf(t *testing.T, p *program.Program) map[string]bool {
	layout := layOut(nil, []*program.Program{p})
	l, err := newLowered(lowering{locate: layout.locate, windowLen: 1 << 30, regionLen: layout.lens}, p.Ops)
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for i := range l.dispatches() {
		names[shaders[l.table[i*tableLen]].name] = true
	}
	return names
}
