package main

import (
	"cmp"
	"fmt"
	"os"
	"os/exec"
	"runtime/debug"
	"strings"

	"thaw/irv2/compile"
	"thaw/irv2/internal/text"
	"thaw/irv2/tune"
	"thaw/irv2/weights"
	"thaw/irv2/weights/safetensors"
	"thaw/kernels/program"
)

// card is the model card: what the weights are a function of and how good they are.
type card struct {
	Model     string   `json:"model"`
	World     string   `json:"world,omitempty"`
	Name      string   `json:"name,omitempty"` // of photographs, as whoever trained calls them
	Seen      string   `json:"seen"`           // in a few words, for the page
	Terms     string   `json:"terms"`          // of the data
	Data      string   `json:"data"`
	Limits    string   `json:"limits"`
	Size      int      `json:"size"` // side of the images in pixels
	Varied    string   `json:"augmentation,omitempty"`
	Command   string   `json:"command"`
	Seed      uint64   `json:"seed"`
	Steps     int      `json:"steps"`
	Batch     int      `json:"batch"`
	Rate      float64  `json:"rate"`
	Passes    float64  `json:"passes,omitempty"` // over the photographs; a world gives each image once
	Commit    string   `json:"commit"`
	Go        string   `json:"go"`
	Trained   int      `json:"trained_images,omitempty"` // different photographs
	Images    int      `json:"fresh_images"`
	Accuracy  float64  `json:"accuracy"` // on fresh images, with the float16 weights
	Shapes    float64  `json:"shape_accuracy,omitempty"`
	Textures  float64  `json:"texture_accuracy,omitempty"`
	TopFive   float64  `json:"top_five_accuracy,omitempty"`
	Classes   []string `json:"classes"`
	Confusion [][]int  `json:"confusion,omitempty"` // [true][predicted]
}

const (
	worldData = "Generated images of the world source (package irv2/worlds), 64 x 64: 8 shapes by 6 textures in any colour, direction, place and light, among clutter. No photographs, nobody's data."

	worldLimits = "Its features know shapes and textures of generated images. They were taught to ignore direction, place, colour and light, so classes that rest on those need thawing; photographs are better served by mini-photo, and best by the full network with ImageNet weights. Nothing that it learns on generated sections or slides says anything about patients."

	worldTerms = "none, this project generates them"

	photoLimits = "Its features know what such photographs look like, %d x %d pixels small. So small a network is far behind the full network with ImageNet weights, and what it has not seen, scans, drawings or documents, it may not tell apart. Nothing that it learns says anything about patients."

	noTerms = "not stated: ask whoever the photographs are from before you pass this network on"
)

// freshPerClass generated images of every class give the stated accuracy: 5,040 in all.
const freshPerClass = 105

// card rounds the weights to float16, as they are shipped, and evaluates them.
func (t *trainer) card() (card, error) {
	for _, data := range t.weights.Data {
		for i, v := range data {
			data[i] = safetensors.Float16(safetensors.Float16bits(v))
		}
	}
	of := t.fresh()
	e, err := t.evaluate(of)
	if err != nil {
		return card{}, err
	}
	info, _ := debug.ReadBuildInfo()
	commit, _ := exec.Command("git", "describe", "--always", "--dirty").Output()
	c := card{Model: "mini", Size: side, Command: "go run ./irv2/cmd/pretrain" + t.arguments(), Seed: t.Seed, Steps: t.Steps, Batch: t.Batch, Rate: t.Rate,
		Commit: strings.TrimSpace(string(commit)), Go: info.GoVersion, Images: of.n, Accuracy: e.Accuracy, Classes: t.classes()}
	switch p := t.pictures.(type) {
	case generated:
		c.World, c.Terms, c.Data, c.Limits, c.Confusion = p.Name, worldTerms, worldData, worldLimits, e.Confusion
		c.Shapes = e.share(func(class, predicted int) bool { return class/textures == predicted/textures })
		c.Textures = e.share(func(class, predicted int) bool { return class%textures == predicted%textures })
	case *photos:
		c.Name, c.Terms, c.Limits, c.Varied = p.name, cmp.Or(p.terms, noTerms), fmt.Sprintf(photoLimits, side, side), varied()
		c.Data = fmt.Sprintf("%s, %d x %d. The photographs are not distributed, only what a network learned from them.", cmp.Or(p.name, "Photographs that were given no name"), side, side)
		c.Trained, c.TopFive = len(p.training), e.TopFive
		c.Passes = float64(t.Steps*t.Batch) / float64(c.Trained)
	}
	c.Seen = c.seen()
	return c, nil
}

