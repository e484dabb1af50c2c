package compile_test

import (
	"fmt"
	"slices"

	"thaw/irv2"
	"thaw/irv2/compile"
	"thaw/irv2/freeze"
	"thaw/kernels"
	"thaw/kernels/program"
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// A plan becomes a program, whose cost is known before it has memory; a machine gives
// it memory and runs a step.
func ExampleCompile() {
	config := irv2.Mini(2)
	config.Size = 32
	model := must(irv2.New(config))
	plan := must(freeze.New(model, freeze.Spec{From: "block8_1"}))
	machine := program.OnHost(kernels.NewPortable(0))

	// Up to here an image always gives the same features: a step may start from them.
	prefix := compile.FrozenPrefix(plan)
	step := must(compile.Compile(plan, compile.Options{Batch: 4, Training: true, From: prefix}, machine))
	cost := step.Cost()
	fmt.Printf("from %s [%d, %d, %d]: %d of %d parameters learn, %.1f forward passes a step\n", prefix.Name, prefix.H, prefix.W, prefix.C,
		cost.Trained, cost.Parameters, float64(cost.StepFLOPs())/float64(cost.Forward))

	weights := irv2.NewWeights(model)
	weights.Synthesize(1) // pretrained ones: see package weights
	before := weights.Clone()
	loaded := must(step.Load(machine, weights))
	defer loaded.Close()

	features := make([]float32, step.Input.Len)
	irv2.FillUniform(features, 1, "features")
	loaded.Write(step.Input, 0, features)
	loaded.Write(step.Labels, 0, []float32{1, 0, 0, 1, 1, 0, 0, 1}) // rows of two classes
	step.SetStep(1, func(*irv2.Param) float64 { return 1e-3 }, 1)
	if err := loaded.Do(program.Forward, program.Backward, program.Update); err != nil {
		panic(err)
	}
	fmt.Println("losses:", len(must(loaded.Fetch(step.Loss))), "probabilities:", len(must(loaded.Fetch(step.Probs))))
	for _, name := range []string{"conv2d", "block8_1_conv", "predictions"} {
		kernel := model.Layer(name).Param("kernel")
		fmt.Println(name, "moved:", !slices.Equal(weights.Of(kernel), before.Of(kernel)))
	}
	// Output:
	// from mixed_7a [1, 1, 520]: 505026 of 1247974 parameters learn, 2.9 forward passes a step
	// losses: 4 probabilities: 8
	// conv2d moved: false
	// block8_1_conv moved: true
	// predictions moved: true
}
