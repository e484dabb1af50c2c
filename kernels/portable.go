package kernels

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// Portable is the reference Backend: Go alone, vectorised by Go's simd package
// under GOEXPERIMENT=simd, on several cores by goroutines.
type Portable struct {
	threads int
	tiles   []tile // one a worker
	sums    [sumParts]float64
}

var _ Backend = (*Portable)(nil)

// NewPortable returns a backend that uses that many threads; 0 or less: all that
// Go may use (GOMAXPROCS).
func NewPortable(threads int) *Portable {
	if threads <= 0 {
		threads = runtime.GOMAXPROCS(0)
	}
	return &Portable{threads: threads, tiles: make([]tile, threads)}
}

// Name returns "portable".
func (p *Portable) Name() string { return "portable" }

// Threads returns the number of goroutines that share an op.
func (p *Portable) Threads() int { return p.threads }

// parallel calls unit(worker, i) once for each i in [0, n), on up to p.threads
// goroutines numbered by worker, and returns when all are done. Which worker takes
// a unit is left to chance, so units write disjoint results: then no bit depends on it.
func (p *Portable) parallel(n int, unit func(worker, i int)) {
	workers := min(p.threads, n)
	if workers <= 1 {
		for i := range n {
			unit(0, i)
		}
		return
	}
	var next atomic.Int64
	take := func(worker int) {
		for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
			unit(worker, i)
		}
	}
	var wg sync.WaitGroup
	for worker := 1; worker < workers; worker++ {
		wg.Go(func() { take(worker) })
	}
	take(0)
	wg.Wait()
}

// smallWork is how many floats an op must touch for a second thread to pay: waking
// a goroutine costs some microseconds, in which one core reads this much.
const smallWork = 32 << 10

// A unit of channel work is channelUnit channels or fewer: enough for whole cache
// lines, few enough for sums on the stack.
const channelUnit = 64

// channels calls f(c0, c1) for ranges that cut [0, c) into units for the threads,
// of whole cache lines (16 floats): each channel is summed by one thread, over all
// pixels in order, so no bit depends on the cut. work is the floats touched.
func (p *Portable) channels(c, work int, f func(c0, c1 int)) {
	width := channelUnit
	if work >= smallWork {
		width = min(ceilDiv(ceilDiv(c, p.threads), 16)*16, channelUnit)
	}
	p.units(ceilDiv(c, width), work, func(i int) { f(i*width, min((i+1)*width, c)) })
}

// units is parallel where work, the floats touched, is worth it.
func (p *Portable) units(n, work int, f func(i int)) {
	if work < smallWork {
		for i := range n {
			f(i)
		}
		return
	}
	p.parallel(n, func(_, i int) { f(i) })
}
