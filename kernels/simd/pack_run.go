package simd

import (
	"fmt"

	"thaw/kernels"
)

// PackFilter implements kernels.Backend. For BackwardInput it packs one group of
// taps per kernels.Residue.
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
	for _, r := range s.Residues() {
		if r.Taps() == 0 {
			continue
		}
		*(*flipJob)(b.record()) = flipJob{
			src: at(a.Filter), dst: at(a.Dst[b.packedAt(s, r):]), panel: r.Taps() * s.COut * nr * 4,
			geometry: flipOf(s, r, a.Scale, a.Alpha),
		}
		b.run(kernelPackBackward, ceilDiv(s.CIn, nr), true)
	}
}

// flipOf is the geometry of a flipped filter's taps of a residue.
func flipOf(s kernels.ConvShape, r kernels.Residue, scale []float32, alpha float32) flipGeometry {
	return flipGeometry{
		firstH: r.H.Tap + (r.H.Taps-1)*s.Stride, firstW: r.W.Tap + (r.W.Taps-1)*s.Stride, step: s.Stride,
		h: r.H.Taps, w: r.W.Taps, kw: s.KW, cin: s.CIn, cout: s.COut, scale: at(scale), alpha: alpha,
	}
}

// packPanels packs a [rows, cols] matrix, stride floats from row to row, scaled per column.
func (b *Backend) packPanels(src []float32, rows, cols, stride int, scale []float32, alpha float32, dst []float32) {
	*(*packJob)(b.record()) = packJob{
		src: at(src), srcRow: 4 * stride, dst: at(dst), rows: rows, cols: cols, scale: at(scale), alpha: alpha,
	}
	b.run(kernelPackForward, ceilDiv(rows, packRows), true)
}

// packedAt is where the taps of a residue begin in a filter packed for BackwardInput.
func (b *Backend) packedAt(s kernels.ConvShape, r kernels.Residue) int {
	return r.TapsBefore * s.COut * roundUp(s.CIn, nr)
}
