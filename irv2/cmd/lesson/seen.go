package main

import (
	"fmt"
	"slices"
	"strings"

	"thaw/irv2/worlds"
)

// What is seen is put into words here by rules, from intervals alone: whichever way it
// comes out, and nothing inside the noise.

// contrast is a comparison of two plans on the same images and seeds.
type contrast struct {
	plan, base string
	question   string
	// What is said of a gain and of a loss of plan against base; %s are points.
	gained, lost string
}

var contrasts = []contrast{
	{thawed, headOnly, "What does thawing everything give, batch norm being equal (inference mode in both)?",
		"freezing the backbone costs %s points", "freezing the backbone is better, by %s points"},
	{thawed, probe, "The same against a linear classifier that was fitted to the end on the frozen features: is it the features, and not an undertrained head?",
		"frozen features, read as well as a linear classifier can, are %s points behind thawing", "frozen features, read by a converged linear classifier, are %s points ahead of thawing"},
	{probe, headOnly, "Was the frozen head trained to the end?",
		"no: a converged linear classifier reads %s points more from the same features", "no sign against it: the head with its hidden layer is %s points better than a converged linear classifier"},
	{frozenLive, headOnly, "Snippet 1 as written leaves batch norm live under frozen convolutions. What does that do, against true freezing?",
		"live batch norm gives %s points", "live batch norm costs %s points"},
	{thawedLive, thawed, "With everything thawed, does batch norm on batch statistics help?",
		"it gives %s points", "it costs %s points"},
	{headFirst, thawed, "Head first and then all at a tenth of the rate, against all at once?",
		"head first is %s points better", "head first is %s points worse"},
	{thawed, scratch, "What does pretraining give to a thawed network?",
		"pretraining gives %s points", "pretraining costs %s points"},
}

// says is the sentence that i allows.
func (c contrast) says(i interval) string {
	points := func(v float64) string { return fmt.Sprintf("%.1f", v) }
	switch i.verdict() {
	case gain:
		return fmt.Sprintf(c.gained, points(i.Mean))
	case loss:
		return fmt.Sprintf(c.lost, points(-i.Mean))
	case none:
		return fmt.Sprintf("no difference that matters: less than %s points either way", points(max(-i.Low, i.High)))
	}
	if i.N < 2 {
		return "one seed: nothing can be said yet"
	}
	return fmt.Sprintf("not told apart by %d seeds", i.N)
}

// expectation is what is predicted of thawing on a world, in this report's words. It was
// written down before any run.
type expectation struct {
	world   *worlds.World
	expects worlds.Expectation // what freezing costs
	why     string
}

// generated are the expectations for a network that has seen the world source.
var generated = []expectation{
	{worlds.Near, worlds.Near.Expects, "new classes of the pretraining world: what they need was kept"},
	{worlds.Upright, worlds.Upright.Expects, "pictures of the pretraining world, but the class is a direction, which it taught to ignore"},
	{worlds.Margin, worlds.Margin.Expects, "grey and speckled, but border and texture were kept"},
	{worlds.Shadow, worlds.Shadow.Expects, "grey and speckled, and direction and place were discarded"},
	{worlds.Cells, worlds.Cells.Expects, "arrangement of many objects: neither asked for nor discarded"},
}

// photographed are those for one that has seen photographs, mirrored but never turned.
var photographed = []expectation{
	{worlds.Near, worlds.Much, "drawn shapes and textures look like no photograph; 1.2 million numbers cannot have kept all of them"},
	{worlds.Upright, worlds.Little, "photographs stand upright: which way a thing points was never to be ignored, and a linear classifier should read it (of the first net's features it reads 26 % of 4 at 20 images)"},
	{worlds.Margin, worlds.Open, "speckle is nowhere in photographs, edges and textures are"},
	{worlds.Shadow, worlds.Little, "light from above is in every photograph: what is dark below a thing was never to be ignored"},
	{worlds.Cells, worlds.Open, "arrangement of many objects: neither asked for nor discarded"},
}

// expectations are those for a network.
func (n *net) expectations() []expectation {
	if n.card.Photographs > 0 {
		return photographed
	}
	return generated
}

// want is the verdict predicted: what freezing costs thawing gains.
func (e expectation) want() verdict {
	return map[worlds.Expectation]verdict{worlds.Little: none, worlds.Much: gain, worlds.Open: open}[e.expects]
}

// met compares the expectation with what was seen.
func (e expectation) met(seen verdict) string {
	switch {
	case e.want() == open:
		return "nothing was predicted"
	case seen == open:
		return "not decided"
	case seen == e.want():
		return "as predicted"
	case e.want() == none && seen == loss:
		return "freezing is better than predicted"
	}
	return "**not** as predicted"
}

// figures are the finished runs of one net, with those from scratch.
type figures []result

// accuracies returns the accuracies in percent by seed.
func (f figures) accuracies(plan, world string, each int) map[uint64]float64 {
	m := map[uint64]float64{}
	for _, r := range f {
		if r.Plan == plan && r.World == world && r.Each == each {
			m[r.Seed] = 100 * r.Accuracy
		}
	}
	return m
}

// pairs returns the accuracies of two plans for the seeds that both have, in their order.
func (f figures) pairs(plan, base, world string, each int) (a, b []float64) {
	first, second := f.accuracies(plan, world, each), f.accuracies(base, world, each)
	var seeds []uint64
	for s := range first {
		if _, ok := second[s]; ok {
			seeds = append(seeds, s)
		}
	}
	slices.Sort(seeds)
	for _, s := range seeds {
		a, b = append(a, first[s]), append(b, second[s])
	}
	return a, b
}

// differences lists plan - base by seed.
func (f figures) differences(plan, base, world string, each int) (d []float64) {
	a, b := f.pairs(plan, base, world, each)
	for i := range a {
		d = append(d, a[i]-b[i])
	}
	return d
}

// capital writes the first letter large.
func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
