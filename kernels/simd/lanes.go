package simd

import "thaw/kernels/wasmasm"

// lane is one vector of a step over channels: four channels at a byte offset from
// the step's pointer, or a single one where fewer than four are left. Arithmetic
// is written once, on vectors; only loads and stores differ.
type lane struct {
	off    int
	single bool
}

func (l lane) load(p i32) vec {
	if l.single {
		return p.low1(l.off)
	}
	return p.vec(l.off)
}

func (l lane) store(f function, p i32, v vec) {
	if l.single {
		f.storeLane(p, l.off, v, 0)
		return
	}
	f.storeVec(p, l.off, v)
}

// A step over channels is a cache line of 16 at first, then 4, then 1.
var (
	lineLanes = []lane{{off: 0}, {off: 16}, {off: 32}, {off: 48}}
	vecLanes  = []lane{{}}
	oneLane   = []lane{{single: true}}
)

// strips runs body for the channels first..last-1 (or any row of floats), a
// step at a time; offset is the step's first channel in bytes.
func (m *module) strips(f function, first, last i32, body func(offset i32, ls []lane)) {
	offset, end := f.varI32(first.shl(2)), f.newI32(last.shl(2))
	f.upTo(offset, end.addN(-60), 64, func() { body(offset.get(), lineLanes) })
	f.upTo(offset, end.addN(-12), 16, func() { body(offset.get(), vecLanes) })
	f.upTo(offset, end, 4, func() { body(offset.get(), oneLane) })
}

// vars declares a variable per lane.
func (f function) vars(ls []lane) []vecVar {
	v := make([]vecVar, len(ls))
	for i := range v {
		v[i] = f.varVec(nil)
	}
	return v
}

// vecs declares n variables.
func (f function) vecs(n int) []vecVar { return f.vars(make([]lane, n)) }

// setAll sets a variable per lane.
func (f function) setAll(v []vecVar, e func(i int) vec) {
	for i := range v {
		v[i].set(e(i))
	}
}

// pair is four lanes in float64: two vectors of two.
type pair struct{ lo, hi vec }

// wide is v in float64.
func wide(v vec) pair { return pair{v.promote(), lanes(v, v, 2, 3, 2, 3).promote()} }

// narrow rounds to float32.
func (p pair) narrow() vec { return lanes(p.lo.demote(), p.hi.demote(), 0, 1, 4, 5) }

func (p pair) add(q pair) pair { return pair{p.lo.addF64(q.lo), p.hi.addF64(q.hi)} }
func (p pair) sub(q pair) pair { return pair{p.lo.subF64(q.lo), p.hi.subF64(q.hi)} }
func (p pair) mul(q pair) pair { return pair{p.lo.mulF64(q.lo), p.hi.mulF64(q.hi)} }
func (p pair) div(q pair) pair { return pair{p.lo.divF64(q.lo), p.hi.divF64(q.hi)} }
func (p pair) sqrt() pair      { return pair{p.lo.sqrtF64(), p.hi.sqrtF64()} }

// pairVar is a pair of variables.
type pairVar struct {
	pair
	first, second vecVar
}

func (f function) newPair() pairVar {
	lo, hi := f.varVec(nil), f.varVec(nil)
	return pairVar{pair{lo.vecCode, hi.vecCode}, lo, hi}
}

func (v pairVar) set(e pair) {
	v.first.set(e.lo)
	v.second.set(e.hi)
}

// both is a float64 in all lanes.
func both(code wasmasm.Code) pair {
	v := asVec(code.Op(wasmasm.F64x2Splat))
	return pair{v, v}
}

// wide is an integer as float64.
func (a *i32Code) wide() pair { return both(concat(a).Op(wasmasm.F64ConvertI32S)) }

// wideConst is a constant.
func wideConst(v float64) pair { return both(wasmasm.Code{}.F64Const(v)) }

// wideF32 is the float32 at p+off as float64.
func (a *i32Code) wideF32(off int) pair { return both(concat(a.f32(off)).Op(wasmasm.F64PromoteF32)) }
