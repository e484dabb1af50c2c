package main

import (
	"errors"
	"slices"

	"thaw/irv2"
	"thaw/irv2/freeze"
	"thaw/irv2/images"
	"thaw/irv2/tune"
	"thaw/kernels/program"
)

// trainOptions is TrainOptions of thaw.d.ts.
type trainOptions struct {
	Epochs         int                `json:"epochs"`
	Batch          int                `json:"batch"`
	Seed           uint64             `json:"seed"`
	Optimizer      string             `json:"optimizer"`
	Rate           float64            `json:"rate"`
	Momentum       float64            `json:"momentum"`
	Rates          map[string]float64 `json:"rates"`
	LabelSmoothing float64            `json:"labelSmoothing"`
	Dropout        float64            `json:"dropout"`
	Augment        augmentOptions     `json:"augment"`
	Validation     float64            `json:"validation"`
	Continue       bool               `json:"continue"`
}

type augmentOptions struct {
	Flip       bool    `json:"flip"`
	Shift      float64 `json:"shift"`
	Zoom       float64 `json:"zoom"`
	Rotate     float64 `json:"rotate"`
	Brightness float64 `json:"brightness"`
}

// planRequest is the args of plan and train, with the defaults of thaw.d.ts.
type planRequest struct {
	Spec    freeze.Spec  `json:"spec"`
	Options trainOptions `json:"options"`
}

func (e *engine) planArgs(r *request) (planRequest, error) {
	args := planRequest{Options: trainOptions{Epochs: 5, Batch: 8, Seed: 1, Optimizer: "adam", Rate: 1e-3, Momentum: 0.9, Validation: 0.2}}
	err := r.decode(&args)
	return args, err
}

func (o trainOptions) tune(budget int64) tune.Options {
	return tune.Options{
		Epochs: o.Epochs, Batch: o.Batch, Seed: o.Seed, Optimizer: o.Optimizer, Rate: o.Rate, Momentum: o.Momentum,
		Rates: o.Rates, LabelSmoothing: o.LabelSmoothing, Budget: budget,
	}
}

func (a augmentOptions) images() images.Augment {
	const turn = 360 // the protocol has degrees, images shares of a turn
	return images.Augment{Flip: a.Flip, Shift: a.Shift, Zoom: a.Zoom, Rotate: a.Rotate / turn, Brightness: a.Brightness}
}

// layout compiles what args ask for, for these images. An error that is a
// *tune.TooLarge comes with the layout that does not fit.
func (e *engine) layout(args planRequest, classes int, counts [2]int) (*tune.Layout, error) {
	config, err := e.choice.config(classes)
	if err != nil {
		return nil, err
	}
	config.Dropout = float32(args.Options.Dropout)
	m, err := irv2.New(config)
	if err != nil {
		return nil, withCode(codeInvalid, err)
	}
	plan, err := freeze.New(m, args.Spec)
	if err != nil {
		return nil, withCode(codeInvalid, err)
	}
	return tune.NewLayout(plan, args.Options.tune(e.budget()), counts, args.Options.Augment.images().On(), program.OnHost(e.backend))
}

// maxMemory is what Go can use of WebAssembly's 4 GB with room for its collector
// and for files on their way.
const maxMemory = 3 << 30

// budget is the memory that a run may take: all but the images and the weights as
// loaded, which stay beside it.
func (e *engine) budget() int64 {
	side := int64(e.data.set.Resizing.Size)
	taken := int64(e.data.set.Len()) * side * side * 3
	if e.network != nil {
		taken += bytesOf(e.network.loaded)
	}
	return maxMemory - taken
}

