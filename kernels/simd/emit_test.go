package simd

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"testing"

	"thaw/kernels"
)

// TestEmitIsPure: the same options give the same bytes, others give others.
func TestEmitIsPure(t *testing.T) {
	o := Options{FMA: true, Shared: true, Control: 1 << 16}
	if !bytes.Equal(Emit(o), Emit(o)) {
		t.Error("two modules of the same options differ")
	}
	plain := o
	plain.FMA = false
	if bytes.Equal(Emit(o), Emit(plain)) {
		t.Error("FMA makes no difference")
	}
	t.Logf("%d bytes", len(Emit(o)))
}

// The module as it was when last looked at: who means to change it writes the new length
// and hash here; who does not learns that he did. Integers of records are of 64 bits, as
// in WebAssembly.
func TestEmitIsAsBefore(t *testing.T) {
	for _, c := range []struct {
		o    Options
		len  int
		hash string
	}{
		{Options{FMA: true, Shared: true, Control: 1 << 16}, 70715, "4a108df799b06de7"},
		{Options{Rows: rowsWithoutFMA}, 67256, "6f4a8772700d7169"},
	} {
		code := Emit(c.o)
		if hash := fmt.Sprintf("%x", sha256.Sum256(code))[:16]; len(code) != c.len || hash != c.hash {
			t.Errorf("%+v: %d bytes of hash %s, were %d of %s", c.o, len(code), hash, c.len, c.hash)
		}
	}
}

func BenchmarkEmit(b *testing.B) {
	for b.Loop() {
		Emit(Options{FMA: true, Shared: true, Control: 1 << 16})
	}
}

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
		for _, r := range residues(s) {
			if r.tapsBefore != taps {
				t.Errorf("%+v: residue %+v begins at tap %d", s, r, taps)
			}
			taps += r.tapsH * r.tapsW
			for ih := r.h; ih < s.H; ih += s.Stride {
				for iw := r.w; iw < s.W; iw += s.Stride {
					for u := range r.tapsH {
						for v := range r.tapsW {
							kh, kw := r.kh+(r.tapsH-1-u)*s.Stride, r.kw+(r.tapsW-1-v)*s.Stride
							oh, ow := ih/s.Stride+r.firstH+u, iw/s.Stride+r.firstW+v
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
