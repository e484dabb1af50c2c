// Package vec holds the vector loops of kernels.Portable: what an op does to a row of
// floats, a channel or a register tile, on slices. What goes where, and on which
// thread, is decided in package kernels.
//
// The loops, files *_simd.go, are written once on simd.Float32s, as many float32 as
// the machine's vectors hold. Their copies *_go.go, for a build without
// GOEXPERIMENT=simd, differ in the import alone: package scalar, one float32
// (TestScalarCopies keeps them equal).
//
// Go 1.27.4 compiles a function that uses these types once for each vector length.
// It crashes on "for range n" in one, and cannot follow them into a file that does
// not import simd.
package vec
