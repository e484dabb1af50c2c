package worlds

import (
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	golden "thaw/testdata/worlds"
)

// Pictures are the same to the bit here, on other processors and in the browser, where
// make test-wasm runs this test too.
func TestGolden(t *testing.T) {
	var got strings.Builder
	for _, w := range All() {
		h := sha256.New()
		for class := range w.Classes {
			for _, index := range []uint64{Training, Training + 1, Training + 123456, Validation, Fresh + 7} {
				h.Write(w.Image(class, index)[:])
			}
		}
		fmt.Fprintf(&got, "%s %x\n", w.Name, h.Sum(nil))
	}
	if *update {
		if err := os.WriteFile(filepath.Join(sheets, "golden.txt"), []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if want := golden.Hashes; got.String() != want {
		t.Errorf("SHA-256 of five pictures of each class on %s/%s:\n%swant\n%s", runtime.GOOS, runtime.GOARCH, got.String(), want)
	}
}

// Where products and sums can be fused, no such instruction comes out of the compiler.
func TestNothingFused(t *testing.T) {
	if runtime.GOOS == "js" {
		t.Skip("no compiler in wasm")
	}
	build := exec.Command("go", "build", "-gcflags=-S", ".")
	build.Env = append(os.Environ(), "GOOS=linux", "GOARCH=arm64", "CGO_ENABLED=0")
	code, err := build.CombinedOutput()
	if err != nil {
		t.Fatalf("go build for arm64: %v\n%s", err, code)
	}
	if !strings.Contains(string(code), "FMULS") {
		t.Fatal("no product in the code for arm64: this test sees nothing")
	}
	fused := regexp.MustCompile(`(\w+\.go:\d+)\)\s+(FN?M(ADD|SUB)[SD])\b`)
	for _, m := range fused.FindAllStringSubmatch(string(code), -1) {
		t.Errorf("%s: %s: put the product in float32( )", m[1], m[2])
	}
}

// A picture depends on nothing but world, class and index, and on each of them.
func TestImageIsPure(t *testing.T) {
	seen := map[Image]string{}
	for _, w := range All() {
		for class := range min(4, len(w.Classes)) {
			for _, index := range []uint64{Training, Training + 1, Validation, Validation + 1, Fresh, Fresh + 1} {
				name := fmt.Sprint(w.Name, " ", class, " ", index)
				img := *w.Image(class, index)
				if other, ok := seen[img]; ok {
					t.Errorf("%s is the same picture as %s", name, other)
				}
				seen[img] = name
			}
		}
	}
	first := *Shadow.Image(2, 5)
	Margin.Image(1, 5)
	if *Shadow.Image(2, 5) != first {
		t.Error("shadow 2 5 differs when drawn again")
	}
}

func TestWorlds(t *testing.T) {
	if len(Source.Classes) < 48 {
		t.Errorf("source has %d classes", len(Source.Classes))
	}
	for _, w := range All() {
		if got, err := ByName(w.Name); err != nil || got != w {
			t.Errorf("ByName(%q) = %v, %v", w.Name, got, err)
		}
		names := map[string]bool{}
		for _, c := range w.Classes {
			names[c] = true
		}
		if len(names) != len(w.Classes) || w.Title == "" || w.Description == "" {
			t.Errorf("%s: names %q, title %q, description %q", w.Name, w.Classes, w.Title, w.Description)
		}
	}
	if _, err := ByName("Atlantis"); err == nil || !strings.Contains(err.Error(), "Atlantis") {
		t.Errorf("ByName(Atlantis): %v", err)
	}
	defer func() {
		if recover() == nil {
			t.Error("near has no class 4, yet it was drawn")
		}
	}()
	Near.Image(4, 0)
}
