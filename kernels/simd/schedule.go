package simd

import "thaw/kernels/wasmasm"

// Threads share an op tile by tile. The control block lies in Go's heap:
// the main thread (Go's) publishes a job and every thread, main too, claims tiles
// by counting `remaining` down until it is spent; `done` counts finished tiles.
//
// A claim is valid if the count before it was positive, and a job ends only when
// all its tiles are done: so a thread that claimed validly may read the job's
// fields at leisure, and one that comes late claims from the next job or nothing.
const (
	ctlRemaining = 0   // tiles not yet claimed; below 0: claims that came too late
	ctlDone      = 64  // tiles finished
	ctlEpoch     = 128 // counts jobs; sleeping workers wait on it
	ctlSleepers  = 192 // workers that sleep or are about to
	ctlKernel    = 256 // the job: kernel,
	ctlArg       = 260 // record,
	ctlTiles     = 264 // number of tiles
	ctlWorkers   = 268 // workers alive
	ctlQuit      = 272 // workers return when not 0
	ctlNever     = 320 // nobody notifies this: waiting on it is a pause
	ctlBusy      = 384 // + 64*thread: not 0 while that worker may hold a tile

	// MaxThreads bounds the control block.
	MaxThreads = 64
	controlLen = ctlBusy + 64*MaxThreads
)

const (
	// workerSpin is how often a worker looks for work before it sleeps: 1-2 ms,
	// longer than Go needs between two ops. Waking costs 3-70 us, and far more
	// where the kernel wakes the worker on the main thread's core.
	workerSpin = 1_000_000
	// joinSpin is how often the main thread looks before it pauses: joinNaps times
	// napNS, then joinSleeps times sleepNS. If no tile has finished by then, 3 s
	// later, a worker died with a tile in its hands: tiles take well under 10 ms.
	// Counting sleeps, not time, forgives a machine that was suspended.
	joinSpin   = 10_000
	joinNaps   = 100
	napNS      = 50_000
	joinSleeps = 300
	sleepNS    = 10_000_000
)

// ctl is the address of a field of the control block.
func (m *module) ctl(field int) i32 { return num(int(m.Control) + field) }

// rmw is an atomic read-modify-write of a control field: the value before.
func (m *module) rmw(op wasmasm.Op, field int, v i32) i32 {
	return asI32(concat(m.ctl(field), v).Mem(op, 0))
}

// wait32 sleeps on a control field while it has value v, at most ns (-1: forever).
func (m *module) wait32(f function, field int, v i32, ns int64) {
	f.do(concat(m.ctl(field), v).I64Const(ns).Mem(wasmasm.MemoryAtomicWait32, 0).Op(wasmasm.Drop))
}

// callTile runs one tile of a kernel.
func (m *module) callTile(f function, kernel, arg, tile, thread i32) {
	f.do(concat(arg, tile, thread, kernel).CallIndirect(m.tileType))
}

// emitRun: run(kernel, arg, tiles) -> 0, or 1 if a worker died holding a tile.
func emitRun(m *module) {
	pause := m.emitPause()
	f := function{m.Func(i32x3, []wasmasm.ValType{wasmasm.I32})}
	m.ExportFunc(exportRun, f.Func)
	kernel, arg, tiles := f.param(0), f.param(1), f.param(2)

	alone := m.ctl(ctlWorkers).i32(0).eqz().or(tiles.ltN(2))
	f.when(alone, func() {
		f.count(tiles.get(), func(t i32) { m.callTile(f, kernel.get(), arg.get(), t, num(0)) })
		f.push(num(0))
		f.back()
	})

	f.storeI32(m.ctl(ctlKernel), 0, kernel.get())
	f.storeI32(m.ctl(ctlArg), 0, arg.get())
	f.storeI32(m.ctl(ctlTiles), 0, tiles.get())
	f.storeAtomic(m.ctl(ctlDone), 0, num(0))
	f.storeAtomic(m.ctl(ctlRemaining), 0, tiles.get())
	f.push(m.rmw(wasmasm.I32AtomicRmwAdd, ctlEpoch, num(1)))
	f.Code = f.Code.Op(wasmasm.Drop)
	f.when(m.ctl(ctlSleepers).atomic(0), func() {
		f.do(concat(m.ctl(ctlEpoch), num(-1)).Mem(wasmasm.MemoryAtomicNotify, 0).Op(wasmasm.Drop))
	})

	left := f.varI32(nil)
	claim := m.rmw(wasmasm.I32AtomicRmwSub, ctlRemaining, num(1))
	left.set(claim)
	f.while(left.gt(num(0)), func() {
		m.callTile(f, kernel.get(), arg.get(), tiles.sub(left.get()), num(0))
		f.push(m.rmw(wasmasm.I32AtomicRmwAdd, ctlDone, num(1)))
		f.Code = f.Code.Op(wasmasm.Drop)
		left.set(claim)
	})

	// Join: spin, then pause in short sleeps, then give up.
	spin, seen := f.varI32(num(0)), f.varI32(num(0))
	done := m.ctl(ctlDone).atomic(0)
	f.while(done.ne(tiles.get()), func() {
		spin.inc(1)
		f.when(done.ne(seen.get()), func() { // progress: start over
			seen.set(done)
			spin.set(num(0))
		})
		f.when(spin.gt(num(joinSpin)), func() {
			f.do(concat(spin.ltN(joinSpin + joinNaps)).Call(pause))
			f.when(spin.gt(num(joinSpin+joinNaps+joinSleeps)), func() {
				f.push(num(1))
				f.back()
			})
		})
	})
	f.push(num(0))
}

