//go:build js && wasm

package simd

import (
	"errors"
	"fmt"
	"syscall/js"
	"time"

	"thaw/kernels"
)

// call runs the emitted run(kernel, arg, tiles). It reaches the module, which did
// not exist when Go was instantiated, through the thunk of web/engine/thunk.js.
//
//go:wasmimport simd run
func call(kernel, arg, tiles int32) int32

// host is the JavaScript side: web/engine/loader.js puts it where Go finds it.
const host = "thawEngine"

// engine is the machine in a browser or node: the emitted module on Go's own
// memory, and workers that run the same module.
type engine struct {
	control []uint32
	host    js.Value
}

// engines keeps all control blocks alive: a worker may look at its block until it
// is terminated, and JavaScript does not say when that is.
var engines []*engine

// New emits the kernels, compiles them and starts threads-1 workers; 0 means all
// cores. Without a shared memory it uses one thread. A worker that does not start
// costs a thread, not an error: Threads says how many there are. The error says
// why the caller has to use kernels.Portable instead.
func New(threads int) (kernels.Backend, error) {
	h := js.Global().Get(host)
	if h.IsUndefined() {
		return nil, errors.New("simd: the page did not load Go through web/engine/loader.js, so SIMD kernels cannot reach its memory")
	}
	available, err := await(h.Call("available"))
	if err != nil {
		return nil, fmt.Errorf("simd: count cores: %w", err)
	}
	if threads <= 0 || threads > available.Int() {
		threads = available.Int()
	}
	threads = min(threads, MaxThreads)
	e := &engine{host: h, control: make([]uint32, controlLen/4+16)}
	// Whole cache lines, so that counters do not share one.
	for at(e.control)%64 != 0 {
		e.control = e.control[1:]
	}
	engines = append(engines, e)
	o := Options{Shared: h.Get("shared").Bool(), Control: uint32(at(e.control)), FMA: h.Get("relaxed").Bool(), Rows: mr}
	if !o.FMA {
		o.Rows = rowsWithoutFMA
	}
	code := Emit(o)
	bytes := js.Global().Get("Uint8Array").New(len(code))
	js.CopyBytesToJS(bytes, code)
	b := newBackend(e, threads, o.Rows)
	if _, err := await(h.Call("compile", bytes)); err != nil {
		return nil, fmt.Errorf("simd: compile kernels: %w", err)
	}
	starting := h.Call("startWorkers", threads)
	b.warm() // meanwhile, on this thread
	started, err := await(starting)
	if err != nil {
		return nil, fmt.Errorf("simd: start kernels: %w", err)
	}
	time.Sleep(settleTime)
	*e.field(ctlWorkers) = uint32(started.Int() - 1)
	return b, nil
}

func (e *engine) field(offset int) *uint32 { return &e.control[offset/4] }

// alive implements machine.
func (e *engine) alive() int { return int(*e.field(ctlWorkers)) + 1 }

// run implements machine. If a worker died with a tile in its hands, it is dropped
// and the job done again with fewer threads; an op that overwrites what it reads
// cannot be, and panics with kernels.ErrThreadLost.
func (e *engine) run(k kernel, record, tiles int, repeatable bool) {
	for call(int32(k), int32(record), int32(tiles)) != 0 {
		e.dropStuck()
		if !repeatable {
			panic(kernels.ErrThreadLost)
		}
	}
}

// dropStuck ends the workers that hold a tile.
func (e *engine) dropStuck() {
	for thread := 1; thread < MaxThreads; thread++ {
		busy := e.field(ctlBusy + 64*thread)
		if *busy == 0 {
			continue
		}
		if _, err := await(e.host.Call("lose", thread, "it stopped in the middle of an op")); err != nil {
			panic(err)
		}
		*busy = 0
		*e.field(ctlWorkers)--
	}
}

// await waits for a promise.
func await(promise js.Value) (js.Value, error) {
	type outcome struct {
		value js.Value
		err   error
	}
	done := make(chan outcome, 1)
	then := js.FuncOf(func(_ js.Value, args []js.Value) any {
		done <- outcome{value: args[0]}
		return nil
	})
	defer then.Release()
	fail := js.FuncOf(func(_ js.Value, args []js.Value) any {
		done <- outcome{err: errors.New(args[0].Call("toString").String())}
		return nil
	})
	defer fail.Release()
	promise.Call("then", then, fail)
	o := <-done
	return o.value, o.err
}
