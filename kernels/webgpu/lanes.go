package webgpu

import _ "embed"

// Ops on maps share one scheme: a lane of a workgroup is one group of channels, its rows
// are pixels. A group of channels is one float, or four where everything is a multiple of 4.

//go:embed lanes.wgsl
var lanesSource string

// lanes is LANES of lanes.wgsl.
const lanes = 8

// variants are one source compiled for floats and for vec4f.
type variants struct{ scalar, vec4 pipeline }

// newVariants adds both. source says ELEMENT for the type of an element of all regions,
// FLOAT for the single float at of the arena, FOUR for the element x with zeros behind it,
// and INVOCATIONS for the size of a workgroup, 64.
func newVariants(name, source string, replace ...string) variants {
	replace = append([]string{"INVOCATIONS", "64"}, replace...)
	return variants{
		scalar: newShader(name, source, nil,
			append(replace, "ELEMENT", "f32", "FLOAT", "arena[at]", "FOUR", "vec4f(x, 0.0, 0.0, 0.0)")...),
		vec4: newShader(name+" vec4", source, []string{"arena", "tensors", "gradients", "state"},
			append(replace, "ELEMENT", "vec4f", "FLOAT", "arena[at / 4u][at % 4u]", "FOUR", "x")...),
	}
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

// tile is the pixels of a workgroup that only maps, 8 a row of it, or more where there
// would be too many workgroups.
func tile(pixels int) int { return max(64, ceilDiv(pixels, maxGroups)) }

// pixelGrid is the workgroups, in two dimensions, that hold one pixel a row.
func pixelGrid(pixels int) (x, y int) { return grid(ceilDiv(pixels, 64/lanes)) }
