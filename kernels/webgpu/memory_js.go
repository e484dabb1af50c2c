package webgpu

import (
	"context"
	"slices"
	"syscall/js"
	"time"
	"unsafe"

	"thaw/kernels/program"
)

// memory is the buffers of programs on the device.
type memory struct {
	machine  *Machine
	layout   *layout
	lowering lowering                 // of no op yet
	whole    map[*program.Op]*lowered // phases, by their first op
	buffers  js.Value                 // Memory of web/engine/gpu.js

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

// prepare lowers the phases of programs and compiles the pipelines that they use.
func (m *memory) prepare(programs []*program.Program) error {
	wanted := map[pipeline]bool{}
	for _, p := range programs {
		for phase := program.Init; phase <= program.Restore; phase++ {
			ops := p.Phase(phase)
			if len(ops) == 0 {
				continue
			}
			l, err := newLowered(m.lowering, ops)
			if err != nil {
				return err
			}
			m.whole[ops[0]] = l
			for i := range l.dispatches() {
				wanted[pipeline(l.table[i*tableLen])] = true
			}
		}
	}
	return m.machine.compile(wanted)
}

// lower is ops as dispatches: a whole phase as it was lowered, others, such as the single
// ops of a comparison, anew.
func (m *memory) lower(ops []*program.Op) (*lowered, error) {
	if l := m.whole[ops[0]]; l != nil && slices.Equal(l.ops, ops) {
		l.refresh()
		return l, nil
	}
	return newLowered(m.lowering, ops)
}

// Run implements program.Memory: it submits ops in slices and returns when all but the
// last are done.
func (m *memory) Run(ops []*program.Op, poll func() error) error {
	if len(ops) == 0 {
		return m.err
	}
	list, err := m.lower(ops)
	if err != nil {
		return err
	}
	for first := 0; first < len(ops); {
		if poll != nil {
			if err := poll(); err != nil {
				return err
			}
		}
		n, flops := list.slice(first, m.speed*sliceTime.Seconds())
		if err := m.submit(&list.lowering, list.before(first), list.before(first+n), flops); err != nil {
			return err
		}
		first += n
	}
	return m.err
}

// submit submits some dispatches of a table.
func (m *memory) submit(l *lowering, from, to int, flops int64) error {
	if from == to {
		return nil
	}
	table, rows := l.table[from*tableLen:], l.rows[from*rowBytes:]
	promise := m.buffers.Call("run", address(table), address(rows), to-from)
	m.running = append(m.running, slice{awaiting(promise, nil), flops, time.Now()})
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
	if len(dst) == 0 {
		return m.wait(nil)
	}
	number, offset := m.layout.at(b, off)
	return m.wait(awaiting(m.buffers.Call("read", number, offset, address(dst), 4*len(dst)), dst))
}

// Ask implements program.Memory.
func (m *memory) Ask(parts ...program.Part) func() error {
	var list []any
	for _, p := range parts {
		number, offset := m.layout.at(p.Buffer, p.Off)
		list = append(list, []any{number, offset, address(p.Dst), 4 * len(p.Dst)})
	}
	asked := awaiting(m.buffers.Call("gather", list), parts)
	return func() error { return m.wait(asked) }
}

// wait waits for all slices, then for what was read after them, if anything.
func (m *memory) wait(read func() (js.Value, error)) error {
	for len(m.running) > 0 {
		if err := m.oldest(); err != nil {
			return err
		}
	}
	if m.err != nil || read == nil {
		return m.err
	}
	if _, err := read(); err != nil {
		m.err = m.machine.failed(err)
	}
	return m.err
}

// Close implements program.Memory.
func (m *memory) Close() { m.buffers.Call("destroy") }
