package webgpu

import (
	"fmt"
	"strings"

	"thaw/kernels"
)

// tile is what a thread of 64 computes of a product: rows by quads of four columns.
type tile struct{ rows, quads int }

// The large tile loads half as much for each product, and sums in four times the registers:
// in SwiftShader it is 1.5 times as fast.
var (
	smallTile = tile{rows: 4, quads: 1} // 32 x 32 of 64 threads
	largeTile = tile{rows: 8, quads: 2} // 64 x 64
)

// convDepth is how much of the depth a workgroup takes at a time: BK of conv2d_common.wgsl.
const convDepth = 16

func (t tile) constants() string {
	return fmt.Sprintf("const TM = %du;\nconst TN = %du;\n", t.rows, t.quads)
}

// count is how many tiles cover rows x columns.
func (t tile) count(rows, columns int) int {
	return ceilDiv(rows, 8*t.rows) * ceilDiv(columns, 32*t.quads)
}

// unroll writes a line that names $i once for each row of a thread, $h each four rows, $j
// each quad of columns; $l and $r each four floats that it brings of a product's left and
// right side. The name becomes the number.
func (t tile) unroll(source string) string {
	counts := []struct {
		name string
		n    int
	}{{"$i", t.rows}, {"$h", t.rows / 4}, {"$j", t.quads}, {"$l", t.rows * convDepth / 32}, {"$r", t.quads * convDepth / 8}}
	lines := strings.SplitAfter(source, "\n")
	for _, c := range counts {
		var out []string
		for _, line := range lines {
			if !strings.Contains(line, c.name) {
				out = append(out, line)
				continue
			}
			for i := range c.n {
				out = append(out, strings.ReplaceAll(line, c.name, fmt.Sprint(i)))
			}
		}
		lines = out
	}
	return strings.Join(lines, "")
}

// matrixProduct is a convolution's pass: so many products of rows x columns, the steps of
// convDepth that they sum over, and the floats of the result.
type matrixProduct struct{ products, rows, columns, steps, out int }

// productOf counts for the passes what their shaders say.
func productOf(s kernels.ConvShape, pass kernels.Pass) matrixProduct {
	pixels := s.N * s.OH * s.OW
	switch pass {
	case kernels.Forward:
		return matrixProduct{1, pixels, s.COut, s.KH * s.KW * ceilDiv(s.CIn, convDepth), pixels * s.COut}
	case kernels.BackwardInput:
		classRows := s.N * ceilDiv(s.H, s.Stride) * ceilDiv(s.W, s.Stride)
		taps := ceilDiv(s.KH, s.Stride) * ceilDiv(s.KW, s.Stride)
		return matrixProduct{s.Stride * s.Stride, classRows, s.CIn, taps * ceilDiv(s.COut, convDepth), s.N * s.H * s.W * s.CIn}
	}
	return matrixProduct{s.KH * s.KW, s.CIn, s.COut, ceilDiv(pixels, convDepth), s.FilterLen()}
}

const (
	wantedGroups = 256 // workgroups that keep a GPU busy
	fewestLarge  = 64  // large ones that do
	leastSteps   = 8   // of a part: less would be mostly overhead
)

// tiles is how many tiles cover all products.
func (p matrixProduct) tiles(t tile) int { return p.products * t.count(p.rows, p.columns) }

// cut is into how many parts the depth is cut, for workgroups where tiles are few.
func (p matrixProduct) cut(tiles int) int {
	return max(1, min(ceilDiv(wantedGroups, tiles), p.steps/leastSteps))
}

// tile is the large one where there are enough, and they replace at least three small ones
// each: four, but for the edges.
func (p matrixProduct) tile() tile {
	if n := p.tiles(largeTile); n*p.cut(n) >= fewestLarge && 3*n <= p.tiles(smallTile) {
		return largeTile
	}
	return smallTile
}

// parts depends on the shape alone: the bits of the result depend on it.
func (p matrixProduct) parts() int { return p.cut(p.tiles(p.tile())) }

// ScratchLen returns room for the sums of the parts, less than 2*wantedGroups tiles.
func (sizes) ScratchLen(s kernels.ConvShape, pass kernels.Pass) int {
	p := productOf(s, pass)
	if p.parts() == 1 {
		return 0
	}
	return p.parts() * p.out
}
