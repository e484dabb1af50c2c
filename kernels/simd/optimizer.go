package simd

import (
	"unsafe"

	"thaw/kernels"
)

// updateJob is the record of an optimiser job. A tile updates updateTile parameters.
type updateJob struct {
	param, grad, m, v int
	len               int
	rate              float32 // Adam: with the bias corrections in it
	a                 float32 // Adam: 1-Beta1, SGD: momentum
	b                 float32 // Adam: 1-Beta2
	eps               float32
	kept              float32 // the share of Param that decay leaves, or the factor of a scaling
}

var inUpdate updateJob

const updateTile = 8192

// update runs body over the tile's floats with pointers to param, grad, m and v.
func (m *module) update(body func(f function, r *record, l lane, at func(field *int) i32)) function {
	f, arg, tile, _ := m.tile()
	r := recordAt(arg, unsafe.Pointer(&inUpdate), unsafe.Sizeof(inUpdate))
	first := f.newI32(tile.mulN(updateTile))
	last := f.newI32(minimum(first.addN(updateTile), r.i32(&inUpdate.len)))
	m.strips(f, first, last, func(offset i32, ls []lane) {
		for _, l := range ls {
			body(f, r, l, func(field *int) i32 { return r.i32(field).add(offset) })
		}
	})
	return f
}

var kernelAdam = newKernel(emitAdam)

// emitAdam: M += (Grad-M)*(1-Beta1); V += (Grad^2-V)*(1-Beta2);
// Param = Param*kept - M*rate/(sqrt(V)+eps).
func emitAdam(m *module) function {
	return m.update(func(f function, r *record, l lane, at func(*int) i32) {
		g, mom, v := f.newVec(l.load(at(&inUpdate.grad))), f.varVec(l.load(at(&inUpdate.m))), f.varVec(l.load(at(&inUpdate.v)))
		mom.set(mom.add(g.sub(mom.get()).mul(r.splat(&inUpdate.a))))
		v.set(v.add(g.mul(g).sub(v.get()).mul(r.splat(&inUpdate.b))))
		l.store(f, at(&inUpdate.m), mom.get())
		l.store(f, at(&inUpdate.v), v.get())
		step := mom.mul(r.splat(&inUpdate.rate)).div(v.sqrt().add(r.splat(&inUpdate.eps)))
		l.store(f, at(&inUpdate.param), l.load(at(&inUpdate.param)).mul(r.splat(&inUpdate.kept)).sub(step))
	})
}

var kernelSGD = newKernel(emitSGD)

// emitSGD: Param = Param*kept - rate*Grad.
func emitSGD(m *module) function {
	return m.update(func(f function, r *record, l lane, at func(*int) i32) {
		step := l.load(at(&inUpdate.grad)).mul(r.splat(&inUpdate.rate))
		l.store(f, at(&inUpdate.param), l.load(at(&inUpdate.param)).mul(r.splat(&inUpdate.kept)).sub(step))
	})
}

var (
	kernelMomentum = newKernel(emitMomentum)
	kernelNesterov = newKernel(emitNesterov)
)

// emitMomentum and emitNesterov: M = momentum*M - rate*Grad; Param = Param*kept + M,
// or + momentum*M - rate*Grad once more.
func emitMomentum(m *module) function { return emitSGDMomentum(m, false) }
func emitNesterov(m *module) function { return emitSGDMomentum(m, true) }

func emitSGDMomentum(m *module, nesterov bool) function {
	return m.update(func(f function, r *record, l lane, at func(*int) i32) {
		step := f.newVec(l.load(at(&inUpdate.grad)).mul(r.splat(&inUpdate.rate)))
		mom := f.varVec(l.load(at(&inUpdate.m)).mul(r.splat(&inUpdate.a)).sub(step))
		l.store(f, at(&inUpdate.m), mom.get())
		if nesterov {
			mom.set(mom.mul(r.splat(&inUpdate.a)).sub(step))
		}
		l.store(f, at(&inUpdate.param), l.load(at(&inUpdate.param)).mul(r.splat(&inUpdate.kept)).add(mom.get()))
	})
}

