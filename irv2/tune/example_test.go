package tune_test

import (
	"fmt"

	"thaw/irv2"
	"thaw/irv2/freeze"
	"thaw/irv2/tune"
	"thaw/kernels"
	"thaw/kernels/program"
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// shades is a data set of dark and bright images, each with noise of its own.
type shades struct{ size, train, validation int }

func (d shades) Len(s tune.Split) int          { return [2]int{d.train, d.validation}[s] }
func (d shades) Label(s tune.Split, i int) int { return i % 2 }
func (d shades) Augmented() bool               { return false }
func (d shades) Image(dst []float32, s tune.Split, i, epoch int) {
	irv2.FillUniform(dst, uint64(i+1000*int(s)), "noise")
	for p := range dst {
		dst[p] = dst[p]/2 + float32(i%2) - 0.5
	}
}

// A layout says what a run takes; a session runs it. What is frozen from the images on
// is computed once for each image.
func ExampleSession() {
	config := irv2.Mini(2)
	config.Size = 32
	model := must(irv2.New(config))
	plan := must(freeze.New(model, freeze.Spec{Preset: "head-only"}))
	weights := irv2.NewWeights(model)
	weights.Synthesize(1)

	data := shades{size: config.Size, train: 12, validation: 6}
	machine := program.OnHost(kernels.NewPortable(0))
	counts := [2]int{data.train, data.validation}
	layout := must(tune.NewLayout(plan, tune.Options{Epochs: 3, Batch: 4, Seed: 1}, counts, data.Augmented(), machine))
	fmt.Printf("%d steps an epoch, %d floats cached an image\n", layout.Steps(), layout.Cost().CacheBytes/4/int64(data.train+data.validation))

	session := must(tune.New(layout, weights, data))
	defer session.Close()
	var losses []float64
	err := session.Run(nil, func(e tune.Event) {
		switch {
		case e.Cache != nil:
			fmt.Printf("features of %d of %d images\n", e.Cache.Done, e.Cache.Total)
		case e.Epoch != nil:
			losses = append(losses, e.Epoch.Loss)
		}
	})
	if err != nil {
		panic(err)
	}
	steps, history := session.Done()
	fmt.Printf("%d steps, %d epochs, the loss fell: %v\n", steps, len(history), losses[2] < losses[0])

	predictor := must(tune.NewPredictor(weights, machine))
	defer predictor.Close()
	image := make([]float32, config.Size*config.Size*3)
	data.Image(image, tune.Validation, 1, -1)
	fmt.Println("classes:", len(must(predictor.Predict(image))))
	// Output:
	// 3 steps an epoch, 384 floats cached an image
	// features of 4 of 18 images
	// features of 8 of 18 images
	// features of 12 of 18 images
	// features of 16 of 18 images
	// features of 18 of 18 images
	// 9 steps, 3 epochs, the loss fell: true
	// classes: 2
}
