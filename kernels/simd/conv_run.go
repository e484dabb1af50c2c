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
	b.convViews(a.In, a.Out, a.Residual, 1, 0, 0)
	b.setFields(convGridH, s.OH, convGridW, s.OW, convStep, s.Stride, convFirstH, -s.PadTop,
		convFirstW, -s.PadLeft, convKH, s.KH, convKW, s.KW, convShift, int(at(a.Shift)))
	b.setF32(convAlpha, a.Alpha)
	b.setF32(convFloor, noFloor)
	if a.ReLU {
		b.setF32(convFloor, 0)
	}
	repeatable := a.Residual.Data == nil || at(a.Residual.Data) != at(a.Out.Data)
	if a.InPlace {
		b.setFields(convSource, int(at(a.Filter)), convFlipped, 0, convSourceRow, 4*s.COut, convSourceScale, int(at(a.Scale)))
		b.setF32(convSourceAlpha, 1)
	} else if w := b.winograd(s, kernels.Forward); w != nil {
		b.winogradJob(w, s, kernels.Forward, a.Filter, a.Scratch, repeatable)
		return
	}
	b.convJob(s, kernels.Forward, a.Filter, a.Scratch, s.N*s.OH*s.OW, repeatable)
}

// convViews writes the fields of input, output and residual. The grid takes every
// step-th pixel of out, from row h and column w on.
func (b *Backend) convViews(in, out, res kernels.View, step, h, w int) {
	pixel := func(v kernels.View) int { return 4 * v.Stride }
	b.setFields(convIn, int(at(in.Data)), convInCol, pixel(in), convInRow, pixel(in)*in.W,
		convInImg, pixel(in)*in.W*in.H, convH, in.H, convW, in.W, convSource, 0)
	for _, v := range [...]struct {
		kernels.View
		field int
	}{{out, convOut}, {res, convRes}} {
		b.setAt(v.field, 0)
		if v.Data != nil {
			b.setAt(v.field, at(v.Data)+address(pixel(v.View)*(h*v.W+w)))
		}
		b.setFields(v.field+convOutImg-convOut, pixel(v.View)*v.W*v.H,
			v.field+convOutRow-convOut, pixel(v.View)*v.W*step, v.field+convOutCol-convOut, pixel(v.View)*step)
	}
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

// convJob writes the rest of the record (rows are output pixels), cuts the job into tasks
// and runs it.
func (b *Backend) convJob(s kernels.ConvShape, pass kernels.Pass, filter, scratch []float32, rows int, repeatable bool) {
	k, cols := channels(s, pass)
	inPlace := b.rec[convSource/4] != 0
	threadLen := convThreadLen(s, pass, inPlace)
	b.setFields(convTable, int(at(scratch)), convTableLen, threadLen, convBuffer, tableLen(s))
	tables := b.threads * threadLen / 4
	if len(scratch) < tables+k {
		panic(fmt.Sprintf("simd: scratch of %d floats for %+v, want %d", len(scratch), s, tables+k))
	}
	clear(scratch[tables:][:k])
	b.set(convZeros, int(at(scratch[tables:])))

	taps := int(b.rec[convKH/4] * b.rec[convKW/4])
	panelBytes := taps * k * nr * 4
	panels := ceilDiv(cols, nr)
	rowTiles := ceilDiv(rows, b.rows)
	b.setFields(convTaps, taps, convK, 4*k, convFilter, int(at(filter)), convPanel, panelBytes, convCols, cols,
		convRows, rows, convRowTiles, rowTiles, convPanels, panels)

	tileFLOPs := max(1, 2*b.rows*nr*taps*k) // of one row tile and one panel
	taskFLOPs := min(max(tileFLOPs*rowTiles*panels/convTasks, minTaskFLOPs), maxTaskFLOPs)
	perTask := min(panels, max(1, min(l2Panels/max(panelBytes, 1), taskFLOPs/tileFLOPs)))
	runs := ceilDiv(panels, perTask)
	perTask = ceilDiv(panels, runs)
	rowTasks := min(rowTiles, max(1, rowTiles*perTask*tileFLOPs/taskFLOPs))
	if inPlace { // a panel is packed once
		perTask, rowTasks = ownPanels, 1
		runs = ceilDiv(panels, perTask)
	}
	b.setFields(convPanelsPerTask, perTask, convRowTasks, rowTasks)
	b.run(kernelConv, runs*rowTasks, repeatable)
}

func roundUp(n, to int) int { return (n + to - 1) / to * to }
