package program_test

import (
	"testing"

	"thaw/kernels"
	"thaw/kernels/kerneltest"
	"thaw/kernels/program"
)

// A program of one op does what the op does.
func TestCallsConform(t *testing.T) {
	kerneltest.Run(t, program.Calls(program.OnHost(kernels.NewPortable(0))))
}
