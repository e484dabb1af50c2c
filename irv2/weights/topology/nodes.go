package topology

// Which layers a layer reads: Keras 2 writes [name, node, tensor, {keyword: value}],
// Keras 3 {class_name: __keras_tensor__, config: {keras_history: [name, node, tensor]}}
// among args and kwargs.

// reference is a tensor by the layer that makes it.
type reference struct {
	name   string
	tensor int
}

func (r reference) pick(made map[string][]*Layer) []*Layer {
	list := made[r.name]
	if len(list) > 1 && r.tensor < len(list) {
		return list[r.tensor : r.tensor+1]
	}
	return list
}

// asReference reads [name, node, tensor, ...].
func asReference(v any) (r reference, rest []any, ok bool) {
	list, _ := v.([]any)
	if len(list) < 3 {
		return r, nil, false
	}
	name, ok1 := list[0].(string)
	_, ok2 := list[1].(float64)
	tensor, ok3 := list[2].(float64)
	return reference{name, int(max(0, min(tensor, 1e6)))}, list[3:], ok1 && ok2 && ok3
}

// references finds all in v, in order.
func references(v any) (list []reference) {
	if r, _, ok := asReference(v); ok {
		return []reference{r}
	}
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			list = append(list, references(e)...)
		}
	case map[string]any:
		for _, key := range []string{"args", "kwargs", "config", "keras_history", "y", "x2", "values"} {
			list = append(list, references(v[key])...)
		}
	}
	return list
}

// connect gives the layers that the nodes of a layer read, and the operands of an op.
func connect(nodes any, made map[string][]*Layer) (inputs []*Layer, operands []any) {
	list, _ := nodes.([]any)
	for _, node := range list {
		for _, operand := range operandsOf(node) {
			if r, ok := operand.(reference); ok {
				from := r.pick(made)
				inputs = append(inputs, from...)
				if len(from) > 0 {
					operand = from[0]
				}
			}
			operands = append(operands, operand)
		}
	}
	return inputs, operands
}

// operandsOf lists what a node is given: a reference for each tensor, everything else
// as it stands.
func operandsOf(node any) (list []any) {
	add := func(v any) {
		refs := references(v)
		for _, r := range refs {
			list = append(list, r)
		}
		if len(refs) == 0 {
			list = append(list, v)
		}
	}
	if n, ok := node.(map[string]any); ok { // Keras 3
		args, _ := n["args"].([]any)
		kwargs, _ := n["kwargs"].(map[string]any)
		for _, a := range args {
			add(a)
		}
		for _, key := range []string{"x1", "x2", "y"} {
			if v, ok := kwargs[key]; ok {
				add(v)
			}
		}
		return list
	}
	entries, _ := node.([]any)
	if _, _, ok := asReference(node); ok { // an op of Keras 2
		entries = []any{node}
	}
	for _, e := range entries {
		r, rest, ok := asReference(e)
		if !ok {
			continue
		}
		if r.name == "_CONSTANT_VALUE" { // [_CONSTANT_VALUE, -1, value, {...}]
			list = append(list, e.([]any)[2])
		} else {
			list = append(list, r)
		}
		if len(rest) == 0 {
			continue
		}
		kwargs, _ := rest[0].(map[string]any)
		if y, ok := kwargs["y"]; ok {
			add(y)
		}
	}
	return list
}
