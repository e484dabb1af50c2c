package main

import (
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/heapprofiler"
	"github.com/chromedp/cdproto/performance"
	"github.com/chromedp/chromedp"
)

// A long run of the demo takes no more memory at its end than at its beginning, neither
// the engine's nor the page's own. make soak runs more passes.

const (
	soakPasses  = 30
	soakTimeout = browserTimeout - time.Minute

	heapGrowth = 2 << 20  // the page's own objects
	allGrowth  = 48 << 20 // page, worker and engine: what waits for their collectors comes and goes
	domGrowth  = 300      // nodes
)

// memoryUse is what page and engine hold.
type memoryUse struct {
	heap, nodes, listeners float64 // the page's objects, in bytes; what is in the document or waits for the collector
	all                    float64 // page, worker and engine, in bytes
}

func (u memoryUse) String() string {
	return fmt.Sprintf("heap %.1f MB, %.0f nodes, %.0f listeners, all %.0f MB", u.heap/(1<<20), u.nodes, u.listeners, u.all/(1<<20))
}

// use collects garbage and measures.
func (b *browserTab) use() (u memoryUse) {
	b.t.Helper()
	for range 2 { // what finalisers let go is collected the second time
		if _, err := chromedp.Call(b.ctx, heapprofiler.CollectGarbage, cdp.Empty{}); err != nil {
			b.t.Fatal(err)
		}
	}
	got, err := chromedp.Call(b.ctx, performance.GetMetrics, cdp.Empty{})
	if err != nil {
		b.t.Fatal(err)
	}
	for _, m := range got.Metrics {
		switch m.Name {
		case "JSHeapUsedSize":
			u.heap = m.Value
		case "Nodes":
			u.nodes = m.Value
		case "JSEventListeners":
			u.listeners = m.Value
		}
	}
	u.all = eval[float64](b, "return (await performance.measureUserAgentSpecificMemory()).bytes")
	return u
}

func TestSoak(t *testing.T) {
	passes, timeout := soakPasses, soakTimeout
	if n, err := strconv.Atoi(os.Getenv("THAW_SOAK")); err == nil && n > passes {
		passes, timeout = n, time.Hour
	}
	b := startBrowser(t, testServer(t).URL, "", chromedp.Flag("enable-blink-features", "ForceEagerMeasureMemory"))
	if _, err := chromedp.Call(b.ctx, performance.Enable, performance.EnableParams{}); err != nil {
		t.Fatal(err)
	}
	b.page(fmt.Sprintf("#epochs=%d", passes))
	b.click("[data-world=near]")
	b.waitFor(minute, "document.querySelector('#train').ariaDisabled !== 'true'", "training can start")
	eval[bool](b, `
		globalThis.tasks = []
		new PerformanceObserver(list => tasks.push(...list.getEntries().map(e => e.duration))).observe({ type: 'longtask' })
		return true`)
	b.click("#train")
	behind := func(pass int) memoryUse {
		t.Helper()
		b.waitFor(timeout, fmt.Sprintf("(await import('/app/store.js')).state.runs[0]?.progress.done >= %d / %d * (await import('/app/store.js')).state.runs[0].steps && (await import('/app/store.js')).state.runs[0].phase === 'stepping'", pass, passes), fmt.Sprintf("pass %d", pass))
		u := b.use()
		t.Logf("behind pass %d of %d: %v", pass, passes, u)
		return u
	}
	first := behind(passes / 5)
	last := behind(passes * 4 / 5)
	if last.heap-first.heap > heapGrowth || last.nodes-first.nodes > domGrowth || last.listeners > first.listeners+domGrowth || last.all-first.all > allGrowth {
		t.Errorf("grew from %v to %v", first, last)
	}
	b.waitFor(timeout, "document.querySelector('#run-table tr[data-run=A]')?.dataset.status === 'done'", "the run ends")
	t.Log(eval[string](b, "return `${tasks.length} long tasks, the longest ${Math.round(Math.max(0, ...tasks))} ms, in all ${Math.round(tasks.reduce((a, b) => a + b, 0))} ms`"))
}
