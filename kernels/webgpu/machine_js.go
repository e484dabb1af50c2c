package webgpu

import (
	"errors"
	"fmt"
	"runtime"
	"syscall/js"

	"thaw/kernels"
	"thaw/kernels/program"
)

// Machine is the user's GPU. It belongs to one goroutine.
type Machine struct {
	sizes
	gpu      js.Value // GPU of web/engine/gpu.js
	compiled map[pipeline]bool

	// Adapter is the GPU's name; Software says that it computes on the CPU.
	Adapter  string
	Software bool

	maxBuffer, maxBinding int // bytes
}

var _ program.Machine = (*Machine)(nil)

// Open opens the user's GPU; software admits an adapter that computes on the CPU. The
// error says why there is none. The page must have loaded Go through
// web/engine/loader.js.
func Open(software bool) (*Machine, error) {
	open := js.Global().Get("thawGPU")
	if open.IsUndefined() {
		return nil, errors.New("the page did not load Go through web/engine/loader.js")
	}
	gpu, err := await(open.Invoke(map[string]any{"software": software}))
	if err != nil {
		return nil, err
	}
	return &Machine{gpu: gpu, compiled: map[pipeline]bool{}, Adapter: gpu.Get("name").String(), Software: gpu.Get("software").Bool(),
		maxBuffer: gpu.Get("maxBuffer").Int(), maxBinding: gpu.Get("maxBinding").Int()}, nil
}

// Name returns "webgpu".
func (m *Machine) Name() string { return "webgpu" }

// Close gives the device back; what runs on it is lost.
func (m *Machine) Close() { m.gpu.Call("destroy") }

// WhenLost calls f, once, when the device is lost or given back.
func (m *Machine) WhenLost(f func()) {
	wait := awaiting(m.gpu.Get("lost"), nil)
	go func() {
		wait() // it is only ever rejected
		f()
	}()
}

// Load implements program.Machine.
func (m *Machine) Load(tensors [][]float32, kept []*program.Buffer, programs ...*program.Program) (program.Memory, error) {
	l := layOut(kept, programs)
	if err := l.fits(m.maxBuffer); err != nil {
		return nil, err
	}
	memory := &memory{machine: m, layout: l, speed: startSpeed, lowering: m.lowering(l), whole: map[*program.Op]*lowered{}}
	if err := memory.prepare(programs); err != nil {
		return nil, err
	}
	ofRegions, ofKept := l.sizesInBytes(kept)
	buffers, err := await(m.gpu.Call("allocate", ofRegions, ofKept, maxRows))
	if err != nil {
		return nil, m.failed(fmt.Errorf("the GPU has no room for this plan (%w): choose a smaller batch, smaller images, or SIMD", err))
	}
	memory.buffers = buffers
	for n, at := range l.tensors {
		if len(tensors[n]) != l.tensorLen[n] {
			panic(fmt.Sprintf("webgpu: tensor %d has %d floats, given %d", n, l.tensorLen[n], len(tensors[n])))
		}
		memory.write(int(inTensors), 4*at, tensors[n])
	}
	return memory, nil
}

// Fits says in a sentence why the device cannot hold programs, nil where it can, before
// anything is allocated.
func (m *Machine) Fits(kept []*program.Buffer, programs ...*program.Program) error {
	l := layOut(kept, programs)
	if err := l.fits(m.maxBuffer); err != nil {
		return err
	}
	lowering := m.lowering(l)
	for _, p := range programs {
		for _, op := range p.Ops {
			lowering.op = op
			if err := lowering.window(); err != nil {
				return err
			}
		}
	}
	return nil
}

func (m *Machine) lowering(l *layout) lowering {
	return lowering{locate: l.locate, windowLen: m.maxBinding / rowBytes * bindAlign, regionLen: l.lens}
}

// compile makes the pipelines that are not yet made, all at once.
func (m *Machine) compile(wanted map[pipeline]bool) error {
	var promises []any
	for p := range wanted {
		if !m.compiled[p] {
			promises = append(promises, m.gpu.Call("compile", int(p), shaders[p].name, shaders[p].code))
		}
	}
	if len(promises) == 0 {
		return nil
	}
	if _, err := await(js.Global().Get("Promise").Call("all", promises)); err != nil {
		return m.failed(fmt.Errorf("the GPU's compiler failed: %w", err))
	}
	for p := range wanted {
		m.compiled[p] = true
	}
	return nil
}

// failed is err, as a loss where the device is gone.
func (m *Machine) failed(err error) error {
	if m.gpu.Get("gone").Truthy() {
		return &kernels.LostError{What: "the GPU", Gone: true}
	}
	return err
}

// await waits for a promise; others in the program go on meanwhile.
func await(promise js.Value) (js.Value, error) {
	return awaiting(promise, nil)()
}

// awaiting starts to wait for a promise and returns a function that ends it. A promise
// whose outcome nobody asks for is no error; until it is settled, kept, to which it
// writes, is not collected.
func awaiting(promise js.Value, kept any) func() (js.Value, error) {
	type outcome struct {
		value js.Value
		err   error
	}
	done := make(chan outcome, 1)
	var then, fail js.Func
	release := func() { then.Release(); fail.Release(); runtime.KeepAlive(kept) }
	then = js.FuncOf(func(_ js.Value, args []js.Value) any {
		release()
		done <- outcome{value: args[0]}
		return nil
	})
	fail = js.FuncOf(func(_ js.Value, args []js.Value) any {
		release()
		done <- outcome{err: errors.New(args[0].Get("message").String())}
		return nil
	})
	promise.Call("then", then, fail)
	return func() (js.Value, error) {
		o := <-done
		return o.value, o.err
	}
}
