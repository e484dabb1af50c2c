package weights

import (
	"bytes"
	"cmp"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// Real Keras and real safetensors load what this package writes. The Python
// that has them is named by KERAS_PYTHON (default python3).
func TestKerasReadsOurs(t *testing.T) {
	python := cmp.Or(os.Getenv("KERAS_PYTHON"), "python3")
	if err := exec.Command(python, "-c", "import keras, tensorflow, h5py, safetensors").Run(); err != nil {
		t.Skipf("no Keras in %s (%v): set KERAS_PYTHON to a Python that has tensorflow-cpu, h5py and safetensors", python, err)
	}
	w := golden(thin(t, 3, 4))
	dir := t.TempDir()
	write := func(name string, write func(io.Writer) error) string {
		var b bytes.Buffer
		if err := write(&b); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	c := exec.Command(python, "check.py",
		write("thaw.h5", func(f io.Writer) error { return WriteH5(f, w) }),
		write("thaw.safetensors", func(f io.Writer) error { return WriteSafetensors(f, w, nil) }))
	c.Dir = "../../testdata/weights"
	c.Env = append(os.Environ(), "PYTHONDONTWRITEBYTECODE=1")
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}
