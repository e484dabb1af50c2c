package simd

import "thaw/kernels/wasmasm"

// function is one WebAssembly function being written, statement by statement.
type function struct{ *wasmasm.Func }

// Local variables. Each is also the expression that reads it.
type (
	i32Var struct{ *i32Code }
	i64Var struct{ *i64Code }
	f32Var struct{ *f32Code }
	f64Var struct{ *f64Code }
	vecVar struct{ *vecCode }
)

func (v i32Var) set(e i32) { v.assign(e) }
func (v i64Var) set(e i64) { v.assign(e) }
func (v f32Var) set(e f32) { v.assign(e) }
func (v f64Var) set(e f64) { v.assign(e) }
func (v vecVar) set(e vec) { v.assign(e) }

// get is the expression that reads the variable, where one is an operand.
func (v i32Var) get() i32 { return v.i32Code }
func (v i64Var) get() i64 { return v.i64Code }
func (v f32Var) get() f32 { return v.f32Code }
func (v f64Var) get() f64 { return v.f64Code }
func (v vecVar) get() vec { return v.vecCode }

// inc adds n.
func (v i32Var) inc(n int) { v.set(v.addN(n)) }

// local is where a variable lives: as part of the expression that reads it, for a
// variable to be one word.
type local struct {
	f     function
	index uint32
}

// assign sets the variable to e; who calls it has seen to the type.
func (v *local) assign(e coder) { v.f.Code = append(v.f.Code, e.code()...).LocalSet(v.index) }

// newI32 and its like keep the value of e in a local.
func (f function) newI32(e i32) i32 { return f.varI32(e).get() }
func (f function) newI64(e i64) i64 { return f.varI64(e).get() }
func (f function) newF32(e f32) f32 { return f.varF32(e).get() }
func (f function) newF64(e f64) f64 { return f.varF64(e).get() }
func (f function) newVec(e vec) vec { return f.varVec(e).get() }

// varI32 and its like declare a variable and set it; nil leaves it 0, as at entry.
func (f function) varI32(e i32) i32Var {
	v := i32Var{&i32Code{f.variable(f.Local(wasmasm.I32))}}
	if e != nil {
		v.set(e)
	}
	return v
}

func (f function) varI64(e i64) i64Var {
	v := i64Var{&i64Code{f.variable(f.Local(wasmasm.I64))}}
	if e != nil {
		v.set(e)
	}
	return v
}

func (f function) varF32(e f32) f32Var {
	v := f32Var{&f32Code{f.variable(f.Local(wasmasm.F32))}}
	if e != nil {
		v.set(e)
	}
	return v
}

func (f function) varF64(e f64) f64Var {
	v := f64Var{&f64Code{f.variable(f.Local(wasmasm.F64))}}
	if e != nil {
		v.set(e)
	}
	return v
}

func (f function) varVec(e vec) vecVar {
	v := vecVar{&vecCode{f.variable(f.Local(wasmasm.V128))}}
	if e != nil {
		v.set(e)
	}
	return v
}

// param is parameter i, an integer (all parameters of our functions are).
func (f function) param(i int) i32Var { return i32Var{&i32Code{f.variable(uint32(i))}} }

func (f function) variable(index uint32) value {
	return value{wasmasm.Code{}.LocalGet(index), local{f, index}}
}

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
func (f function) upTo(v i32Var, limit i32, step int, body func()) {
	f.while(v.lt(limit), func() {
		body()
		v.inc(step)
	})
}

// count is a new variable that runs from 0 to limit-1.
func (f function) count(limit i32, body func(i i32)) {
	i := f.varI32(num(0))
	f.upTo(i, limit, 1, func() { body(i.get()) })
}

// split is n things cut into parts that differ by one at most, the larger first.
// No product exceeds n: i*n/parts overflows where n is 100,000 pixels.
type split struct{ each, larger i32 }

func (f function) split(things, into i32) split {
	n, parts := f.newI32(things), f.newI32(into)
	return split{f.newI32(n.div(parts)), f.newI32(n.rem(parts))}
}

// start is the first thing of part i, and the end of the part before it.
func (s split) start(i i32) i32 { return i.mul(s.each).add(minimum(i, s.larger)) }

// back leaves the function.
func (f function) back() { f.Code = f.Code.Op(wasmasm.Return) }
