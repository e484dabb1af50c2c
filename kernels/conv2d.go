package kernels

import (
	"fmt"

	"thaw/kernels/internal/vec"
)

// Convolution as the portable backend does it: a matrix product with an implicit
// left side (conv2d_patches.go), a packed filter (conv2d_pack.go), a register tile
// (conv2d_tile.go, loops in internal/vec), and three drivers: forward and input gradient here, the filter
// gradient in conv2d_filter.go.
//
//	forward          Out[pixel, co]      = patches(In)[pixel, (kh,kw,ci)]   x Filter[(kh,kw,ci), co]
//	input gradient   DIn[pixel, ci]      = patches(DOut)[pixel, (kh,kw,co)] x flipped, transposed Filter
//	filter gradient  DFilter[(kh,kw,ci), co] = patches(In) transposed       x DOut[pixel, co]

// check panics where views do not fit the shape.
func (s ConvShape) check(op string, in, out View) {
	if in.N != s.N || in.H != s.H || in.W != s.W || in.C != s.CIn || out.N != s.N || out.H != s.OH || out.W != s.OW || out.C != s.COut {
		panic(fmt.Sprintf("kernels: %s: input %v and output %v do not fit %+v", op, in.shape(), out.shape(), s))
	}
	in.check(op)
	out.check(op)
}

// Conv2D implements Backend.
func (p *Portable) Conv2D(a *Conv2DArgs) {
	s := a.Shape
	s.check("Conv2D", a.In, a.Out)
	p.multiply(&product{
		a: s.inputPatches(a.In), b: a.Filter[:p.PackedLen(s, Forward)],
		out: a.Out, outStep: 1,
		shift: a.Shift, alpha: a.Alpha, residual: a.Residual, relu: a.ReLU,
	}, a.Scratch)
}

// Conv2DBackwardInput implements Backend: a convolution of DOut per Residue.
func (p *Portable) Conv2DBackwardInput(a *Conv2DBackwardInputArgs) {
	s := a.Shape
	s.check("Conv2DBackwardInput", a.DIn, a.DOut)
	filter := a.Filter
	for _, r := range s.Residues() {
		m := &product{
			a:   r.patches(s, a.DOut),
			out: a.DIn, outStep: s.Stride, outH: r.H.First, outW: r.W.First, alpha: 1,
		}
		if a.Accumulate {
			m.residual = a.DIn
		}
		n := panelLen(m.a.cols(), s.CIn)
		m.b, filter = filter[:n], filter[n:]
		p.multiply(m, a.Scratch)
	}
}

// InPlace says no: this backend packs every filter.
func (p *Portable) InPlace(ConvShape, Pass) bool { return false }

// ScratchLen returns room for each thread's block of patches.
func (p *Portable) ScratchLen(s ConvShape, pass Pass) int {
	n := 0
	switch pass {
	case Forward:
		in := s.inputPatches(View{H: s.H, W: s.W, C: s.CIn})
		n = in.blockLen()
	case BackwardInput:
		for _, r := range s.Residues() {
			dOut := r.patches(s, View{H: s.OH, W: s.OW, C: s.COut})
			n = max(n, dOut.blockLen())
		}
	case BackwardFilter:
		n = filterGradientBlockLen(s, p.threads)
	}
	return n * p.threads
}

// product is one matrix product with epilogue: row r of a times b goes to the
// pixel of out that row r stands for,
//
//	out = relu(alpha*(a*b + shift) + residual)
type product struct {
	a   patches
	b   []float32 // panels (conv2d_pack.go) of [a.cols(), out.C]
	out View

	// Patch (n, h, w) belongs to out pixel (n, h*outStep+outH, w*outStep+outW).
	outStep, outH, outW int

	shift    []float32
	alpha    float32
	residual View
	relu     bool
}

func (m *product) outPixel(row int) int {
	if m.outStep == 1 {
		return row
	}
	n, h, w := m.a.split(row)
	return (n*m.out.H+h*m.outStep+m.outH)*m.out.W + w*m.outStep + m.outW
}

// multiply cuts the product into blocks of rows, and where those are too few for
// the threads, into ranges of panels too. Every element of out is summed by one
// thread, in the order of k: the cut does not change a bit.
func (p *Portable) multiply(m *product, scratch []float32) {
	rows, k := m.a.rows(), m.a.cols()
	blockRows := m.a.blockRows()
	blocks := ceilDiv(rows, blockRows)
	panels := ceilDiv(m.out.C, tileCols())
	// Four units a thread even out what cores do not do at the same speed.
	cuts := 1
	if p.threads > 1 {
		cuts = min(panels, ceilDiv(4*p.threads, blocks))
	}
	need := m.a.blockLen()
	p.parallel(blocks*cuts, func(worker, unit int) {
		row, cut := unit/cuts*blockRows, unit%cuts
		block := m.a.block(row, min(row+blockRows, rows), 0, k, scratch[worker*need:][:need])
		m.multiplyBlock(&p.tiles[worker], block, row, cut*panels/cuts, (cut+1)*panels/cuts)
	})
}

// multiplyBlock computes panels [panel0, panel1) of the rows in block, whose
// first is row. A panel stays in cache while all rows pass by.
func (m *product) multiplyBlock(t *tile, block block, row, panel0, panel1 int) {
	k, nr := m.a.cols(), tileCols()
	f := vec.Finish{Out: m.out.Data, Residual: m.residual.Data, Alpha: m.alpha, ReLU: m.relu}
	for j := panel0; j < panel1; j++ {
		c := j * nr
		cols := panelCols(c, m.out.C)
		b := m.b[c*k:][:k*cols]
		f.N = min(nr, m.out.C-c)
		if m.shift != nil {
			f.Shift = m.shift[c:][:f.N]
		}
		for i := 0; i < block.rows; i += tileRows {
			t.multiply(block, i, k, b, cols)
			f.Rows = min(tileRows, block.rows-i)
			for r := range f.Rows {
				pixel := m.outPixel(row + i + r)
				f.At[r], f.ResidualAt[r] = pixel*m.out.Stride+c, pixel*m.residual.Stride+c
			}
			vec.FinishTile(&f, t[:])
		}
	}
}

func ceilDiv(a, b int) int { return (a + b - 1) / b }
