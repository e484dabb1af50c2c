package simd

import (
	"fmt"

	"thaw/kernels"
)

// PackFilter implements kernels.Backend. For BackwardInput it packs one group of
// taps per residue class of the input pixel, see residues.
func (b *Backend) PackFilter(a *kernels.PackFilterArgs) {
	s := a.Shape
	if len(a.Filter) < s.FilterLen() || len(a.Dst) < b.PackedLen(s, a.Pass) {
		panic(fmt.Sprintf("simd: PackFilter: filter of %d and destination of %d floats for %+v", len(a.Filter), len(a.Dst), s))
	}
	if w := b.winograd(s, a.Pass); w != nil {
		b.packWinograd(w, a)
		return
	}
	if a.Pass == kernels.Forward {
		b.packPanels(a.Filter, s.KH*s.KW*s.CIn, s.COut, s.COut, a.Scale, a.Alpha, a.Dst)
		return
	}
	for _, r := range residues(s) {
		if r.tapsH*r.tapsW == 0 {
			continue
		}
		b.setFields(flipSrc, int(at(a.Filter)), flipDst, int(at(a.Dst[b.packedAt(s, r):])), flipPanel, r.tapsH*r.tapsW*s.COut*nr*4)
		b.setGeometry(flipGeometry, s, r, a.Scale, a.Alpha)
		b.run(kernelPackBackward, ceilDiv(s.CIn, nr), true)
	}
}

// setGeometry writes the fields of a flipped filter's taps of a residue.
func (b *Backend) setGeometry(first int, s kernels.ConvShape, r residue, scale []float32, alpha float32) {
	b.setFields(first+flipFirstH, r.kh+(r.tapsH-1)*s.Stride, first+flipFirstW, r.kw+(r.tapsW-1)*s.Stride, first+flipStep, s.Stride,
		first+flipH, r.tapsH, first+flipW, r.tapsW, first+flipKW, s.KW, first+flipCIn, s.CIn, first+flipCOut, s.COut,
		first+flipScale, int(at(scale)))
	b.setF32(first+flipAlpha, alpha)
}

// packPanels packs a [rows, cols] matrix, stride floats from row to row, scaled per column.
func (b *Backend) packPanels(src []float32, rows, cols, stride int, scale []float32, alpha float32, dst []float32) {
	b.setFields(packSrc, int(at(src)), packSrcRow, 4*stride, packDst, int(at(dst)), packRowsAll, rows,
		packCols, cols, packScale, int(at(scale)))
	b.setF32(packAlpha, alpha)
	b.run(kernelPackForward, ceilDiv(rows, packRows), true)
}

// residue is the input pixels (i*Stride+h, j*Stride+w) and the taps (kh+u*Stride,
// kw+v*Stride), u < tapsH, v < tapsW, that connect them to an output pixel: the
// only one for stride 1, four for stride 2. As a convolution of dOut with the
// flipped taps, the first of them sees dOut pixel (i+firstH, j+firstW).
type residue struct {
	h, w           int
	kh, kw         int
	tapsH, tapsW   int
	firstH, firstW int
	tapsBefore     int // taps of the residues packed before this one
}

// residues lists them in the order in which their taps are packed.
func residues(s kernels.ConvShape) []residue {
	var list []residue
	before := 0
	for h := range min(s.Stride, s.H) {
		for w := range min(s.Stride, s.W) {
			r := residue{h: h, w: w, tapsBefore: before}
			r.kh, r.tapsH, r.firstH = residueTaps(h, s.PadTop, s.KH, s.Stride)
			r.kw, r.tapsW, r.firstW = residueTaps(w, s.PadLeft, s.KW, s.Stride)
			before += r.tapsH * r.tapsW
			list = append(list, r)
		}
	}
	return list
}

// residueTaps solves o*stride - pad + k = i*stride + h along one axis: k runs over
// kFirst, kFirst+stride, ... (n of them below size); the last sees o = i+first.
func residueTaps(h, pad, size, stride int) (kFirst, n, first int) {
	kFirst = (h + pad) % stride
	if kFirst < size {
		n = (size - kFirst + stride - 1) / stride
	}
	return kFirst, n, (h+pad-kFirst)/stride - (n - 1)
}

// packedAt is where the taps of a residue begin in a filter packed for BackwardInput.
func (b *Backend) packedAt(s kernels.ConvShape, r residue) int {
	return r.tapsBefore * s.COut * roundUp(s.CIn, nr)
}

// Conv2DBackwardInput implements kernels.Backend: a convolution of DOut per residue.
func (b *Backend) Conv2DBackwardInput(a *kernels.Conv2DBackwardInputArgs) {
	s := a.Shape
	residual := kernels.View{}
	if a.Accumulate {
		residual = a.DIn
	}
	for _, r := range residues(s) {
		gridH, gridW := ceilDiv(s.H-r.h, s.Stride), ceilDiv(s.W-r.w, s.Stride)
		b.convViews(a.DOut, a.DIn, residual, s.Stride, r.h, r.w)
		b.setFields(convGridH, gridH, convGridW, gridW, convStep, 1, convFirstH, r.firstH, convFirstW, r.firstW,
			convKH, r.tapsH, convKW, r.tapsW, convShift, 0)
		b.setF32(convAlpha, 1)
		b.setF32(convFloor, noFloor)
		filter := a.Filter
		if a.InPlace {
			b.setFields(convSource, int(at(filter)), convFlipped, 1)
			b.setGeometry(convGeometry, s, r, a.Scale, a.Alpha)
		} else if w := b.winograd(s, kernels.BackwardInput); w != nil { // of stride 1: this is the only residue
			b.winogradJob(w, s, kernels.BackwardInput, filter, a.Scratch, !a.Accumulate)
			return
		} else {
			filter = filter[b.packedAt(s, r):]
		}
		b.convJob(s, kernels.BackwardInput, filter, a.Scratch, s.N*gridH*gridW, !a.Accumulate)
	}
}

func ceilDiv(n, by int) int { return (n + by - 1) / by }
