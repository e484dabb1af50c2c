package simd

import (
	"fmt"

	"thaw/kernels"
)

// Tasks of a conv job: many enough that threads end together (with 11, as 8x8
// maps would have, one of two idles for a twelfth), large enough that claiming one (50 ns)
// and filling its row table do not show.
const (
	convTasks    = 48
	minTaskFLOPs = 400_000   // about 7 us
	maxTaskFLOPs = 1_500_000 // about 25 us
	l2Panels     = 512 << 10 // bytes of panels that stay in L2 while row tiles pass
)

// PackedLen implements kernels.Backend: panels of nr columns, zero-padded.
func (b *Backend) PackedLen(s kernels.ConvShape, pass kernels.Pass) int {
	if w := b.winograd(s, pass); w != nil {
		return w.packedLen(s, pass)
	}
	if pass == kernels.BackwardInput {
		return s.KH * s.KW * s.COut * roundUp(s.CIn, nr)
	}
	return s.KH * s.KW * s.CIn * roundUp(s.COut, nr)
}

// ScratchLen implements kernels.Backend.
func (b *Backend) ScratchLen(s kernels.ConvShape, pass kernels.Pass) int {
	if w := b.winograd(s, pass); w != nil {
		return b.planWinograd(w, s, pass).scratchLen
	}
	if pass == kernels.BackwardFilter {
		return planGradient(s, b.rows).scratchLen(s, b.threads)
	}
	k, _ := channels(s, pass)
	return b.threads*convThreadLen(s, pass, b.InPlace(s, pass))/4 + k
}

// tableLen is the bytes of a thread's row table: whole cache lines.
func tableLen(s kernels.ConvShape) int { return roundUp(tableTaps+tableEntry*s.KH*s.KW, 64) }

// convThreadLen is the bytes of a thread's row table and, where tasks pack, its panels.
func convThreadLen(s kernels.ConvShape, pass kernels.Pass, inPlace bool) int {
	n := tableLen(s)
	if inPlace {
		k, _ := channels(s, pass)
		n += ownPanels * nr * 4 * s.KH * s.KW * k
	}
	return apart(n)
}

// apart rounds a thread's bytes of scratch up to cache lines and adds a page. Prefetchers run
// on past the end of what a thread reads, though not into the next page; lines that the next
// thread writes to would go to and fro. (A 3x1 convolution of 224 to 256 channels at 3x3, whose
// tasks pack their filters, took 200 us on two threads without, as on one, and 97 with.)
func apart(bytes int) int { return roundUp(bytes, 64) + 4096 }

// Conv2D implements kernels.Backend.
func (b *Backend) Conv2D(a *kernels.Conv2DArgs) {
	s := a.Shape
	j := convJob{
		in: tensorOf(a.In), h: s.H, w: s.W, out: tensorOf(a.Out), res: tensorOf(a.Residual),
		gridH: s.OH, gridW: s.OW, step: s.Stride, firstH: -s.PadTop, firstW: -s.PadLeft,
		kh: s.KH, kw: s.KW, shift: at(a.Shift), alpha: a.Alpha, floor: floorOf(a.ReLU),
	}
	if a.InPlace {
		j.source = source{filter: at(a.Filter), row: 4 * s.COut, scale: at(a.Scale), alpha: 1}
	}
	b.convolve(j, s, kernels.Forward, a.Filter, a.Scratch, a.Residual.Data == nil || at(a.Residual.Data) != at(a.Out.Data))
}

