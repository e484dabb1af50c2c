package webgpu

import (
	"fmt"
	"strings"

	"thaw/kernels"
)

// tile is what a thread of 64 computes of a product: rows by quads of four columns.
// More of both means fewer loads for each sum, and fewer workgroups.
type tile struct{ rows, quads int }

// convTile suits the most convolutions: at 299 pixels and batch 4, 32 of 246 have fewer
// than 64 tiles of 32 x 32, but 125 fewer than 64 of 64 x 64.
var convTile = tile{rows: 4, quads: 1}

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

// matrixProduct is the size of a convolution's pass.
type matrixProduct struct {
	tiles, steps int
	out          int // floats
}

func productOf(s kernels.ConvShape, pass kernels.Pass) matrixProduct {
	switch pass {
	case kernels.Forward:
		pixels := s.N * s.OH * s.OW
		return matrixProduct{convTile.count(pixels, s.COut), s.KH * s.KW * ceilDiv(s.CIn, convDepth), pixels * s.COut}
	case kernels.BackwardInput:
		return matrixProduct{
			s.Stride * s.Stride * convTile.count(s.N*ceilDiv(s.H, s.Stride)*ceilDiv(s.W, s.Stride), s.CIn),
			ceilDiv(s.KH, s.Stride) * ceilDiv(s.KW, s.Stride) * ceilDiv(s.COut, convDepth),
			s.N * s.H * s.W * s.CIn,
		}
	}
	return matrixProduct{s.KH * s.KW * convTile.count(s.CIn, s.COut), ceilDiv(s.N*s.OH*s.OW, convDepth), s.FilterLen()}
}

const (
	wantedGroups = 256 // workgroups that keep a GPU busy
	leastSteps   = 8   // of a part: less would be mostly overhead
)

// parts is into how many parts the depth is cut: it depends on the shape alone, as the
// bits of the result do.
func (p matrixProduct) parts() int {
	return max(1, min(ceilDiv(wantedGroups, p.tiles), p.steps/leastSteps))
}

// ScratchLen returns room for the sums of the parts, about 2*wantedGroups tiles at most.
func (sizes) ScratchLen(s kernels.ConvShape, pass kernels.Pass) int {
	p := productOf(s, pass)
	if p.parts() == 1 {
		return 0
	}
	return p.parts() * p.out
}
