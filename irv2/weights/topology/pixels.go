package topology

import (
	"math"
	"strings"
)

// Affine maps a pixel's channel c from 0..255 to v*Scale[c] + Offset[c].
type Affine struct{ Scale, Offset [3]float64 }

// Statistics gives the mean and variance that a Normalization was adapted to, which stand
// among the weights.
type Statistics func(l *Layer) (mean, variance []float64, err error)

// Pixels composes what stands in front of the backbone to one map. passed are layers that
// change nothing that is learned from: resizing, augmentation. Where a layer cannot be
// read, left is all of them, and the map is none.
func (a Around) Pixels(statistics Statistics) (m Affine, passed, left []*Layer, err error) {
	m = Affine{Scale: [3]float64{1, 1, 1}}
	for i, l := range a.Front {
		if len(l.inputs) > 1 || i > 0 && (len(l.inputs) == 0 || l.inputs[0] != a.Front[i-1]) {
			return m, nil, a.Front, nil
		}
		scale, offset, ok := [3]float64{}, [3]float64{}, false
		switch {
		case isAugmentation(l.Class):
			passed = append(passed, l)
			continue
		case l.Class == "Activation" && l.activation() == "linear", l.Class == "Identity":
			continue
		case l.Class == "Rescaling":
			var ok1 bool
			scale, ok = channels(l.config["scale"])
			offset, ok1 = channels(l.config["offset"])
			ok = ok && ok1
		case l.Class == "Normalization":
			scale, offset, ok, err = normalization(l, statistics)
		default:
			scale, offset, ok = l.op()
		}
		if err != nil || !ok {
			return m, nil, a.Front, err
		}
		for c := range 3 {
			m.Scale[c] *= scale[c]
			m.Offset[c] = m.Offset[c]*scale[c] + offset[c]
		}
	}
	return m, passed, nil, nil
}

// isAugmentation: what runs in training only, or brings pictures to their size.
func isAugmentation(class string) bool {
	switch class {
	case "Resizing", "CenterCrop", "GaussianNoise", "Dropout", "RandAugment", "AugMix", "AutoContrast", "CutMix", "MixUp":
		return true
	}
	return strings.HasPrefix(class, "Random")
}

// normalization is (v - mean)/max(sqrt(variance), 1e-7), or its inverse.
func normalization(l *Layer, statistics Statistics) (scale, offset [3]float64, ok bool, err error) {
	mean, ok1 := channels(l.config["mean"])
	variance, ok2 := channels(l.config["variance"])
	if !ok1 || !ok2 {
		m, v, err := statistics(l)
		if err != nil {
			return scale, offset, false, err
		}
		mean, ok1 = three(m)
		variance, ok2 = three(v)
	}
	for c := range 3 {
		deviation := max(math.Sqrt(variance[c]), 1e-7)
		scale[c], offset[c] = 1/deviation, -mean[c]/deviation
		if l.config["invert"] == true {
			scale[c], offset[c] = deviation, mean[c]
		}
	}
	return scale, offset, ok1 && ok2, nil
}

// op is what one operation with a constant does: keras.applications' preprocessing.
func (l *Layer) op() (scale, offset [3]float64, ok bool) {
	name := l.Class
	if name == "TFOpLambda" {
		name, _ = l.config["function"].(string)
		name = name[strings.LastIndexByte(name, '.')+1:]
	}
	if strings.EqualFold(name, "cast") {
		return [3]float64{1, 1, 1}, offset, true
	}
	if len(l.operands) != 2 {
		return scale, offset, false
	}
	_, first := l.operands[0].(*Layer)
	constant := l.operands[0]
	if first {
		constant = l.operands[1]
	}
	k, ok := channels(constant)
	one := [3]float64{1, 1, 1}
	switch name = strings.ToLower(name); {
	case name == "add":
		return one, k, ok
	case name == "multiply" || name == "mul":
		return k, offset, ok
	case (name == "subtract" || name == "sub") && first:
		return one, negate(k), ok
	case name == "subtract" || name == "sub":
		return negate(one), k, ok
	case (name == "truedivide" || name == "truediv" || name == "divide") && first:
		for c := range k {
			ok = ok && k[c] != 0
			k[c] = 1 / k[c]
		}
		return k, offset, ok
	}
	return scale, offset, false
}

func negate(k [3]float64) [3]float64 { return [3]float64{-k[0], -k[1], -k[2]} }

// channels reads a number or one for each channel.
func channels(v any) (k [3]float64, ok bool) {
	switch v := v.(type) {
	case nil:
		return k, false
	case float64:
		return three([]float64{v})
	case []any:
		if len(v) == 1 { // [[[r, g, b]]]
			return channels(v[0])
		}
		var list []float64
		for _, e := range v {
			f, ok := e.(float64)
			if !ok {
				return k, false
			}
			list = append(list, f)
		}
		return three(list)
	case map[string]any: // __numpy__, __tensor__
		config, _ := v["config"].(map[string]any)
		return channels(config["value"])
	}
	return k, false
}

func three(v []float64) (k [3]float64, ok bool) {
	switch len(v) {
	case 1:
		k = [3]float64{v[0], v[0], v[0]}
	case 3:
		copy(k[:], v)
	default:
		return k, false
	}
	for _, x := range k {
		ok = x-x == 0 // finite
		if !ok {
			break
		}
	}
	return k, ok
}
