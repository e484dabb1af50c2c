package weights

import (
	"fmt"
	"slices"
)

// Thaw's own safetensors: tensors carry the names of the parameters
// ("conv2d_7/kernel") and Keras's layout.

func (f *Matched) thaw(tensors map[string]tensor) error {
	var layers []*fileLayer
	for _, l := range f.backbone() {
		from := &fileLayer{name: l.Name}
		for _, p := range l.Params {
			t, ok := tensors[p.Name()]
			if !ok && len(layers) == 0 {
				return fmt.Errorf("its tensors are named neither as timm's nor as Thaw's%s: choose a file of %s", example(tensors), f.network())
			}
			if !ok {
				return fmt.Errorf("it has no tensor %s, which %s has: choose a file of that network", p.Name(), f.network())
			}
			from.tensors = append(from.tensors, t)
		}
		layers = append(layers, from)
	}
	if err := f.matchBackbone(layers); err != nil {
		return err
	}
	var head []*fileLayer
	for _, name := range []string{"head_dense", "predictions"} {
		kernel, ok1 := tensors[name+"/kernel"]
		bias, ok2 := tensors[name+"/bias"]
		if ok1 && ok2 {
			head = append(head, &fileLayer{name: name, tensors: []tensor{kernel, bias}})
		}
	}
	f.matchHead(head, false, 0)
	return nil
}

// example names one tensor of a foreign file.
func example(tensors map[string]tensor) string {
	var names []string
	for name := range tensors {
		names = append(names, name)
	}
	if len(names) == 0 {
		return ""
	}
	return fmt.Sprintf(" (%.60q)", slices.Min(names))
}
