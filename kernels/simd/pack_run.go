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
		*(*flipJob)(b.record()) = flipJob{
			src: at(a.Filter), dst: at(a.Dst[b.packedAt(s, r):]), panel: r.tapsH * r.tapsW * s.COut * nr * 4,
			geometry: flipOf(s, r, a.Scale, a.Alpha),
		}
		b.run(kernelPackBackward, ceilDiv(s.CIn, nr), true)
	}
}

// flipOf is the geometry of a flipped filter's taps of a residue.
func flipOf(s kernels.ConvShape, r residue, scale []float32, alpha float32) flipGeometry {
	return flipGeometry{
		firstH: r.kh + (r.tapsH-1)*s.Stride, firstW: r.kw + (r.tapsW-1)*s.Stride, step: s.Stride,
		h: r.tapsH, w: r.tapsW, kw: s.KW, cin: s.CIn, cout: s.COut, scale: at(scale), alpha: alpha,
	}
}

// packPanels packs a [rows, cols] matrix, stride floats from row to row, scaled per column.
func (b *Backend) packPanels(src []float32, rows, cols, stride int, scale []float32, alpha float32, dst []float32) {
	*(*packJob)(b.record()) = packJob{
		src: at(src), srcRow: 4 * stride, dst: at(dst), rows: rows, cols: cols, scale: at(scale), alpha: alpha,
	}
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
