package kernels

import (
	"fmt"

	"thaw/kernels/internal/vec"
)

// A packed filter is the right side of the product as panels of tileCols columns,
// the last of panelCols: [panel, k, columns], zeros behind the last column. For BackwardInput there is
// one such matrix for each residue, [(kh, kw, co), ci], taps in descending order.

// panelLen is the length of a packed [k, n] matrix.
func panelLen(k, n int) int { return k * ceilDiv(n, vec.Lanes()) * vec.Lanes() }

// PackedLen implements Backend.
func (p *Portable) PackedLen(s ConvShape, pass Pass) int {
	if pass == Forward {
		return panelLen(s.KH*s.KW*s.CIn, s.COut)
	}
	n := 0
	for _, r := range s.Residues() {
		n += panelLen(r.Taps()*s.COut, s.CIn)
	}
	return n
}

// PackFilter implements Backend.
func (p *Portable) PackFilter(a *PackFilterArgs) {
	s := a.Shape
	if want := p.PackedLen(s, a.Pass); len(a.Filter) < s.FilterLen() || len(a.Dst) < want {
		panic(fmt.Sprintf("kernels: PackFilter: filter of %d floats and destination of %d, want %d and %d", len(a.Filter), len(a.Dst), s.FilterLen(), want))
	}
	if a.Pass == Forward {
		p.packForward(a)
		return
	}
	dst := a.Dst
	for _, r := range s.Residues() {
		n := panelLen(r.Taps()*s.COut, s.CIn)
		p.packBackward(a, r, dst[:n])
		dst = dst[n:]
	}
}

// packRows is how many rows of the filter one unit of packing takes.
const packRows = 64

func (p *Portable) packForward(a *PackFilterArgs) {
	k, n, nr := a.Shape.KH*a.Shape.KW*a.Shape.CIn, a.Shape.COut, tileCols()
	p.parallel(ceilDiv(k, packRows), func(_, unit int) {
		for r := unit * packRows; r < min((unit+1)*packRows, k); r++ {
			row := a.Filter[r*n:][:n]
			for c := 0; c < n; c += nr {
				w := min(nr, n-c)
				var scale []float32
				if a.Scale != nil {
					scale = a.Scale[c:][:w]
				}
				cols := panelCols(c, n)
				dst := a.Dst[c*k+r*cols:][:cols]
				vec.PackRow(dst[:w], row[c:][:w], scale, a.Alpha)
				clear(dst[w:])
			}
		}
	})
}

func (p *Portable) packBackward(a *PackFilterArgs, r Residue, dst []float32) {
	s, nr := a.Shape, tileCols()
	taps := r.Taps()
	k := taps * s.COut
	panels := ceilDiv(s.CIn, nr)
	p.parallel(panels*taps, func(_, unit int) {
		panel, tap := unit/taps, unit%taps
		kh := r.H.Tap + (r.H.Taps-1-tap/r.W.Taps)*s.Stride
		kw := r.W.Tap + (r.W.Taps-1-tap%r.W.Taps)*s.Stride
		ci := panel * nr
		w := min(nr, s.CIn-ci)
		src := a.Filter[((kh*s.KW+kw)*s.CIn+ci)*s.COut:][:w*s.COut]
		cols := panelCols(ci, s.CIn)
		transposeScaled(dst[ci*k+tap*s.COut*cols:][:s.COut*cols], src, cols, w, s.COut, a.Scale, a.Alpha)
	})
}

// transposeScaled writes src [w, cout] as dst [cout, cols], times scale[co]*alpha,
// with zeros from column w on. Sixteen columns at a time: their 64 bytes are one
// cache line of each row of src.
func transposeScaled(dst, src []float32, cols, w, cout int, scale []float32, alpha float32) {
	const strip = 16
	for co0 := 0; co0 < cout; co0 += strip {
		n := min(strip, cout-co0)
		var factor [strip]float32
		for i := range n {
			factor[i] = alpha
			if scale != nil {
				factor[i] *= scale[co0+i]
			}
		}
		out := dst[co0*cols:][:n*cols]
		for c := range w {
			for i, v := range src[c*cout+co0:][:n] {
				out[i*cols+c] = v * factor[i]
			}
		}
		for i := range n {
			clear(out[i*cols+w : (i+1)*cols])
		}
	}
}
