package webgpu

import _ "embed"

// Sums of a channel over all pixels are taken of chunks of pixels, then of the chunks.

//go:embed sums.wgsl
var sumsSource string

// joinInvocations is the size of a workgroup that goes through all chunks of its channels.
const joinInvocations = "256"

var sumsPipeline = newShader("sums", lanesSource+sumsSource, nil, "ELEMENT", "f32", "INVOCATIONS", joinInvocations)

// sumsRow is Row of sums.wgsl.
type sumsRow struct {
	Sums, Kinds, Chunks, Channels, Totals uint32
	Given, Out                            uint32
	Alpha                                 float32
}

// chunksOf cuts pixels into chunks: enough for a large GPU, few enough to be joined by
// one workgroup.
func chunksOf(pixels int) (chunk, chunks int) {
	const least, most = 64, 512
	chunk = max(least, ceilDiv(pixels, most))
	return chunk, ceilDiv(pixels, chunk)
}

// SumsLen is two sums of every channel in each chunk, and their totals.
func (sizes) SumsLen(pixels, channels int) int {
	_, chunks := chunksOf(pixels)
	return 2 * (chunks + 1) * channels
}

// sums joins the chunks' sums, of so many kinds, into totals behind them, and writes alpha
// times the first kind to out, if given. Offsets in floats; it returns where the totals are.
func (l *lowering) sums(sums uint32, kinds, pixels, channels int, out *[]float32, alpha float32) (totals uint32) {
	_, chunks := chunksOf(pixels)
	totals = sums + uint32(2*chunks*channels)
	_, given := l.at(out)
	row := sumsRow{Sums: sums, Kinds: uint32(kinds), Chunks: uint32(chunks), Channels: uint32(channels), Totals: totals,
		Given: flag(given), Out: l.in(inGradients, out), Alpha: alpha}
	dispatchRow(l, sumsPipeline, &row, blocks(row.Channels), kinds, 1)
	return totals
}
