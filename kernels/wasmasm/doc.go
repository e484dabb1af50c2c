// Package wasmasm encodes WebAssembly modules: enough of the binary format
// (https://webassembly.github.io/spec/core/binary/) to emit compute kernels with
// SIMD, relaxed SIMD, atomics, a table and an imported memory, shared or not.
//
// It knows nothing of kernels and validates nothing beyond operand kinds: the
// engine that compiles the bytes is the validator. ShareMemory, JoinData
// and DropLines edit a module somebody else linked (Go's own).
//
// Reading order: op.go (instructions), code.go (sequences of them), module.go
// (sections), share.go, data.go, lines.go.
package wasmasm
