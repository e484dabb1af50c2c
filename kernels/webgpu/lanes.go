package webgpu

import (
	_ "embed"
	"fmt"
)

// Ops on maps share one scheme: a lane of a workgroup is one group of channels, its rows
// are pixels. A group of channels is one float, or four where everything is a multiple of 4.

//go:embed lanes.wgsl
var lanesSource string

// lanes is LANES of lanes.wgsl.
const lanes = 8

// newVariants adds both. source says ELEMENT for the type of an element of all regions, and
// INVOCATIONS for the size of a workgroup, 64.
func newVariants(name, source string, replace ...string) variants {
	replace = append([]string{"INVOCATIONS", "64"}, replace...)
	return variants{
		scalar: newShader(name, source, nil, append(replace, "ELEMENT", "f32")...),
		vec4:   newWide(name+" vec4", source, append(replace, "ELEMENT", "vec4f")...),
	}
}

// newWide adds a shader that sees all regions as vec4f. It is for whole buffers: they begin
// at multiples of bindAlign and nobody reads what is behind them up to the next one, so
// that the last element may reach beyond the end.
func newWide(name, source string, replace ...string) pipeline {
	return newShader(name, source, []string{"arena", "tensors", "gradients", "state"}, replace...)
}

// wide turns the offsets and the length of whole buffers from floats into elements.
func (l *lowering) wide(length *uint32, offsets ...*uint32) {
	for _, at := range offsets {
		if *at%4 != 0 {
			panic(fmt.Sprintf("webgpu: %s: an operand of %s does not begin where its buffer does", l.op.Name, l.op.Kind()))
		}
		*at /= 4
	}
	*length = uint32(ceilDiv(int(*length), 4))
}

// pick chooses the variant for an op whose offsets, strides and lengths are given, and
// turns them from floats into elements of it.
func (v variants) pick(floats ...*uint32) pipeline {
	for _, n := range floats {
		if *n%4 != 0 {
			return v.scalar
		}
	}
	for _, n := range floats {
		*n /= 4
	}
	return v.vec4
}

// blocks is the workgroups that hold so many groups of channels.
func blocks(channels uint32) int { return ceilDiv(int(channels), lanes) }

// tilePixels is the pixels of a workgroup that only maps, 8 a row of it, or more where there
// would be too many workgroups.
func tilePixels(pixels int) int { return max(64, ceilDiv(pixels, maxGroups)) }

// pixelGrid is the workgroups, in two dimensions, that hold one pixel a row.
func pixelGrid(pixels int) (x, y int) { return grid(ceilDiv(pixels, 64/lanes)) }
