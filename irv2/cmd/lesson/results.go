package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
)

// version is raised when a change of code changes what a setting gives.
const version = 1

// setting is all that a run is a function of; equal settings are the same run.
type setting struct {
	Weights    string  `json:"weights"` // of the pretrained file, SHA-256; "" from scratch
	World      string  `json:"world"`
	Pictures   string  `json:"pictures"` // fingerprint of the world
	Each       int     `json:"each"`     // training images a class
	Plan       string  `json:"plan"`
	Seed       uint64  `json:"seed"`
	Steps      int     `json:"steps"`
	Batch      int     `json:"batch"`
	Rate       float64 `json:"rate"`
	Dense      int     `json:"dense"`
	Validation int     `json:"validation"` // images
	Version    int     `json:"version"`
}

func (s setting) String() string {
	return fmt.Sprintf("%s, %d a class, %s, seed %d", s.World, s.Each, s.Plan, s.Seed)
}

// result is what a run gave.
type result struct {
	setting
	Accuracy     float64  `json:"accuracy"`             // on validation images after the last step
	Recomputed   *float64 `json:"recomputed,omitempty"` // likewise, batch norm's statistics computed anew; not for probes
	Trained      int      `json:"trained"`              // values that gradients changed
	TrainSeconds float64  `json:"train_seconds"`        // on one core
	Seconds      float64  `json:"seconds"`              // with drawing and evaluating
	Signs        *signs   `json:"signs,omitempty"`      // of a look, which has no accuracy
}

func (r result) figures() string {
	if r.Signs != nil {
		return fmt.Sprintf("looked, %.1f s", r.Seconds)
	}
	s := fmt.Sprintf("%.1f %%", 100*r.Accuracy)
	if r.Recomputed != nil {
		s += fmt.Sprintf(" (statistics anew %.1f %%)", 100**r.Recomputed)
	}
	return fmt.Sprintf("%s, %.1f s", s, r.Seconds)
}

// results are the finished runs: one JSON line each, appended when a run ends.
type results struct {
	file *os.File
	runs map[setting]result
}

// openResults reads the lines of path and opens it for more. A last line without its
// end, left by a stopped program, is cut off.
func openResults(path string) (*results, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o644)
	if err != nil {
		return nil, err
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	s := &results{file: f, runs: map[setting]result{}}
	whole := bytes.LastIndexByte(raw, '\n') + 1
	if whole < len(raw) {
		if err := f.Truncate(int64(whole)); err != nil {
			return nil, err
		}
	}
	for n, line := range bytes.Split(raw[:whole], []byte("\n")) {
		if len(line) == 0 {
			continue
		}
		var r result
		if err := json.Unmarshal(line, &r); err != nil {
			return nil, fmt.Errorf("%s:%d: %w: remove that line", path, n+1, err)
		}
		s.runs[r.setting] = r
	}
	return s, nil
}

func (s *results) has(k setting) bool { _, ok := s.runs[k]; return ok }

func (s *results) add(r result) error {
	line, err := json.Marshal(r)
	if err != nil {
		return err
	}
	s.runs[r.setting] = r
	_, err = s.file.Write(append(line, '\n')) // one write: a line is there or is not
	return err
}

// of returns the finished ones among jobs, in their order.
func (s *results) of(jobs []job) (list []result) {
	for _, j := range jobs {
		if r, ok := s.runs[j.setting]; ok {
			list = append(list, r)
		}
	}
	return list
}

func (s *results) close() { s.file.Close() }
