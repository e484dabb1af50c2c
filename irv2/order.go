package irv2

import "sort"

// kerasOrder lists the layers that lead to output as Keras's model.layers does:
// by depth (longest way to the output), deepest first, and within a depth by the
// order in which a walk from the output first meets them
// (keras/src/ops/function.py, map_graph).
func kerasOrder(output *Layer) []*Layer {
	met := map[*Layer]int{}
	var finished []*Layer // inputs before the layers that read them
	var walk func(l *Layer)
	walk = func(l *Layer) {
		if _, ok := met[l]; ok {
			return
		}
		met[l] = len(met)
		for _, in := range l.Inputs {
			walk(in)
		}
		finished = append(finished, l)
	}
	walk(output)

	depth := map[*Layer]int{}
	for i := len(finished) - 1; i >= 0; i-- {
		l := finished[i]
		for _, in := range l.Inputs {
			depth[in] = max(depth[in], depth[l]+1)
		}
	}
	sort.SliceStable(finished, func(i, j int) bool {
		a, b := finished[i], finished[j]
		if depth[a] != depth[b] {
			return depth[a] > depth[b]
		}
		return met[a] < met[b]
	})
	return finished
}
