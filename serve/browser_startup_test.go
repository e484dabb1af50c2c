package main

import (
	"slices"
	"testing"
	"time"
)

// maxStart bounds how long a page may take to start on a machine that does other
// things too; the goal on an idle one is a second.
const maxStart = 5 * time.Second

// TestPageStartsFast logs, in ms since the navigation began, when it has loaded, when the engine answers
// (kernels emitted, compiled and warm, threads started) and when the page is ready;
// and how a first training at once compares with itself later.
func TestPageStartsFast(t *testing.T) {
	b := startBrowser(t, testServer(t).URL, "")
	// A first visit fills the caches, as a reload finds them.
	for _, visit := range []string{"first visit", "second visit"} {
		b.page("?" + visit)
		got := eval[struct{ Load, Engine, Ready float64 }](b, `
			const at = name => performance.getEntriesByName(name, 'mark')[0].startTime
			return { Load: performance.getEntriesByType('navigation')[0].loadEventEnd, Engine: at('engine'), Ready: at('ready') }`)
		t.Logf("%s: loaded after %.0f ms, engine ready after %.0f ms, page after %.0f ms", visit, got.Load, got.Engine, got.Ready)
		if got.Ready > float64(maxStart.Milliseconds()) {
			t.Errorf("%s: the page is ready after %.0f ms", visit, got.Ready)
		}
	}
	// What runs is what was built.
	e, err := testEngine()
	if err != nil {
		t.Fatal(err)
	}
	if got, want := b.text("#build"), e.build("thaw.wasm"); got != want {
		t.Errorf("the page says it is %q, want %q", got, want)
	}
	if got, want := eval[string](b, "const { state } = await import('/app/store.js'); return state.thaw.engine.digest"), e.digest("thaw.wasm"); got != want {
		t.Errorf("open says the engine is %q, want %q", got, want)
	}
	steps := eval[[]float64](b, `
		const { state } = await import('/app/store.js')
		await state.thaw.data.addWorld('near', { perClass: 8 })
		const steps = []
		const run = await state.thaw.train({ preset: 'unfreeze-all' }, { epochs: 10, batch: 8 }, e => e.kind === 'step' && steps.push(1e3 * e.seconds))
		await run.done
		return steps`)
	later := slices.Sorted(slices.Values(steps[len(steps)/2:]))
	t.Logf("steps of %.1f ms at first, later %.1f ms", steps[:4], later[len(later)/2])
}
