package main

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path"
	"slices"
	"strings"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"thaw/irv2"
	"thaw/irv2/cmd/internal/linear"
	"thaw/irv2/compile"
	"thaw/irv2/freeze"
	"thaw/irv2/images"
	"thaw/irv2/weights"
	"thaw/kernels/program"
)

// A network is judged by what it was not trained for: how well a linear classifier tells
// classes apart by its pooled features, on photographs that it never saw.

const (
	folds      = 5 // of cross-validation
	innerFolds = 3 // of the rest, to choose the penalty
)

// penalties are tried from strong to weak, until the loss on what is left out grows.
var penalties = []float64{10, 3, 1, 0.3, 0.1, 0.03, 0.01, 3e-3, 1e-3, 1e-4}

// judgement is the accuracy of that classifier in each fold.
type judgement struct {
	images, classes int
	accuracy        []float64
}

func (j judgement) String() string {
	mean, deviation := stat.MeanStdDev(j.accuracy, nil)
	return fmt.Sprintf("%.1f +- %.1f %% of %d images of %d classes (linear classifier on frozen features, %d folds, standard error over them)",
		100*mean, 100*deviation/math.Sqrt(float64(len(j.accuracy))), j.images, j.classes, len(j.accuracy))
}

// judge judges the network in a file by the images below dir, which lie in folders of classes.
func judge(name, dir string, machine program.Machine) (judgement, error) {
	if dir == "" {
		return judgement{}, errors.New("-judge needs -data: folders of classes to tell apart")
	}
	classes, photos, err := readClasses(dir)
	if err != nil {
		return judgement{}, err
	}
	raw, err := os.ReadFile(name)
	if err != nil {
		return judgement{}, err
	}
	m, err := irv2.New(irv2.Mini(2))
	if err != nil {
		return judgement{}, err
	}
	w, _, err := weights.Read(bytes.NewReader(raw), int64(len(raw)), name, m, nil)
	if err != nil {
		return judgement{}, err
	}
	x, err := features(w, photos, machine)
	if err != nil {
		return judgement{}, err
	}
	labels := make([]int, len(photos))
	for i, p := range photos {
		labels[i] = p.class
	}
	j := judgement{len(photos), len(classes), make([]float64, folds)}
	return j, each(folds, func(k int) (err error) {
		j.accuracy[k], err = foldAccuracy(x, labels, len(classes), k)
		return err
	})
}

// readClasses reads images whose class is the folder or zip that they lie in.
func readClasses(dir string) (classes []string, photos []photo, err error) {
	var files []file
	err = walk(dir, func(name string, read func() ([]byte, error)) {
		if isPhotograph(name) {
			class := path.Base(strings.TrimSuffix(path.Dir(name), "/images"))
			files = append(files, file{name, strings.TrimSuffix(class, ".zip"), false, read})
		}
	})
	if err != nil {
		return nil, nil, err
	}
	if classes, photos, err = decode(files); err != nil {
		return nil, nil, err
	}
	each := make([]int, len(classes))
	for _, p := range photos {
		each[p.class]++
	}
	if len(classes) < 2 || slices.Min(each) < folds {
		return nil, nil, fmt.Errorf("%s holds %d classes: judging needs two or more, a folder each, of %d images or more", dir, len(classes), folds)
	}
	return classes, photos, nil
}

