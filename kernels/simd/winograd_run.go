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

// transpose makes rows columns and columns rows.
func (j *convJob) transpose() {
	for _, t := range [...]*tensor{&j.in, &j.out, &j.res} {
		t.row, t.col = t.col, t.row
	}
	j.h, j.w = j.w, j.h
	j.gridH, j.gridW = j.gridW, j.gridH
	j.firstH, j.firstW = j.firstW, j.firstH
}

// convolveWinograd is convolveDirect by Winograd's algorithm.
func (b *Backend) convolveWinograd(w *winograd, j convJob, s kernels.ConvShape, pass kernels.Pass, filter, scratch []float32, repeatable bool) {
	p := b.planWinograd(w, s, pass)
	if len(scratch) < p.scratchLen {
		panic(fmt.Sprintf("simd: scratch of %d floats for %+v, want %d", len(scratch), s, p.scratchLen))
	}
	if transposed(s) {
		j.transpose()
	}
	k, cols := channels(s, pass)
	zeros := scratch[p.tablesLen:][:k]
	clear(zeros)
	matrix := oddLines(4 * k * nr)
	j.filter, j.panel, j.panels, j.panelsPerTask = at(filter), w.points()*matrix, p.panels, p.perRun
	j.k, j.cols, j.rows, j.rowTasks = 4*k, cols, p.tiles, p.tileRuns
	j.zeros, j.table, j.tableLen = at(zeros), at(scratch), p.threadLen
	*(*winogradJob)(b.record()) = winogradJob{
		convJob: j, tilesH: p.tilesH, tilesW: p.tilesW,
		matrices: w.points(), matrix: p.matrix, filterMatrix: matrix, transform: p.transform,
	}
	b.run(w.kernel, p.tileRuns*ceilDiv(p.panels, p.perRun), repeatable)
}

// packWinograd packs a filter for Winograd: for the input gradient transposed and
// flipped, its scale then goes with rows.
func (b *Backend) packWinograd(w *winograd, a *kernels.PackFilterArgs) {
	s := a.Shape
	k, cols := channels(s, a.Pass)
	panels, matrix := ceilDiv(cols, nr), oddLines(4*k*nr)
	clear(a.Dst[(panels-1)*w.points()*matrix/4 : panels*w.points()*matrix/4]) // the columns beyond the last

	j := winogradPackJob{
		src: at(a.Filter), tap: 4 * s.CIn * s.COut, row: 4 * s.COut, col: 4, dst: at(a.Dst), matrix: matrix,
		rows: k, cols: cols, scale: at(a.Scale), scaleCol: 4, alpha: a.Alpha,
	}
	if a.Pass == kernels.BackwardInput {
		j.row, j.col, j.scaleRow, j.scaleCol = j.col, j.row, j.scaleCol, j.scaleRow
		j.src, j.tap = j.src+(s.KH*s.KW-1)*j.tap, -j.tap
	}
	*(*winogradPackJob)(b.record()) = j
	b.run(w.pack, panels, true)
}
