package webgpu

import (
	"context"
	"runtime"
	"syscall/js"
	"time"
	"unsafe"

	"thaw/kernels/program"
)

// memory is the buffers of programs on the device.
type memory struct {
	machine  *Machine
	layout   *layout
	lowering lowering
	buffers  js.Value // Memory of web/engine/gpu.js

	running []slice // submitted, oldest first
	speed   float64 // FLOP/s of the last slices
	err     error   // of work that nobody waited for
}

// slice is work that was submitted together.
type slice struct {
	wait  func() (js.Value, error)
	flops int64
	begun time.Time
}

// A slice takes about sliceTime, so that a pause acts soon and no watchdog bites (some
// systems reset a GPU that takes 2 s), and inFlight of them keep the GPU busy.
const (
	sliceTime  = 25 * time.Millisecond
	inFlight   = 2
	startSpeed = 20e9
)

// prepare compiles the pipelines that the programs use.
func (m *memory) prepare(programs []*program.Program) error {
	m.lowering.reset()
	for _, p := range programs {
		for _, op := range p.Ops {
			if err := m.lowering.lower(op); err != nil {
				return err
			}
		}
	}
	wanted := map[pipeline]bool{}
	for i := range m.lowering.dispatches() {
		wanted[pipeline(m.lowering.table[i*tableLen])] = true
	}
	return m.machine.compile(wanted)
}

func address[T any](s []T) int { return int(uintptr(unsafe.Pointer(unsafe.SliceData(s)))) }

// Write implements program.Memory.
func (m *memory) Write(b *program.Buffer, off int, data []float32) {
	number, offset := m.layout.at(b, off)
	m.write(number, offset, data)
}

func (m *memory) write(number, offset int, data []float32) {
	if len(data) > 0 {
		m.buffers.Call("write", number, offset, address(data), 4*len(data))
	}
}

// Copy implements program.Memory.
func (m *memory) Copy(dst, src program.Ref) {
	to, toOffset := m.layout.at(dst.Buffer, dst.Off)
	from, fromOffset := m.layout.at(src.Buffer, src.Off)
	m.buffers.Call("copy", to, toOffset, from, fromOffset, 4*dst.Len)
}

// Run implements program.Memory: it submits ops in slices and returns when all but the
// last are done.
func (m *memory) Run(ops []*program.Op, poll func() error) error {
	m.lowering.reset()
	flops := int64(0)
	for i, op := range ops {
		if err := m.lowering.lower(op); err != nil {
			return err
		}
		flops += op.FLOPs
		full := float64(flops) > m.speed*sliceTime.Seconds() || m.lowering.dispatches() > maxRows/2
		if !full && i < len(ops)-1 {
			continue
		}
		if poll != nil {
			if err := poll(); err != nil {
				return err
			}
		}
		if err := m.submit(flops); err != nil {
			return err
		}
		m.lowering.reset()
		flops = 0
	}
	return m.err
}

func (m *memory) submit(flops int64) error {
	n := m.lowering.dispatches()
	if n == 0 {
		return nil
	}
	promise := m.buffers.Call("run", address(m.lowering.table), address(m.lowering.rows), n)
	m.running = append(m.running, slice{awaiting(promise), flops, time.Now()})
	for len(m.running) > inFlight {
		if err := m.oldest(); err != nil {
			return err
		}
	}
	return nil
}

// oldest waits for the slice that was submitted first.
func (m *memory) oldest() error {
	s := m.running[0]
	m.running = m.running[1:]
	if _, err := s.wait(); err != nil {
		m.err = m.machine.failed(err)
		return m.err
	}
	if took := time.Since(s.begun); s.flops > 0 && took > 0 {
		// Two are in flight, so each has half of the time that it took.
		m.speed = float64(s.flops) / took.Seconds() * float64(len(m.running)+1)
	}
	return nil
}

// Read implements program.Memory.
func (m *memory) Read(ctx context.Context, dst []float32, b *program.Buffer, off int) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	for len(m.running) > 0 {
		if err := m.oldest(); err != nil {
			return err
		}
	}
	if len(dst) == 0 || m.err != nil {
		return m.err
	}
	number, offset := m.layout.at(b, off)
	_, err := await(m.buffers.Call("read", number, offset, address(dst), 4*len(dst)))
	runtime.KeepAlive(dst)
	if err != nil {
		m.err = m.machine.failed(err)
	}
	return m.err
}

// Close implements program.Memory.
func (m *memory) Close() { m.buffers.Call("destroy") }
