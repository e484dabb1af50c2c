package webgpu

import (
	_ "embed"
	"fmt"
	"strconv"

	"thaw/kernels"
)

//go:embed sumsquares.wgsl
var sumSquaresSource string

//go:embed clip.wgsl
var clipSource string

var (
	sumSquaresPipeline = newWide("sumsquares", sumSquaresSource, "SHARE", strconv.Itoa(squaresShare))
	clipPipeline       = newWide("clip", clipSource, "SHARE", strconv.Itoa(clipShare))
)

// sumSquaresRow is Row of sumsquares.wgsl.
type sumSquaresRow struct{ X, Region, Len, Floats, Sum, Scratch, Join, Zero uint32 }

// squaresShare is the elements, of four numbers, that a workgroup of sumsquares.wgsl takes.
const squaresShare = 1 << 14

// squaresParts is how many workgroups sum n numbers.
func squaresParts(n int) int { return max(1, ceilDiv(n, 4*squaresShare)) }

// SquaresLen is an element for each part's sum, where there are several.
func (sizes) SquaresLen(n int) int {
	if parts := squaresParts(n); parts > 1 {
		return 4 * parts
	}
	return 0
}

func (l *lowering) sumSquares(a *kernels.SumSquaresArgs) {
	x, _ := l.op.At(&a.X)
	row := sumSquaresRow{Len: uint32(x.Len), Floats: uint32(x.Len), Sum: l.in(inArena, &a.Sum), Scratch: l.in(inArena, &a.Scratch)}
	row.X, row.Region = l.anywhere(&a.X)
	l.wide(&row.Len, &row.X, &row.Scratch)
	parts := squaresParts(x.Len)
	dispatchRow(l, sumSquaresPipeline, &row, parts, 1, 1)
	if parts > 1 {
		row.Len, row.Join = uint32(parts), 1
		dispatchRow(l, sumSquaresPipeline, &row, 1, 1, 1)
	}
}

// clipRow is Row of clip.wgsl.
type clipRow struct {
	X, InGradients, Len, Sums, SumsLen uint32
	Norm                               float32 // 2^-5 times
}

// clipShare is the elements that an invocation of clip.wgsl takes: all of a workgroup
// read all sums.
const clipShare = 16

func (l *lowering) clipByNorm(a *kernels.ClipByNormArgs) {
	x, given := l.op.At(&a.X)
	if !given {
		return
	}
	sums, _ := l.op.At(&a.Sums)
	row := clipRow{Len: uint32(x.Len), Sums: l.in(inArena, &a.Sums), SumsLen: uint32(sums.Len), Norm: float32(a.Norm / 32)}
	row.X, row.InGradients = l.gradient(&a.X)
	l.wide(&row.Len, &row.X)
	groupsX, groupsY := grid(ceilDiv(int(row.Len), 64*clipShare))
	dispatchRow(l, clipPipeline, &row, groupsX, groupsY, 1)
}

// gradient is where a gradient begins, among the gradients (1) or in the arena (0).
func (l *lowering) gradient(slice *[]float32) (at, inGradientsFlag uint32) {
	p, ok := l.at(slice)
	if ok && p.region != inArena && p.region != inGradients {
		panic(fmt.Sprintf("webgpu: %s: a gradient in the %s", l.op.Name, p.region))
	}
	return p.at, flag(p.region == inGradients)
}
