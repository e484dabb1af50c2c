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
	updateKept // float32: the share of Param that decay leaves, or the factor of a scaling
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

// emitAdam: M += (Grad-M)*(1-Beta1); V += (Grad^2-V)*(1-Beta2);
// Param = Param*kept - M*rate/(sqrt(V)+eps).
func emitAdam(m *module) function {
	return m.update(func(f function, arg i32, l lane, at func(int) i32) {
		g, mom, v := f.newVec(l.load(at(updateGrad))), f.varVec(l.load(at(updateM))), f.varVec(l.load(at(updateV)))
		mom.set(mom.add(g.sub(mom.get()).mul(arg.splat(updateA))))
		v.set(v.add(g.mul(g).sub(v.get()).mul(arg.splat(updateB))))
		l.store(f, at(updateM), mom.get())
		l.store(f, at(updateV), v.get())
		step := mom.mul(arg.splat(updateRate)).div(v.sqrt().add(arg.splat(updateEps)))
		l.store(f, at(updateParam), l.load(at(updateParam)).mul(arg.splat(updateKept)).sub(step))
	})
}

// emitSGD: Param = Param*kept - rate*Grad.
func emitSGD(m *module) function {
	return m.update(func(f function, arg i32, l lane, at func(int) i32) {
		step := l.load(at(updateGrad)).mul(arg.splat(updateRate))
		l.store(f, at(updateParam), l.load(at(updateParam)).mul(arg.splat(updateKept)).sub(step))
	})
}

// emitMomentum and emitNesterov: M = momentum*M - rate*Grad; Param = Param*kept + M,
// or + momentum*M - rate*Grad once more.
func emitMomentum(m *module) function { return emitSGDMomentum(m, false) }
func emitNesterov(m *module) function { return emitSGDMomentum(m, true) }

func emitSGDMomentum(m *module, nesterov bool) function {
	return m.update(func(f function, arg i32, l lane, at func(int) i32) {
		step := f.newVec(l.load(at(updateGrad)).mul(arg.splat(updateRate)))
		mom := f.varVec(l.load(at(updateM)).mul(arg.splat(updateA)).sub(step))
		l.store(f, at(updateM), mom.get())
		if nesterov {
			mom.set(mom.mul(arg.splat(updateA)).sub(step))
		}
		l.store(f, at(updateParam), l.load(at(updateParam)).mul(arg.splat(updateKept)).add(mom.get()))
	})
}

// emitScale: Param *= kept.
func emitScale(m *module) function {
	return m.update(func(f function, arg i32, l lane, at func(int) i32) {
		l.store(f, at(updateParam), l.load(at(updateParam)).mul(arg.splat(updateKept)))
	})
}

// Record of SumSquares. A tile leaves the sums of its part of X in two float64 at the
// record's end; the parts differ by one float at most.
const (
	sumX     = 4 * iota
	sumLen        // floats of X
	sumParts      // tiles
	sumPairs = 16 // per tile two float64

	maxSumParts      = 64
	sumSquaresRecord = sumPairs + 16*maxSumParts // bytes
)

func emitSumSquares(m *module) function {
	f, arg, tile, _ := m.tile()
	parts := f.split(arg.i32(sumLen), arg.i32(sumParts))
	x, v := f.newI32(arg.i32(sumX)), f.newPair()
	sum := f.newPair() // zero at entry
	m.strips(f, f.newI32(parts.start(tile)), f.newI32(parts.start(tile.addN(1))), func(offset i32, ls []lane) {
		for _, l := range ls {
			v.set(wide(l.load(x.add(offset))))
			sum.set(sum.add(v.mul(v.pair)))
		}
	})
	f.storeVec(arg.add(tile.shl(4)), sumPairs, sum.lo.addF64(sum.hi))
	return f
}
