package kernels

import "thaw/kernels/internal/vec"

// The filter gradient: patches transposed times DOut, an outer product for each
// pixel. Each unit owns a range of DFilter's rows (kh, kw, ci) and walks all pixels,
// filterPixels at a time, with DFilter itself as the sum: no reduction over
// threads, so the order of summing is that of one thread.

const filterPixels = 256

// filterUnits is how many ranges of rows, of filterRows each, share the work.
func filterUnits(s ConvShape, threads int) (units, filterRows int) {
	groups := ceilDiv(s.KH*s.KW*s.CIn, tileRows)
	// A unit's patches of filterPixels pixels take at most 512 KiB.
	units = max(min(threads, groups), ceilDiv(groups*tileRows, 512))
	filterRows = ceilDiv(groups, units) * tileRows
	return ceilDiv(groups*tileRows, filterRows), filterRows
}

// filterGradientBlockLen is one thread's scratch: a block of patches, rounded up to
// whole tiles, and the same pixels of DOut in panels.
func filterGradientBlockLen(s ConvShape, threads int) int {
	_, rows := filterUnits(s, threads)
	return filterPixels * (rows + panelLen(1, s.COut))
}

// Conv2DBackwardFilter implements Backend.
func (p *Portable) Conv2DBackwardFilter(a *Conv2DBackwardFilterArgs) {
	s := a.Shape
	s.check("Conv2DBackwardFilter", a.In, a.DOut)
	units, rows := filterUnits(s, p.threads)
	need := filterGradientBlockLen(s, p.threads)
	all := s.KH * s.KW * s.CIn
	p.parallel(units, func(worker, unit int) {
		g := filterGradient{Conv2DBackwardFilterArgs: a, row0: unit * rows, row1: min((unit+1)*rows, all), tile: &p.tiles[worker]}
		mem := a.Scratch[worker*need:][:need]
		g.patchMem, g.panelMem = mem[:filterPixels*rows], mem[filterPixels*rows:]
		g.run()
	})
}

// filterGradient is the work of one unit: rows [row0, row1) of DFilter.
type filterGradient struct {
	*Conv2DBackwardFilterArgs
	row0, row1         int
	tile               *tile
	patchMem, panelMem []float32
}

func (g *filterGradient) run() {
	in := g.Shape.inputPatches(g.In)
	pixels := in.rows()
	for r := 0; r < pixels; r += filterPixels {
		n := min(filterPixels, pixels-r)
		g.packPanels(r, n)
		g.multiply(g.patches(&in, r, r+n), n, r == 0, r+n == pixels)
	}
}

// patches returns this unit's columns of the pixels' patches, each row with whole
// tiles: what the last tile holds too much is not read.
func (g *filterGradient) patches(in *patches, r0, r1 int) block {
	rows := g.row1 - g.row0
	if in.asStored() && rows%tileRows == 0 {
		return in.block(r0, r1, g.row0, g.row1, nil)
	}
	ld := ceilDiv(rows, tileRows) * tileRows
	return in.gatherBlock(r0, r1, g.row0, g.row1, ld, g.patchMem)
}

// packPanels copies n pixels of DOut from r on as panels [panel, pixel, columns].
func (g *filterGradient) packPanels(r, n int) {
	nr := tileCols()
	for i := range n {
		d := g.DOut.pixel(r + i)
		for c := 0; c < len(d); c += nr {
			w := min(nr, len(d)-c)
			cols := panelCols(c, len(d))
			dst := g.panelMem[c*n+i*cols:][:cols]
			vec.CopyFloats(dst[:w], d[c:])
			clear(dst[w:])
		}
	}
}

// multiply adds the block's outer products to DFilter, and scales after the last block.
func (g *filterGradient) multiply(a block, n int, first, last bool) {
	nr, cout := tileCols(), g.Shape.COut
	f := vec.Finish{Out: g.DFilter, Alpha: 1}
	if !first {
		f.Residual = g.DFilter
	}
	for c := 0; c < cout; c += nr {
		cols := panelCols(c, cout)
		panel := g.panelMem[c*n:][:n*cols]
		f.N = min(nr, cout-c)
		if first && last {
			f.Alpha = g.Alpha
			if g.Scale != nil {
				f.Scale = g.Scale[c:][:f.N]
			}
		}
		for m := g.row0; m < g.row1; m += tileRows {
			g.tile.outer(a.data[m-g.row0:], a.ld, panel, n, cols)
			f.Rows = min(tileRows, g.row1-m)
			for r := range f.Rows {
				f.At[r] = (m+r)*cout + c
			}
			f.ResidualAt = f.At
			vec.FinishTile(&f, g.tile[:])
		}
	}
	if last && !first && (g.Alpha != 1 || g.Scale != nil) {
		for m := g.row0; m < g.row1; m++ {
			row := g.DFilter[m*cout:][:cout]
			vec.PackRow(row, row, g.Scale, g.Alpha)
		}
	}
}
