package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
)

// printTable writes a line per result.
func printTable(w io.Writer, results []result) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "case\twhere\tthreads\tforward ms\tGFLOP/s\tof limit\tstep ms\tGFLOP/s\tof limit\tarena GB\tmemory GB\t")
	for _, r := range results {
		fmt.Fprintf(t, "%s\t%s\t%d\t%.1f\t%s\t%.1f\t%s\t%.2f\t%.2f\t\n", r.Case, r.Where, r.Threads,
			r.ForwardMs, r.speed(r.ForwardFlops, r.ForwardMs), r.StepMs, r.speed(r.StepFlops, r.StepMs),
			float64(r.PeakBytes.Arena)/1e9, float64(r.PeakBytes.Memory)/1e9)
	}
	t.Flush()
}

// speed is GFLOP/s and its share of the limit, two columns.
func (r result) speed(flops int64, ms float64) string {
	gflops := float64(flops) / ms / 1e6
	if r.LimitGflops == 0 {
		return fmt.Sprintf("%.1f\t", gflops)
	}
	return fmt.Sprintf("%.1f\t%.0f %%", gflops, 100*gflops/r.LimitGflops)
}

// printOps writes where a step's time goes, for each result, longest first.
func printOps(w io.Writer, results []result) {
	for _, r := range results {
		total := 0.0
		for _, op := range r.Ops {
			total += op.Ms
		}
		fmt.Fprintf(w, "\n%s, %s: a step by kind of op\n", r.Case, r.Where)
		t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
		fmt.Fprintln(t, "op\tcount\tms\tshare\tGFLOP/s\t")
		slices.SortFunc(r.Ops, func(a, b opClass) int { return cmp.Compare(b.Ms, a.Ms) })
		for _, op := range r.Ops {
			speed := ""
			if op.Flops > 0 {
				speed = fmt.Sprintf("%.1f", float64(op.Flops)/op.Ms/1e6)
			}
			fmt.Fprintf(t, "%s\t%d\t%.1f\t%.0f %%\t%s\t\n", op.Kind, op.Count, op.Ms, 100*op.Ms/total, speed)
		}
		t.Flush()
	}
}
