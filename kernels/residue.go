package kernels

// Residue is what an input gradient of a strided convolution falls into: the input
// pixels of one residue class of rows and columns, which meet the same taps, at step 1
// of DOut. So the gradient of each class is a convolution of DOut with its own part of
// the filter, flipped. Stride 1 has one class, stride 2 four.
type Residue struct {
	H, W       ResidueAxis
	TapsBefore int // taps of the residues listed before this one
}

// ResidueAxis: input positions First, First+Stride, ... (Count of them) meet the taps
// Tap, Tap+Stride, ... (Taps of them, or none). The gradient at position number i reads
// outputs i+Out, i+Out+1, ..., the last tap first.
type ResidueAxis struct{ First, Count, Tap, Taps, Out int }

// Taps is how many taps reach the class.
func (r Residue) Taps() int { return r.H.Taps * r.W.Taps }

// Residues lists the classes, row by row.
func (s ConvShape) Residues() []Residue {
	var all []Residue
	taps := 0
	for h := range min(s.Stride, s.H) {
		for w := range min(s.Stride, s.W) {
			r := Residue{residueAxis(h, s.H, s.KH, s.Stride, s.PadTop), residueAxis(w, s.W, s.KW, s.Stride, s.PadLeft), taps}
			taps += r.Taps()
			all = append(all, r)
		}
	}
	return all
}

// residueAxis solves out*stride - pad + tap = first + i*stride.
func residueAxis(first, size, k, stride, pad int) ResidueAxis {
	a := ResidueAxis{First: first, Count: ceilDiv(size-first, stride), Tap: (first + pad) % stride}
	if a.Tap < k {
		a.Taps = ceilDiv(k-a.Tap, stride)
	}
	a.Out = (first+pad-a.Tap)/stride - (a.Taps - 1)
	return a
}
