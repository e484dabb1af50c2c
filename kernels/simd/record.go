package simd

import (
	"fmt"
	"unsafe"

	"thaw/kernels"
)

// A job is described by a record: a Go struct that a driver fills and emitted code
// reads at its address. Its fields are int (addresses, counts and bytes, of which
// emitted code reads the low half, the first), float32, uint64 and structs of those.

// record is the record at arg, as the emitter sees it: like is a Go value of the same
// type, whose fields' addresses say where a record has them.
type record struct {
	arg  i32
	like unsafe.Pointer
	size uintptr
}

// recordAt is not generic: a type descriptor for each record would make the download larger.
func recordAt(arg i32, like unsafe.Pointer, size uintptr) *record { return &record{arg, like, size} }

// offset is where a field stands, in bytes.
func (r *record) offset(field unsafe.Pointer) int {
	offset := uintptr(field) - uintptr(r.like)
	if offset >= r.size {
		panic(fmt.Sprintf("simd: a field at %d of a record of %d bytes", int(offset), r.size))
	}
	return int(offset)
}

// Loads of fields.
func (r *record) i32(field *int) i32     { return r.arg.i32(r.offset(unsafe.Pointer(field))) }
func (r *record) f32(field *float32) f32 { return r.arg.f32(r.offset(unsafe.Pointer(field))) }
func (r *record) i64(field *uint64) i64  { return r.arg.i64(r.offset(unsafe.Pointer(field))) }

// splat is a float32 in four lanes, wideF32 as float64.
func (r *record) splat(field *float32) vec    { return r.arg.splat(r.offset(unsafe.Pointer(field))) }
func (r *record) wideF32(field *float32) pair { return r.arg.wideF32(r.offset(unsafe.Pointer(field))) }

// address is where a field stands in memory.
func (r *record) address(field unsafe.Pointer) i32 { return r.arg.addN(r.offset(field)) }

// pixels is a view in a record: its address, 0 for none, and the bytes from one pixel to the next.
type pixels struct{ at, pixel int }

func pixelsOf(v kernels.View) pixels { return pixels{at(v.Data), 4 * v.Stride} }

// tensor is a view in a record: the address of its first pixel, 0 for none, and the
// bytes from one image, row and column to the next.
type tensor struct{ at, image, row, col int }

func tensorOf(v kernels.View) tensor {
	col := 4 * v.Stride
	return tensor{at(v.Data), col * v.W * v.H, col * v.W, col}
}

// every is the pixels of t from row h and column w on, every step-th along both axes.
func (t tensor) every(step, h, w int) tensor {
	if t.at != 0 {
		t.at += h*t.row + w*t.col
	}
	return tensor{t.at, t.image, t.row * step, t.col * step}
}
