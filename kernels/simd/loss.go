package simd

import (
	"math"
	"unsafe"

	"thaw/kernels"
)

// lossJob is the record of SoftmaxCrossEntropy, a tile a row. Without dLogits no
// gradient is wanted.
type lossJob struct {
	logits, labels, probs, dLogits pixels
	loss                           int
	rows, classes                  int
}

var inLoss lossJob

var kernelSoftmaxCrossEntropy = newKernel(emitSoftmaxCrossEntropy)

// emitSoftmaxCrossEntropy computes a row in float64, each sum in the order of classes.
func emitSoftmaxCrossEntropy(m *module) function {
	f, arg, row, _ := m.tile()
	r := recordAt(arg, unsafe.Pointer(&inLoss), unsafe.Sizeof(inLoss))
	start := func(v *pixels) i32 { return f.newI32(r.i32(&v.at).add(row.mul(r.i32(&v.pixel)))) }
	logits, labels, probs, dLogits := start(&inLoss.logits), start(&inLoss.labels), start(&inLoss.probs), start(&inLoss.dLogits)
	offset := f.varI32(nil)
	eachClass := func(body func()) {
		offset.set(num(0))
		f.upTo(offset, r.i32(&inLoss.classes).shl(2), 4, body)
	}
	logit, label := logits.add(offset.get()).f32(0).toF64(), labels.add(offset.get()).f32(0).toF64()

	top, sum := f.varF64(f64const(math.Inf(-1))), f.varF64(f64const(0))
	eachClass(func() { top.set(top.max(logit)) })
	eachClass(func() { sum.set(sum.add(f.exp(logit.sub(top.get())))) })
	logSum := f.newF64(top.add(f.log(sum.get())))

	mass, loss := f.varF64(f64const(0)), f.varF64(f64const(0))
	eachClass(func() {
		mass.set(mass.add(label))
		loss.set(loss.add(label.mul(logSum.sub(logit))))
	})
	f.storeF32(r.i32(&inLoss.loss).add(row.shl(2)), 0, loss.toF32())

	prob := f.varF64(nil)
	eachClass(func() {
		prob.set(f.exp(logit.sub(logSum)))
		f.storeF32(probs.add(offset.get()), 0, prob.toF32())
		f.when(r.i32(&inLoss.dLogits.at), func() {
			gradient := prob.mul(mass.get()).sub(label).div(r.i32(&inLoss.rows).toF64())
			f.storeF32(dLogits.add(offset.get()), 0, gradient.toF32())
		})
	})
	return f
}

// exp is e^x for x <= 0; a NaN stays. With k the integer nearest to x/ln 2,
//
//	e^x = 2^k e^r,  r = x - k ln 2,  |r| <= ln 2 / 2
//
// and 13 terms of e^r's Taylor series are exact to float64. Below -708 2^k would
// leave the normal numbers: there e^-708 = 3e-308 is zero to any float32.
func (f function) exp(x f64) f64 {
	// Adding 1.5*2^52 leaves k in the low bits of the sum.
	const round = 3 << 51
	// ln 2 in two parts: k times the high one, of 29 bits, is exact.
	const ln2High, ln2Low = 0x1.62e42fep-1, math.Ln2 - 0x1.62e42fep-1

	at := f.newF64(x.max(f64const(-708)))
	shifted := f.newF64(at.mul(f64const(1 / math.Ln2)).add(f64const(round)))
	k := f.newF64(shifted.sub(f64const(round)))
	r := f.newF64(at.sub(k.mul(f64const(ln2High))).sub(k.mul(f64const(ln2Low))))
	series := f.varF64(f64const(1))
	for n := 13; n > 0; n-- { // 1 + r/1 (1 + r/2 (1 + r/3 (...)))
		series.set(series.mul(r).mul(f64const(1 / float64(n))).add(f64const(1)))
	}
	power := shifted.bits().add(i64const(1023)).shl(52).asF64()
	return series.mul(power)
}

// log is ln x for finite x > 0. With x = 2^k m, m in [sqrt(1/2), sqrt(2)),
//
//	ln x = k ln 2 + 2 artanh(s),  s = (m-1)/(m+1),  |s| <= 0.172
//
// and 11 terms of artanh(s) = s + s^3/3 + s^5/5 + ... are exact to float64.
func (f function) log(x f64) f64 {
	bits := f.newI64(x.bits())
	k := f.newI64(bits.sub(i64const(math.Float64bits(math.Sqrt2 / 2))).shrS(52))
	m := f.newF64(bits.sub(k.shl(52)).asF64())
	s := f.newF64(m.sub(f64const(1)).div(m.add(f64const(1))))
	square, series := f.newF64(s.mul(s)), f.varF64(f64const(0))
	for n := 21; n > 0; n -= 2 {
		series.set(series.mul(square).add(f64const(1 / float64(n))))
	}
	return k.toF64().mul(f64const(math.Ln2)).add(s.mul(series.get()).mul(f64const(2)))
}

// SoftmaxCrossEntropy implements kernels.Backend.
func (b *Backend) SoftmaxCrossEntropy(a *kernels.SoftmaxCrossEntropyArgs) {
	rows := a.Logits.Pixels()
	*(*lossJob)(b.record()) = lossJob{
		logits: pixelsOf(a.Logits), labels: pixelsOf(a.Labels), probs: pixelsOf(a.Probs), dLogits: pixelsOf(a.DLogits),
		loss: at(a.Loss), rows: rows, classes: a.Logits.C,
	}
	b.run(kernelSoftmaxCrossEntropy, rows, true)
}
