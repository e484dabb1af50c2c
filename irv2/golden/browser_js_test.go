//go:build js

package golden

import (
	"io/fs"
	"testing"

	"thaw/kernels/program"
	"thaw/kernels/simd"
	"thaw/testdata/golden"
)

// In the page Keras's figures are checked against the emitted kernels. There are no
// files: they come with the program.
func folder() fs.FS { return golden.Files }

func machine(t *testing.T) program.Machine {
	b, err := simd.New(0)
	if err != nil {
		t.Fatal(err)
	}
	return program.OnHost(b)
}
