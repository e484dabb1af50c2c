package compile

import (
	"slices"
	"testing"

	"thaw/irv2"
	"thaw/irv2/freeze"
)

// For every preset, what is derived from the units is what the plan says layer by
// layer: gradients flow from the first block on that learns, and a block is cached if
// the frozen prefix does not end before it.
func TestBlocks(t *testing.T) {
	for _, m := range []*irv2.Model{small(t), model(t, irv2.Full(75, 2))} {
		all := slices.Clone(specs)
		for _, name := range m.Blocks {
			all = append(all, freeze.Spec{From: name}, freeze.Spec{From: name, BatchNorm: freeze.Inference})
		}
		for _, s := range all {
			p, err := freeze.New(m, s)
			if err != nil {
				continue // a pattern of the full network's names
			}
			prefix := FrozenPrefix(p)
			want := make([]Block, len(m.Blocks))
			for i, name := range m.Blocks {
				want[i] = Block{Name: name, Cached: prefix != nil}
			}
			for _, l := range m.Layers {
				b := &want[slices.Index(m.Blocks, l.Block)]
				for _, param := range l.Params {
					b.Parameters += param.Len()
					if p.Learns(param) {
						b.Trained += param.Len()
					}
				}
				b.BatchStatistics = b.BatchStatistics || p.BatchStatistics[l.Index]
				b.Cached = b.Cached && l.Index <= prefix.Index
			}
			flows := false
			for i := range want {
				b := &want[i]
				flows = flows || b.Trained > 0
				b.Gradient = flows
				b.Learns = map[bool]Learning{true: Partly, false: Frozen}[b.Trained > 0]
				if 2*b.Trained > b.Parameters {
					b.Learns = Thawed
				}
			}
			if got := Blocks(p); !slices.Equal(got, want) {
				t.Errorf("%s of %s: %+v, want %+v", p.Name, m.Config.Name, got, want)
			}
		}
	}
}

// The presets in a few words each, by hand.
func TestBlocksOfPresets(t *testing.T) {
	m := model(t, irv2.Full(75, 2))
	for _, c := range []struct {
		spec                             freeze.Spec
		frozen, partly, thawed           int
		statistics, gradient, cachedUpTo string // the first block with it; the last one cached
	}{
		{freeze.Spec{Preset: "head-only"}, 45, 0, 1, "", "head", "conv_7b"},
		{freeze.Spec{Preset: "head-only", BatchNorm: freeze.Batch}, 45, 0, 1, "stem", "head", ""},
		{freeze.Spec{Preset: "freeze-conv"}, 45, 0, 1, "", "head", "conv_7b"},
		{freeze.Spec{Preset: "unfreeze-all"}, 0, 0, 46, "stem", "stem", ""},
		{freeze.Spec{Preset: "unfreeze-all", BatchNorm: freeze.Inference}, 0, 0, 46, "", "stem", ""},
		{freeze.Spec{From: "block8_1"}, 34, 0, 12, "block8_1", "block8_1", "mixed_7a"},
	} {
		count := map[Learning]int{}
		statistics, gradient, cached := "", "", ""
		for _, b := range Blocks(plan(t, m, c.spec)) {
			count[b.Learns]++
			if b.BatchStatistics && statistics == "" {
				statistics = b.Name
			}
			if b.Gradient && gradient == "" {
				gradient = b.Name
			}
			if b.Cached {
				cached = b.Name
			}
		}
		if count[Frozen] != c.frozen || count[Partly] != c.partly || count[Thawed] != c.thawed || statistics != c.statistics || gradient != c.gradient || cached != c.cachedUpTo {
			t.Errorf("%+v: %v, statistics from %q, gradients from %q, cached up to %q", c.spec, count, statistics, gradient, cached)
		}
	}
}
