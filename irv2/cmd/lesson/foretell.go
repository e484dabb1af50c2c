package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"thaw/irv2/lens"
)

// Can it be told beforehand what freezing will cost? Candidates are fitted on some worlds
// and judged on one that they have not seen, each world in turn. The page uses the one
// that is nearest there.

// outcome is a network on a world with so many images: what could be seen before, and what
// freezing cost.
type outcome struct {
	net, world string
	signs      lens.Signs
	scores     map[string]float64 // of papers
	cost       float64            // accuracy thawed less that of the head only
}

// outcomes joins looks with the runs of the main contrast.
func outcomes(nets []*net, done []result) (list []outcome) {
	for _, n := range nets {
		f := of(done, n)
		for _, r := range f {
			if r.Signs == nil {
				continue
			}
			gain, ok := f.accuracies(thawed, r.World, r.Each)[r.Seed]
			base, ok2 := f.accuracies(headOnly, r.World, r.Each)[r.Seed]
			if !ok || !ok2 {
				continue
			}
			classes := len(targets()[0].Classes)
			list = append(list, outcome{n.hash, r.World,
				lens.Signs{Each: float64(r.Each), Chance: 1 / float64(classes), LeftOut: r.Signs.LeftOut, Gap: r.Signs.Gap, HScore: r.Signs.HScore, Classes: classes},
				map[string]float64{"LogME": r.Signs.LogME, "GBC": -math.Log(1e-6 - r.Signs.GBC)},
				(gain - base) / 100})
		}
	}
	return list
}

// term is one of lens.Terms, or the score of a paper, alone or times the size.
func (o outcome) term(name string) float64 {
	if f, ok := lens.Terms[name]; ok {
		return f(o.signs)
	}
	if score, ok := o.scores[name]; ok {
		return score
	}
	return o.scores[name[:len(name)-len("*size")]] * lens.Terms["size"](o.signs)
}

// candidate is a way to foretell.
type candidate struct {
	name  string
	terms []string
}

const probeAlone = "the probe alone"

// candidates all have a constant. Those whose terms the page knows may be shown by it.
var candidates = []candidate{
	{"nothing (the mean)", []string{"one"}},
	{"images a class", []string{"one", "size"}},
	{probeAlone, []string{"one", "probe"}},
	{"probe, images a class", []string{"one", "probe", "size", "probe*size"}},
	{"probe and its fall from the best block, images a class", []string{"one", "probe", "size", "probe*size", "fall"}},
	{"domain gap, images a class", []string{"one", "gap", "size", "gap*size"}},
	{"probe, domain gap, images a class", []string{"one", "probe", "size", "probe*size", "gap"}},
	{"probe, fall, domain gap, images a class", []string{"one", "probe", "size", "probe*size", "fall", "gap"}},
	{"LogME, images a class", []string{"one", "LogME", "size", "LogME*size"}},
	{"H-score, images a class", []string{"one", "H-score", "size", "H-score*size"}},
	{"GBC, images a class", []string{"one", "GBC", "size", "GBC*size"}},
	{"H-score, probe, images a class", []string{"one", "H-score", "size", "H-score*size", "probe"}},
	{"probe, LogME, images a class", []string{"one", "probe", "size", "probe*size", "LogME"}},
}

// shown says whether the page can use it: a score of a paper it would have to compute first.
func (c candidate) shown() bool {
	for _, t := range c.terms {
		if lens.Terms[t] == nil {
			return false
		}
	}
	return true
}

// fit gives the terms' values by least squares, with a whisper of a penalty for terms that
// go together.
func (c candidate) fit(list []outcome) lens.Model {
	x, y := mat.NewDense(len(list), len(c.terms), nil), mat.NewVecDense(len(list), nil)
	for i, o := range list {
		for k, t := range c.terms {
			x.Set(i, k, o.term(t))
		}
		y.SetVec(i, o.cost)
	}
	var squares, right, values mat.Dense
	squares.Mul(x.T(), x)
	for k := range c.terms {
		squares.Set(k, k, squares.At(k, k)*(1+1e-6)+1e-9)
	}
	right.Mul(x.T(), y)
	if err := values.Solve(&squares, &right); err != nil {
		panic(err) // the penalty prevents it
	}
	return lens.Model{Terms: c.terms, Values: mat.Col(nil, 0, &values), Cases: len(list)}
}

