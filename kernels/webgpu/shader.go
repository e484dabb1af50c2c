package webgpu

import "strings"

// Bindings of every shader, all in group 0.
const preamble = `
@group(0) @binding(0) var<uniform> u: Row;
@group(0) @binding(1) var<storage, read_write> arena: array<ARENA>;
@group(0) @binding(2) var<storage, read_write> tensors: array<TENSORS>;
@group(0) @binding(3) var<storage, read_write> gradients: array<GRADIENTS>;
@group(0) @binding(4) var<storage, read_write> state: array<STATE>;
`

// shader is one compute pipeline. Its source declares struct Row, at most rowBytes of
// u32 and f32, and one entry point main; the bindings arena, tensors, gradients and
// state stand before it, as arrays of f32 or, where the name is among vec4, of vec4f.
type shader struct {
	name string // for errors and measurements: the file's, with its variant
	code string
}

// shaders lists all pipelines; a pipeline is an index into it.
var shaders []shader

type pipeline int

// newShader adds a shader. vec4 names the bindings that it sees as vec4f, and each pair
// of replace is a text and what stands for it in this variant.
func newShader(name, source string, vec4 []string, replace ...string) pipeline {
	types := map[string]string{"ARENA": "f32", "TENSORS": "f32", "GRADIENTS": "f32", "STATE": "f32"}
	for _, binding := range vec4 {
		types[strings.ToUpper(binding)] = "vec4f"
	}
	head := preamble
	for binding, t := range types {
		head = strings.ReplaceAll(head, "array<"+binding+">", "array<"+t+">")
	}
	shaders = append(shaders, shader{name, strings.NewReplacer(replace...).Replace(head + source)})
	return pipeline(len(shaders) - 1)
}

// variants are a shader that is always right and one that needs all offsets, strides and
// channels to be multiples of 4, and sees the regions as vec4f.
type variants struct{ scalar, vec4 pipeline }
