package main

import (
	"thaw/irv2"
	"thaw/irv2/compile"
	"thaw/irv2/freeze"
	"thaw/irv2/tune"
	"thaw/irv2/worlds"
	"thaw/kernels/program"
)

// evaluationBatch images go through the network at a time.
const evaluationBatch = 20

// accuracy is the share of images that w, in inference mode, labels right.
func accuracy(w *irv2.Weights, images []*worlds.Image, label func(int) int, machine program.Machine) (float64, error) {
	right := 0
	err := forward(w, nil, images, machine, func(i int, logits []float32) {
		if tune.Argmax(logits) == label(i) {
			right++
		}
	})
	return float64(right) / float64(len(images)), err
}

// forward runs w in inference mode and gives see the output of layer to (nil: the
// logits) for each image.
func forward(w *irv2.Weights, to *irv2.Layer, images []*worlds.Image, machine program.Machine, see func(i int, out []float32)) error {
	plan, err := freeze.New(w.Model, freeze.Spec{Preset: "head-only"})
	if err != nil {
		return err
	}
	p, err := compile.Compile(plan, compile.Options{Batch: min(evaluationBatch, len(images)), To: to}, machine)
	if err != nil {
		return err
	}
	l, err := p.Load(machine, w)
	if err != nil {
		return err
	}
	defer l.Close()
	result := p.Output
	if to == nil {
		result = p.Logits
	}
	for at := 0; at < len(images); at += p.Options.Batch {
		chosen := images[at:min(at+p.Options.Batch, len(images))]
		fillInput(l, chosen)
		if err := l.Do(program.Forward); err != nil {
			return err
		}
		out, err := l.Fetch(result)
		if err != nil {
			return err
		}
		n := len(out) / p.Options.Batch
		for i := range chosen {
			see(at+i, out[i*n:(i+1)*n])
		}
	}
	return nil
}

func fillInput(p *compile.Loaded, images []*worlds.Image) {
	for i, img := range images {
		pixels := make([]float32, len(img))
		tensor(pixels, img)
		p.Write(p.Input, i*len(img), pixels)
	}
}
