package topology

import "slices"

// Around is what stands around the backbone of a model.
type Around struct {
	Front  []*Layer // what its input comes through, inputs themselves left out
	Back   []*Layer // everything else but inputs
	Within []*Layer // the backbone
	end    *Layer   // of the backbone
}

// The stem has five convolutions in a row; then mixed_5b reads one tensor four times.
const stemConvolutions, mixed5bBranches = 5, 4

// Find finds an InceptionResNetV2 of that many convolutions, which begins with the stem's
// first one and ends with conv_7b, its batch norm and its ReLU; false if there is none.
func Find(layers []*Layer, convolutions int) (Around, bool) {
	readers := map[*Layer][]*Layer{}
	for _, l := range layers {
		for _, in := range l.inputs {
			readers[in] = append(readers[in], l)
		}
	}
	start := stem(layers, readers)
	if start == nil {
		return Around{}, false
	}
	end := start
	for i, n := start.at, 0; n < convolutions; i++ {
		if i == len(layers) {
			return Around{}, false
		}
		if layers[i].Class == "Conv2D" {
			n++
			end = layers[i]
		}
	}
	for _, classes := range [][]string{{"BatchNormalization"}, {"Activation", "ReLU"}} {
		if next := readers[end]; len(next) == 1 && slices.Contains(classes, next[0].Class) {
			end = next[0]
		}
	}
	above, below := ancestors(start), ancestors(end)
	a := Around{end: end}
	for _, l := range layers {
		switch {
		case l.Class == "InputLayer":
		case above[l] && l != start:
			a.Front = append(a.Front, l)
		case below[l]:
			a.Within = append(a.Within, l)
		default:
			a.Back = append(a.Back, l)
		}
	}
	return a, true
}

// stem is the first convolution of the backbone, nil if there is no such thing.
func stem(layers []*Layer, readers map[*Layer][]*Layer) *Layer {
	for _, fork := range layers {
		if len(readers[fork]) != mixed5bBranches {
			continue
		}
		n := 0
		for l := fork; ; l = l.inputs[0] {
			if l.Class == "Conv2D" {
				n++
			}
			if n == stemConvolutions {
				return l
			}
			if len(l.inputs) != 1 {
				break
			}
		}
	}
	return nil
}

// ancestors are l and all that it is computed from.
func ancestors(l *Layer) map[*Layer]bool {
	seen := map[*Layer]bool{l: true}
	for list := []*Layer{l}; len(list) > 0; {
		l := list[len(list)-1]
		list = list[:len(list)-1]
		for _, in := range l.inputs {
			if !seen[in] {
				seen[in] = true
				list = append(list, in)
			}
		}
	}
	return seen
}
