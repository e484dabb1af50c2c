package simd

// Record of BatchNormFold: the addresses of five rows of foldC floats, and eps.
const (
	foldBeta = 4 * iota
	foldMean
	foldVariance
	foldScale
	foldShift
	foldC
	foldEps // float32
)

// emitNormFold: Scale = 1/sqrt(Variance+Eps); Shift = Beta - Mean*Scale.
func emitNormFold(m *module) function {
	return m.combine(foldC, func(f function, arg, offset i32, l lane) {
		at := func(field int) i32 { return arg.i32(field).add(offset) }
		variance := wide(l.load(at(foldVariance)).add(arg.splat(foldEps)))
		scale := f.newVec(wideConst(1).div(variance.sqrt()).narrow())
		l.store(f, at(foldScale), scale)
		l.store(f, at(foldShift), l.load(at(foldBeta)).sub(l.load(at(foldMean)).mul(scale)))
	})
}
