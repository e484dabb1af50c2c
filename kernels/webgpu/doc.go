// Package webgpu runs programs on a GPU, by WebGPU.
//
// A program is lowered op by op to dispatches: a pipeline, a row of numbers (offsets,
// strides, sizes) and a count of workgroups. Shapes stand in the rows, so that 27
// pipelines do for every network. Go fills a table of dispatches for a phase,
// once, and JavaScript (web/engine/gpu.js) records and submits it in a few slices.
//
// On the device lie four buffers, all bound to every shader: the arena of a program's
// transient buffers, the tensors (parameters), their gradients, and the state (moments,
// constants, saved statistics). One buffer is one binding, read and written: two
// overlapping bindings of one buffer are an error, and channel slices and ops in place
// overlap. A buffer larger than the adapter can bind is bound through a window for each op.
//
// Nothing depends on the order in which workgroups run: sums are cut into parts of fixed
// size, which are added in order, so the same adapter gives the same bits.
//
// Every op has a file of Go, its lowering, beside one or more of WGSL. Read lower.go (from
// op to dispatches), shader.go (what a pipeline is), conv2d.go with conv2d.wgsl, the other
// ops; then lowered.go (a phase as a table), memory.go (where buffers lie), machine_js.go
// and memory_js.go (the device).
package webgpu
