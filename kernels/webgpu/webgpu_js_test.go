package webgpu

import (
	"os"
	"testing"

	"thaw/kernels/kerneltest"
	"thaw/kernels/program"
)

// open opens the browser's adapter, in software too: it is the same contract.
func open(t testing.TB) *Machine {
	m, err := Open(true)
	if err != nil {
		if os.Getenv("THAW_REQUIRE_GPU") != "" {
			t.Fatal(err)
		}
		t.Skipf("SKIPPED: %v", err)
	}
	t.Logf("adapter %s, buffers of %d MB, bound %d MB", m.Adapter, m.maxBuffer>>20, m.maxBinding>>20)
	t.Cleanup(m.Close)
	return m
}

func TestConformance(t *testing.T) {
	kerneltest.Run(t, program.Calls(open(t)))
}

func TestLimit(t *testing.T) {
	m := open(t)
	limit := m.Limit()
	t.Logf("%.1f GFLOP/s", limit)
	if !(limit > 0.01) {
		t.Errorf("the limit is %g GFLOP/s", limit)
	}
}

func TestCopies(t *testing.T) { testCopies(t, open(t)) }
