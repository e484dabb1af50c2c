//go:build js

package golden

import (
	"io/fs"
	"os"
	"testing"

	"thaw/kernels/program"
	"thaw/kernels/simd"
	"thaw/kernels/webgpu"
	"thaw/testdata/golden"
)

// In the page Keras's figures are checked against the emitted kernels or, with
// THAW_MACHINE=webgpu, the GPU. There are no files: they come with the program.
func folder() fs.FS { return golden.Files }

func machine(t *testing.T) program.Machine {
	if os.Getenv("THAW_MACHINE") == "webgpu" {
		m, err := webgpu.Open(true)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("adapter %s", m.Adapter)
		return m
	}
	return emitted(t)
}

// trusted is what a GPU's rounding is held against.
func trusted(t *testing.T) program.Machine {
	if os.Getenv("THAW_MACHINE") == "webgpu" {
		return emitted(t)
	}
	return nil
}

func emitted(t *testing.T) program.Machine {
	b, err := simd.New(0)
	if err != nil {
		t.Fatal(err)
	}
	return program.OnHost(b)
}
