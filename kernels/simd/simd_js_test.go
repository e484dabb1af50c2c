//go:build js && wasm

package simd

import (
	"testing"

	"thaw/kernels/kerneltest"
)

// TestConformance holds the emitted kernels to the contract; THAW_THREADS and
// THAW_BROWSER of wasmexec choose how and where.
func TestConformance(t *testing.T) {
	b := newForTest(t, 0)
	t.Logf("%d threads", b.Threads())
	kerneltest.Run(t, b)
}
