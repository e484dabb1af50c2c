package main

import (
	"path"
	"strings"
	"testing"
)

// maxDownload bounds the bytes of a first visit, compressed and without weights.
const maxDownload = 1_800_000

// maxModels bounds what a visit brings beside them: one network, and the cards of all.
const maxModels = 2_500_000

// maxDownloadGPU is that of a visit with a GPU, whose engine replaces the other.
const maxDownloadGPU = 1_870_000

// What a visit needs is what the service worker keeps: not the program that
// downloads weights, which is loaded when asked for.
func TestDownloadIsSmall(t *testing.T) {
	if testing.Short() {
		t.Skip("compressing as for a static host takes half a minute")
	}
	e, err := testEngine()
	if err != nil {
		t.Fatal(err)
	}
	s, err := newSite(e, brotliBest, nil)
	if err != nil {
		t.Fatal(err)
	}
	size := func(name string) int {
		f := s.files[name]
		n := len(f.raw)
		if f.brotli != nil {
			n = len(f.brotli)
		}
		if n > 10_000 {
			t.Logf("%s: %d bytes", name, n)
		}
		return n
	}
	total, models := 0, 0
	for _, name := range s.manifest().Files {
		switch {
		case strings.HasPrefix(name, "models/"):
			models += size(name)
		case name != "./" && path.Ext(name) != ".png":
			total += size(name)
		}
	}
	onGPU := total - size("thaw.wasm")
	for _, name := range s.manifest().GPU {
		onGPU += size(name)
	}
	t.Logf("a visit: %d bytes, with a GPU %d; models %d", total, onGPU, models)
	if models > maxModels {
		t.Errorf("a visit brings models of %d bytes, %d at most: others than the usual one are kept once wanted", models, maxModels)
	}
	if total > maxDownload || onGPU > maxDownloadGPU {
		t.Errorf("a visit downloads %d bytes, %d at most, with a GPU %d, %d at most: see what is linked (go list -deps ./wasm)", total, maxDownload, onGPU, maxDownloadGPU)
	}
}
