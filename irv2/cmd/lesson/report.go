package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"gonum.org/v1/gonum/stat"
)

const plotName = "lesson.png"

// writeReport writes README.md and the plot of the first net into a folder. asked are
// the runs of a whole lesson with these nets and seeds, done those that are finished.
func writeReport(out string, nets []*net, asked []job, done []result) error {
	if len(done) == 0 {
		return fmt.Errorf("%s holds no run of these weights: there is nothing to report", out)
	}
	var b bytes.Buffer
	b.WriteString(`# What freezing costs: measured

Written by ` + "`make lesson`" + ` from runs.jsonl; do not edit. All pictures are generated
(irv2/worlds); nothing here says anything about patients.

`)
	if len(done) < len(asked) {
		fmt.Fprintf(&b, "**Partial: %d of %d runs are done.** A dash stands where none is.\n\n", len(done), len(asked))
	}
	writeMethod(&b)
	for i, n := range nets {
		f := of(done, n)
		if len(f) == 0 {
			continue
		}
		fmt.Fprintf(&b, "## %s (SHA-256 %s...)\n\n", n.file, n.hash)
		n.card.write(&b)
		if i == 0 {
			fmt.Fprintf(&b, "![Accuracy by images a class, a panel for each world](%s)\n\n", plotName)
			if err := writePlot(filepath.Join(out, plotName), f); err != nil {
				return err
			}
		}
		f.writeTables(&b)
		f.writeExpected(&b, n.expectations())
		f.writeContrasts(&b)
		f.writeReasons(&b)
	}
	if cases := outcomes(nets, done); len(worldsOf(cases)) >= fewestWorlds {
		writeForetold(&b, cases)
		raw, err := forecast(cases)
		if err == nil {
			err = os.WriteFile(filepath.Join(out, "forecast.json"), raw, 0o644)
		}
		if err != nil {
			return err
		}
	}
	return os.WriteFile(filepath.Join(out, "README.md"), b.Bytes(), 0o644)
}

// write says what is known of the pretraining.
func (p pretraining) write(b *bytes.Buffer) {
	if p.Steps > 0 {
		fmt.Fprintf(b, "Pretrained with seed %d for %d steps of %d images. ", p.Seed, p.Steps, p.Batch)
	} else {
		b.WriteString("How long it was pretrained is not stated beside it. ")
	}
	if p.Images > 0 {
		fmt.Fprintf(b, "%.1f %% of %d fresh images of its own classes. ", 100*p.Accuracy, p.Images)
	}
	if p.Note != "" {
		fmt.Fprintf(b, "Note: %s.", p.Note)
	}
	b.WriteString("\n\n")
}

// of takes the runs of n and those from scratch.
func of(done []result, n *net) (f figures) {
	scratchOnly := true
	for _, r := range done {
		if r.Weights == n.hash || r.Weights == "" {
			f = append(f, r)
			scratchOnly = scratchOnly && r.Weights == ""
		}
	}
	if scratchOnly {
		return nil
	}
	return f
}

func writeMethod(b *bytes.Buffer) {
	fmt.Fprintf(b, `Head: GAP, Dense(%d, relu), Dense(4). Adam at %g, batch %d, no augmentation. The number of
steps is fixed by the number of images and the same for every plan: `, standard.Dense, standard.Rate, standard.Batch)
	for i, each := range standard.sizes() {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(b, "%d at %d a class", standard.Steps[each], each)
	}
	fmt.Fprintf(b, ` (so
fewer epochs where there are more images). "Head first" spends half of its steps on the head
alone. "BN live" is Keras's default: trainable batch norms run on batch statistics. Accuracy is
that after the last step, nothing chosen by it, on %d fresh pictures; a seed draws
training and validation pictures, head and order anew, and all plans share them, so differences
are paired by seed. "±" is the standard deviation over seeds, brackets are 95 %% intervals by
Student's t. Many intervals stand here: about one in twenty misses. A difference is called none
when its interval lies within %d points of zero. The probe is softmax regression on the frozen
features, its L2 penalty chosen on left-out folds of the training pictures, fitted until its
gradient is zero; a head with a hidden layer can read more. "Anew": accuracy after batch norm's statistics
were computed anew over the training pictures. Seconds are those of training on one core of a
machine that did other work too.

`, standard.Validation, noPoints)
}

// worldsIn lists the worlds that have runs, from near to far.
func (f figures) worldsIn() (list []string) {
	for _, w := range targets() {
		if slices.ContainsFunc(f, func(r result) bool { return r.World == w.Name }) {
			list = append(list, w.Name)
		}
	}
	return list
}

// sizesIn lists the images a class that have runs.
func (f figures) sizesIn() (list []int) {
	for _, r := range f {
		if !slices.Contains(list, r.Each) {
			list = append(list, r.Each)
		}
	}
	slices.Sort(list)
	return list
}

