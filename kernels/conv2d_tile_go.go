// Code generated from conv2d_tile_simd.go by go test -run ScalarCopies -update; DO NOT EDIT.

//go:build !goexperiment.simd

package kernels

import (
	simd "thaw/kernels/internal/scalar"
	"unsafe"
)

// The register tile: tileRows rows by two vectors. With 4 x 2 Go's compiler keeps all
// sums in registers; 6 x 2 and 4 x 3 spill (SPEED.md).
const tileRows = 4

// tileCols is the number of columns of a tile: 2 vectors.
func tileCols() int { return 2 * lanes() }

// panelCols is the width of the panel that begins at column c of n: the last one is
// a single vector where that is enough, or 8 channels would cost as much as 32.
func panelCols(c, n int) int {
	if n-c <= lanes() {
		return lanes()
	}
	return tileCols()
}

// tile receives the sums of one register tile, row after row.
type tile [tileRows * 2 * maxLanes]float32

// sumLength is how many products a float32 sum takes in one go; longer sums are sums
// of such. Rounding errors grow with the length: activations of the whole network
// are off by 2.8e-7 of their rms with 32, 3.2e-7 with 96, 6.2e-7 with 256 and 7.2e-7
// in one go (Keras: 7e-7), and training on batch statistics multiplies that.
const sumLength = 64

// multiply sets t to rows [i, i+tileRows) of a times the panel b [k, cols]. Rows
// beyond the block repeat its last: their sums are not read.
func (t *tile) multiply(a block, i, k int, b []float32, cols int) {
	t.multiplyPart(a, i, 0, min(k, sumLength), b, cols)
	for p := sumLength; p < k; p += sumLength {
		var part tile
		part.multiplyPart(a, i, p, min(k, p+sumLength), b, cols)
		addFloats(t[:tileRows*tileCols()], part[:])
	}
}

// multiplyPart is multiply for columns [p0, p1) of a.
func (t *tile) multiplyPart(a block, i, p0, p1 int, b []float32, cols int) {
	last := a.rows - 1
	row := func(j int) []float32 { return a.data[min(i+j, last)*a.ld:][p0:p1] }
	b = b[p0*cols:]
	if cols == lanes() {
		multiplyNarrowTile(t[:], row(0), row(1), row(2), row(3), b)
		return
	}
	multiplyTile(t[:], row(0), row(1), row(2), row(3), b)
}

// addFloats is dst += src for whole vectors.
func addFloats(dst, src []float32) {
	for i, w := 0, lanes(); i < len(dst); i += w {
		load(dst[i:]).Add(load(src[i:])).Store(dst[i:])
	}
}

// outer sets t to the sum over n pixels of a[p*lda:][:4] (a column) times row p of
// the panel d [n, cols].
func (t *tile) outer(a []float32, lda int, d []float32, n, cols int) {
	if cols == lanes() {
		outerNarrowTile(t[:], a, lda, d, n)
		return
	}
	outerTile(t[:], a, lda, d, n)
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

func multiplyNarrowTile(t, a0, a1, a2, a3, b []float32) {
	w, k := lanes(), len(a0)
	a1, a2, a3 = a1[:k], a2[:k], a3[:k]
	b = b[:k*w]
	var c0, c1, c2, c3 simd.Float32s
	for p := 0; p < k; p++ {
		b0 := load(b[p*w:])
		c0, c1 = fma(splat(a0[p]), b0, c0), fma(splat(a1[p]), b0, c1)
		c2, c3 = fma(splat(a2[p]), b0, c2), fma(splat(a3[p]), b0, c3)
	}
	c0.Store(t)
	c1.Store(t[2*w:])
	c2.Store(t[4*w:])
	c3.Store(t[6*w:])
}

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

func outerNarrowTile(t, a []float32, lda int, d []float32, n int) {
	w := lanes()
	var c0, c1, c2, c3 simd.Float32s
	for p := 0; p < n; p++ {
		b0, r := load(d[p*w:]), a[p*lda:][:4]
		c0, c1 = fma(splat(r[0]), b0, c0), fma(splat(r[1]), b0, c1)
		c2, c3 = fma(splat(r[2]), b0, c2), fma(splat(r[3]), b0, c3)
	}
	c0.Store(t)
	c1.Store(t[2*w:])
	c2.Store(t[4*w:])
	c3.Store(t[6*w:])
}

// finish says where the sums of a tile go and what happens to them on the way:
//
//	out = relu(alpha*scale*(sum+shift) + residual)
//
// Row r goes to out[at[r]:] and meets residual[residualAt[r]:]; scale, shift and
// residual may be nil. A tile has rows rows of n columns.
type finish struct {
	out, residual, scale, shift []float32
	at, residualAt              [tileRows]int
	rows, n                     int
	alpha                       float32
	relu                        bool
}

func finishTile(f *finish, t []float32) {
	w := lanes()
	zero := splat(0)
	for c := 0; c < f.n; c += w {
		n := min(w, f.n-c)
		factor, shift := splat(f.alpha), zero
		if f.scale != nil {
			factor = factor.Mul(loadPart(f.scale[c:], n))
		}
		if f.shift != nil {
			shift = loadPart(f.shift[c:], n)
		}
		for r := 0; r < f.rows; r++ {
			v := load(t[2*w*r+c:]).Add(shift).Mul(factor)
			if f.residual != nil {
				v = v.Add(loadPart(f.residual[f.residualAt[r]+c:], n))
			}
			if f.relu {
				v = v.Max(zero)
			}
			storePart(v, f.out[f.at[r]+c:], n)
		}
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
