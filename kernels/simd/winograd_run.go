package simd

import (
	"fmt"

	"thaw/kernels"
)

// winogradL2 is the bytes of transformed input that a task has at most: it should stay
// in L2. Nothing between 96 and 384 KB was measurably better where L2 has 1 MB; others
// have 256 KB.
const winogradL2 = 192 << 10

// winogradRun is the panels that a task has at least, where there are as many: each
// run of panels transforms its input anew, at the price of a few columns.
const winogradRun = 8

// winogradFor is the scheme by which a pass is done, nil for the direct convolution: all
// that a scheme can do from so many channels on, fewer were not measured (four of 1x7 would
// reach kerneltest's tolerance). In Chromium, on one thread and two, the network's 3x3 were
// 1.4 to 2.1 times as fast so, its 1x7 and 7x1 1.3 to 1.5 times. It may not ask for the
// size of the map, which packed filters do not know.
func winogradFor(s kernels.ConvShape, pass kernels.Pass) *winograd {
	channels, short, long := min(s.CIn, s.COut), min(s.KH, s.KW), max(s.KH, s.KW)
	switch {
	case s.Stride != 1 || pass == kernels.BackwardFilter:
	case short == 3 && long == 3 && channels >= 4:
		return winograd3x3
	case short == 1 && long == 7 && channels >= 8:
		return winograd1x7
	}
	return nil
}

// winograd is winogradFor, unless a test asks for the direct convolution.
func (b *Backend) winograd(s kernels.ConvShape, pass kernels.Pass) *winograd {
	if b.direct {
		return nil
	}
	return winogradFor(s, pass)
}

// channels returns the depth k of the matrix product of a pass and its columns.
func channels(s kernels.ConvShape, pass kernels.Pass) (k, cols int) {
	if pass == kernels.BackwardInput {
		return s.COut, s.CIn
	}
	return s.CIn, s.COut
}

// packedLen is the floats of a packed filter.
func (w *winograd) packedLen(s kernels.ConvShape, pass kernels.Pass) int {
	k, cols := channels(s, pass)
	return ceilDiv(cols, nr) * w.points() * oddLines(4*k*nr) / 4
}

// oddLines rounds bytes up to an odd number of cache lines: what lies 16 times so
// far apart goes to 16 sets of L1. (Packing 256x256 was 5 times as slow without.)
func oddLines(bytes int) int { return 64 * (ceilDiv(bytes, 64) | 1) }

// winogradPlan is how a convolution is cut: by shape alone.
type winogradPlan struct {
	tilesH, tilesW int // of an image
	tiles          int // of all images
	tileRuns       int
	panels         int
	perRun         int // panels of a run
	transform      int // bytes from a thread's table to its transformed input
	matrix         int // bytes of one of its matrices
	threadLen      int // bytes of a thread's table and transformed input
	tablesLen      int // floats of all threads' of them
	scratchLen     int // and of a pixel of zeros behind
}

func (b *Backend) planWinograd(w *winograd, s kernels.ConvShape, pass kernels.Pass) winogradPlan {
	k, cols := channels(s, pass)
	gridH, gridW := s.OH, s.OW
	if pass == kernels.BackwardInput {
		gridH, gridW = s.H, s.W
	}
	if transposed(s) {
		gridH, gridW = gridW, gridH
	}
	outH, outW := w.outs()
	p := winogradPlan{tilesH: ceilDiv(gridH, outH), tilesW: ceilDiv(gridW, outW), panels: ceilDiv(cols, nr)}
	p.tiles = s.N * p.tilesH * p.tilesW
	perTask := max(p.tiles/convTasks, minTaskFLOPs/(2*w.points()*k*cols), 2*b.rows)
	perTask = min(perTask, winogradL2/(w.points()*4*k))
	perTask = max(1, perTask/b.rows) * b.rows
	p.tileRuns = ceilDiv(p.tiles, perTask)
	runs := max(1, min(ceilDiv(convTasks, p.tileRuns), p.panels/winogradRun))
	p.perRun = ceilDiv(p.panels, runs)
	perTask = ceilDiv(p.tiles, p.tileRuns)
	p.transform = roundUp(winOut+winEntry*perTask, 64)
	p.matrix = oddLines(4 * k * perTask)
	p.threadLen = apart(p.transform + w.points()*p.matrix)
	p.tablesLen = b.threads * p.threadLen / 4
	p.scratchLen = p.tablesLen + k
	return p
}

// transposed says whether rows and columns change places.
func transposed(s kernels.ConvShape) bool { return s.KH > s.KW }

// winogradJob is convJob by Winograd's algorithm: the record has the views and the
// grid already.
func (b *Backend) winogradJob(w *winograd, s kernels.ConvShape, pass kernels.Pass, filter, scratch []float32, repeatable bool) {
	p := b.planWinograd(w, s, pass)
	if len(scratch) < p.scratchLen {
		panic(fmt.Sprintf("simd: scratch of %d floats for %+v, want %d", len(scratch), s, p.scratchLen))
	}
	if transposed(s) {
		for _, row := range [...]int{convInRow, convH, convOutRow, convResRow, convGridH, convFirstH} {
			b.rec[row/4], b.rec[row/4+1] = b.rec[row/4+1], b.rec[row/4] // the column's is next
		}
	}
	k, cols := channels(s, pass)
	zeros := scratch[p.tablesLen:][:k]
	clear(zeros)
	b.setFields(convFilter, int(at(filter)), convPanel, w.points()*oddLines(4*k*nr), winFilter, oddLines(4*k*nr), winMatrices, w.points(),
		convPanels, p.panels, convPanelsPerTask, p.perRun, convK, 4*k, convCols, cols,
		convRows, p.tiles, convRowTasks, p.tileRuns, winTilesH, p.tilesH, winTilesW, p.tilesW,
		winTransform, p.transform, winMatrix, p.matrix,
		convZeros, int(at(zeros)), convTable, int(at(scratch)), convTableLen, p.threadLen)
	b.run(w.kernel, p.tileRuns*ceilDiv(p.panels, p.perRun), repeatable)
}

// packWinograd packs a filter for Winograd: for the input gradient transposed and
// flipped, its scale then goes with rows.
func (b *Backend) packWinograd(w *winograd, a *kernels.PackFilterArgs) {
	s := a.Shape
	k, cols := channels(s, a.Pass)
	panels, matrix := ceilDiv(cols, nr), oddLines(4*k*nr)
	clear(a.Dst[(panels-1)*w.points()*matrix/4 : panels*w.points()*matrix/4]) // the columns beyond the last

	src, tap := int(at(a.Filter)), 4*s.CIn*s.COut
	row, col, scaleRow, scaleCol := 4*s.COut, 4, 0, 4
	if a.Pass == kernels.BackwardInput {
		row, col, scaleRow, scaleCol = col, row, scaleCol, scaleRow
		src, tap = src+(s.KH*s.KW-1)*tap, -tap
	}
	b.setFields(winPackSrc, src, winPackTap, tap, winPackRow, row, winPackCol, col,
		winPackDst, int(at(a.Dst)), winPackMatrix, matrix, winPackRowsAll, k, winPackCols, cols,
		winPackScale, int(at(a.Scale)), winPackScaleRow, scaleRow, winPackScaleCol, scaleCol)
	b.setF32(winPackAlpha, a.Alpha)
	b.run(w.pack, panels, true)
}
