//go:build js && wasm

package simd

import (
	"slices"
	"testing"
	"time"

	"thaw/kernels"
)

// TestFirstCalls logs how a new backend's first convolutions compare with later ones.
// It fails only where kernels take several calls to get fast: two cores that others
// use too make single times worth little.
func TestFirstCalls(t *testing.T) {
	s := conv(1, 35, 3, 3, 64, 96, 1, true).s // as in block35, about 2 ms
	in, out := image(s.N, s.H, s.W, s.CIn), image(s.N, s.OH, s.OW, s.COut)
	start := time.Now()
	b := newForTest(t, 0)
	ready := time.Since(start)
	filter, packed := make([]float32, s.FilterLen()), make([]float32, b.PackedLen(s, kernels.Forward))
	b.PackFilter(&kernels.PackFilterArgs{Shape: s, Filter: filter, Alpha: 1, Dst: packed})
	scratch := make([]float32, b.ScratchLen(s, kernels.Forward))
	var times [60]time.Duration
	for i := range times {
		call := time.Now()
		b.Conv2D(&kernels.Conv2DArgs{Shape: s, In: in, Out: out, Filter: packed, Alpha: 1, Scratch: scratch})
		times[i] = time.Since(call)
	}
	steady := slices.Clone(times[20:])
	slices.Sort(steady)
	median := steady[len(steady)/2]
	t.Logf("ready after %v; calls %v, later %v (best %v)", ready, times[:6], median, steady[0])
	if best := slices.Min(times[1:6]); best > 2*median {
		t.Errorf("calls 2 to 6 take %v at best, later ones %v", best, median)
	}
}