// plan answers plan: what a run would be and cost; nothing is allocated. Without
// images, costs are of one full batch.
func (e *engine) plan(r *request) (any, error) {
	args, err := e.planArgs(r)
	if err != nil {
		return nil, err
	}
	if e.backend == nil {
		return nil, errNotOpen
	}
	e.split = splitOptions{args.Options.Validation, args.Options.Seed}
	classes, counts := 2, [2]int{args.Options.Batch, 0}
	if split, err := e.data.divide(args.Options.Validation, args.Options.Seed); err == nil {
		classes, counts = len(split.Classes), [2]int{len(split.Train), len(split.Validation)}
	}
	l, err := e.layout(args, classes, counts)
	var tooLarge *tune.TooLarge
	if err != nil && !errors.As(err, &tooLarge) {
		return nil, withCode(codeInvalid, err)
	}
	info := e.planInfo(l)
	if tooLarge != nil {
		problem := sentence(tooLarge)
		info.Cost.Fits, info.Cost.Problem = false, &problem
	}
	return info, nil
}

// planInfo is Plan of thaw.d.ts.
type planInfo struct {
	Name            string      `json:"name"`
	Spec            freeze.Spec `json:"spec"`
	Sentence        string      `json:"sentence"`
	Trainable       []int       `json:"trainable"`
	BatchStatistics []int       `json:"batchStatistics"`
	Blocks          []planBlock `json:"blocks"`
	Cost            costInfo    `json:"cost"`
}

type planBlock struct {
	Name            string `json:"name"`
	Parameters      int    `json:"parameters"`
	Trained         int    `json:"trained"`
	BatchStatistics bool   `json:"batchStatistics"`
	Gradient        bool   `json:"gradient"`
	Cached          bool   `json:"cached"`
}

// costInfo is Cost of thaw.d.ts.
type costInfo struct {
	Parameters int `json:"parameters"`
	Trained    int `json:"trained"`
	Flops      struct {
		Forward        int64 `json:"forward"`
		InputGradient  int64 `json:"inputGradient"`
		FilterGradient int64 `json:"filterGradient"`
	} `json:"flops"`
	CacheFlops      int64    `json:"cacheFlops"`
	PeakBytes       int64    `json:"peakBytes"`
	BudgetBytes     int64    `json:"budgetBytes"`
	Fits            bool     `json:"fits"`
	Problem         *string  `json:"problem"`
	SecondsPerStep  *float64 `json:"secondsPerStep"`
	SecondsPerEpoch *float64 `json:"secondsPerEpoch"`
}

func (e *engine) planInfo(l *tune.Layout) planInfo {
	p := l.Plan
	info := planInfo{Name: p.Name, Spec: p.Spec, Sentence: p.Sentence, Trainable: p.Learning(), BatchStatistics: []int{}, Cost: e.costInfo(l)}
	blocks := make([]planBlock, len(p.Model.Blocks))
	for i, name := range p.Model.Blocks {
		blocks[i] = planBlock{Name: name, Cached: l.Cached[tune.Train]}
	}
	for _, layer := range p.Model.Layers {
		b := &blocks[slices.Index(p.Model.Blocks, layer.Block)]
		for _, param := range layer.Params {
			b.Parameters += param.Len()
			if p.Learns(param) {
				b.Trained += param.Len()
			}
		}
		if p.BatchStatistics[layer.Index] {
			info.BatchStatistics = append(info.BatchStatistics, layer.Index)
			b.BatchStatistics = true
		}
		b.Cached = b.Cached && layer.Index <= l.Prefix.Index
	}
	learns := false // from the lowest block that learns on, gradients pass
	for i := range blocks {
		learns = learns || blocks[i].Trained > 0
		blocks[i].Gradient = learns
	}
	info.Blocks = blocks
	return info
}

func (e *engine) costInfo(l *tune.Layout) costInfo {
	c := l.Cost()
	info := costInfo{Parameters: c.Parameters, Trained: c.Trained, CacheFlops: c.CacheFLOPs, PeakBytes: c.Peak, BudgetBytes: l.Options.Budget, Fits: true}
	info.Flops.Forward, info.Flops.InputGradient, info.Flops.FilterGradient = c.Forward, c.InputGradient, c.FilterGradient
	if e.speed > 0 {
		step := float64(c.StepFLOPs()) / e.speed
		evaluation := float64(l.Counts[tune.Validation]) * float64(c.Forward) / float64(l.Options.Batch) / e.speed
		epoch := step*float64(l.Steps()) + evaluation
		info.SecondsPerStep, info.SecondsPerEpoch = &step, &epoch
	}
	return info
}
