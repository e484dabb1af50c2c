package kernels_test

import (
	"testing"

	"thaw/kernels"
)

// TestResidues: every (input pixel, tap) pair that a strided convolution connects
// belongs to exactly one residue, and sees the output pixel that it should.
func TestResidues(t *testing.T) {
	for _, s := range []kernels.ConvShape{
		{H: 7, W: 8, KH: 3, KW: 3, Stride: 1, PadTop: 1, PadLeft: 1},
		{H: 7, W: 8, KH: 3, KW: 3, Stride: 2},
		{H: 8, W: 8, KH: 3, KW: 2, Stride: 2, PadLeft: 1},
		{H: 9, W: 5, KH: 1, KW: 1, Stride: 2},
		{H: 9, W: 5, KH: 1, KW: 7, Stride: 3, PadLeft: 3},
	} {
		seen := map[[4]int]int{}
		taps := 0
		for _, r := range s.Residues() {
			if r.TapsBefore != taps {
				t.Errorf("%+v: residue %+v begins at tap %d", s, r, taps)
			}
			taps += r.Taps()
			for ih := r.H.First; ih < s.H; ih += s.Stride {
				for iw := r.W.First; iw < s.W; iw += s.Stride {
					for u := range r.H.Taps {
						for v := range r.W.Taps {
							kh, kw := r.H.Tap+(r.H.Taps-1-u)*s.Stride, r.W.Tap+(r.W.Taps-1-v)*s.Stride
							oh, ow := ih/s.Stride+r.H.Out+u, iw/s.Stride+r.W.Out+v
							if oh*s.Stride-s.PadTop+kh != ih || ow*s.Stride-s.PadLeft+kw != iw {
								t.Errorf("%+v: input (%d,%d) through tap (%d,%d) sees output (%d,%d)", s, ih, iw, kh, kw, oh, ow)
							}
							seen[[4]int{ih, iw, kh, kw}]++
						}
					}
				}
			}
		}
		for ih := range s.H {
			for iw := range s.W {
				for kh := range s.KH {
					for kw := range s.KW {
						want := 0
						if (ih+s.PadTop-kh)%s.Stride == 0 && (iw+s.PadLeft-kw)%s.Stride == 0 {
							want = 1
						}
						if n := seen[[4]int{ih, iw, kh, kw}]; n != want {
							t.Errorf("%+v: input (%d,%d) and tap (%d,%d): in %d residues, want %d", s, ih, iw, kh, kw, n, want)
						}
					}
				}
			}
		}
	}
}
