package main

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"thaw/irv2"
	"thaw/irv2/lens"
	"thaw/irv2/weights"
	"thaw/irv2/worlds"
	"thaw/kernels"
	"thaw/kernels/program"
)

// small is a recipe of a few steps.
var small = recipe{Steps: map[int]int{2: 2, 4: 4}, Batch: 8, Rate: 1e-3, Dense: 8, Validation: 8}

// smallNet writes random weights as a file and returns its path.
func smallNet(t *testing.T) string {
	t.Helper()
	m, err := newModel(small)
	if err != nil {
		t.Fatal(err)
	}
	w := irv2.NewWeights(m)
	glorot(w, 3)
	w.InitHead(3)
	var b bytes.Buffer
	if err := weights.WriteSafetensors(&b, w, nil); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "small.safetensors")
	if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// Every plan runs and is reported, what is done is not done again, and running side by
// side changes nothing.
func TestLesson(t *testing.T) {
	file, one, two := smallNet(t), t.TempDir(), t.TempDir()
	l := lesson{recipe: small, out: one, seeds: 1, threads: 1}
	if err := l.run([]string{file}, "margin,2", false); err != nil {
		t.Fatal(err)
	}
	first, err := os.ReadFile(filepath.Join(one, "runs.jsonl"))
	if err != nil || bytes.Count(first, []byte("\n")) != len(plans()) {
		t.Fatalf("%d lines, %v; want one for each of %d plans", bytes.Count(first, []byte("\n")), err, len(plans()))
	}
	if err := l.run([]string{file}, "margin,2", false); err != nil {
		t.Fatal(err)
	}
	if again, _ := os.ReadFile(filepath.Join(one, "runs.jsonl")); !bytes.Equal(again, first) {
		t.Error("a finished lesson ran again")
	}

	l.out, l.threads = two, 2
	if err := l.run([]string{file}, "margin,2,head-only,unfreeze-all,probe", false); err != nil {
		t.Fatal(err)
	}
	a, b := reopen(t, one), reopen(t, two)
	if len(b.runs) != 3 {
		t.Errorf("%d runs passed the filter, want 3", len(b.runs))
	}
	for s, r := range b.runs {
		if r.Accuracy != a.runs[s].Accuracy || r.Recomputed != nil && *r.Recomputed != *a.runs[s].Recomputed {
			t.Errorf("%s: %s beside others, %s alone", s, r.figures(), a.runs[s].figures())
		}
	}

	readme, err := os.ReadFile(filepath.Join(one, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Partial: 13 of 130", "small.safetensors", "from scratch", "One seed: nothing can be said yet", plotName} {
		if !strings.Contains(string(readme), want) {
			t.Errorf("README.md says nothing of %q", want)
		}
	}
	if img, err := os.ReadFile(filepath.Join(one, plotName)); err != nil || !bytes.HasPrefix(img, []byte("\x89PNG")) {
		t.Errorf("the plot is no PNG: %v", err)
	}
}

// A second net repeats the main contrast and nothing else.
func TestSecondNet(t *testing.T) {
	l := lesson{recipe: small, seeds: 1}
	runs := map[string]int{}
	for _, j := range l.schedule([]*net{{hash: "one"}, {hash: "two"}}, filter{worlds: []string{"near"}, sizes: []string{"2"}}) {
		if j.Weights == "two" && j.Plan != headOnly && j.Plan != probe && j.Plan != look && j.Plan != thawed {
			t.Errorf("the second net is asked for %s", j.Plan)
		}
		runs[j.Weights]++
	}
	if runs["one"] != len(plans())-1 || runs["two"] != 4 || runs[""] != 1 {
		t.Errorf("runs by net: %v", runs)
	}
}

func reopen(t *testing.T, dir string) *results {
	t.Helper()
	s, err := openResults(filepath.Join(dir, "runs.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	s.close()
	return s
}

// A line that was cut off is dropped, and its run is done again; a broken one is named.
func TestResume(t *testing.T) {
	path := filepath.Join(t.TempDir(), "runs.jsonl")
	s, err := openResults(path)
	if err != nil {
		t.Fatal(err)
	}
	k := setting{World: "near", Each: 5, Plan: headOnly, Seed: 1}
	other := k
	other.Seed = 2
	for _, k := range []setting{k, other} {
		if err := s.add(result{setting: k, Accuracy: 0.5}); err != nil {
			t.Fatal(err)
		}
	}
	s.close()
	raw, _ := os.ReadFile(path)
	os.WriteFile(path, raw[:len(raw)-5], 0o644)
	if s, err = openResults(path); err != nil || !s.has(k) || s.has(other) {
		t.Fatalf("%v; whole line %t, torn line %t", err, s.has(k), s.has(other))
	}
	s.add(result{setting: other})
	s.close()
	if s, err = openResults(path); err != nil || !s.has(other) {
		t.Fatalf("after a torn line: %v", err)
	}
	s.close()
	os.WriteFile(path, []byte("{}\nnonsense\n"), 0o644)
	if _, err = openResults(path); err == nil || !strings.Contains(err.Error(), "runs.jsonl:2") {
		t.Errorf("a broken line: %v", err)
	}
}

func TestFilter(t *testing.T) {
	f, err := parseFilter("near,shadow,20,head-only", standard)
	if err != nil || !f.passes(headOnly, "shadow", 20) || f.passes(headOnly, "shadow", 5) || f.passes(scratch, "near", 20) || f.passes(headOnly, "cells", 20) {
		t.Errorf("%+v, %v", f, err)
	}
	if _, err := parseFilter("near,far", standard); err == nil || !strings.Contains(err.Error(), "far") {
		t.Errorf("far: %v", err)
	}
}

// Runs of a plan of their own are told apart: net, pictures, seed, and no plan twice.
func TestScheduleHasNoRunTwice(t *testing.T) {
	l := lesson{recipe: standard, seeds: 2}
	jobs := l.schedule([]*net{{hash: "a"}, {hash: "b"}}, filter{})
	seen := map[setting]bool{}
	for _, j := range jobs {
		if seen[j.setting] {
			t.Fatalf("twice: %+v", j.setting)
		}
		seen[j.setting] = true
	}
	const ofSecond = 4 // plans of the main contrast
	if want := 2 * 5 * 3 * (len(plans()) + ofSecond); len(jobs) != want {
		t.Errorf("%d runs, want %d", len(jobs), want)
	}
}

// Statistics of the stem's first batch norm, computed anew, by hand; irv2/lens tests what
// all of them are for.
func TestRecomputeStatistics(t *testing.T) {
	m, err := newModel(small)
	if err != nil {
		t.Fatal(err)
	}
	w := irv2.NewWeights(m)
	w.Synthesize(1)
	images := pictured(worlds.Near, 0, 6)
	machine := program.OnHost(kernels.NewPortable(1))
	if _, err := lens.Restate(w, nil, (&pictures{2, images, nil}).first(len(images)), 0, machine, nil); err != nil {
		t.Fatal(err)
	}

	conv, bn := m.Layer("conv2d"), m.Layer("batch_normalization")
	mean, variance := handStatistics(w.Of(conv.Param("kernel")), conv, images)
	for c := range mean {
		gotMean, gotVariance := w.Of(bn.Param("moving_mean"))[c], w.Of(bn.Param("moving_variance"))[c]
		if math.Abs(float64(gotMean)-mean[c]) > 1e-4 || math.Abs(float64(gotVariance)-variance[c]) > 1e-4*variance[c] {
			t.Errorf("channel %d: mean %g, variance %g, want %g, %g", c, gotMean, gotVariance, mean[c], variance[c])
		}
	}
}

// handStatistics convolves by the definition.
func handStatistics(kernel []float32, l *irv2.Layer, images []*worlds.Image) (mean, variance []float64) {
	mean, variance = make([]float64, l.C), make([]float64, l.C)
	n, size := float64(len(images)*l.H*l.W), worlds.Size
	for _, img := range images {
		for y := range l.H {
			for x := range l.W {
				for c := range l.C {
					sum := 0.0
					for ky := range l.KH {
						for kx := range l.KW {
							iy, ix := y*l.Stride-l.PadTop+ky, x*l.Stride-l.PadLeft+kx
							if iy < 0 || ix < 0 || iy >= size || ix >= size {
								continue
							}
							for ci := range 3 {
								sum += (float64(img[(iy*size+ix)*3+ci])/127.5 - 1) * float64(kernel[((ky*l.KW+kx)*3+ci)*l.C+c])
							}
						}
					}
					mean[c] += sum / n
					variance[c] += sum * sum / n
				}
			}
		}
	}
	for c := range mean {
		variance[c] -= mean[c] * mean[c]
	}
	return mean, variance
}