// says is the forecast without its interval, of any terms.
func says(m lens.Model, o outcome) (cost float64) {
	for i, t := range m.Terms {
		cost += m.Values[i] * o.term(t)
	}
	return cost
}

// foretold is a forecast for a world that it was not fitted on, beside what came.
type foretold struct {
	outcome
	lens.Forecast
}

// judged leaves each world out in turn. The errors that make the intervals come likewise
// from worlds that were left out among those that are left.
func (c candidate) judged(list []outcome) (judged []foretold) {
	for _, world := range worldsOf(list) {
		rest := without(list, world)
		m := c.fit(rest)
		m.Errors = spaced(c.errors(rest))
		for _, o := range list {
			if o.world == world {
				f := lens.Model{Terms: []string{"one"}, Values: []float64{says(m, o)}, Errors: m.Errors}.Foretell(o.signs)
				judged = append(judged, foretold{o, f})
			}
		}
	}
	return judged
}

// errors are those on worlds left out.
func (c candidate) errors(list []outcome) (errors []float64) {
	for _, world := range worldsOf(list) {
		m := c.fit(without(list, world))
		for _, o := range list {
			if o.world == world {
				errors = append(errors, o.cost-says(m, o))
			}
		}
	}
	return errors
}

// model is fitted on all worlds, with the errors on those left out.
func (c candidate) model(list []outcome) lens.Model {
	m := c.fit(list)
	m.Errors = spaced(c.errors(list))
	m.Held = math.Round(100*held(c.judged(list))) / 100
	for _, figures := range [][]float64{m.Values, m.Errors} {
		for i, v := range figures {
			figures[i] = math.Round(1e5*v) / 1e5
		}
	}
	return m
}

// spaced are 41 of the values, from least to largest.
func spaced(values []float64) []float64 {
	slices.Sort(values)
	points := make([]float64, 41)
	for i := range points {
		points[i] = stat.Quantile(float64(i)/40, stat.LinInterp, values, nil)
	}
	return points
}

func worldsOf(list []outcome) (names []string) {
	for _, o := range list {
		if !slices.Contains(names, o.world) {
			names = append(names, o.world)
		}
	}
	return names
}

func without(list []outcome, world string) []outcome {
	return slices.DeleteFunc(slices.Clone(list), func(o outcome) bool { return o.world == world })
}

// Figures of forecasts.
func rootMeanSquare(list []foretold) float64 {
	sum := 0.0
	for _, f := range list {
		sum += (f.cost - f.Cost) * (f.cost - f.Cost) / float64(len(list))
	}
	return math.Sqrt(sum)
}

func held(list []foretold) float64 {
	return share(list, func(f foretold) bool { return f.Low <= f.cost && f.cost <= f.High })
}

func share(list []foretold, is func(foretold) bool) float64 {
	n := 0.0
	for _, f := range list {
		if is(f) {
			n++
		}
	}
	return n / float64(len(list))
}

// brier is the mean square error of the chance that freezing costs much.
func brier(list []foretold) float64 {
	sum := 0.0
	for _, f := range list {
		came := 0.0
		if f.cost > lens.MuchIs {
			came = 1
		}
		sum += (f.Much - came) * (f.Much - came) / float64(len(list))
	}
	return sum
}

// best is the candidate with the least error on worlds that it was not fitted on, among
// those that the page can show.
func best(list []outcome) (chosen candidate) {
	least := math.Inf(1)
	for _, c := range candidates {
		if e := rootMeanSquare(c.judged(list)); c.shown() && e < least {
			chosen, least = c, e
		}
	}
	return chosen
}

// forecast is the content of irv2/lens/forecast.json.
func forecast(list []outcome) ([]byte, error) {
	raw, err := json.Marshal(best(list).model(list))
	return append(raw, '\n'), err
}

// fewestWorlds are needed: errors are those of a world left out among worlds left.
const fewestWorlds = 4

