package vec

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the scalar copies (*_go.go) of the vector loops (*_simd.go)")

// Every vector loop has a scalar copy, current to the byte.
func TestScalarCopies(t *testing.T) {
	sources, err := filepath.Glob("*_simd*.go")
	if err != nil || len(sources) == 0 {
		t.Skipf("no sources here: %v %v", sources, err)
	}
	for _, source := range sources {
		raw, err := os.ReadFile(source)
		if err != nil {
			t.Fatal(err)
		}
		want := "// Code generated from " + source + " by go test -run ScalarCopies -update; DO NOT EDIT.\n\n" +
			strings.NewReplacer(
				"//go:build goexperiment.simd", "//go:build !goexperiment.simd",
				`"simd"`, `simd "thaw/kernels/internal/vec/scalar"`,
				"const MaxLanes = 16", "const MaxLanes = 1",
			).Replace(string(raw))
		path := strings.Replace(source, "_simd", "_go", 1)
		if *update {
			if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if got, _ := os.ReadFile(path); string(got) != want {
			t.Errorf("%s is not the copy of %s: run GOEXPERIMENT=simd go test ./kernels/internal/vec -run ScalarCopies -update", path, source)
		}
	}
}
