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

// On the processor a pass of small images takes seconds, of large ones minutes.
var (
	gpuWorks      = []gpuWork{{"forward", 299, 1}, {"forward", 299, 8}, {"step", 299, 1}, {"step", 299, 8}}
	softwareWorks = []gpuWork{{"forward", 75, 1}, {"forward", 75, 4}, {"step", 75, 1}, {"step", 75, 4}}
)

const (
	gpuRounds  = 2 // turns; the less of both counts
	gpuRepeats = 2 // passes a turn of Thaw's, whose start and end are taken off
)

// compareOnGPU prints a table of both. trusted is a peer's page whose probabilities count.
func compareOnGPU(ctx context.Context, url, peersURL string, trusted *peer, out io.Writer) error {
	works, unit, flags := softwareWorks, "CPU s", softwareGPU
	if _, err := findGPU(ctx, url); err == nil {
		works, unit, flags = gpuWorks, "s", nil
	}
	flags = append(slices.Clone(flags), chromedp.Flag("disable-gpu", false), chromedp.Flag("enable-unsafe-webgpu", true))
	thaw, err := openPage(ctx, url, "webgpu", flags...)
	if err != nil {
		return err
	}
	defer thaw.close()
	theirs := &peer{name: "TensorFlow.js, WebGPU", path: "/tfjs_webgpu.html"}
	if err := theirs.open(ctx, peersURL, works[0].size, flags...); err != nil {
		return fmt.Errorf("%s: %w", theirs.name, err)
	}
	defer theirs.page.close()
	if err := checkSameNet([]*peer{trusted, theirs}, works[0].size); err != nil {
		return err
	}
	start, clock := time.Now(), (*page).cpuSeconds
	if unit == "s" {
		clock = func(*page) (float64, error) { return time.Since(start).Seconds(), nil }
	}
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(t, "\nsame adapter\tThaw, %s\t%s, %s\tThaw is faster by\t\n", unit, theirs.name, unit)
	var ours, others float64
	for _, w := range works {
		a, b, err := w.measure(thaw, theirs, clock)
		if err != nil {
			return fmt.Errorf("%s %d b%d: %w", w.call, w.size, w.batch, err)
		}
		ours, others = ours+a, others+b
		fmt.Fprintf(t, "%s %d b%d\t%.2f\t%.2f\t%.2f\t\n", w.call, w.size, w.batch, a, b, b/a)
	}
	fmt.Fprintf(t, "together\t%.2f\t%.2f\t%.2f\t\n", ours, others, others/ours)
	return t.Flush()
}

// measure returns the seconds of one pass of each.
func (w gpuWork) measure(thaw *page, theirs *peer, clock func(*page) (float64, error)) (ours, others float64, err error) {
	plan, err := json.Marshal(gpuPlan)
	if err != nil {
		return 0, 0, err
	}
	timed := func(p *page, script string) (float64, error) {
		before, err := clock(p)
		if err != nil {
			return 0, err
		}
		if _, err := evaluate[bool](p, script+"; return true"); err != nil {
			return 0, err
		}
		after, err := clock(p)
		return after - before, err
	}
	repeat := func(times int) (float64, error) {
		return timed(thaw, fmt.Sprintf("await thaw.benchmark({ model: 'full', backend: 'webgpu', only: '%s', size: %d, batch: %d, steps: %d, classes: %d, plan: %s })",
			w.call, w.size, w.batch, times, classes, plan))
	}
	their := fmt.Sprintf("await peer.%s(%d, %d)", w.call, w.size, w.batch)
	for _, warm := range []func() (float64, error){func() (float64, error) { return repeat(1) }, func() (float64, error) { return timed(theirs.page, their) }} {
		if _, err := warm(); err != nil {
			return 0, 0, err
		}
	}
	for round := range gpuRounds {
		once, err := repeat(1)
		if err != nil {
			return 0, 0, err
		}
		more, err := repeat(1 + gpuRepeats)
		if err != nil {
			return 0, 0, err
		}
		other, err := timed(theirs.page, their)
		if err != nil {
			return 0, 0, err
		}
		our := (more - once) / gpuRepeats
		fmt.Fprintf(os.Stderr, "%s %d b%d: Thaw %.2f s, %s %.2f s\n", w.call, w.size, w.batch, our, theirs.name, other)
		if round == 0 {
			ours, others = our, other
		}
		ours, others = min(ours, our), min(others, other)
	}
	return ours, others, nil
}
