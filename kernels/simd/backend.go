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
	direct  bool // without Winograd: benchmarks and tests compare

	// memory is where the record of the job at hand stands: emitted code has its
	// address, and what is on a goroutine's stack may move.
	memory [recordLen / 8]uint64
}

var _ kernels.Backend = (*Backend)(nil)

// machine runs jobs: start_js.go's in a browser or node.
type machine interface {
	// run computes tiles 0..tiles-1 of kernel k on the record at the address. If
	// repeatable, computing a tile twice does no harm.
	run(k kernel, record, tiles int, repeatable bool)
	// alive is how many threads take part.
	alive() int
}

func newBackend(m machine, threads, rows int) *Backend {
	return &Backend{threads: threads, rows: rows, machine: m}
}

// Name returns "simd".
func (b *Backend) Name() string { return "simd" }

// Threads returns the number of threads that started and are not lost.
func (b *Backend) Threads() int { return b.machine.alive() }

// at is the address where s begins, 0 for an empty slice. Kernels see Go's linear
// memory; natively an address means nothing: there the backend only exists to be compiled.
func at[T any](s []T) int { return int(uintptr(unsafe.Pointer(unsafe.SliceData(s)))) }

// recordLen is the bytes of the longest record, which the next does not exceed.
const recordLen = unsafe.Sizeof(squaresJob{})

var _ [recordLen - unsafe.Sizeof(winogradJob{})]byte

// record is the memory of a record; who fills it assigns the whole of one.
func (b *Backend) record() unsafe.Pointer { return unsafe.Pointer(&b.memory) }

// run runs a kernel on the record.
func (b *Backend) run(k kernel, tiles int, repeatable bool) {
	b.machine.run(k, at(b.memory[:]), tiles, repeatable)
}

func ceilDiv(n, by int) int { return (n + by - 1) / by }

func roundUp(n, to int) int { return (n + to - 1) / to * to }
