package compile

import "thaw/irv2"

// unit is one op of the forward pass with everything it absorbs: a convolution
// takes its batch norm, bias, residual sum and ReLU with it. Concatenations are
// units without an op: their inputs write into their slices.
type unit struct {
	class irv2.Class
	main  *irv2.Layer // the convolution, pool, dense, ... layer
	bn    *irv2.Layer // BatchNormalization, or nil
	sum   *irv2.Layer // CustomScaleLayer, or nil
	in    []*irv2.Layer
	out   *irv2.Layer // the last layer absorbed: its output is the unit's
	relu  bool
}

// residual is the layer that the sum adds to, or nil.
func (u *unit) residual() *irv2.Layer {
	if u.sum == nil {
		return nil
	}
	return u.sum.Inputs[0]
}

// alpha is the factor of the branch in the residual sum.
func (u *unit) alpha() float32 {
	if u.sum == nil {
		return 1
	}
	return u.sum.Scale
}

// reads lists the layers whose outputs u reads.
func (u *unit) reads() []*irv2.Layer {
	if r := u.residual(); r != nil {
		return []*irv2.Layer{u.in[0], r}
	}
	return u.in
}

// fuse groups the layers into units, in the order of the layers that end them.
func fuse(m *irv2.Model) []*unit {
	next := map[*irv2.Layer][]*irv2.Layer{}
	for _, l := range m.Layers {
		for _, in := range l.Inputs {
			next[in] = append(next[in], l)
		}
	}
	// follow returns l's only reader if it has that class.
	follow := func(l *irv2.Layer, class irv2.Class) *irv2.Layer {
		if n := next[l]; len(n) == 1 && n[0].Class == class {
			return n[0]
		}
		return nil
	}
	ends := map[*irv2.Layer]*unit{}
	for _, l := range m.Layers {
		u := &unit{class: l.Class, main: l, in: l.Inputs, out: l, relu: l.ReLU}
		switch l.Class {
		case irv2.InputLayer, irv2.BatchNormalization, irv2.Activation, irv2.CustomScaleLayer:
			continue // the input is a value; the others are absorbed
		case irv2.Conv2D:
			if u.bn = follow(u.out, irv2.BatchNormalization); u.bn != nil {
				u.out = u.bn
			}
			if u.sum = follow(u.out, irv2.CustomScaleLayer); u.sum != nil {
				u.out = u.sum
			}
			if act := follow(u.out, irv2.Activation); act != nil {
				u.out, u.relu = act, true
			}
		}
		ends[u.out] = u
	}
	var units []*unit
	for _, l := range m.Layers {
		if u := ends[l]; u != nil {
			units = append(units, u)
		}
	}
	return units
}
