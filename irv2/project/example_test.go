package project_test

import (
	"bytes"
	"context"
	"fmt"

	"thaw/irv2/freeze"
	"thaw/irv2/project"
	"thaw/irv2/weights"
	"thaw/irv2/worlds"
	"thaw/kernels"
	"thaw/kernels/program"
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// What the page does from the first image to the export, without a page.
func Example() {
	ctx := context.Background()
	p := project.New() // of the small network
	p.Machine = program.OnHost(kernels.NewPortable(0))
	size, dense := 32, 16
	if err := p.Configure(ctx, project.Change{Size: &size, Dense: &dense}); err != nil {
		panic(err)
	}
	must(p.Synthesize(ctx, "", 1)) // or Import, UseWeights

	source := must(project.World(worlds.Near, 3, 1, 1)) // or Files; Survey and Take folders and archives
	added := must(p.AddImages(ctx, source, func(done, total int64) {}))
	fmt.Printf("%d images of %d classes\n", added.Accepted, len(added.Data.Classes))

	spec, options := freeze.Spec{Preset: "head-only"}, project.DefaultOptions()
	options.Epochs, options.Batch = 2, 4
	plan := must(p.Plan(spec, options))
	fmt.Println(plan.Sentence, "Fits:", plan.Cost.Fits)

	run := must(p.Train(ctx, spec, options, func(e project.Event) {
		switch e := e.(type) {
		case project.Started:
			fmt.Printf("%s: %d steps on %d images, %d held back\n", e.Run, e.Steps, e.Train, e.Validation)
		case project.EpochDone:
			fmt.Println("epoch", e.Epoch)
		case project.Ended:
			fmt.Println(e.Kind)
		}
	}))
	run.Wait()

	prediction := must(p.Predict(ctx, func() (name string, content []byte, err error) {
		content, err = project.WorldPicture(worlds.Near)
		return "near.bmp", content, err
	}))
	fmt.Println("probabilities of", len(prediction.Classes), "classes")

	var file bytes.Buffer
	if err := p.Export(ctx, "safetensors", &file); err != nil {
		panic(err)
	}
	about, _ := weights.AboutFile(bytes.NewReader(file.Bytes()), int64(file.Len()))
	fmt.Println("exported:", about.Model, about.Size, about.Dense, about.Classes)
	// Output:
	// 16 images of 4 classes
	// The backbone is frozen; only the new layers on top learn. Fits: true
	// run 1: 6 steps on 12 images, 4 held back
	// epoch 1
	// epoch 2
	// done
	// probabilities of 4 classes
	// exported: mini 32 16 [plain arrow dotted dumbbell checkered angle striped bow tie]
}