// seen says what the network has seen, from the card's figures.
func (c card) seen() string {
	classes := len(c.Classes)
	if c.World != "" {
		return fmt.Sprintf("%s generated images of %d shapes in %d textures, never a photograph", text.Thousands(c.Steps*c.Batch), classes/textures, textures)
	}
	return fmt.Sprintf("%s photographs of %d kinds of things, %d pixels small", text.Thousands(c.Trained), classes, c.Size)
}

// arguments of the command that trains by this recipe.
func (r recipe) arguments() string {
	data := ""
	if r.Data != "" {
		data = " -data DIR"
	}
	return fmt.Sprintf("%s -seed %d -steps %d -batch %d -rate %g", data, r.Seed, r.Steps, r.Batch, r.Rate)
}

// evaluation of the network in inference mode.
type evaluation struct {
	Accuracy, TopFive float64
	Confusion         [][]int // [true][predicted]
}

// share of the images whose true and predicted class agree.
func (e evaluation) share(agree func(class, predicted int) bool) float64 {
	right, all := 0, 0
	for class, row := range e.Confusion {
		for predicted, n := range row {
			all += n
			if agree(class, predicted) {
				right += n
			}
		}
	}
	return float64(right) / float64(all)
}

// evaluate measures on images that training has not seen.
func (t *trainer) evaluate(of measured) (evaluation, error) {
	classes := len(t.classes())
	e := evaluation{Confusion: make([][]int, classes)}
	for i := range e.Confusion {
		e.Confusion[i] = make([]int, classes)
	}
	const atOnce = 48
	p, err := compile.Compile(t.plan, compile.Options{Batch: atOnce}, t.machine)
	if err != nil {
		return e, err
	}
	l, err := p.Load(t.machine, t.weights)
	if err != nil {
		return e, err
	}
	defer l.Close()
	b, five := newBatch(atOnce), 0
	for done := 0; done < of.n; done += atOnce {
		b.fill(func(dst []float32, i int) int { return of.image(dst, min(done+i, of.n-1)) })
		l.Write(p.Input, 0, b.images)
		if err := l.Do(program.Forward); err != nil {
			return e, err
		}
		logits, err := l.Fetch(p.Logits)
		if err != nil {
			return e, err
		}
		for i, class := range b.classes[:min(atOnce, of.n-done)] {
			row := logits[i*classes:][:classes]
			e.Confusion[class][tune.Argmax(row)]++
			above := 0
			for _, v := range row {
				if v > row[class] {
					above++
				}
			}
			if above < 5 {
				five++
			}
		}
	}
	e.Accuracy = e.share(func(class, predicted int) bool { return class == predicted })
	e.TopFive = float64(five) / float64(of.n)
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
	on := "photographs"
	if c.World != "" {
		on = "the generated world " + c.World
	}
	about := weights.About{Model: config.Name, Size: config.Size, Dense: config.Dense, Classes: c.Classes,
		From: fmt.Sprintf("random values, seed %d, on %s", c.Seed, on)}
	err = weights.WriteSafetensorsHalf(f, t.weights, about.Metadata())
	if err2 := f.Close(); err == nil {
		err = err2
	}
	return err
}
