package simd

// Record of an optimiser job. A tile updates updateTile parameters.
const (
	updateParam = 4 * iota
	updateGrad
	updateM
	updateV
	updateLen
	updateRate // float32; Adam: with the bias corrections in it
	updateA    // float32; Adam: 1-Beta1, SGD: momentum
	updateB    // float32; Adam: 1-Beta2
	updateEps  // float32
)

const updateTile = 8192

// update runs body over the tile's floats with pointers to param, grad, m and v.
func (m *module) update(body func(f function, arg i32, l lane, at func(field int) i32)) function {
	f, arg, tile, _ := m.tile()
	first := f.newI32(tile.mulN(updateTile))
	last := f.newI32(minimum(first.addN(updateTile), arg.i32(updateLen)))
	m.strips(f, first, last, func(offset i32, ls []lane) {
		for _, l := range ls {
			body(f, arg, l, func(field int) i32 { return arg.i32(field).add(offset) })
		}
	})
	return f
}

// emitAdam: M += (Grad-M)*(1-Beta1); V += (Grad^2-V)*(1-Beta2); Param -= M*rate/(sqrt(V)+eps).
func emitAdam(m *module) function {
	return m.update(func(f function, arg i32, l lane, at func(int) i32) {
		g, mom, v := f.newVec(l.load(at(updateGrad))), f.newVec(l.load(at(updateM))), f.newVec(l.load(at(updateV)))
		set(f, mom, mom.add(g.sub(mom).mul(arg.splat(updateA))))
		set(f, v, v.add(g.mul(g).sub(v).mul(arg.splat(updateB))))
		l.store(f, at(updateM), mom)
		l.store(f, at(updateV), v)
		step := mom.mul(arg.splat(updateRate)).div(v.sqrt().add(arg.splat(updateEps)))
		l.store(f, at(updateParam), l.load(at(updateParam)).sub(step))
	})
}

// emitSGD: Param -= rate*Grad.
func emitSGD(m *module) function {
	return m.update(func(f function, arg i32, l lane, at func(int) i32) {
		step := l.load(at(updateGrad)).mul(arg.splat(updateRate))
		l.store(f, at(updateParam), l.load(at(updateParam)).sub(step))
	})
}

// emitMomentum and emitNesterov: M = momentum*M - rate*Grad; Param += M, or
// momentum*M - rate*Grad once more.
func emitMomentum(m *module) function { return emitSGDMomentum(m, false) }
func emitNesterov(m *module) function { return emitSGDMomentum(m, true) }

func emitSGDMomentum(m *module, nesterov bool) function {
	return m.update(func(f function, arg i32, l lane, at func(int) i32) {
		step := f.newVec(l.load(at(updateGrad)).mul(arg.splat(updateRate)))
		mom := f.newVec(l.load(at(updateM)).mul(arg.splat(updateA)).sub(step))
		l.store(f, at(updateM), mom)
		if nesterov {
			set(f, mom, mom.mul(arg.splat(updateA)).sub(step))
		}
		l.store(f, at(updateParam), l.load(at(updateParam)).add(mom))
	})
}
