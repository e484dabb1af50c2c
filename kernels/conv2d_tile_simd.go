//go:build goexperiment.simd

package kernels

import (
	"simd"
	"unsafe"
)

// The register tile: tileRows rows by two vectors. With 4 x 2 Go's compiler keeps all
// sums in registers; 6 x 2 and 4 x 3 spill (SPEED.md).
const tileRows = 4

// tileCols is the number of columns of a tile: 2 vectors.
func tileCols() int { return 2 * lanes() }

// tile receives the sums of one register tile, row after row.
type tile [tileRows * 2 * maxLanes]float32

func (t *tile) row(i int) []float32 { return t[i*tileCols():][:tileCols()] }

// multiply sets t to rows [i, i+tileRows) of a times the panel b [k, tileCols]. Rows
// beyond the block repeat its last: their sums are not read.
func (t *tile) multiply(a block, i, k int, b []float32) {
	last := a.rows - 1
	row := func(j int) []float32 { return a.data[min(i+j, last)*a.ld:][:k] }
	multiplyTile(t[:], row(0), row(1), row(2), row(3), b)
}

// multiplyTile and outerTile read the panel through a pointer: slicing it anew for
// each k costs a fifth of the speed (72 against 87 GFLOP/s on a Zen 4 core).
func multiplyTile(t, a0, a1, a2, a3, b []float32) {
	w := lanes()
	k := len(a0)
	a1, a2, a3 = a1[:k], a2[:k], a3[:k]
	at := unsafe.Pointer(unsafe.SliceData(b[:k*2*w]))
	var c00, c01, c10, c11, c20, c21, c30, c31 simd.Float32s
	for p := 0; p < k; {
		b0, b1 := loadAt(at), loadAt(unsafe.Add(at, 4*w))
		x := splat(a0[p])
		c00, c01 = fma(x, b0, c00), fma(x, b1, c01)
		x = splat(a1[p])
		c10, c11 = fma(x, b0, c10), fma(x, b1, c11)
		x = splat(a2[p])
		c20, c21 = fma(x, b0, c20), fma(x, b1, c21)
		x = splat(a3[p])
		c30, c31 = fma(x, b0, c30), fma(x, b1, c31)
		if p++; p < k { // at never points beyond the panel
			at = unsafe.Add(at, 8*w)
		}
	}
	c00.Store(t)
	c01.Store(t[w:])
	c10.Store(t[2*w:])
	c11.Store(t[3*w:])
	c20.Store(t[4*w:])
	c21.Store(t[5*w:])
	c30.Store(t[6*w:])
	c31.Store(t[7*w:])
}

// outerTile sets t to the sum over p of a[p*lda:][:4] (a column) times row p of the
// panel d [n, tileCols].
func outerTile(t, a []float32, lda int, d []float32, n int) {
	w := lanes()
	_ = a[(n-1)*lda:][:4]
	column := unsafe.Pointer(unsafe.SliceData(a))
	at := unsafe.Pointer(unsafe.SliceData(d[:n*2*w]))
	var c00, c01, c10, c11, c20, c21, c30, c31 simd.Float32s
	for p := 0; p < n; {
		b0, b1 := loadAt(at), loadAt(unsafe.Add(at, 4*w))
		r := (*[4]float32)(column)
		x := splat(r[0])
		c00, c01 = fma(x, b0, c00), fma(x, b1, c01)
		x = splat(r[1])
		c10, c11 = fma(x, b0, c10), fma(x, b1, c11)
		x = splat(r[2])
		c20, c21 = fma(x, b0, c20), fma(x, b1, c21)
		x = splat(r[3])
		c30, c31 = fma(x, b0, c30), fma(x, b1, c31)
		if p++; p < n {
			at, column = unsafe.Add(at, 8*w), unsafe.Add(column, 4*lda)
		}
	}
	c00.Store(t)
	c01.Store(t[w:])
	c10.Store(t[2*w:])
	c11.Store(t[3*w:])
	c20.Store(t[4*w:])
	c21.Store(t[5*w:])
	c30.Store(t[6*w:])
	c31.Store(t[7*w:])
}

// finishRow: out = alpha*(sum+shift) + residual, then ReLU; shift and residual may
// be nil. All have len(out).
func finishRow(out, sum, shift []float32, alpha float32, residual []float32, relu bool) {
	w, n := lanes(), len(out)
	scale, zero := splat(alpha), splat(0)
	i := 0
	for ; i+w <= n; i += w {
		v := load(sum[i:])
		if shift != nil {
			v = v.Add(load(shift[i:]))
		}
		v = v.Mul(scale)
		if residual != nil {
			v = v.Add(load(residual[i:]))
		}
		if relu {
			v = v.Max(zero)
		}
		v.Store(out[i:])
	}
	for ; i < n; i++ {
		v := sum[i]
		if shift != nil {
			v += shift[i]
		}
		v *= alpha
		if residual != nil {
			v += residual[i]
		}
		if relu {
			v = max(v, 0)
		}
		out[i] = v
	}
}

// packRow: dst = src*scale*alpha; scale may be nil.
func packRow(dst, src, scale []float32, alpha float32) {
	w, n := lanes(), len(dst)
	factor := splat(alpha)
	i := 0
	for ; i+w <= n; i += w {
		v := load(src[i:]).Mul(factor)
		if scale != nil {
			v = v.Mul(load(scale[i:]))
		}
		v.Store(dst[i:])
	}
	for ; i < n; i++ {
		dst[i] = src[i] * alpha
		if scale != nil {
			dst[i] *= scale[i]
		}
	}
}

// copyFloats is copy(dst, src), inline: a run of a few channels is not worth a call
// of memmove.
func copyFloats(dst, src []float32) {
	w, n := lanes(), len(dst)
	src = src[:n]
	if w == 1 || n > 256 {
		copy(dst, src)
		return
	}
	i := 0
	for ; i+w <= n; i += w {
		load(src[i:]).Store(dst[i:])
	}
	for ; i < n; i++ {
		dst[i] = src[i]
	}
}
