package project

import (
	"encoding/json"
	"math"

	"thaw/irv2/compile"
)

// PassReadings are a pass's readings of every block, in the order of Plan.Blocks: little
// enough to be kept with the run, so that they can be seen over time.
type PassReadings struct {
	Gradient []*float64 `json:"gradient"` // means over the pass's steps, see StepReadings
	Ratio    []*float64 `json:"ratio"`
	Moved    []*float64 `json:"moved"` // at its end, see EpochReadings
	Shift    []*float64 `json:"shift"` // mean of Drift.Shift over the block's live batch norms
}

// means sums up what the steps of a pass tell of each block.
type means struct {
	gradient, ratio []float64
	steps           int
}

func (m *means) add(blocks []compile.Reading) {
	if m.gradient == nil {
		m.gradient, m.ratio = make([]float64, len(blocks)), make([]float64, len(blocks))
	}
	for i, b := range blocks {
		m.gradient[i] += b.Gradient
		m.ratio[i] += b.Ratio
	}
	m.steps++
}

// pass makes the pass's readings of the steps' and of those at its end.
func (m *means) pass(blocks []string, end *EpochReadings) *PassReadings {
	p := &PassReadings{}
	for i, block := range blocks {
		shift, live := 0.0, 0.0
		for _, d := range end.Drift {
			if d.Block == block && d.Shift != nil {
				shift += *d.Shift
				live++
			}
		}
		gradient, ratio := math.NaN(), math.NaN()
		if m.steps > 0 {
			gradient, ratio = m.gradient[i]/float64(m.steps), m.ratio[i]/float64(m.steps)
		}
		p.Gradient, p.Ratio = append(p.Gradient, short(gradient)), append(p.Ratio, short(ratio))
		p.Moved, p.Shift = append(p.Moved, end.Moved[i]), append(p.Shift, short(shift/live))
		if moved := end.Moved[i]; moved != nil {
			p.Moved[i] = short(*moved)
		}
	}
	*m = means{}
	return p
}

// short is x to three digits, nil where it is no number.
func short(x float64) *float64 {
	if x == 0 || number(x) == nil {
		return number(x)
	}
	unit := math.Pow(10, math.Floor(math.Log10(math.Abs(x)))-2)
	return number(math.Round(x/unit) * unit)
}

// maxSeries passes of a run keep their readings: of more, every second one gives them up.
const maxSeries = 64

// thinned gives epochs (EpochDone) of which at most maxSeries have readings.
func thinned(epochs []json.RawMessage) []json.RawMessage {
	var with []int
	read := make([]EpochDone, len(epochs))
	for i, e := range epochs {
		if json.Unmarshal(e, &read[i]) == nil && read[i].Series != nil {
			with = append(with, i)
		}
	}
	if len(with) <= maxSeries {
		return epochs
	}
	out := append([]json.RawMessage(nil), epochs...)
	for k, i := range with[:len(with)-1] { // the last stays
		if k%2 == 1 {
			read[i].Series = nil
			out[i] = rawJSON(read[i])
		}
	}
	return out
}