var kernelScale = newKernel(emitScale)

// emitScale: Param *= kept.
func emitScale(m *module) function {
	return m.update(func(f function, r *record, l lane, at func(*int) i32) {
		l.store(f, at(&inUpdate.param), l.load(at(&inUpdate.param)).mul(r.splat(&inUpdate.kept)))
	})
}

// squaresJob is the record of SumSquares. A tile sums its part of x; the parts differ by
// one float at most.
type squaresJob struct {
	x, len, parts int
	sums          [maxSquareParts][2]float64 // of a tile, to be added
}

// A part is worth a tile from squarePart floats on.
const (
	squarePart     = 8192
	maxSquareParts = 64
)

var inSquares squaresJob

var kernelSumSquares = newKernel(emitSumSquares)

func emitSumSquares(m *module) function {
	f, arg, tile, _ := m.tile()
	r := recordAt(arg, unsafe.Pointer(&inSquares), unsafe.Sizeof(inSquares))
	parts := f.split(r.i32(&inSquares.len), r.i32(&inSquares.parts))
	x, v := f.newI32(r.i32(&inSquares.x)), f.newPair()
	sum := f.newPair() // zero at entry
	m.strips(f, f.newI32(parts.start(tile)), f.newI32(parts.start(tile.addN(1))), func(offset i32, ls []lane) {
		for _, l := range ls {
			v.set(wide(l.load(x.add(offset))))
			sum.set(sum.add(v.mul(v.pair)))
		}
	})
	f.storeVec(r.address(unsafe.Pointer(&inSquares.sums)).add(tile.shl(4)), 0, sum.lo.addF64(sum.hi))
	return f
}

// SquaresLen implements kernels.Sizes: the parts' sums stand in the job's record.
func (b *Backend) SquaresLen(int) int { return 0 }

// SumSquares implements kernels.Backend. How X is cut follows from its length alone.
func (b *Backend) SumSquares(a *kernels.SumSquaresArgs) {
	parts := max(1, min(len(a.X)/squarePart, maxSquareParts))
	*(*squaresJob)(b.record()) = squaresJob{x: at(a.X), len: len(a.X), parts: parts}
	b.run(kernelSumSquares, parts, true)
	total := 0.0
	for _, sum := range (*squaresJob)(b.record()).sums[:parts] {
		total += sum[0]
		total += sum[1]
	}
	a.Sum[0] = float32(total)
}

// ClipByNorm implements kernels.Backend.
func (b *Backend) ClipByNorm(a *kernels.ClipByNormArgs) {
	if scale := a.Scale(); scale < 1 {
		b.update(kernelScale, &updateJob{param: at(a.X), len: len(a.X), kept: scale})
	}
}

// Adam implements kernels.Backend.
func (b *Backend) Adam(a *kernels.AdamArgs) {
	b.update(kernelAdam, &updateJob{
		param: at(a.Param), grad: at(a.Grad), m: at(a.M), v: at(a.V), len: len(a.Grad),
		rate: a.Alpha(), a: float32(1 - a.Beta1), b: float32(1 - a.Beta2), eps: float32(a.Eps), kept: a.Kept(),
	})
}

// SGD implements kernels.Backend.
func (b *Backend) SGD(a *kernels.SGDArgs) {
	k := kernelSGD
	switch {
	case a.Momentum != 0 && a.Nesterov:
		k = kernelNesterov
	case a.Momentum != 0:
		k = kernelMomentum
	}
	b.update(k, &updateJob{
		param: at(a.Param), grad: at(a.Grad), m: at(a.M), len: len(a.Grad),
		rate: float32(a.Rate), a: float32(a.Momentum), kept: a.Kept(),
	})
}

// update runs an update, which cannot be done twice.
func (b *Backend) update(k kernel, job *updateJob) {
	*(*updateJob)(b.record()) = *job
	b.run(k, ceilDiv(job.len, updateTile), false)
}
