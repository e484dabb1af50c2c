// Package simd is the fast kernels.Backend in a browser: it writes its kernels as a
// WebAssembly module when the program starts and runs them, on all cores, on Go's
// own memory.
//
// Why emitted: Go's compiler knows neither relaxed SIMD nor a splat from memory,
// and spills; emitted code runs at 92-98 % of what multiply-adds in registers
// reach. Why Go's own memory: a tensor stays an ordinary []float32, so this backend
// and kernels.Portable are interchangeable op by op, without a copy.
//
// Two halves. The emitters are pure Go and run anywhere:
//
//	expr.go, wide.go, function.go, lanes.go, record.go
//	                                 the language kernels are written in
//	module.go                        options, kernels, Emit
//	schedule.go                      threads: claiming tiles, join, sleep
//	conv.go, conv_micro.go           convolution as implicit GEMM
//	pack.go                          filters into panels
//	winograd.go, winograd_tables.go, winograd_pack.go
//	                                 3x3, 1x7 and 7x1 by fewer multiplications
//	filtergrad.go                    filter gradient
//	fold.go, batchnorm.go, pool.go, dropout.go, loss.go, optimizer.go
//	limit.go                         what the machine could do at most
//
// The backend fills one record per job, a Go struct that stands beside its emitter, and
// has the machine run its tiles:
//
//	backend.go                       the record's memory
//	*_run.go                         geometry, tasks, scratch; short ones beside the emitter
//	start_js.go                      New: the machine in a browser or node
//	warm.go                          kernels fast from the first op on
//
// An op's result depends neither on the number of threads nor on who takes a tile:
// tiles and the order of sums follow from shapes alone. It does depend on whether
// multiply-adds are fused (Options.FMA).
//
// Filters should begin at multiples of 64 bytes: a panel row is half a cache line.
//
// JavaScript's part is web/engine: loader.js loads Go so that its memory is shared,
// engine.js starts the workers, thunk.js lets Go call what did not exist when Go
// was linked. wasmexec runs tests with all of it in node or a browser.
package simd
