package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"thaw/irv2/measure"
	"thaw/irv2/release"
)

// printTable writes a line per result.
func printTable(w io.Writer, results []result) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "case\twhere\tthreads\tforward ms\tGFLOP/s\tof limit\tstep ms\tGFLOP/s\tof limit\tarena GB\tmemory GB\ttab GB\t")
	for _, r := range results {
		fmt.Fprintf(t, "%s\t%s\t%d\t%.1f\t%s\t%.1f\t%s\t%.2f\t%.2f\t%.2f\t\n", r.Case, r.Where, r.Threads,
			r.ForwardMs, r.speed(r.ForwardFlops, r.ForwardMs), r.StepMs, r.speed(r.StepFlops, r.StepMs),
			float64(r.PeakBytes.Arena)/1e9, float64(r.PeakBytes.Memory)/1e9, float64(r.PeakBytes.Tab)/1e9)
	}
	t.Flush()
	for _, r := range results {
		if r.cached {
			steps := (epochImages + r.batch - 1) / r.batch
			fmt.Fprintf(w, "%s, %s: an epoch over %d cached images takes %.2f s\n", r.Case, r.Where, epochImages, float64(steps)*r.StepMs/1e3)
		}
	}
}

// printToSend writes what the GPU did as one line, for whoever wants to send it in.
func printToSend(w io.Writer, adapter string, results []result) {
	var parts []string
	for _, r := range results {
		if r.Where != "gpu" {
			continue
		}
		part := fmt.Sprintf("%s: forward %.1f ms, step %.1f ms, %.0f and %.0f of %.0f GFLOP/s", r.Case, r.ForwardMs, r.StepMs,
			float64(r.ForwardFlops)/r.ForwardMs/1e6, float64(r.StepFlops)/r.StepMs/1e6, r.LimitGflops)
		if i := slices.IndexFunc(results, func(s result) bool { return s.Case == r.Case && s.Where == "page" }); i >= 0 {
			part += fmt.Sprintf(" (SIMD on %d threads %.1f and %.1f ms)", results[i].Threads, results[i].ForwardMs, results[i].StepMs)
		}
		parts = append(parts, part)
	}
	if len(parts) > 0 {
		fmt.Fprintf(w, "\nA GPU that Thaw has not seen? Please send this line in:\nThaw %s; %s; %s\n", release.Version, adapter, strings.Join(parts, "; "))
	}
}

// speed is GFLOP/s and its share of the limit, two columns.
func (r result) speed(flops int64, ms float64) string {
	gflops := float64(flops) / ms / 1e6
	if r.LimitGflops == 0 {
		return fmt.Sprintf("%.1f\t", gflops)
	}
	return fmt.Sprintf("%.1f\t%.0f %%", gflops, 100*gflops/r.LimitGflops)
}

// printOps writes where a step's time goes, for each result, longest first: by kind,
// and for the first case in each place also by the shapes of its convolutions.
func printOps(w io.Writer, results []result) {
	for _, r := range results {
		fmt.Fprintf(w, "\n%s, %s: a step by kind of op\n", r.Case, r.Where)
		var kinds []measure.OpSum
		for _, op := range r.Ops {
			i := slices.IndexFunc(kinds, func(k measure.OpSum) bool { return k.Kind == op.Kind })
			if i < 0 {
				i, kinds = len(kinds), append(kinds, measure.OpSum{Kind: op.Kind})
			}
			kinds[i].Count += op.Count
			kinds[i].Milliseconds += op.Milliseconds
			kinds[i].FLOPs += op.FLOPs
		}
		printSums(w, kinds)
		if r.Case == results[0].Case {
			fmt.Fprintf(w, "\n%s, %s: its convolutions by shape\n", r.Case, r.Where)
			printSums(w, slices.DeleteFunc(slices.Clone(r.Ops), func(op measure.OpSum) bool { return op.Shape == "" }))
		}
	}
}

func printSums(w io.Writer, ops []measure.OpSum) {
	total := 0.0
	for _, op := range ops {
		total += op.Milliseconds
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "op\tcount\tms\tshare\tGFLOP/s\t")
	slices.SortFunc(ops, func(a, b measure.OpSum) int { return cmp.Compare(b.Milliseconds, a.Milliseconds) })
	for _, op := range ops {
		speed := ""
		if op.FLOPs > 0 {
			speed = fmt.Sprintf("%.1f", float64(op.FLOPs)/op.Milliseconds/1e6)
		}
		fmt.Fprintf(t, "%s %s\t%d\t%.1f\t%.0f %%\t%s\t\n", op.Kind, op.Shape, op.Count, op.Milliseconds, 100*op.Milliseconds/total, speed)
	}
	t.Flush()
}
