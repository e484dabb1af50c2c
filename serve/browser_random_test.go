package main

import (
	"fmt"
	"os"
	"slices"
	"testing"
	"time"
)

// The public module against callers in no order: random.js says how.

const (
	randomCalls = 300              // some 20 s on two cores of their own
	randomTime  = 60 * time.Second // where there are less
	fewCalls    = 30
	// What the engine's memory may grow by behind the first third of the calls: it is never
	// given back to the browser, so a leak would be far more.
	randomGrowth = 64 << 20
)

func TestModuleAtRandom(t *testing.T) {
	source, err := os.ReadFile("testdata/random.js")
	if err != nil {
		t.Fatal(err)
	}
	server := testServer(t)
	server.Config.Handler.(*site).files["random.js"] = &file{contentType: contentTypes[".js"], etag: `"random"`, raw: source}
	b := startBrowser(t, server.URL, "")
	b.module("{ threads: 2 }")
	b.give(glob(t, photos+"boat/*")...)
	eval[bool](b, `
		const { callAtRandom } = await import('/random.js')
		globalThis.callAtRandom = callAtRandom
		globalThis.memory = async () => (await thaw.benchmark({ model: 'mini', size: 32, steps: 1 })).peakBytes.memory
		globalThis.losses = async () => { // of a run that begins with nothing of what was before
			await thaw.data.clear()
			await thaw.model.configure({ model: 'mini', size: 32, dense: 16 })
			await thaw.weights.synthesize({ model: 'mini', seed: 1 })
			await thaw.data.addWorld('near', { perClass: 3 })
			const losses = []
			const run = await thaw.train({ from: 'block8_1' }, { epochs: 2, batch: 4, validation: 0 }, e => e.kind === 'step' && losses.push(e.loss))
			await run.done
			return losses
		}
		return true`)
	type outcome struct {
		Wrong        []string
		Calls, Kinds int
		Slowest      string
	}
	at := func(seed, calls int, d time.Duration) {
		t.Helper()
		got := eval[outcome](b, fmt.Sprintf("return await callAtRandom(thaw, files, %d, %d, %d)", seed, calls, d.Milliseconds()))
		t.Logf("%d calls of %d kinds; slowest: %s", got.Calls, got.Kinds, got.Slowest)
		for _, wrong := range got.Wrong {
			t.Error(wrong)
		}
		if got.Calls < fewCalls {
			t.Errorf("only %d calls", got.Calls)
		}
	}
	before := eval[[]float64](b, "return losses()")
	at(1, randomCalls/3, randomTime/3)
	memory := eval[float64](b, "return memory()")
	at(2, randomCalls*2/3, randomTime*2/3)
	if after := eval[[]float64](b, "return losses()"); !slices.Equal(before, after) || len(after) != 6 {
		t.Errorf("losses %v before, %v after", before, after)
	}
	if grown := eval[float64](b, "return memory()") - memory; grown > randomGrowth {
		t.Errorf("the engine's memory grew by %.0f MB", grown/(1<<20))
	}
	for _, n := range eval[[]string](b, "return notices.filter(n => n.level === 'error').map(n => n.message)") {
		t.Errorf("notice: %s", n)
	}
}
