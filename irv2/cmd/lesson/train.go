package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"time"

	"thaw/irv2"
	"thaw/irv2/freeze"
	"thaw/irv2/lens"
	"thaw/irv2/tune"
	"thaw/irv2/weights"
	"thaw/kernels/program"
)

// net is a pretrained network with a head for the targets.
type net struct {
	file    string
	hash    string // the first digits of the file's SHA-256
	card    pretraining
	weights *irv2.Weights
}

// pretraining is what the model card beside the weights says, zero where there is none.
type pretraining struct {
	Seed     uint64  `json:"seed"`
	Steps    int     `json:"steps"`
	Batch    int     `json:"batch"`
	Images   int     `json:"fresh_images"`
	Accuracy float64 `json:"accuracy"`
	Note     string  `json:"note"`

	Photographs int `json:"trained_images"` // different ones; 0: it has seen generated images
}

func newModel(r recipe) (*irv2.Model, error) {
	c := irv2.Mini(len(targets()[0].Classes))
	c.Dense = r.Dense
	return irv2.New(c)
}

func loadNet(file string, r recipe) (*net, error) {
	raw, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("%w: make pretrain makes pretrained weights, -weights names them", err)
	}
	n, err := readNet(file, raw, r)
	if err != nil {
		return nil, err
	}
	for _, path := range []string{file + ".json", strings.TrimSuffix(file, filepath.Ext(file)) + ".json"} {
		if raw, err := os.ReadFile(path); err == nil {
			if err := json.Unmarshal(raw, &n.card); err != nil {
				return nil, fmt.Errorf("%s: %w: remove it or make it anew", path, err)
			}
			break
		}
	}
	return n, nil
}

// readNet reads the content of a file.
func readNet(file string, raw []byte, r recipe) (*net, error) {
	m, err := newModel(r)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(raw)
	n := &net{file: filepath.Base(file), hash: hex.EncodeToString(sum[:])[:12]}
	n.weights, _, err = weights.Read(bytes.NewReader(raw), int64(len(raw)), file, m, nil)
	return n, err
}

// run does one run from the first step to its figures.
func (j job) run(machine program.Machine) (result, error) {
	r := result{setting: j.setting}
	started := time.Now()
	pictures := j.group.pictures()
	set := pictures.first(j.Each * pictures.classes)
	var err error
	if j.plan.Look {
		r.Signs, err = lookAt(j.net.weights, set, machine)
		r.Seconds = time.Since(started).Seconds()
		return r, err
	}
	set.pictures = j.group.validated()
	if j.plan.Probe {
		r.Accuracy, r.Trained, err = runProbe(j.net.weights, set, machine)
		r.Seconds = time.Since(started).Seconds()
		r.TrainSeconds = r.Seconds
		return r, err
	}
	w, err := j.initial()
	if err != nil {
		return r, err
	}
	training := time.Now()
	if r.Trained, err = j.train(w, set, machine); err != nil {
		return r, err
	}
	r.TrainSeconds = time.Since(training).Seconds()
	if r.Accuracy, err = accuracy(w, pictures.validation, pictures.label, machine); err != nil {
		return r, err
	}
	if _, err := lens.Restate(w, nil, set, 0, machine, nil); err != nil {
		return r, err
	}
	recomputed, err := accuracy(w, pictures.validation, pictures.label, machine)
	r.Recomputed = &recomputed
	r.Seconds = time.Since(started).Seconds()
	return r, err
}

// initial is the weights before the first step: a new head on the pretrained backbone,
// or all new.
func (j job) initial() (*irv2.Weights, error) {
	if !j.plan.Scratch {
		w := j.net.weights.Clone()
		w.InitHead(j.Seed)
		return w, nil
	}
	m, err := newModel(j.group.recipe)
	if err != nil {
		return nil, err
	}
	w := irv2.NewWeights(m)
	glorot(w, j.Seed)
	w.InitHead(j.Seed)
	return w, nil
}

// glorot draws the backbone's kernels as Keras does (glorot_uniform: limit
// sqrt(6/(fan in + fan out))); the rest is 0, variances 1.
func glorot(w *irv2.Weights, seed uint64) {
	for _, p := range w.Model.Params {
		if p.Kind != "kernel" || len(p.Shape) != 4 {
			continue
		}
		taps := p.Shape[0] * p.Shape[1]
		w.Draw(p, seed, math.Sqrt(6/float64(taps*(p.Shape[2]+p.Shape[3]))))
	}
}

// train does the steps of a run and returns how many values gradients changed at its end.
func (j job) train(w *irv2.Weights, set trainingSet, machine program.Machine) (trained int, err error) {
	if !j.plan.HeadFirst {
		return fit(w, j.plan.Spec, set, j.options(j.Steps, j.Rate, j.Seed), machine)
	}
	half := j.Steps / 2
	if _, err := fit(w, freeze.Spec{Preset: "head-only"}, set, j.options(half, j.Rate, j.Seed), machine); err != nil {
		return 0, err
	}
	return fit(w, j.plan.Spec, set, j.options(j.Steps-half, j.Rate/10, j.Seed+1<<32), machine)
}

// options are those of a session of some steps.
func (j job) options(steps int, rate float64, seed uint64) sessionOptions {
	return sessionOptions{steps, tune.Options{Batch: j.Batch, Rate: rate, Seed: seed}}
}

type sessionOptions struct {
	steps int
	tune.Options
}

// fit trains w for whole epochs that make up the steps asked for.
func fit(w *irv2.Weights, spec freeze.Spec, set trainingSet, o sessionOptions, machine program.Machine) (trained int, err error) {
	p, err := freeze.New(w.Model, spec)
	if err != nil {
		return 0, err
	}
	perEpoch := (len(set.images) + o.Batch - 1) / o.Batch
	if o.steps < perEpoch || o.steps%perEpoch != 0 {
		return 0, fmt.Errorf("%d steps are not whole epochs of %d: choose a multiple", o.steps, perEpoch)
	}
	o.Epochs = o.steps / perEpoch
	layout, err := tune.NewLayout(p, o.Options, [2]int{len(set.images), 0}, false, machine)
	if err != nil {
		return 0, err
	}
	session, err := tune.New(layout, w, set)
	if err != nil {
		return 0, err
	}
	defer session.Close()
	if err := session.Run(nil, func(tune.Event) {}); err != nil {
		return 0, err
	}
	return p.Trained(), session.Fetch(context.Background())
}
