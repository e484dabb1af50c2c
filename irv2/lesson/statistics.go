package main

import (
	"thaw/irv2"
	"thaw/irv2/compile"
	"thaw/irv2/freeze"
	"thaw/irv2/tune"
	"thaw/irv2/worlds"
	"thaw/kernels"
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
// momentum 0 they replace the moving ones. Nothing is learned, so activations are given
// up as soon as they are read: 400 images of 64 x 64 take about 0.2 GB.
func recomputeStatistics(w *irv2.Weights, images []*worlds.Image, backend kernels.Backend) error {
	_, err := batchPass(w, images, backend)
	return err
}

// batchPass is that pass; its logits are those on the statistics of the images.
func batchPass(w *irv2.Weights, images []*worlds.Image, backend kernels.Backend) (*compile.Program, error) {
	plan, err := freeze.New(w.Model, freeze.Spec{Preset: "head-only", BatchNorm: freeze.Batch})
	if err != nil {
		return nil, err
	}
	p, err := compile.Compile(plan, compile.Options{Batch: len(images), Training: true}, backend)
	if err != nil {
		return nil, err
	}
	for _, op := range p.Ops {
		if a, ok := op.Args.(*kernels.BatchNormTrainArgs); ok {
			a.Momentum = 0
		}
	}
	p.Bind(w, make([]float32, p.ArenaLen), make([]float32, p.StateLen))
	fillInput(p, images)
	if err := p.Run(compile.Init, backend, nil); err != nil {
		return nil, err
	}
	return p, p.Run(compile.ForwardPhase, backend, nil)
}

// evaluationBatch images go through the network at a time.
const evaluationBatch = 20

// accuracy is the share of images that w, in inference mode, labels right.
func accuracy(w *irv2.Weights, images []*worlds.Image, label func(int) int, backend kernels.Backend) (float64, error) {
	right := 0
	err := forward(w, nil, images, backend, func(i int, logits []float32) {
		if tune.Argmax(logits) == label(i) {
			right++
		}
	})
	return float64(right) / float64(len(images)), err
}

// forward runs w in inference mode and gives see the output of layer to (nil: the
// logits) for each image.
func forward(w *irv2.Weights, to *irv2.Layer, images []*worlds.Image, backend kernels.Backend, see func(i int, out []float32)) error {
	plan, err := freeze.New(w.Model, freeze.Spec{Preset: "head-only"})
	if err != nil {
		return err
	}
	p, err := compile.Compile(plan, compile.Options{Batch: min(evaluationBatch, len(images)), To: to}, backend)
	if err != nil {
		return err
	}
	p.Bind(w, make([]float32, p.ArenaLen), make([]float32, p.StateLen))
	if err := p.Run(compile.Init, backend, nil); err != nil {
		return err
	}
	for at := 0; at < len(images); at += p.Options.Batch {
		chosen := images[at:min(at+p.Options.Batch, len(images))]
		fillInput(p, chosen)
		if err := p.Run(compile.ForwardPhase, backend, nil); err != nil {
			return err
		}
		out := p.LogitData
		if to != nil {
			out = p.OutputData
		}
		n := len(out()) / p.Options.Batch
		for i := range chosen {
			see(at+i, out()[i*n:(i+1)*n])
		}
	}
	return nil
}

func fillInput(p *compile.Program, images []*worlds.Image) {
	for i, img := range images {
		tensor(p.InputData()[i*len(img):(i+1)*len(img)], img)
	}
}
