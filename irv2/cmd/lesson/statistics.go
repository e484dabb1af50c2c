package main

import (
	"context"

	"thaw/irv2"
	"thaw/irv2/compile"
	"thaw/irv2/freeze"
	"thaw/irv2/tune"
	"thaw/irv2/worlds"
	"thaw/kernels/program"
)

// recomputeStatistics replaces every moving mean and variance of w by those of the given
// images under the weights as they are, layer by layer, each layer fed by layers that
// already use their new statistics.
//
// Live batch norm moves statistics by 1 % per step: after 80 steps 45 % of the old ones
// remain. What a network scores with statistics computed anew tells how much of a bad
// score is that lag.
//
// One batch of all images in training mode does it exactly: a batch norm then normalises
// with the statistics of all images, which is what it will do in inference mode. With
// compile.Options.Restate they replace the moving ones. Nothing is learned, so activations are given
// up as soon as they are read: 400 images of 64 x 64 take about 0.2 GB.
func recomputeStatistics(w *irv2.Weights, images []*worlds.Image, machine program.Machine) error {
	p, err := batchPass(w, images, machine)
	if err != nil {
		return err
	}
	defer p.Close()
	for _, param := range p.Moving() { // on a device they stand there
		if err := p.Read(context.Background(), w.Of(param), p.Param(param), 0); err != nil {
			return err
		}
	}
	return nil
}

// batchPass is that pass; its logits are those on the statistics of the images.
func batchPass(w *irv2.Weights, images []*worlds.Image, machine program.Machine) (*compile.Loaded, error) {
	plan, err := freeze.New(w.Model, freeze.Spec{Preset: "head-only", BatchNorm: freeze.Batch})
	if err != nil {
		return nil, err
	}
	p, err := compile.Compile(plan, compile.Options{Batch: len(images), Training: true, Restate: true}, machine)
	if err != nil {
		return nil, err
	}
	l, err := p.Load(machine, w)
	if err != nil {
		return nil, err
	}
	fillInput(l, images)
	if err := l.Do(program.Forward); err != nil {
		l.Close()
		return nil, err
	}
	return l, nil
}

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