// features are the globally averaged outputs of the backbone, [photos, channels+1], with a
// 1 at the end for the bias.
func features(w *irv2.Weights, photos []photo, machine program.Machine) (*mat.Dense, error) {
	plan, err := freeze.New(w.Model, freeze.Spec{Preset: "head-only"})
	if err != nil {
		return nil, err
	}
	const atOnce = 48
	to := w.Model.Layer("avg_pool")
	p, err := compile.Compile(plan, compile.Options{Batch: atOnce, To: to}, machine)
	if err != nil {
		return nil, err
	}
	l, err := p.Load(machine, w)
	if err != nil {
		return nil, err
	}
	defer l.Close()
	x, b := mat.NewDense(len(photos), to.C+1, nil), newBatch(atOnce)
	for at := 0; at < len(photos); at += atOnce {
		b.fill(func(dst []float32, i int) int {
			p := photos[min(at+i, len(photos)-1)]
			images.Normalize(dst, p.pixels)
			return p.class
		})
		l.Write(p.Input, 0, b.images)
		if err := l.Do(program.Forward); err != nil {
			return nil, err
		}
		out, err := l.Fetch(p.Output)
		if err != nil {
			return nil, err
		}
		for i := range min(atOnce, len(photos)-at) {
			row := x.RawRowView(at + i)
			for k, v := range out[i*to.C:][:to.C] {
				row[k] = float64(v)
			}
			row[to.C] = 1
		}
	}
	return x, nil
}

// foldAccuracy is the share of fold k that a classifier fitted to the others gets right.
func foldAccuracy(x *mat.Dense, labels []int, classes, k int) (float64, error) {
	in, out := leaveOut(labels, folds, k)
	train, left := linear.Rows(x, in), linear.Rows(x, out)
	standardise(train, left)
	trainLabels, leftLabels := pick(labels, in), pick(labels, out)
	penalty, err := choosePenalty(train, trainLabels, classes)
	if err != nil {
		return 0, err
	}
	c := linear.New(train, trainLabels, classes)
	if err := c.Fit(penalty); err != nil {
		return 0, err
	}
	right, logits := 0, c.Logits(left)
	for i, label := range leftLabels {
		if floats.MaxIdx(logits.RawRowView(i)) == label {
			right++
		}
	}
	return float64(right) / float64(len(leftLabels)), nil
}

// choosePenalty takes the penalty with the least loss on left-out folds of what is given.
func choosePenalty(x *mat.Dense, labels []int, classes int) (float64, error) {
	var fitted, left [innerFolds]*linear.Classifier
	for k := range innerFolds {
		in, out := leaveOut(labels, innerFolds, k)
		fitted[k] = linear.New(linear.Rows(x, in), pick(labels, in), classes)
		left[k] = linear.New(linear.Rows(x, out), pick(labels, out), classes)
	}
	best, least := penalties[0], math.Inf(1)
	for _, penalty := range penalties {
		loss := 0.0
		for k, c := range fitted {
			if err := c.Fit(penalty); err != nil {
				return 0, err
			}
			loss += left[k].Loss(c.Values, nil, 0) * float64(len(left[k].Labels))
		}
		if loss >= least {
			break
		}
		best, least = penalty, loss
	}
	return best, nil
}

// leaveOut deals the images of each class out to folds, in an order that is always the
// same, and divides them into those outside and those in fold k.
func leaveOut(labels []int, folds, k int) (in, out []int) {
	dealt := map[int]int{}
	for _, i := range rand.New(rand.NewPCG(1, 0)).Perm(len(labels)) {
		if dealt[labels[i]]%folds == k {
			out = append(out, i)
		} else {
			in = append(in, i)
		}
		dealt[labels[i]]++
	}
	return in, out
}

func pick(labels, list []int) []int {
	picked := make([]int, len(list))
	for to, from := range list {
		picked[to] = labels[from]
	}
	return picked
}

// standardise gives every feature of train mean 0 and variance 1, and moves left along;
// one that never varies becomes 0.
func standardise(train, left *mat.Dense) {
	_, d := train.Dims()
	for k := range d - 1 {
		mean, deviation := stat.PopMeanStdDev(mat.Col(nil, k, train), nil)
		for _, x := range []*mat.Dense{train, left} {
			for i := range x.RawMatrix().Rows {
				v := 0.0
				if deviation > 0 {
					v = (x.At(i, k) - mean) / deviation
				}
				x.Set(i, k, v)
			}
		}
	}
}
