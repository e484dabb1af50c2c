package main

import (
	"strings"
	"testing"
)

// What a person sends in is one line that says all: release, adapter, browser, every case
// with its speed beside the adapter's limit, and the processor's.
func TestLineToSend(t *testing.T) {
	var b strings.Builder
	printToSend(&b, "nvidia ada; Chrome/150", []result{
		{Case: "all layers, 299 b4", Where: "native", ForwardMs: 1, StepMs: 1},
		{Case: "all layers, 299 b4", Where: "page", Threads: 8, ForwardMs: 200, StepMs: 800},
		{Case: "all layers, 299 b4", Where: "gpu", ForwardMs: 20, StepMs: 60, ForwardFlops: 100e9, StepFlops: 300e9, LimitGflops: 9000},
		{Case: "head only, 150 b4", Where: "gpu", ForwardMs: 10, StepMs: 1, ForwardFlops: 20e9, StepFlops: 1e9, LimitGflops: 9000},
	})
	lines := strings.Split(strings.TrimSpace(b.String()), "\n")
	for _, want := range []string{"Thaw ", "nvidia ada; Chrome/150", "all layers, 299 b4: forward 20.0 ms, step 60.0 ms, 5000 and 5000 of 9000 GFLOP/s (SIMD on 8 threads 200.0 and 800.0 ms); head only, 150 b4: forward 10.0 ms"} {
		if last := lines[len(lines)-1]; !strings.Contains(last, want) {
			t.Errorf("%q does not say %q", last, want)
		}
	}
	b.Reset()
	printToSend(&b, "none", []result{{Case: "all layers", Where: "native"}})
	if b.Len() != 0 {
		t.Errorf("without a GPU: %q", b.String())
	}
}
