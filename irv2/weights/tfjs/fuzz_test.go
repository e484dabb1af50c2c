package tfjs

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"thaw/irv2/internal/bounded"
)

// FuzzOpen has one file beside model.json, whatever it is called.
func FuzzOpen(f *testing.F) {
	f.Add([]byte(`{"format": "layers-model", "modelTopology": {}, "weightsManifest": [{"paths": ["a.bin", "b.bin"], "weights": [
		{"name": "k", "shape": [1, 2], "dtype": "float32"}, {"name": "b", "shape": [2], "dtype": "float32", "quantization": {"dtype": "uint8", "min": -1, "scale": 0.5}}]}]}`), []byte("0123456789"))
	f.Fuzz(func(t *testing.T, model, values []byte) {
		bounded.Parse(t, len(model)+len(values), func() {
			tensors, _, err := Open(model, func(string) (io.ReaderAt, int64, error) { return bytes.NewReader(values), int64(len(values)), nil })
			if err != nil {
				if !errors.Is(err, ErrTruncated) && !errors.Is(err, ErrCorrupt) && !errors.Is(err, ErrGraph) {
					t.Fatal(err)
				}
				return
			}
			for _, tensor := range tensors {
				if count, _ := tensor.count(); count > 1<<10 {
					continue // callers compare the shape first
				}
				if r, err := tensor.Reader(); err == nil {
					io.Copy(io.Discard, r)
				}
			}
		})
	})
}
