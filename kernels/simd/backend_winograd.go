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

// useWinograd says which passes are done by Winograd's algorithm: all that it can do
// from 4 channels on, fewer were not measured. In Chromium, on one thread and two, every
// one of the network's was 1.4 to 2.1 times as fast so. It may not ask for the size of
// the map, which packed filters do not know.
func useWinograd(s kernels.ConvShape, pass kernels.Pass) bool {
	return s.KH == 3 && s.KW == 3 && s.Stride == 1 && min(s.CIn, s.COut) >= 4 && pass != kernels.BackwardFilter
}

// winograd is useWinograd, unless a test asks for the direct convolution.
func (b *Backend) winograd(s kernels.ConvShape, pass kernels.Pass) bool {
	return !b.direct && useWinograd(s, pass)
}

// channels returns the depth k of the matrix product of a pass and its columns.
func channels(s kernels.ConvShape, pass kernels.Pass) (k, cols int) {
	if pass == kernels.BackwardInput {
		return s.COut, s.CIn
	}
	return s.CIn, s.COut
}

// winogradPackedLen is the floats of a filter packed for Winograd.
func winogradPackedLen(s kernels.ConvShape, pass kernels.Pass) int {
	k, cols := channels(s, pass)
	return ceilDiv(cols, nr) * winPoints * oddLines(4*k*nr) / 4
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
	matrix         int // bytes of one of its 16 matrices
}

func (b *Backend) planWinograd(n, gridH, gridW, k, cols int) winogradPlan {
	p := winogradPlan{tilesH: ceilDiv(gridH, winOutEdge), tilesW: ceilDiv(gridW, winOutEdge), panels: ceilDiv(cols, nr)}
	p.tiles = n * p.tilesH * p.tilesW
	perTask := max(p.tiles/convTasks, minTaskFLOPs/(2*winPoints*k*cols), 2*b.rows)
	perTask = min(perTask, winogradL2/(winPoints*4*k))
	perTask = max(1, perTask/b.rows) * b.rows
	p.tileRuns = ceilDiv(p.tiles, perTask)
	runs := max(1, min(ceilDiv(convTasks, p.tileRuns), p.panels/winogradRun))
	p.perRun = ceilDiv(p.panels, runs)
	perTask = ceilDiv(p.tiles, p.tileRuns)
	p.transform = roundUp(winOut+winEntry*perTask, 64)
	p.matrix = oddLines(4 * k * perTask)
	return p
}

// threadLen is the bytes of a thread's table and transformed input.
func (p winogradPlan) threadLen() int { return p.transform + winPoints*p.matrix }

func (b *Backend) winogradScratchLen(s kernels.ConvShape, pass kernels.Pass) int {
	k, cols := channels(s, pass)
	gridH, gridW := s.OH, s.OW
	if pass == kernels.BackwardInput {
		gridH, gridW = s.H, s.W
	}
	return b.threads*b.planWinograd(s.N, gridH, gridW, k, cols).threadLen()/4 + k
}

// winogradJob is convJob by Winograd's algorithm: the record has the views and the
// grid already.
func (b *Backend) winogradJob(s kernels.ConvShape, pass kernels.Pass, filter, scratch []float32, repeatable bool) {
	if len(scratch) < b.winogradScratchLen(s, pass) {
		panic(fmt.Sprintf("simd: scratch of %d floats for %+v, want %d", len(scratch), s, b.winogradScratchLen(s, pass)))
	}
	k, cols := channels(s, pass)
	p := b.planWinograd(s.N, int(b.rec[convGridH/4]), int(b.rec[convGridW/4]), k, cols)
	tables := b.threads * p.threadLen() / 4
	clear(scratch[tables:][:k])
	b.setFields(convFilter, int(at(filter)), convPanel, winPoints*oddLines(4*k*nr), winFilter, oddLines(4*k*nr),
		convPanels, p.panels, convPanelsPerTask, p.perRun, convK, 4*k, convCols, cols,
		convRows, p.tiles, convRowTasks, p.tileRuns, winTilesH, p.tilesH, winTilesW, p.tilesW,
		winTransform, p.transform, winMatrix, p.matrix,
		convZeros, int(at(scratch[tables:])), convTable, int(at(scratch)), convTableLen, p.threadLen())
	b.run(kernelWinograd, p.tileRuns*ceilDiv(p.panels, p.perRun), repeatable)
}

// setFields writes fields of the record, each followed by its value.
func (b *Backend) setFields(fields ...int) {
	for i := 0; i < len(fields); i += 2 {
		b.set(fields[i], fields[i+1])
	}
}

// packWinograd packs a filter for Winograd: for the input gradient transposed and
// flipped, its scale then goes with rows.
func (b *Backend) packWinograd(a *kernels.PackFilterArgs) {
	s := a.Shape
	k, cols := channels(s, a.Pass)
	panels, matrix := ceilDiv(cols, nr), oddLines(4*k*nr)
	clear(a.Dst[(panels-1)*winPoints*matrix/4 : panels*winPoints*matrix/4]) // the columns beyond the last

	src, tap := int(at(a.Filter)), 4*s.CIn*s.COut
	row, col, scaleRow, scaleCol := 4*s.COut, 4, 0, 4
	if a.Pass == kernels.BackwardInput {
		row, col, scaleRow, scaleCol = col, row, scaleCol, scaleRow
		src, tap = src+8*tap, -tap
	}
	b.setFields(winPackSrc, src, winPackTap, tap, winPackRow, row, winPackCol, col,
		winPackDst, int(at(a.Dst)), winPackMatrix, matrix, winPackRowsAll, k, winPackCols, cols,
		winPackScale, int(at(a.Scale)), winPackScaleRow, scaleRow, winPackScaleCol, scaleCol)
	b.setF32(winPackAlpha, a.Alpha/4) // see winogradG
	b.run(kernelWinogradPack, panels, true)
}