// writeForetold reports all candidates, and of the best how its chances came true.
func writeForetold(b *bytes.Buffer, list []outcome) {
	names := worldsOf(list)
	fmt.Fprintf(b, `## Can it be told beforehand?

What freezing costs (%s minus %s, each seed for itself), foretold from the training images alone: %d cases
of %d worlds. Every candidate is a sum of its terms, fitted by least squares on all worlds but one and judged
on that one, each in turn; the interval comes from errors on worlds that were left out of those. "Probe": share
of the training images that ridge regression on pooled features of the last block gets right, each image left
out, counted from chance (0) to all (1); "fall": the best block less the last; "domain gap": logarithm of how
far the statistics of batch norm on these images are from the stored ones, in deviations; a size stands for its
logarithm, and terms times the size are taken along. LogME, H-score (of its
most) and GBC (its negative logarithm) are papers' scores of the last block's features (irv2/cmd/lesson/metrics.go,
irv2/lens/hscore.go; LEEP needs the source's head, which a backbone has not). Cases of one world are no independent draws: five worlds are few.

| foretold from | error on unseen worlds (root mean square), points | 80 %% interval held | more than 5 points: Brier score |
|---|---|---|---|
`, "`"+thawed+"`", "`"+headOnly+"`", len(list), len(names))
	chosen := best(list)
	for _, c := range candidates {
		j := c.judged(list)
		name := c.name
		if c.name == chosen.name {
			name = "**" + name + "**, which the page shows"
		}
		fmt.Fprintf(b, "| %s | %.1f | %.0f %% | %.3f |\n", name, 100*rootMeanSquare(j), 100*held(j), brier(j))
	}
	b.WriteString("\n" + againstProbe(chosen, list) + "\n\n")
	writeCalibration(b, chosen.judged(list))
}

// againstProbe says whether the best is better than the probe alone, by the mean square
// errors on each world.
func againstProbe(chosen candidate, list []outcome) string {
	if chosen.name == probeAlone {
		return "None is better than the probe alone."
	}
	alone := candidates[slices.IndexFunc(candidates, func(c candidate) bool { return c.name == probeAlone })]
	var a, b []float64
	for _, world := range worldsOf(list) {
		of := func(c candidate) float64 {
			e := rootMeanSquare(slices.DeleteFunc(c.judged(list), func(f foretold) bool { return f.world != world }))
			return 100 * e
		}
		a, b = append(a, of(alone)), append(b, of(chosen))
	}
	i := paired(a, b)
	if i.Low > 0 {
		return fmt.Sprintf("It is nearer than the probe alone: by %s points a world.", i)
	}
	return fmt.Sprintf("Whether it is nearer than the probe alone, %d worlds do not decide: by %s points a world.", len(a), i)
}

// writeCalibration compares stated chances with what came.
func writeCalibration(b *bytes.Buffer, list []foretold) {
	b.WriteString("Stated chance that freezing costs more than 5 points, on worlds that the forecast was not fitted on, and how often it did:\n\n| stated | cases | on average | it did |\n|---|---|---|---|\n")
	for low := 0.0; low < 0.99; low += 0.2 {
		in := slices.DeleteFunc(slices.Clone(list), func(f foretold) bool { return f.Much < low || f.Much >= low+0.2 && low < 0.79 })
		if len(in) == 0 {
			fmt.Fprintf(b, "| %.0f to %.0f %% | 0 | - | - |\n", 100*low, 100*(low+0.2))
			continue
		}
		mean := 0.0
		for _, f := range in {
			mean += f.Much / float64(len(in))
		}
		fmt.Fprintf(b, "| %.0f to %.0f %% | %d | %.0f %% | %.0f %% |\n", 100*low, 100*(low+0.2), len(in), 100*mean, 100*share(in, func(f foretold) bool { return f.cost > lens.MuchIs }))
	}
	b.WriteString("\n")
	b.WriteString("| world | foretold, mean, points | came, mean, points | 80 % interval held |\n|---|---|---|---|\n")
	for _, world := range targets() {
		in := slices.DeleteFunc(slices.Clone(list), func(f foretold) bool { return f.world != world.Name })
		if len(in) == 0 {
			continue
		}
		said, came := 0.0, 0.0
		for _, f := range in {
			said, came = said+100*f.Cost/float64(len(in)), came+100*f.cost/float64(len(in))
		}
		fmt.Fprintf(b, "| %s | %+.1f | %+.1f | %.0f %% |\n", world.Name, said, came, 100*held(in))
	}
	b.WriteString("\n")
}
