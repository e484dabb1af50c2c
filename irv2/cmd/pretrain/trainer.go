package main

import (
	"encoding/gob"
	"fmt"
	"math"
	"os"

	"thaw/irv2"
	"thaw/irv2/compile"
	"thaw/irv2/freeze"
	"thaw/irv2/tune"
	"thaw/kernels/program"
)

// recipe is what a pretrained network is a function of, beside the code.
type recipe struct {
	Data         string // of what
	Seed         uint64
	Steps, Batch int
	Rate         float64 // peak; warm-up, then a cosine to zero
}

const (
	warmUp   = 300  // steps
	decay    = 0.02 // decoupled, on kernels
	clipNorm = 5
)

// rate is the learning rate of a step, counted from 0.
func (r recipe) rate(step int) float64 {
	if step < warmUp {
		return r.Rate * float64(step+1) / warmUp
	}
	done := float64(step-warmUp) / float64(max(r.Steps-warmUp, 1))
	return r.Rate * (1 + math.Cos(math.Pi*done)) / 2
}

// trainer holds a network in training; Step is how many steps are done.
type trainer struct {
	recipe
	Step int
	pictures
	model   *irv2.Model
	weights *irv2.Weights
	machine program.Machine
	step    *compile.Loaded
	plan    *freeze.Plan
}

func newTrainer(r recipe, of pictures, machine program.Machine) (*trainer, error) {
	c := irv2.Mini(len(of.classes()))
	c.Dense = 0 // GAP -> Dense(classes): what is learned stays in the backbone
	m, err := irv2.New(c)
	if err != nil {
		return nil, err
	}
	t := &trainer{recipe: r, pictures: of, model: m, weights: initial(m, r.Seed), machine: machine}
	if t.plan, err = freeze.New(m, freeze.Spec{Preset: "unfreeze-all"}); err != nil {
		return nil, err
	}
	p, err := compile.Compile(t.plan, compile.Options{Batch: r.Batch, Training: true, Decay: decay, ClipNorm: clipNorm}, machine)
	if err != nil {
		return nil, err
	}
	t.step, err = p.Load(machine, t.weights)
	return t, err
}

// initial draws kernels uniformly by He's rule; betas, biases and means are 0.
func initial(m *irv2.Model, seed uint64) *irv2.Weights {
	w := irv2.NewWeights(m)
	for _, p := range m.Params {
		if p.Kind != "kernel" {
			continue
		}
		w.Draw(p, seed, math.Sqrt(6/float64(p.Len()/p.Shape[len(p.Shape)-1])))
	}
	return w
}

// learn does a step on one batch and returns its mean loss and accuracy.
func (t *trainer) learn(b batch) (loss, accuracy float64, err error) {
	p, classes := t.step, len(t.classes())
	labels := make([]float32, t.Batch*classes)
	for i, c := range b.classes {
		labels[i*classes+c] = 1
	}
	p.Write(p.Input, 0, b.images)
	p.Write(p.Labels, 0, labels)
	rate := t.rate(t.Step)
	p.SetStep(t.Step+1, func(*irv2.Param) float64 { return rate }, 0)
	if err := p.Do(program.Forward, program.Backward, program.Update); err != nil {
		return 0, 0, err
	}
	losses, err := p.Fetch(p.Loss)
	if err != nil {
		return 0, 0, err
	}
	probs, err := p.Fetch(p.Probs)
	t.Step++
	for i, c := range b.classes {
		loss += float64(losses[i]) / float64(len(b.classes))
		if tune.Argmax(probs[i*classes:][:classes]) == c {
			accuracy += 1 / float64(len(b.classes))
		}
	}
	return loss, accuracy, err
}

// checkpoint is a trainer on disk.
type checkpoint struct {
	Recipe  recipe
	Step    int
	Weights [][]float32
	Moments [][]float32
}

func (t *trainer) save(path string) error {
	c := checkpoint{Recipe: t.recipe, Step: t.Step, Weights: t.weights.Data}
	for _, b := range t.step.Moments() {
		data, err := t.step.Fetch(b)
		if err != nil {
			return err
		}
		c.Moments = append(c.Moments, data)
	}
	f, err := os.Create(path + ".new")
	if err != nil {
		return err
	}
	err = gob.NewEncoder(f).Encode(c)
	if err2 := f.Close(); err == nil {
		err = err2
	}
	if err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

func (t *trainer) load(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	var c checkpoint
	if err := gob.NewDecoder(f).Decode(&c); err != nil {
		return fmt.Errorf("%s is not a checkpoint: %w: remove it to start anew", path, err)
	}
	moments := t.step.Moments()
	if c.Recipe != t.recipe || len(c.Moments) != len(moments) || len(c.Weights) != len(t.weights.Data) {
		return fmt.Errorf("%s is of another recipe %+v: remove it to start anew", path, c.Recipe)
	}
	for i, d := range c.Weights {
		copy(t.weights.Data[i], d)
	}
	for i, b := range moments {
		t.step.Write(b, 0, c.Moments[i])
	}
	t.Step = c.Step
	return nil
}
