package topology

// Head is a classifier of Thaw's form: global average pooling, perhaps Dense with ReLU,
// perhaps dropout, Dense with softmax (or logits).
type Head struct {
	Dense []*Layer // one or two
}

const averagePooling = "GlobalAveragePooling2D"

// Head reads what stands behind the backbone. Where that is no head, or one of another
// form, it is nil, and left are the layers that are not taken over: a pooling alone is
// none.
func (a Around) Head() (h *Head, left []*Layer) {
	if len(a.Back) == 0 || len(a.Back) == 1 && a.Back[0].Class == averagePooling {
		return nil, nil
	}
	h = &Head{}
	last, pooled := a.end, false
	var functions []string // of each dense layer
	for _, l := range a.Back {
		if len(l.inputs) != 1 || l.inputs[0] != last {
			return nil, a.Back
		}
		last = l
		f, n := l.activation(), len(functions)
		switch l.Class {
		case averagePooling:
			if pooled {
				return nil, a.Back
			}
			pooled = true
		case "Dense":
			if l.config["use_bias"] == false {
				return nil, a.Back
			}
			h.Dense, functions = append(h.Dense, l), append(functions, f)
		case "ReLU", "Softmax", "Activation":
			if name := map[string]string{"ReLU": "relu", "Softmax": "softmax"}[l.Class]; name != "" {
				f = name
			}
			if n == 0 || functions[n-1] != "linear" {
				return nil, a.Back
			}
			functions[n-1] = f
		case "Dropout", "Flatten": // of what is flat already
		default:
			return nil, a.Back
		}
	}
	if !pooled || !fits(functions) {
		return nil, a.Back
	}
	return h, nil
}

// fits says whether dense layers with these functions are Thaw's.
func fits(functions []string) bool {
	n := len(functions)
	if n == 0 || n > 2 || n == 2 && functions[0] != "relu" {
		return false
	}
	return functions[n-1] == "softmax" || functions[n-1] == "linear"
}