// Conv2DBackwardInput implements kernels.Backend: a convolution of DOut per kernels.Residue.
func (b *Backend) Conv2DBackwardInput(a *kernels.Conv2DBackwardInputArgs) {
	s := a.Shape
	for _, r := range s.Residues() {
		j := convJob{
			in: tensorOf(a.DOut), h: s.OH, w: s.OW, out: tensorOf(a.DIn).every(s.Stride, r.H.First, r.W.First),
			gridH: r.H.Count, gridW: r.W.Count, step: 1, firstH: r.H.Out, firstW: r.W.Out,
			kh: r.H.Taps, kw: r.W.Taps, alpha: 1, floor: noFloor,
		}
		if a.Accumulate {
			j.res = j.out
		}
		filter := a.Filter
		if a.InPlace {
			j.source = source{filter: at(filter), flipped: 1, geometry: flipOf(s, r, a.Scale, a.Alpha)}
		} else {
			filter = filter[b.packedAt(s, r):]
		}
		b.convolve(j, s, kernels.BackwardInput, filter, a.Scratch, !a.Accumulate)
	}
}

// convolve runs a convolution whose views, grid and epilogue are in j: by Winograd's
// algorithm where there is a scheme for it, else directly.
func (b *Backend) convolve(j convJob, s kernels.ConvShape, pass kernels.Pass, filter, scratch []float32, repeatable bool) {
	if w := b.winograd(s, pass); w != nil {
		b.convolveWinograd(w, j, s, pass, filter, scratch, repeatable)
		return
	}
	b.convolveDirect(j, s, pass, filter, scratch, repeatable)
}

// A filter is packed by the tasks that use it over at most inPlacePixels, where there are
// inPlaceTasks of them for each thread (a task takes all pixels) or only little to do. Not
// one bit of the result depends on it.
const (
	inPlacePixels = 400
	inPlaceTasks  = 4
)

// InPlace implements kernels.Backend.
func (b *Backend) InPlace(s kernels.ConvShape, pass kernels.Pass) bool {
	pixels := s.N * s.OH * s.OW
	if pass == kernels.BackwardInput {
		pixels = s.N * s.H * s.W
	}
	_, cols := channels(s, pass)
	enough := ceilDiv(cols, ownPanels*nr) >= inPlaceTasks*b.threads || s.FLOPs() <= minTaskFLOPs
	return pixels <= inPlacePixels && enough && b.winograd(s, pass) == nil
}

// convolveDirect cuts the job into tasks and runs it.
func (b *Backend) convolveDirect(j convJob, s kernels.ConvShape, pass kernels.Pass, filter, scratch []float32, repeatable bool) {
	k, cols := channels(s, pass)
	inPlace := j.source.filter != 0
	j.table, j.tableLen, j.buffer = at(scratch), convThreadLen(s, pass, inPlace), tableLen(s)
	tables := b.threads * j.tableLen / 4
	if len(scratch) < tables+k {
		panic(fmt.Sprintf("simd: scratch of %d floats for %+v, want %d", len(scratch), s, tables+k))
	}
	clear(scratch[tables:][:k])
	j.zeros = at(scratch[tables:])

	j.taps, j.k, j.cols = j.kh*j.kw, 4*k, cols
	j.filter, j.panel, j.panels = at(filter), j.taps*k*nr*4, ceilDiv(cols, nr)
	j.rows = s.N * j.gridH * j.gridW
	j.rowTiles = ceilDiv(j.rows, b.rows)

	tileFLOPs := max(1, 2*b.rows*nr*j.taps*k) // of one row tile and one panel
	taskFLOPs := min(max(tileFLOPs*j.rowTiles*j.panels/convTasks, minTaskFLOPs), maxTaskFLOPs)
	perTask := min(j.panels, max(1, min(l2Panels/max(j.panel, 1), taskFLOPs/tileFLOPs)))
	runs := ceilDiv(j.panels, perTask)
	j.panelsPerTask = ceilDiv(j.panels, runs)
	j.rowTasks = min(j.rowTiles, max(1, j.rowTiles*j.panelsPerTask*tileFLOPs/taskFLOPs))
	if inPlace { // a panel is packed once
		j.panelsPerTask, j.rowTasks = ownPanels, 1
		runs = ceilDiv(j.panels, ownPanels)
	}
	*(*convJob)(b.record()) = j
	b.run(kernelConv, runs*j.rowTasks, repeatable)
}
