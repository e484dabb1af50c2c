package main

import (
	"archive/zip"
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"thaw/irv2"
	"thaw/irv2/weights/hdf5"
)

// trainedKeras is a .keras archive of mini with a head of three outputs, as Keras 3 lays
// its weights out.
func trainedKeras(t *testing.T) string {
	t.Helper()
	config := irv2.Mini(3)
	config.Dense = 0
	m, err := irv2.New(config)
	if err != nil {
		t.Fatal(err)
	}
	w := irv2.NewWeights(m)
	w.Synthesize(1)
	groups := map[irv2.Class]string{irv2.Conv2D: "conv2d", irv2.BatchNormalization: "batch_normalization", irv2.Dense: "dense"}
	count := map[string]int{}
	root := &hdf5.Node{}
	for _, l := range m.Layers {
		name := groups[l.Class]
		if name == "" {
			continue
		}
		group := name
		if n := count[name]; n > 0 {
			group = fmt.Sprintf("%s_%d", name, n)
		}
		count[name]++
		for i, p := range l.Params {
			values := root.Member(fmt.Sprintf("layers/%s/vars/%d", group, i))
			values.Shape, values.Data = p.Shape, w.Of(p)
		}
	}
	var file bytes.Buffer
	z := zip.NewWriter(&file)
	inner, err := z.CreateHeader(&zip.FileHeader{Name: "model.weights.h5"})
	if err != nil {
		t.Fatal(err)
	}
	if err := hdf5.Write(inner, root); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "birds.keras")
	if err := os.WriteFile(path, file.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// A trained network is dropped among other things: what is no network of ours is told as
// what it is, the outputs are named, and it predicts.
func TestTrainedNetworkIsBrought(t *testing.T) {
	b := startBrowser(t, testServer(t).URL, "")
	b.page("#model=mini")
	b.drop("#drop", trainedKeras(t), "../testdata/weights/foreign/m.onnx", "../testdata/weights/torch/script.pt")
	b.wait("document.querySelector('#which-dialog[open] [data-testid=output-3]')", "the page asks what the outputs are")
	for i, name := range []string{"owl", "tern", "wren"} {
		eval[bool](b, fmt.Sprintf(`
			const input = document.querySelector('[data-testid=output-%d]')
			input.value = '%s'
			input.dispatchEvent(new Event('input', { bubbles: true }))
			return true`, i+1, name))
	}
	b.click("[data-testid=outputs-name]")
	b.wait("!document.querySelector('#which-dialog').open", "the names are taken")
	notices := strings.Join(b.notices(), "\n")
	for _, want := range []string{"m.onnx: this is an ONNX model", "script.pt: this is a TorchScript model"} {
		if !strings.Contains(notices, want) {
			t.Errorf("no %q in %q", want, notices)
		}
	}
	eval[bool](b, "document.querySelectorAll('#notice button').forEach(close => close.click()); return true")
	b.click("#weights-open")
	if got := b.text("[data-testid=weights-outputs]"); !strings.Contains(got, "Trained for owl, tern, wren.") {
		t.Errorf("the dialog says %q", got)
	}
	eval[bool](b, "document.querySelector('#weights-dialog').close(); return true")
	b.drop("#predict", photos+"house/house-1.jpg")
	b.wait("document.querySelectorAll('[data-prediction]').length === 3", "it predicts")
	if got := b.text("#prediction"); !strings.Contains(got, "owl") || strings.Contains(got, "not been trained") {
		t.Errorf("it predicts %q", got)
	}
	// Names are kept with the weights: the next visit knows them.
	b.page("#model=mini")
	if got := eval[string](b, "return document.querySelector('#weights-open').textContent"); !strings.Contains(got, "trained for 3 classes") {
		t.Errorf("the next visit uses %q", got)
	}
	b.click("#weights-open")
	b.wait("document.querySelector('[data-testid=weights-outputs]')?.textContent.includes('owl')", "the names are still there")
}
