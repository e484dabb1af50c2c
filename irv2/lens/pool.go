package lens

import (
	"thaw/irv2"
	"thaw/irv2/compile"
	"thaw/irv2/freeze"
	"thaw/irv2/tune"
	"thaw/kernels/program"
)

// features are the outputs of a block averaged over their pixels: a row for each image.
type features struct {
	n, channels int
	values      []float32
}

func (f *features) row(i int) []float32 { return f.values[i*f.channels:][:f.channels] }

// pool runs w over the chosen images of a split and gives the features of each block of the
// backbone. progress is told after each batch how many images are done.
func pool(w *irv2.Weights, data tune.Data, split tune.Split, chosen []int, machine program.Machine, poll func() error, progress func(done int)) ([]*features, error) {
	outputs := compile.BlockOutputs(w.Model)
	outputs = outputs[:len(outputs)-1] // the last is the head's
	blocks := make([]*features, len(outputs))
	for i, layer := range outputs {
		blocks[i] = &features{len(chosen), layer.C, make([]float32, len(chosen)*layer.C)}
	}
	opts := compile.Options{To: outputs[len(outputs)-1], Pool: outputs}
	return blocks, infer(w, opts, data, split, chosen, machine, poll, func(p *compile.Program, at, n int) []program.Part {
		progress(at)
		parts := make([]program.Part, len(outputs))
		for i, layer := range outputs {
			parts[i] = program.Part{Dst: blocks[i].values[at*layer.C:][:n*layer.C], Buffer: p.Pooled[layer]}
		}
		return parts
	})
}

// Score counts the held-back images that w, in inference mode, labels right, and gives their
// mean loss as tune.Evaluation's, with labels as smooth as in training.
func Score(w *irv2.Weights, data tune.Data, smooth float64, machine program.Machine, poll func() error) (right int, loss float64, err error) {
	count, classes := data.Len(tune.Validation), w.Model.Config.Classes
	logits := make([]float32, count*classes)
	err = infer(w, compile.Options{}, data, tune.Validation, Spread(count, count), machine, poll, func(p *compile.Program, at, n int) []program.Part {
		return []program.Part{{Dst: logits[at*classes:][:n*classes], Buffer: p.Logits}}
	})
	for i := range count {
		row, label := logits[i*classes:][:classes], data.Label(tune.Validation, i)
		if tune.Argmax(row) == label {
			right++
		}
		loss += tune.CrossEntropy(row, label, smooth) / float64(count)
	}
	return right, loss, err
}

// inferBatch images go through the network at a time.
const inferBatch = 16

// infer runs w, in inference mode and to where opts say, over chosen images. ask says what
// to read of the n images from number at on.
func infer(w *irv2.Weights, opts compile.Options, data tune.Data, split tune.Split, chosen []int, machine program.Machine, poll func() error, ask func(p *compile.Program, at, n int) []program.Part) error {
	if len(chosen) == 0 {
		return nil
	}
	plan := freeze.FromFlags(w.Model, func(*irv2.Layer) bool { return false }, freeze.Keras)
	opts.Batch = min(inferBatch, len(chosen))
	p, err := compile.Compile(plan, opts, machine)
	if err != nil {
		return err
	}
	l, err := p.Load(machine, w)
	if err != nil {
		return err
	}
	defer l.Close()
	for at := 0; at < len(chosen); at += inferBatch {
		batch := chosen[at:min(at+inferBatch, len(chosen))]
		fill(l, data, split, batch)
		if err := l.Run(p.Phase(program.Forward), poll); err != nil {
			return err
		}
		if err := l.Ask(ask(p, at, len(batch))...)(); err != nil {
			return err
		}
	}
	return nil
}

// centred takes the mean of train's rows off the rows of each of the lists.
func centred(train *features, lists ...*features) [][]float64 {
	mean := make([]float64, train.channels)
	for i := range train.n {
		for c, v := range train.row(i) {
			mean[c] += float64(v) / float64(train.n)
		}
	}
	out := make([][]float64, len(lists))
	for k, f := range lists {
		out[k] = make([]float64, len(f.values))
		for i, v := range f.values {
			out[k][i] = float64(v) - mean[i%f.channels]
		}
	}
	return out
}

func dot(a, b []float64) float64 {
	b = b[:len(a)]
	var s0, s1, s2, s3 float64 // one chain would wait for each sum
	i := 0
	for ; i+4 <= len(a); i += 4 {
		s0 += a[i] * b[i]
		s1 += a[i+1] * b[i+1]
		s2 += a[i+2] * b[i+2]
		s3 += a[i+3] * b[i+3]
	}
	for ; i < len(a); i++ {
		s0 += a[i] * b[i]
	}
	return s0 + s1 + (s2 + s3)
}
