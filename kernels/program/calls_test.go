package program_test

import (
	"fmt"
	"regexp"
	"testing"

	"thaw/kernels"
	"thaw/kernels/kerneltest"
	"thaw/kernels/program"
)

// A program of one op does what the op does.
func TestCalls(t *testing.T) {
	kerneltest.Run(t, program.Calls(apart{program.OnHost(kernels.NewPortable(0)), t}))
}

// apart is a host whose ops see the memory of their operands alone, as a device's do.
type apart struct {
	program.Host
	t *testing.T
}

// floats is a slice with something in it, printed.
var floats = regexp.MustCompile(`\[[^\]]+\]`)

func (m apart) Load(tensors [][]float32, kept []*program.Buffer, programs ...*program.Program) (program.Memory, error) {
	for _, p := range programs {
		for _, op := range p.Ops {
			for _, o := range op.Operands {
				*o.Slice = nil
			}
			if left := floats.FindString(fmt.Sprintf("%v", op.Args)); left != "" {
				m.t.Errorf("%s: no operand stands for %s", op.Name, left)
			}
		}
	}
	return m.Host.Load(tensors, kept, programs...)
}
