package tune

import (
	"slices"
	"time"
)

// clock keeps the running figures of an epoch and estimates the time left from the
// median of the last steps, which a slow one does not move. The first step is not
// counted: memory is touched for the first time there, and threads begin.
type clock struct {
	began  time.Time
	rested time.Duration // in pauses

	loss       float64
	correct    int
	first      bool // step was seen
	recent     []time.Duration
	evaluation time.Duration // the last; 0: none yet
}

const clockSteps = 21

// worked is the time since the session began, without pauses.
func (c *clock) worked() time.Duration { return time.Since(c.began) - c.rested }

func (c *clock) startEpoch() { c.loss, c.correct = 0, 0 }

func (c *clock) step(loss float64, correct int, d time.Duration) {
	c.loss += loss
	c.correct += correct
	if !c.first {
		c.first = true
		return
	}
	c.recent = append(c.recent, d)
	if len(c.recent) > clockSteps {
		c.recent = c.recent[1:]
	}
}

// left estimates the seconds that steps and evaluations still take, nil before there is a
// measure. evaluation is what one takes of a step's time, until one was seen.
func (c *clock) left(steps, evaluations int, evaluation float64) *float64 {
	if len(c.recent) == 0 {
		if steps+evaluations == 0 {
			return new(float64)
		}
		return nil
	}
	step := slices.Sorted(slices.Values(c.recent))[len(c.recent)/2].Seconds()
	once := c.evaluation.Seconds()
	if once == 0 {
		once = evaluation * step
	}
	left := float64(steps)*step + float64(evaluations)*once
	return &left
}
