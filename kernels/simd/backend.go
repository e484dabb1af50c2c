package simd

import (
	"unsafe"

	"thaw/kernels"
)

// Backend implements kernels.Backend by emitted kernels. It fills a record per
// job, and the machine runs the tiles.
type Backend struct {
	threads int // numbered 0..threads-1; fewer may be alive
	rows    int // of the register tile
	machine machine
	direct  bool     // without Winograd: benchmarks and tests compare
	rec     []uint32 // record of the job at hand
}

var _ kernels.Backend = (*Backend)(nil)

// machine runs jobs: start_js.go's in a browser or node.
type machine interface {
	// run computes tiles 0..tiles-1 of kernel k on the record at arg. If
	// repeatable, computing a tile twice does no harm.
	run(k kernel, arg address, tiles int, repeatable bool)
	// alive is how many threads take part.
	alive() int
}

// address is a byte address in Go's linear memory, which is what kernels see.
// Natively it means nothing: there the backend only exists to be compiled.
type address = uint32

func newBackend(m machine, threads, rows int) *Backend {
	return &Backend{threads: threads, rows: rows, machine: m, rec: make([]uint32, 2*max(64, sumSquaresRecord/8))}
}

// Name returns "simd".
func (b *Backend) Name() string { return "simd" }

// Threads returns the number of threads that started and are not lost.
func (b *Backend) Threads() int { return b.machine.alive() }

// at returns where s begins, 0 for an empty slice.
func at[T any](s []T) address { return address(uintptr(unsafe.Pointer(unsafe.SliceData(s)))) }

// set writes a field of the record, given by its byte offset.
func (b *Backend) set(field int, v int)        { b.rec[field/4] = uint32(int32(v)) }
func (b *Backend) setAt(field int, v address)  { b.rec[field/4] = v }
func (b *Backend) setF32(field int, v float32) { b.rec[field/4] = *(*uint32)(unsafe.Pointer(&v)) }
func (b *Backend) setU64(field int, v uint64) {
	b.rec[field/4], b.rec[field/4+1] = uint32(v), uint32(v>>32)
}

// setFields writes fields, each followed by its value: smaller to download than as many calls.
func (b *Backend) setFields(fields ...int) {
	for i := 0; i < len(fields); i += 2 {
		b.set(fields[i], fields[i+1])
	}
}

func (b *Backend) run(k kernel, tiles int, repeatable bool) {
	b.machine.run(k, at(b.rec), tiles, repeatable)
}
