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
	return b.threads*tableLen(s)/4 + max(s.CIn, s.COut)
}

// tableLen is the bytes of a thread's row table: whole cache lines.
func tableLen(s kernels.ConvShape) int { return roundUp(tableTaps+tableEntry*s.KH*s.KW, 64) }

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
	if w := b.winograd(s, kernels.Forward); w != nil {
		b.winogradJob(w, s, kernels.Forward, a.Filter, a.Scratch, repeatable)
		return
	}
	b.convJob(s, a.Filter, a.Scratch, s.CIn, s.COut, s.N*s.OH*s.OW, repeatable)
}

// convViews writes the fields of input, output and residual. The grid takes every
// step-th pixel of out, from row h and column w on.
func (b *Backend) convViews(in, out, res kernels.View, step, h, w int) {
	pixel := func(v kernels.View) int { return 4 * v.Stride }
	b.setFields(convIn, int(at(in.Data)), convInCol, pixel(in), convInRow, pixel(in)*in.W,
		convInImg, pixel(in)*in.W*in.H, convH, in.H, convW, in.W)
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

// convJob writes the rest of the record (k channels per tap, cols output
// channels, rows output pixels), cuts it into tasks and runs it.
func (b *Backend) convJob(s kernels.ConvShape, filter, scratch []float32, k, cols, rows int, repeatable bool) {
	if len(scratch) < b.ScratchLen(s, kernels.Forward) {
		panic(fmt.Sprintf("simd: scratch of %d floats for %+v, want %d", len(scratch), s, b.ScratchLen(s, kernels.Forward)))
	}
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
	b.set(convPanelsPerTask, perTask)
	b.set(convRowTasks, rowTasks)

	tables := b.threads * tableLen(s) / 4
	clear(scratch[tables:][:k])
	b.setFields(convZeros, int(at(scratch[tables:])), convTable, int(at(scratch)), convTableLen, tableLen(s))
	b.run(kernelConv, runs*rowTasks, repeatable)
}

func roundUp(n, to int) int { return (n + to - 1) / to * to }
