package tune

import (
	"slices"
	"time"
)

// clock keeps the running figures of an epoch and estimates the time left from the
// median of the last steps, which a pause or a slow first step does not move.
type clock struct {
	loss       float64
	correct    int
	recent     []time.Duration
	evaluation time.Duration
}

const clockSteps = 21

func (c *clock) startEpoch() { c.loss, c.correct = 0, 0 }

func (c *clock) step(loss float64, correct int, d time.Duration) {
	c.loss += loss
	c.correct += correct
	c.recent = append(c.recent, d)
	if len(c.recent) > clockSteps {
		c.recent = c.recent[1:]
	}
}

// left estimates the seconds that steps and evaluations still take.
func (c *clock) left(steps, evaluations int) float64 {
	sorted := slices.Sorted(slices.Values(c.recent))
	if len(sorted) == 0 {
		return 0
	}
	step := sorted[len(sorted)/2]
	return (time.Duration(steps)*step + time.Duration(evaluations)*c.evaluation).Seconds()
}
