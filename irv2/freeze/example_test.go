package freeze_test

import (
	"encoding/json"
	"fmt"

	"thaw/irv2"
	"thaw/irv2/freeze"
)

// The same snippet as it was written and as it was meant. As written it freezes what
// has conv in its name: batch norms have not, but for conv_7b_bn.
func ExampleNew() {
	model, err := irv2.New(irv2.Full(299, 3))
	if err != nil {
		panic(err)
	}
	for _, asWritten := range []bool{true, false} {
		plan, err := freeze.New(model, freeze.Spec{Preset: "freeze-conv", AsWritten: asWritten})
		if err != nil {
			panic(err)
		}
		statistics := 0
		for _, batch := range plan.BatchStatistics {
			if batch {
				statistics++
			}
		}
		fmt.Printf("%s: %d values learn, %d batch norms run on batch statistics\n", plan.Name, plan.Trained(), statistics)
	}
	// Output:
	// freeze conv, as written: 1605699 values learn, 203 batch norms run on batch statistics
	// freeze conv, as meant: 1576963 values learn, 0 batch norms run on batch statistics
}

// What learns may be picked by pattern and by index, as in Keras; this is what the
// page's link holds.
func ExampleSpec() {
	var spec freeze.Spec
	err := json.Unmarshal([]byte(`{"thaw": ["block8_*", [0, 9]], "batchNorm": "inference"}`), &spec)
	if err != nil {
		panic(err)
	}
	model, err := irv2.New(irv2.Mini(2))
	if err != nil {
		panic(err)
	}
	plan, err := freeze.New(model, spec)
	if err != nil {
		panic(err)
	}
	fmt.Println(plan.Name)
	for _, i := range plan.Learning() {
		if l := model.Layers[i]; l.Class == irv2.Conv2D {
			fmt.Print(l.Name, " ")
		}
	}
	// Output:
	// thaw block8_*, layers[0:9], BN inference
	// conv2d conv2d_1 conv2d_2 conv2d_52 conv2d_53 conv2d_51 conv2d_54 block8_1_conv conv2d_56 conv2d_57 conv2d_55 conv2d_58 block8_2_conv
}
