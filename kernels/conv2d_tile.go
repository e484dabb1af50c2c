package kernels

import "thaw/kernels/internal/vec"

// The register tile: tileRows rows by two vectors, whose loops are in vec.
const tileRows = vec.TileRows

// tileCols is the number of columns of a tile: 2 vectors.
func tileCols() int { return 2 * vec.Lanes() }

// panelCols is the width of the panel that begins at column c of n: the last one is
// a single vector where that is enough, or 8 channels would cost as much as 32.
func panelCols(c, n int) int {
	if n-c <= vec.Lanes() {
		return vec.Lanes()
	}
	return tileCols()
}

// tile receives the sums of one register tile, row after row.
type tile [tileRows * 2 * vec.MaxLanes]float32

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
		vec.AddFloats(t[:tileRows*tileCols()], part[:])
	}
}

// multiplyPart is multiply for columns [p0, p1) of a.
func (t *tile) multiplyPart(a block, i, p0, p1 int, b []float32, cols int) {
	last := a.rows - 1
	row := func(j int) []float32 { return a.data[min(i+j, last)*a.ld:][p0:p1] }
	b = b[p0*cols:]
	if cols == vec.Lanes() {
		vec.MultiplyNarrowTile(t[:], row(0), row(1), row(2), row(3), b)
		return
	}
	vec.MultiplyTile(t[:], row(0), row(1), row(2), row(3), b)
}

// outer sets t to the sum over n pixels of a[p*lda:][:4] (a column) times row p of
// the panel d [n, cols].
func (t *tile) outer(a []float32, lda int, d []float32, n, cols int) {
	if cols == vec.Lanes() {
		vec.OuterNarrowTile(t[:], a, lda, d, n)
		return
	}
	vec.OuterTile(t[:], a, lda, d, n)
}
