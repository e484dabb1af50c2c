package measure

import (
	"strings"
	"testing"

	"thaw/kernels"
	"thaw/kernels/program"
)

// wrong is a backend whose gradients of pools are zero, as some drivers' are.
type wrong struct{ kernels.Backend }

func (wrong) MaxPoolBackward(a *kernels.PoolBackwardArgs) { clear(a.DIn.Data) }

func TestTrial(t *testing.T) {
	trusted := kernels.NewPortable(1)
	if err := Trial(program.OnHost(kernels.NewPortable(2)), trusted); err != nil {
		t.Error(err)
	}
	err := Trial(program.OnHost(wrong{trusted}), trusted)
	if err == nil || !strings.Contains(err.Error(), "MaxPoolBackward") {
		t.Errorf("a machine without gradients of pools: %v", err)
	}
}

func TestMeasureSpeed(t *testing.T) {
	s, err := MeasureSpeed(program.OnHost(kernels.NewPortable(1)), 100e6)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%.1f GFLOP/s, %.1f us an op, %.1f us a step", s.FLOPs/1e9, 1e6*s.Op, 1e6*s.Step)
	if !(s.FLOPs > 1e8) || s.Seconds(1e9, 100) <= 0 {
		t.Errorf("%+v", s)
	}
}
