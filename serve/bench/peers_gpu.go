package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/chromedp/chromedp"

	"thaw/irv2/freeze"
)

// TensorFlow.js on WebGPU and Thaw's kernels there compute the same net by the same
// adapter, each in a browser of its own: a GPU, timed by the clock, or else Chromium's
// SwiftShader, timed in seconds of the processor, which other work disturbs less.

// gpuPlan is what the peer's step does: all learns, batch norms are folded.
var gpuPlan = freeze.Spec{Preset: "unfreeze-all", BatchNorm: freeze.Inference}

// gpuWork is what is timed.
type gpuWork struct {
	call        string // forward or step, of a peer and of thaw.benchmark
	size, batch int
}

// gpuBench is what is timed on an adapter: on the processor a pass of one small image
// takes seconds.
type gpuBench struct {
	unit    string
	works   []gpuWork
	repeats int // passes, after some that warm up
	flags   []chromedp.ExecAllocatorOption
	clock   func(*page) (seconds float64, err error)
}

func gpuBenchFor(found bool) gpuBench {
	b := gpuBench{"CPU s", []gpuWork{{"forward", 150, 1}, {"step", 150, 1}, {"forward", 75, 4}, {"step", 75, 4}}, 1, softwareGPU, (*page).cpuSeconds}
	if found {
		start := time.Now()
		b = gpuBench{"s", []gpuWork{{"forward", 299, 1}, {"step", 299, 1}, {"forward", 299, 8}, {"step", 299, 8}}, 10, nil,
			func(*page) (float64, error) { return time.Since(start).Seconds(), nil }}
	}
	b.flags = append(slices.Clone(b.flags), chromedp.Flag("disable-gpu", false), chromedp.Flag("enable-unsafe-webgpu", true))
	return b
}

// compareOnGPU prints a table of both. trusted is a peer's page whose probabilities count.
func compareOnGPU(ctx context.Context, url, peersURL string, trusted *peer, out io.Writer) error {
	_, noGPU := findGPU(ctx, url)
	bench := gpuBenchFor(noGPU == nil)
	thaw, err := openPage(ctx, url, "webgpu", bench.flags...)
	if err != nil {
		return err
	}
	defer thaw.close()
	theirs := &peer{name: "TensorFlow.js, WebGPU", path: "/tfjs_webgpu.html"}
	if err := theirs.open(ctx, peersURL, bench.works[0].size, bench.flags...); err != nil {
		return fmt.Errorf("%s: %w", theirs.name, err)
	}
	defer theirs.page.close()
	if err := checkSameNet([]*peer{trusted, theirs}, bench.works[0].size); err != nil {
		return err
	}
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(t, "\nsame adapter\tThaw, %s\t%s, %s\tThaw is faster by\t\n", bench.unit, theirs.name, bench.unit)
	var ours, others float64
	for _, w := range bench.works {
		a, b, err := bench.measure(w, thaw, theirs)
		if err != nil {
			return fmt.Errorf("%s %d b%d: %w", w.call, w.size, w.batch, err)
		}
		fmt.Fprintf(os.Stderr, "%s %d b%d: Thaw %.3f, %s %.3f %s\n", w.call, w.size, w.batch, a, theirs.name, b, bench.unit)
		ours, others = ours+a, others+b
		fmt.Fprintf(t, "%s %d b%d\t%.3f\t%.3f\t%.2f\t\n", w.call, w.size, w.batch, a, b, b/a)
	}
	fmt.Fprintf(t, "together\t%.3f\t%.3f\t%.2f\t\n", ours, others, others/ours)
	return t.Flush()
}

// measure returns what one pass of each takes.
func (b gpuBench) measure(w gpuWork, thaw *page, theirs *peer) (ours, others float64, err error) {
	plan, err := json.Marshal(gpuPlan)
	if err != nil {
		return 0, 0, err
	}
	// What begins and ends thaw.benchmark is taken off: a warm one does less of the same.
	repeat := func(times int) (float64, error) {
		return b.timed(thaw, fmt.Sprintf("await thaw.benchmark({ model: 'full', backend: 'webgpu', only: '%s', size: %d, batch: %d, steps: %d, classes: %d, plan: %s })",
			w.call, w.size, w.batch, times, classes, plan))
	}
	once := 0.0
	for range 2 { // the first compiles
		if once, err = repeat(1); err != nil {
			return 0, 0, err
		}
	}
	more, err := repeat(1 + b.repeats)
	if err != nil {
		return 0, 0, err
	}
	their := fmt.Sprintf("await peer.%s(%d, %d)", w.call, w.size, w.batch)
	if _, err := b.timed(theirs.page, their); err != nil {
		return 0, 0, err
	}
	others, err = b.timed(theirs.page, fmt.Sprintf("for (let i = 0; i < %d; i++) %s", b.repeats, their))
	n := float64(b.repeats)
	return (more - once) / n, others / n, err
}

// timed runs a script and returns how far the clock went.
func (b gpuBench) timed(p *page, script string) (float64, error) {
	before, err := b.clock(p)
	if err != nil {
		return 0, err
	}
	if _, err := evaluate[bool](p, script+"; return true"); err != nil {
		return 0, err
	}
	after, err := b.clock(p)
	return after - before, err
}
