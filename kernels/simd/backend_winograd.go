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
// run of panels transforms its input anew, which costs as much as multiplying by 3 to 5 columns.
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
	b.setAt(convFilter, at(filter))
	b.set(convPanel, winPoints*oddLines(4*k*nr))
	b.set(winFilter, oddLines(4*k*nr))
	b.set(convPanels, p.panels)
	b.set(convPanelsPerTask, p.perRun)
	b.set(convK, 4*k)
	b.set(convCols, cols)
	b.set(convRows, p.tiles)
	b.set(convRowTasks, p.tileRuns)
	b.set(winTilesH, p.tilesH)
	b.set(winTilesW, p.tilesW)
	b.set(winTransform, p.transform)
	b.set(winMatrix, p.matrix)
	tables := b.threads * p.threadLen() / 4
	clear(scratch[tables:][:k])
	b.setAt(convZeros, at(scratch[tables:]))
	b.setAt(convTable, at(scratch))
	b.set(convTableLen, p.threadLen())
	b.run(kernelWinograd, p.tileRuns*ceilDiv(p.panels, p.perRun), repeatable)
}

// packWinograd packs a filter for Winograd: for the input gradient transposed and
// flipped, its scale then goes with rows.
func (b *Backend) packWinograd(a *kernels.PackFilterArgs) {
	s := a.Shape
	k, cols := channels(s, a.Pass)
	tap := s.CIn * s.COut
	b.setAt(winPackSrc, at(a.Filter))
	b.set(winPackTap, 4*tap)
	b.set(winPackRow, 4*s.COut)
	b.set(winPackCol, 4)
	b.set(winPackScaleRow, 0)
	b.set(winPackScaleCol, 4)
	if a.Pass == kernels.BackwardInput {
		b.setAt(winPackSrc, at(a.Filter[(s.KH*s.KW-1)*tap:]))
		b.set(winPackTap, -4*tap)
		b.set(winPackRow, 4)
		b.set(winPackCol, 4*s.COut)
		b.set(winPackScaleRow, 4)
		b.set(winPackScaleCol, 0)
	}
	b.setAt(winPackDst, at(a.Dst))
	b.set(winPackMatrix, oddLines(4*k*nr))
	b.set(winPackRowsAll, k)
	b.set(winPackCols, cols)
	b.setAt(winPackScale, at(a.Scale))
	b.setF32(winPackAlpha, a.Alpha)
	b.run(kernelWinogradPack, ceilDiv(cols, nr), true)
}