// writeTables writes a table for each world: a row for each plan, for each size accuracy and accuracy anew.
func (f figures) writeTables(b *bytes.Buffer) {
	for _, world := range f.worldsIn() {
		fmt.Fprintf(b, "### %s: %s\n\n| plan | trained values |", world, titleOf(world))
		for _, each := range f.sizesIn() {
			fmt.Fprintf(b, " %d a class | anew | s |", each)
		}
		b.WriteString("\n|---|---|")
		for range f.sizesIn() {
			b.WriteString("---|---|---|")
		}
		b.WriteString("\n")
		for _, p := range plans() {
			var trained int
			var cells bytes.Buffer
			for _, each := range f.sizesIn() {
				var accuracy, anew, seconds []float64
				for _, r := range f {
					if r.Plan != p.Name || r.World != world || r.Each != each {
						continue
					}
					trained = r.Trained
					accuracy, seconds = append(accuracy, 100*r.Accuracy), append(seconds, r.TrainSeconds)
					if r.Recomputed != nil {
						anew = append(anew, 100**r.Recomputed)
					}
				}
				fmt.Fprintf(&cells, " %s | %s | %s |", spread(accuracy), spread(anew), average(seconds))
			}
			if trained > 0 {
				fmt.Fprintf(b, "| %s | %d |%s\n", p.Title, trained, cells.Bytes())
			}
		}
		b.WriteString("\n")
	}
}

// spread is mean ± standard deviation (number of seeds).
func spread(v []float64) string {
	switch len(v) {
	case 0:
		return "-"
	case 1:
		return fmt.Sprintf("%.1f (1 seed)", v[0])
	}
	mean, sd := stat.MeanStdDev(v, nil)
	return fmt.Sprintf("%.1f ± %.1f (%d)", mean, sd, len(v))
}

func average(v []float64) string {
	if len(v) == 0 {
		return "-"
	}
	return fmt.Sprintf("%.1f", stat.Mean(v, nil))
}

// writeExpected compares what was predicted of thawing with what was seen.
func (f figures) writeExpected(b *bytes.Buffer, expected []expectation) {
	c := contrasts[0]
	b.WriteString("### Predicted and seen\n\nFreezing should hurt where pretraining discarded what the classes need, however the pictures look.\nGain of thawing everything over the frozen backbone, batch norm in inference mode in both, in points:\n\n")
	b.WriteString("| world | images a class | predicted | seen | verdict |\n|---|---|---|---|---|\n")
	for _, e := range expected {
		predicted := map[verdict]string{gain: "gain", none: "none", open: "no prediction"}[e.want()] + ": " + e.why
		for _, each := range f.sizesIn() {
			if x, y := f.pairs(c.plan, c.base, e.world.Name, each); len(x) > 0 {
				i := paired(x, y)
				fmt.Fprintf(b, "| %s | %d | %s | %s | %s |\n", e.world.Name, each, predicted, i, e.met(i.verdict()))
				predicted = "〃"
			}
		}
	}
	b.WriteString("\n")
}

// writeContrasts writes each comparison with its sentence.
func (f figures) writeContrasts(b *bytes.Buffer) {
	for _, c := range contrasts {
		var lines bytes.Buffer
		for _, world := range f.worldsIn() {
			for _, each := range f.sizesIn() {
				if x, y := f.pairs(c.plan, c.base, world, each); len(x) > 0 {
					i := paired(x, y)
					fmt.Fprintf(&lines, "| %s | %d | %s | %d | %s |\n", world, each, i, i.N, capital(c.says(i)))
				}
			}
		}
		if lines.Len() > 0 {
			fmt.Fprintf(b, "### %s\n\n`%s` minus `%s`, points:\n\n| world | images a class | difference | seeds | what is seen |\n|---|---|---|---|---|\n%s\n", c.question, c.plan, c.base, lines.Bytes())
		}
	}
}

// writeReasons asks whether thawing gives more on another world than on near.
func (f figures) writeReasons(b *bytes.Buffer) {
	c := contrasts[0]
	var lines bytes.Buffer
	for _, world := range f.worldsIn() {
		for _, each := range f.sizesIn() {
			far, near := f.differences(c.plan, c.base, world, each), f.differences(c.plan, c.base, "near", each)
			if world == "near" || len(far) < 2 || len(near) < 2 {
				continue
			}
			i := unpaired(far, near)
			says := map[verdict]string{gain: "freezing costs more here than on near", loss: "freezing costs less here than on near",
				none: "freezing costs the same as on near", open: "not told apart from near"}[i.verdict()]
			fmt.Fprintf(&lines, "| %s | %d | %s | %s |\n", world, each, i, capital(says))
		}
	}
	if lines.Len() > 0 {
		fmt.Fprintf(b, "### Does freezing cost more than on near?\n\nGain of thawing here minus its gain on near (Welch), points:\n\n| world | images a class | difference | what is seen |\n|---|---|---|---|\n%s\n", lines.Bytes())
	}
}
