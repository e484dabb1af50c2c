package project

import (
	"errors"
	"math"
	"slices"
	"strings"

	"pgregory.net/rapid"

	"thaw/irv2/freeze"
)

var (
	long    = strings.Repeat("long ", 20_000)
	texts   = []string{"", " ", "a", "b", "boat", "auto", "device", "../a\\b\n", "\x00\xff", "ÀÉ́", "__proto__", "%d%s", long}
	numbers = []float64{0, 0.1, 0.5, 1, -1, 100, 1e-300, 1e308, math.NaN(), math.Inf(1), math.Inf(-1)}
	wholes  = []int{0, 1, 2, 3, 8, -1, 4096, 100_000, 2_000_000, math.MaxInt, math.MinInt}
)

func odd(t *rapid.T) string { return rapid.SampledFrom(texts).Draw(t, "text") }

// often is usual, now and then one of odd.
func often[T any](t *rapid.T, name string, usual T, odd []T) T {
	if rapid.IntRange(0, 9).Draw(t, "odd "+name) > 0 {
		return usual
	}
	return rapid.SampledFrom(odd).Draw(t, name)
}

// class is mostly one that is there.
func (h *hand) class(t *rapid.T) string {
	names := texts
	for _, c := range h.p.data.set.Classes {
		names = append(names[:len(names):len(names)], c.Name, c.Name)
	}
	return rapid.SampledFrom(names).Draw(t, "class")
}

// ids are mostly those of images that are there; at least one.
func (h *hand) ids(t *rapid.T) []int {
	there := []int{}
	for id := range h.p.data.set.Arrangement().Has() {
		there = append(there, id)
	}
	slices.Sort(there)
	if len(there) == 0 || rapid.IntRange(0, 9).Draw(t, "odd ids") == 0 {
		return rapid.SliceOfN(rapid.SampledFrom(wholes), 1, 30).Draw(t, "ids")
	}
	return rapid.SliceOfN(rapid.SampledFrom(there), 1, 5).Draw(t, "ids")
}

func (h *hand) spec(t *rapid.T) freeze.Spec {
	selector := rapid.SampledFrom([]freeze.Selector{{Pattern: "block8_*"}, {Pattern: long}, {Pattern: "["}, freeze.Range(0, 5), freeze.Range(math.MinInt, math.MaxInt), freeze.Range(-3, -9), {}})
	return rapid.SampledFrom([]freeze.Spec{
		{Preset: "head-only"}, {Preset: "head-only"}, {Preset: "freeze-conv", AsWritten: true}, {Preset: "unfreeze-all", BatchNorm: "batch"}, {From: "block8_1"}, {From: long}, {Preset: odd(t)}, {},
		{Phases: freeze.Phases{{Spec: freeze.Spec{Preset: "head-only"}, Epochs: 1}, {Spec: freeze.Spec{From: "block8_1"}, Epochs: 1, Rate: 1e-4, Scaled: true}}}, {Phases: freeze.Phases{{Spec: freeze.Spec{From: odd(t)}, Epochs: rapid.IntRange(-1, 2).Draw(t, "passes")}}},
		{Thaw: rapid.SliceOfN(selector, 0, 3).Draw(t, "thaw")}, {Preset: "head-only", BatchNorm: freeze.BatchNormMode(odd(t))}, {Preset: "head-only", From: "stem"},
	}).Draw(t, "spec")
}

func (h *hand) options(t *rapid.T) Options {
	o := DefaultOptions()
	o.Epochs, o.Batch = often(t, "epochs", 1, wholes), often(t, "batch", 4, wholes)
	o.Rate, o.Momentum, o.Validation = often(t, "rate", 1e-3, numbers), often(t, "momentum", 0.9, numbers), often(t, "validation", 0.2, numbers)
	o.Dropout, o.LabelSmoothing = often(t, "dropout", 0, numbers), often(t, "smoothing", 0, numbers)
	o.Optimizer, o.Seed = often(t, "optimizer", "sgd", texts), often(t, "seed", 1, []uint64{0, math.MaxUint64})
	o.Augment.Shift, o.Augment.Rotate = often(t, "shift", 0, numbers), often(t, "rotate", 0, numbers)
	o.Continue = rapid.Bool().Draw(t, "continue")
	if rapid.IntRange(0, 5).Draw(t, "weights") == 0 {
		o.ClassWeight = ClassWeight{Balanced: rapid.Bool().Draw(t, "balanced"), Of: map[string]float64{h.class(t): rapid.SampledFrom(numbers).Draw(t, "weight")}}
		o.Rates = map[string]float64{rapid.SampledFrom(append(texts, "backbone")).Draw(t, "rated"): rapid.SampledFrom(numbers).Draw(t, "factor")}
	}
	return o
}

// files are good and bad ones, some of which are gone.
func (h *hand) files(t *rapid.T) []PictureFile {
	contents := [][]byte{h.photo, h.photo, []byte("file,label\na.jpg,x\nb.jpg,y\n"), []byte("PK\x03\x04"), nil, h.photo[:len(h.photo)/2]}
	var files []PictureFile
	for range rapid.IntRange(0, 3).Draw(t, "files") {
		content := rapid.SampledFrom(contents).Draw(t, "content")
		gone := rapid.IntRange(0, 9).Draw(t, "gone") == 0
		files = append(files, PictureFile{
			Path:  rapid.SampledFrom([]string{"x/a.jpg", "y/b.jpg", "y/c.png", "t.csv", "z.zip", "", "..", long}).Draw(t, "path"),
			Group: odd(t),
			Open: func() (File, error) {
				if gone {
					return nil, errors.New("gone")
				}
				return inMemory(content), nil
			},
		})
	}
	return files
}