// emitPause: pause(nap) sleeps napNS or else sleepNS. Waits are functions of their
// own because in node 20 (V8 11.3) memory.atomic.wait32 loses locals of its caller.
func (m *module) emitPause() wasmasm.FuncIndex {
	f := function{m.Func([]wasmasm.ValType{wasmasm.I32}, nil)}
	f.choose(f.param(0).get(),
		func() { m.wait32(f, ctlNever, num(0), napNS) },
		func() { m.wait32(f, ctlNever, num(0), sleepNS) })
	return f.Index
}

// emitSleep: sleep(epoch) returns when the epoch is no longer that.
func (m *module) emitSleep() wasmasm.FuncIndex {
	f := function{m.Func([]wasmasm.ValType{wasmasm.I32}, nil)}
	m.wait32(f, ctlEpoch, f.param(0).get(), -1)
	return f.Index
}

// emitWorker: worker(thread) claims tiles until told to quit.
func emitWorker(m *module) {
	sleep := m.emitSleep()
	f := function{m.Func([]wasmasm.ValType{wasmasm.I32}, nil)}
	m.ExportFunc(exportWorker, f.Func)
	thread := f.param(0)
	busy := f.newI32(thread.shl(6).add(m.ctl(ctlBusy)))
	spin, left := f.varI32(num(workerSpin)), f.varI32(nil)
	waiting := m.ctl(ctlRemaining).atomic(0)

	f.while(m.ctl(ctlQuit).atomic(0).eqz(), func() {
		f.choose(waiting.gt(num(0)), func() {
			f.storeAtomic(busy, 0, num(1))
			left.set(m.rmw(wasmasm.I32AtomicRmwSub, ctlRemaining, num(1)))
			f.when(left.gt(num(0)), func() {
				job := func(field int) i32 { return m.ctl(field).i32(0) }
				m.callTile(f, job(ctlKernel), job(ctlArg), job(ctlTiles).sub(left.get()), thread.get())
				f.push(m.rmw(wasmasm.I32AtomicRmwAdd, ctlDone, num(1)))
				f.Code = f.Code.Op(wasmasm.Drop)
			})
			f.storeAtomic(busy, 0, num(0))
			spin.set(num(workerSpin))
		}, func() {
			spin.inc(-1)
			f.when(spin.eqz(), func() {
				// Say that we sleep before we look for the last time: main
				// publishes before it looks for sleepers, so one of us sees the other.
				epoch := f.varI32(nil)
				f.push(m.rmw(wasmasm.I32AtomicRmwAdd, ctlSleepers, num(1)))
				f.Code = f.Code.Op(wasmasm.Drop)
				epoch.set(m.ctl(ctlEpoch).atomic(0))
				f.when(waiting.le(num(0)), func() { f.do(concat(epoch).Call(sleep)) })
				f.push(m.rmw(wasmasm.I32AtomicRmwSub, ctlSleepers, num(1)))
				f.Code = f.Code.Op(wasmasm.Drop)
				spin.set(num(workerSpin))
			})
		})
	})
}
