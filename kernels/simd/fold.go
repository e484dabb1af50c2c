package simd

import (
	"unsafe"

	"thaw/kernels"
)

// foldJob is the record of BatchNormFold: the addresses of five rows of c floats, and eps.
type foldJob struct {
	beta, mean, variance, scale, shift int
	c                                  int
	eps                                float32
}

var inFold foldJob

var kernelNormFold = newKernel(emitNormFold)

// emitNormFold: Scale = 1/sqrt(Variance+Eps); Shift = Beta - Mean*Scale.
func emitNormFold(m *module) function {
	f, arg, tile, _ := m.tile()
	r := recordAt(arg, unsafe.Pointer(&inFold), unsafe.Sizeof(inFold))
	return m.combine(f, tile, r.i32(&inFold.c), func(offset i32, l lane) {
		at := func(field *int) i32 { return r.i32(field).add(offset) }
		variance := wide(l.load(at(&inFold.variance)).add(r.splat(&inFold.eps)))
		scale := f.newVec(wideConst(1).div(variance.sqrt()).narrow())
		l.store(f, at(&inFold.scale), scale)
		l.store(f, at(&inFold.shift), l.load(at(&inFold.beta)).sub(l.load(at(&inFold.mean)).mul(scale)))
	})
}

// BatchNormFold implements kernels.Backend.
func (b *Backend) BatchNormFold(a *kernels.BatchNormFoldArgs) {
	*(*foldJob)(b.record()) = foldJob{
		beta: at(a.Beta), mean: at(a.Mean), variance: at(a.Variance),
		scale: at(a.Scale), shift: at(a.Shift), c: len(a.Scale), eps: a.Eps,
	}
	b.run(kernelNormFold, ceilDiv(len(a.Scale), combineChannels), true)
}
