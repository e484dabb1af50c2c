package kernels_test

import (
	"testing"

	"thaw/kernels"
	"thaw/kernels/kerneltest"
)

func TestPortable(t *testing.T) {
	kerneltest.Run(t, kernels.NewPortable(1))
}

// Three threads on any machine: goroutines share the work whatever the cores.
func TestPortableThreads(t *testing.T) {
	kerneltest.Run(t, kernels.NewPortable(3))
}
