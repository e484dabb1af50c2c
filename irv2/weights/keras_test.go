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

// Real Keras, safetensors and ONNX Runtime load what this package writes. The
// Python that has them is named by KERAS_PYTHON (default python3).
func TestKerasReadsOurs(t *testing.T) {
	w := golden(thin(t, 3, 4))
	runPython(t, "keras, tensorflow, h5py, safetensors", "check.py",
		written(t, "thaw.h5", func(f io.Writer) error { return WriteH5(f, w, About{}) }),
		written(t, "thaw.safetensors", func(f io.Writer) error { return WriteSafetensors(f, w, map[string]string{"seed": "1"}) }))
}

func TestONNXRuntimeReadsOurs(t *testing.T) {
	w := golden(thin(t, 3, 4))
	runPython(t, "keras, tensorflow, h5py, safetensors, onnxruntime", "check_onnx.py",
		written(t, "thaw.onnx", func(f io.Writer) error { return WriteONNXCore(f, w) }))
}

func written(t *testing.T, name string, write func(io.Writer) error) (path string) {
	t.Helper()
	var b bytes.Buffer
	if err := write(&b); err != nil {
		t.Fatal(err)
	}
	path = filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func runPython(t *testing.T, needs string, script ...string) {
	t.Helper()
	python := cmp.Or(os.Getenv("KERAS_PYTHON"), "python3")
	if err := exec.Command(python, "-c", "import "+needs).Run(); err != nil {
		t.Skipf("%s lacks one of %s (%v): set KERAS_PYTHON to a Python that has them", python, needs, err)
	}
	c := exec.Command(python, script...)
	c.Dir = "../../testdata/weights"
	c.Env = append(os.Environ(), "PYTHONDONTWRITEBYTECODE=1")
	out, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Logf("%s", out[bytes.LastIndexByte(bytes.TrimSpace(out), '\n')+1:])
}
