package main

import (
	"time"

	"thaw/irv2/project"
)

// progressEvent is Progress of thaw.d.ts.
type progressEvent struct {
	What        string  `json:"what"`
	Done        int64   `json:"done"`
	Total       int64   `json:"total"`
	SecondsLeft float64 `json:"secondsLeft,omitempty"`
}

// progressEvery keeps events from becoming the work itself.
const progressEvery = 100 * time.Millisecond

// progress returns a function that tells the page how far r's work is, now and then
// and at its end, and lets messages through.
func (e *engine) progress(r *request, what string) project.Progress {
	start := time.Now()
	var last time.Time
	return func(done, total int64) {
		now := time.Now()
		if done < total && now.Sub(last) < progressEvery {
			return
		}
		last = now
		event := progressEvent{What: what, Done: done, Total: total}
		if done > 0 && total > done {
			event.SecondsLeft = now.Sub(start).Seconds() * float64(total-done) / float64(done)
		}
		r.emit(event)
		e.loop.yield()
	}
}

// tell is progress for calls with several parts.
func (e *engine) tell(r *request) project.Tell {
	return func(what string) project.Progress { return e.progress(r, what) }
}
