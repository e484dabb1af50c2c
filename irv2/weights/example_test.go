package weights_test

import (
	"bytes"
	"fmt"
	"reflect"

	"thaw/irv2"
	"thaw/irv2/weights"
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// What Thaw writes says of itself which network it is of; for other classes than it was
// trained for, the head is left to be initialised.
func Example() {
	model := must(irv2.New(irv2.Mini(2)))
	values := irv2.NewWeights(model)
	values.Synthesize(1)

	var file bytes.Buffer
	about := weights.About{Model: "mini", Size: model.Config.Size, Dense: model.Config.Dense, Classes: []string{"boat", "house"}}
	if err := weights.WriteSafetensors(&file, values, about.Metadata()); err != nil {
		panic(err)
	}
	reader, size := bytes.NewReader(file.Bytes()), int64(file.Len())

	found, ok := weights.AboutFile(reader, size)
	fmt.Println(ok, found.Model, found.Size, found.Dense, found.Classes)

	again, report, err := weights.Read(reader, size, "boats.safetensors", model, nil)
	if err != nil {
		panic(err)
	}
	fmt.Printf("%s: %d of %d parameters, equal: %v\n", report.Format, len(report.Set), len(model.Params), reflect.DeepEqual(again.Data, values.Data))

	other := must(irv2.New(irv2.Mini(5)))
	_, report, err = weights.Read(reader, size, "boats.safetensors", other, nil)
	if err != nil {
		panic(err)
	}
	fmt.Println("left:", report.Left)
	// Output:
	// true mini 64 128 [boat house]
	// Thaw safetensors: 260 of 260 parameters, equal: true
	// left: [head_dense/kernel head_dense/bias predictions/kernel predictions/bias]
}
