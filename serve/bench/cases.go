package main

import (
	"fmt"

	"thaw/irv2/freeze"
	"thaw/irv2/measure"
)

// benchCase is the whole network under one plan.
type benchCase struct {
	Plan  freeze.Spec `json:"plan"`
	Size  int         `json:"size"`
	Batch int         `json:"batch"`
	title string
}

func (c benchCase) name() string { return fmt.Sprintf("%s, %d b%d", c.title, c.Size, c.Batch) }

var headOnly = freeze.Spec{Preset: "head-only"}

// cases show that less thawed costs less, and the sizes that peers are measured at.
var cases = []benchCase{
	{freeze.Spec{Preset: "unfreeze-all"}, 299, 1, "all layers"},
	{freeze.Spec{Preset: "unfreeze-all"}, 299, 4, "all layers"},
	{freeze.Spec{Preset: "unfreeze-all"}, 150, 4, "all layers"},
	{freeze.Spec{Preset: "freeze-first-100", AsWritten: true}, 150, 4, "snippet 2 as written"},
	{freeze.Spec{Preset: "freeze-first-100"}, 150, 4, "first 100 frozen"},
	{freeze.Spec{Preset: "freeze-conv", AsWritten: true}, 150, 4, "snippet 1 as written"},
	{freeze.Spec{From: "mixed_7a"}, 150, 4, "from mixed_7a"},
	{freeze.Spec{From: "block8_1"}, 150, 4, "from block8_1"},
	{headOnly, 150, 4, "head only"},
	{headOnly, 299, 4, "head only"},
	{headOnly, 150, 32, "head only"},
}

// epochImages is what an epoch is stated for where features are cached.
const epochImages = 1000

// result is what one case took in one place.
type result struct {
	Case         string  `json:"case"`
	Where        string  `json:"where"` // native or page
	Backend      string  `json:"backend"`
	Threads      int     `json:"threads"`
	ForwardMs    float64 `json:"forwardMs"`
	StepMs       float64 `json:"stepMs"`
	ForwardFlops int64   `json:"forwardFlops"`
	StepFlops    int64   `json:"stepFlops"`
	// LimitGflops is what the machine's registers could do at most, measured in the
	// same run; 0: not known.
	LimitGflops float64 `json:"limitGflops"`
	PeakBytes   struct {
		Arena  int64 `json:"arena"`
		Memory int64 `json:"memory"` // page: of the whole WebAssembly memory
		Tab    int64 `json:"tab"`    // page: of its process
	} `json:"peakBytes"`
	Ops []measure.OpSum `json:"ops"` // of one step, by kind and shape

	batch  int
	cached bool // a step reads features that were computed once
}
