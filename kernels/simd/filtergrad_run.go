package simd

import (
	"fmt"

	"thaw/kernels"
)

const (
	// chunkPixels keeps the panels of a chunk and its input in L2.
	chunkPixels = 512
	// gradTasks is how many tasks a filter gradient should have at least: enough
	// for the threads of today's machines, few enough partial sums.
	gradTasks = 32
	// stagedPixels keeps a staged block and a panel in L1, stagedCols output
	// channels repay the copy: measured for 1x1, 1088 to 192 went from 81 to 90 % of the limit.
	stagedPixels = 320
	stagedCols   = 96
	// blockTiles is the row tiles of a block of input channels, at most.
	blockTiles = 4
)

// gradPlan is how a filter gradient is cut: by shape alone.
type gradPlan struct {
	block, blocks     int // row tiles of a block, blocks
	splits, chunkRows int
	packedLen         int // floats of packed dOut
	partialLen        int // floats of partial sums
	staged            bool
}

// planGradient cuts a gradient for register tiles of so many rows.
func planGradient(s kernels.ConvShape, rows int) gradPlan {
	p := gradPlan{block: blockTiles, splits: 1}
	rowTiles := ceilDiv(s.CIn, rows)
	p.blocks = ceilDiv(rowTiles, p.block)
	p.chunkRows = max(1, chunkPixels/s.OW)
	if asStored := s.KH*s.KW == 1 && s.Stride == 1 && s.OH == s.H && s.OW == s.W; asStored && s.COut >= stagedCols {
		p.staged = true
		p.chunkRows = max(1, stagedPixels/s.OW)
	}
	if chunks := ceilDiv(s.N*s.OH, p.chunkRows); p.blocks < gradTasks {
		p.splits = min(chunks, ceilDiv(gradTasks, p.blocks))
		// Small maps cannot be split: smaller blocks then.
		p.block = max(1, min(p.block, rowTiles*p.splits/gradTasks))
		p.blocks = ceilDiv(rowTiles, p.block)
	}
	p.packedLen = s.N * s.OH * s.OW * roundUp(s.COut, nr)
	if p.splits > 1 {
		p.partialLen = p.splits * s.FilterLen()
	}
	return p
}

// runTableLen is the bytes of a thread's spill area and runs: one per output row of
// a chunk. The stage stands behind.
func (p gradPlan) runTableLen() int { return roundUp(spillLen+runLen*p.chunkRows, 64) }

// threadLen is the bytes of a thread's table and stage, in rows of so many pixels.
func (p gradPlan) threadLen(rowPixels int) int {
	if !p.staged {
		return apart(p.runTableLen())
	}
	return apart(p.runTableLen() + stagePitch*p.chunkRows*rowPixels)
}

func (p gradPlan) scratchLen(s kernels.ConvShape, threads int) int {
	return p.packedLen + p.partialLen + threads*p.threadLen(s.OW)/4
}

// Conv2DBackwardFilter implements kernels.Backend: pack dOut, multiply, add up the splits.
func (b *Backend) Conv2DBackwardFilter(a *kernels.Conv2DBackwardFilterArgs) {
	s := a.Shape
	p := planGradient(s, b.rows)
	if len(a.Scratch) < p.scratchLen(s, b.threads) {
		panic(fmt.Sprintf("simd: Conv2DBackwardFilter: scratch of %d floats for %+v, want %d", len(a.Scratch), s, p.scratchLen(s, b.threads)))
	}
	packed, partial := a.Scratch[:p.packedLen], a.Scratch[p.packedLen:][:p.partialLen]
	table := a.Scratch[p.packedLen+p.partialLen:]
	pixels := s.N * s.OH * s.OW
	b.packPanels(a.DOut.Data, pixels, s.COut, a.DOut.Stride, a.Scale, a.Alpha, packed)

	j := gradJob{
		in: tensorOf(a.In), inStep: 4 * a.In.Stride * s.Stride, h: s.H, w: s.W,
		stride: s.Stride, padTop: s.PadTop, padLeft: s.PadLeft,
		kh: s.KH, kw: s.KW, cin: s.CIn, cout: s.COut, oh: s.OH, ow: s.OW,
		packed: at(packed), panel: pixels * nr * 4, rows: s.N * s.OH,
		splits: p.splits, chunkRows: p.chunkRows, blocks: p.blocks, block: p.block,
		out: at(a.DFilter), table: at(table), tableLen: p.threadLen(s.OW),
	}
	if p.staged {
		j.stage, j.inStep = p.runTableLen(), stagePitch
	}
	if p.splits > 1 {
		j.out, j.outSplit = at(partial), 4*s.FilterLen()
	}
	*(*gradJob)(b.record()) = j
	b.run(kernelFilterGradient, p.splits*p.blocks, true)
	if p.splits == 1 {
		return
	}
	rows := s.KH * s.KW * s.CIn
	*(*reduceJob)(b.record()) = reduceJob{
		in: at(partial), split: 4 * s.FilterLen(), splits: p.splits,
		out: at(a.DFilter), rows: rows, cols: s.COut,
	}
	b.run(kernelFilterReduce, ceilDiv(rows, reduceRows), true)
}
