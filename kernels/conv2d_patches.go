package kernels

import "thaw/kernels/internal/vec"

// patches is the left side of a convolution as matrix product. Row (n, h, w) holds
// the kh x kw pixels of src whose first is (h*step+offH, w*step+offW), zero outside
// the map: [n*h*w, kh*kw*src.C], never built as a whole.
type patches struct {
	src        View
	n, h, w    int
	kh, kw     int
	step       int
	offH, offW int
}

func (s ConvShape) inputPatches(in View) patches {
	return patches{in, s.N, s.OH, s.OW, s.KH, s.KW, s.Stride, -s.PadTop, -s.PadLeft}
}

func (a *patches) rows() int { return a.n * a.h * a.w }
func (a *patches) cols() int { return a.kh * a.kw * a.src.C }

// split returns the image, row and column of a patch.
func (a *patches) split(row int) (n, h, w int) {
	return row / (a.h * a.w), row / a.w % a.h, row % a.w
}

// asStored says that patches are the pixels of src themselves, one after another.
func (a *patches) asStored() bool {
	return a.kh == 1 && a.kw == 1 && a.step == 1 && a.offH == 0 && a.offW == 0 && a.h == a.src.H && a.w == a.src.W
}

// Rows of a block: 64 Ki floats leave room in a level-2 cache of 1 MiB for a panel
// of the filter; fewer than 48 rows would read that panel too often.
const (
	blockFloats  = 64 << 10
	minBlockRows = 48
	maxBlockRows = 128
)

func (a *patches) blockRows() int {
	return min(max(blockFloats/max(a.cols(), 1), minBlockRows), maxBlockRows) &^ (tileRows - 1)
}

// blockLen is the memory that block needs for blockRows rows.
func (a *patches) blockLen() int {
	if a.asStored() {
		return 0
	}
	return a.blockRows() * a.cols()
}

// block is a few rows of a matrix, ld floats apart.
type block struct {
	data []float32
	rows int
	ld   int
}

// block returns columns [c0, c1) of patches [r0, r1), as stored or gathered into mem.
func (a *patches) block(r0, r1, c0, c1 int, mem []float32) block {
	if a.asStored() {
		return block{a.src.Data[r0*a.src.Stride+c0:], r1 - r0, a.src.Stride}
	}
	return a.gatherBlock(r0, r1, c0, c1, c1-c0, mem)
}

// gatherBlock copies columns [c0, c1) of patches [r0, r1) to mem, ld floats apart.
func (a *patches) gatherBlock(r0, r1, c0, c1, ld int, mem []float32) block {
	b := block{mem, r1 - r0, ld}
	n, h, w := a.split(r0)
	for i := range b.rows {
		a.gather(mem[i*ld:][:c1-c0], n, h*a.step+a.offH, w*a.step+a.offW, c0)
		if w++; w == a.w {
			w = 0
			if h++; h == a.h {
				h = 0
				n++
			}
		}
	}
	return b
}

// gather fills dst with the patch at (y, x) of image n from its column c0 on.
func (a *patches) gather(dst []float32, n, y, x, c0 int) {
	c := a.src.C
	for tap := c0 / max(c, 1); len(dst) > 0; tap++ {
		skip := max(c0-tap*c, 0)
		ih, iw := y+tap/a.kw, x+tap%a.kw
		run := 1 // taps that stand side by side in memory
		if a.src.Stride == c && ih >= 0 && ih < a.src.H && iw >= 0 {
			run = max(min(a.kw-tap%a.kw, a.src.W-iw), 1)
		}
		size := min(run*c-skip, len(dst))
		if ih >= 0 && ih < a.src.H && iw >= 0 && iw < a.src.W {
			vec.CopyFloats(dst[:size], a.src.Data[((n*a.src.H+ih)*a.src.W+iw)*a.src.Stride+skip:])
		} else {
			clear(dst[:size])
		}
		dst = dst[size:]
		tap += run - 1
	}
}

// patches is the left side of a residue's input gradient.
func (r Residue) patches(s ConvShape, dOut View) patches {
	return patches{dOut, s.N, r.H.Count, r.W.Count, r.H.Taps, r.W.Taps, 1, r.H.Out, r.W.Out}
}
