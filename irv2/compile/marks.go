package compile

import (
	"slices"

	"thaw/irv2"
	"thaw/irv2/freeze"
)

// marks are what a plan makes of each unit.
type marks struct {
	learns     map[*unit]bool       // has a parameter with a gradient
	batchStats map[*unit]bool       // its batch norm uses batch statistics
	varies     map[*unit]bool       // its output for an image changes during training
	gradient   map[*irv2.Layer]bool // a gradient of this output is wanted: something at or above it learns
}

func mark(plan *freeze.Plan, units []*unit, training bool) *marks {
	m := &marks{map[*unit]bool{}, map[*unit]bool{}, map[*unit]bool{}, map[*irv2.Layer]bool{}}
	varies := map[*irv2.Layer]bool{}
	for _, u := range units {
		for _, l := range []*irv2.Layer{u.main, u.bn} {
			if l != nil && slices.ContainsFunc(l.Params, plan.Learns) {
				m.learns[u] = training
			}
		}
		m.batchStats[u] = training && u.bn != nil && plan.BatchStatistics[u.bn.Index]
		changes := m.learns[u] || m.batchStats[u] || training && u.class == irv2.Dropout
		learnsAbove := m.learns[u]
		for _, in := range u.reads() {
			changes = changes || varies[in]
			learnsAbove = learnsAbove || m.gradient[in]
		}
		m.varies[u], varies[u.out] = changes, changes
		m.gradient[u.out] = learnsAbove
	}
	return m
}

// cut returns the index of the unit that ends at l if all later units read nothing
// earlier than l's output, else -1.
func (m *marks) cut(units []*unit, l *irv2.Layer) int {
	at := slices.IndexFunc(units, func(u *unit) bool { return u.out == l })
	if at < 0 {
		return -1
	}
	earlier := map[*irv2.Layer]bool{}
	for _, u := range units[:at] {
		earlier[u.out] = true
	}
	for _, u := range units[at+1:] {
		for _, in := range u.reads() {
			if earlier[in] || in.Class == irv2.InputLayer {
				return -1
			}
		}
	}
	return at
}

// FrozenPrefix returns the last layer to which the network narrows and up to which
// nothing changes during training, or nil: its output for an image can be cached.
func FrozenPrefix(plan *freeze.Plan) *irv2.Layer {
	units := fuse(plan.Model)
	m := mark(plan, units, true)
	var prefix *irv2.Layer
	for _, u := range units {
		if m.varies[u] {
			break
		}
		if m.cut(units, u.out) >= 0 {
			prefix = u.out
		}
	}
	return prefix
}
