package main

import (
	"fmt"
	"os"
	"os/exec"
	"runtime/debug"
	"strings"

	"thaw/irv2/compile"
	"thaw/irv2/tune"
	"thaw/irv2/weights"
	"thaw/irv2/weights/safetensors"
	"thaw/irv2/worlds"
	"thaw/kernels/program"
)

// card is the model card: what the weights are a function of and how good they are.
type card struct {
	Model     string   `json:"model"`
	World     string   `json:"world"`
	Data      string   `json:"data"`
	Limits    string   `json:"limits"`
	Command   string   `json:"command"`
	Seed      uint64   `json:"seed"`
	Steps     int      `json:"steps"`
	Batch     int      `json:"batch"`
	Rate      float64  `json:"rate"`
	Commit    string   `json:"commit"`
	Go        string   `json:"go"`
	Images    int      `json:"fresh_images"`
	Accuracy  float64  `json:"accuracy"` // on fresh images, with the float16 weights
	Shapes    float64  `json:"shape_accuracy"`
	Textures  float64  `json:"texture_accuracy"`
	Classes   []string `json:"classes"`
	Confusion [][]int  `json:"confusion"` // [true][predicted]
}

const (
	cardData = "Generated images of the world source (package irv2/worlds), 64 x 64: 8 shapes by 6 textures in any colour, direction, place and light, among clutter. No photographs, nobody's data."

	cardLimits = "Its features know shapes and textures of generated images. They were taught to ignore direction, place, colour and light, so classes that rest on those need thawing; photographs are better served by the full network with ImageNet weights. Nothing that it learns on generated sections or slides says anything about patients."
)

// freshPerClass images of every class give the stated accuracy: 5,040 in all.
const freshPerClass = 105

// card rounds the weights to float16, as they are shipped, and evaluates them.
func (t *trainer) card() (card, error) {
	for _, data := range t.weights.Data {
		for i, v := range data {
			data[i] = safetensors.Float16(safetensors.Float16bits(v))
		}
	}
	e, err := t.evaluate(worlds.Fresh, freshPerClass)
	if err != nil {
		return card{}, err
	}
	info, _ := debug.ReadBuildInfo()
	commit, _ := exec.Command("git", "describe", "--always", "--dirty").Output()
	return card{Model: "mini", World: t.world.Name, Data: cardData, Limits: cardLimits,
		Command: fmt.Sprintf("go run ./irv2/cmd/pretrain -seed %d -steps %d -batch %d -rate %g", t.Seed, t.Steps, t.Batch, t.Rate), Seed: t.Seed, Steps: t.Steps, Batch: t.Batch, Rate: t.Rate,
		Commit: strings.TrimSpace(string(commit)), Go: info.GoVersion, Images: freshPerClass * len(t.world.Classes),
		Accuracy: e.Accuracy, Shapes: e.Shapes, Textures: e.Textures, Classes: t.world.Classes, Confusion: e.Confusion}, nil
}

// evaluation of the network in inference mode.
type evaluation struct {
	Accuracy, Shapes, Textures float64
	Confusion                  [][]int
}

// evaluate takes perClass images of each class from index first on.
func (t *trainer) evaluate(first uint64, perClass int) (evaluation, error) {
	classes := len(t.world.Classes)
	e := evaluation{Confusion: make([][]int, classes)}
	p, err := compile.Compile(t.plan, compile.Options{Batch: classes}, t.machine)
	if err != nil {
		return e, err
	}
	l, err := p.Load(t.machine, t.weights)
	if err != nil {
		return e, err
	}
	defer l.Close()
	b := batch{make([]float32, p.Input.Len), make([]int, classes)}
	for i := range b.classes {
		b.classes[i], e.Confusion[i] = i, make([]int, classes)
	}
	one := 1 / float64(classes*perClass)
	for n := range perClass {
		draw(b, t.world, func(int) uint64 { return first + uint64(n) })
		l.Write(p.Input, 0, b.images)
		if err := l.Do(program.Forward); err != nil {
			return e, err
		}
		logits, err := l.Fetch(p.Logits)
		if err != nil {
			return e, err
		}
		for c := range classes {
			predicted := tune.Argmax(logits[c*classes : (c+1)*classes])
			e.Confusion[c][predicted]++
			shape, texture := c/textures == predicted/textures, c%textures == predicted%textures
			if shape {
				e.Shapes += one
			}
			if texture {
				e.Textures += one
			}
			if shape && texture {
				e.Accuracy += one
			}
		}
	}
	return e, nil
}

// textures is how many textures each shape of the source world has.
const textures = 6

// write writes the weights as float16 safetensors under Thaw's names.
func (t *trainer) write(path string, c card) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	config := t.model.Config
	about := weights.About{Model: config.Name, Size: config.Size, Dense: config.Dense, Classes: c.Classes,
		From: fmt.Sprintf("random values, seed %d, on the generated world %s", c.Seed, c.World)}
	err = weights.WriteSafetensorsHalf(f, t.weights, about.Metadata())
	if err2 := f.Close(); err == nil {
		err = err2
	}
	return err
}
