package main

import "thaw/irv2/freeze"

// plan is one way to fine-tune.
type plan struct {
	Name  string // short and stable: it stands in the results
	Title string
	Spec  freeze.Spec

	HeadFirst bool // half of the steps on the head alone, then Spec at a tenth of the rate
	Scratch   bool // the backbone starts from random values
	Probe     bool // no steps: a linear classifier on frozen features, fitted to the end
	Look      bool // no steps: what the training images tell beforehand
	Main      bool // of the main contrast, which every net runs; the rest only the first
}

const (
	headOnly   = "head-only"
	thawed     = "unfreeze-all-inference"
	thawedLive = "unfreeze-all"
	frozenLive = "freeze-conv-as-written"
	headFirst  = "head-first-then-all"
	scratch    = "scratch"
	probe      = "probe"
	look       = "look"
)

// plans lists what is compared. Snippet 1 as meant is head-only, and snippet 3 as
// written is unfreeze-all: the same plan to the bit, so they run once.
func plans() []plan {
	unfrozen := freeze.Spec{Preset: "unfreeze-all", BatchNorm: freeze.Inference}
	return []plan{
		{Name: headOnly, Title: "head only; snippet 1 as meant", Spec: freeze.Spec{Preset: "head-only"}, Main: true},
		{Name: probe, Title: "linear probe, converged", Spec: freeze.Spec{Preset: "head-only"}, Probe: true, Main: true},
		{Name: look, Title: "signs before any training", Look: true, Main: true},
		{Name: frozenLive, Title: "snippet 1 as written: convolutions frozen, BN live", Spec: freeze.Spec{Preset: "freeze-conv", AsWritten: true}},
		{Name: "freeze-first-as-written", Title: "snippet 2 as written: first convolutions frozen, BN live", Spec: freeze.Spec{Preset: "freeze-first-100", AsWritten: true}},
		{Name: "freeze-first-as-meant", Title: "snippet 2 as meant: first layers frozen whole", Spec: freeze.Spec{Preset: "freeze-first-100"}},
		{Name: "from-block8", Title: "from block8 on", Spec: freeze.Spec{From: "block8_1"}},
		{Name: "from-block17", Title: "from block17 on", Spec: freeze.Spec{From: "block17_1"}},
		{Name: "from-block35", Title: "from block35 on", Spec: freeze.Spec{From: "block35_1"}},
		{Name: thawedLive, Title: "unfreeze all, BN live; snippet 3", Spec: freeze.Spec{Preset: "unfreeze-all"}},
		{Name: thawed, Title: "unfreeze all, BN inference", Spec: unfrozen, Main: true},
		{Name: headFirst, Title: "head first, then all, BN inference", Spec: unfrozen, HeadFirst: true},
		{Name: scratch, Title: "from scratch, BN live", Spec: freeze.Spec{Preset: "unfreeze-all"}, Scratch: true},
	}
}
