package simd

import (
	"fmt"

	"thaw/kernels/wasmasm"
)

// function is one WebAssembly function being written, statement by statement.
type function struct{ *wasmasm.Func }

// param is parameter i, an integer (all parameters of our functions are).
func (f function) param(i int) i32 { return asI32(wasmasm.Code{}.LocalGet(uint32(i))) }

// newI32, newF32 and newVec declare a variable and set it.
func (f function) newI32(e i32) i32 { return declare(f, wasmasm.I32, e) }
func (f function) newF32(e f32) f32 { return declare(f, wasmasm.F32, e) }
func (f function) newVec(e vec) vec { return declare(f, wasmasm.V128, e) }

func declare[T expr](f function, t wasmasm.ValType, e T) T {
	v := as[T](wasmasm.Code{}.LocalGet(f.Local(t)))
	var nothing T
	if e != nothing {
		set(f, v, e)
	}
	return v
}

// set assigns e to the variable v.
func set[T expr](f function, v, e T) {
	const localGet, localSet = 0x20, 0x21
	variable := v.code()
	if len(variable) == 0 || variable[0] != localGet {
		panic(fmt.Sprintf("simd: assignment to %x, which is not a variable", []byte(variable)))
	}
	f.Code = append(f.Code, e.code()...)
	f.Code = append(f.Code, localSet)
	f.Code = append(f.Code, variable[1:]...)
}

// inc adds n to the integer variable v.
func (f function) inc(v i32, n int) { set(f, v, v.addN(n)) }

// do emits code that leaves nothing on the stack.
func (f function) do(c wasmasm.Code) { f.Code = append(f.Code, c...) }

// push leaves a value on the stack.
func (f function) push(e coder) { f.do(e.code()) }

// Stores at address p plus off bytes.
func (f function) storeI32(p i32, off int, v i32) { f.store(wasmasm.I32Store, p, off, v) }
func (f function) storeF32(p i32, off int, v f32) { f.store(wasmasm.F32Store, p, off, v) }
func (f function) storeVec(p i32, off int, v vec) { f.store(wasmasm.V128Store, p, off, v) }
func (f function) storeAtomic(p i32, off int, v i32) {
	f.store(wasmasm.I32AtomicStore, p, off, v)
}

// storeLane stores one lane.
func (f function) storeLane(p i32, off int, v vec, lane byte) {
	f.do(concat(p, v).MemLane(wasmasm.V128Store32Lane, uint32(off), lane))
}

func (f function) store(op wasmasm.Op, p i32, off int, v coder) {
	f.do(concat(p, v).Mem(op, uint32(off)))
}

// when runs then only if cond is not zero.
func (f function) when(cond i32, then func()) { f.choose(cond, then, nil) }

// choose is if-else; otherwise may be nil.
func (f function) choose(cond i32, then, otherwise func()) {
	f.push(cond)
	f.Code = f.Code.If()
	then()
	if otherwise != nil {
		f.Code = f.Code.Else()
		otherwise()
	}
	f.Code = f.Code.End()
}

// while repeats body as long as cond holds, asked first.
func (f function) while(cond i32, body func()) {
	f.push(cond)
	f.Code = f.Code.If()
	f.repeat(body, cond)
	f.Code = f.Code.End()
}

// repeat runs body once and again as long as cond holds: the loop of the
// innermost kernels, one branch a turn.
func (f function) repeat(body func(), cond i32) {
	f.Code = f.Code.Loop()
	body()
	f.push(cond)
	f.Code = f.Code.BrIf(0).End()
}

// upTo runs body for v = v, v+step, ... below limit.
func (f function) upTo(v, limit i32, step int, body func()) {
	f.while(v.lt(limit), func() {
		body()
		f.inc(v, step)
	})
}

// count is a new variable that runs from 0 to limit-1.
func (f function) count(limit i32, body func(i i32)) {
	i := f.newI32(num(0))
	f.upTo(i, limit, 1, func() { body(i) })
}

// split is n things cut into parts that differ by one at most, the larger first.
// No product exceeds n: i*n/parts overflows where n is 100,000 pixels.
type split struct{ each, larger i32 }

func (f function) split(n, parts i32) split {
	n, parts = f.newI32(n), f.newI32(parts)
	return split{f.newI32(n.div(parts)), f.newI32(n.rem(parts))}
}

// start is the first thing of part i, and the end of the part before it.
func (s split) start(i i32) i32 { return i.mul(s.each).add(minimum(i, s.larger)) }

// back leaves the function.
func (f function) back() { f.Code = f.Code.Op(wasmasm.Return) }
