package simd

import "thaw/kernels/wasmasm"

// The kernels are written as typed expressions over WebAssembly instructions: an
// i32, f32 or vec (four float32, or two float64) is the code that leaves one
// value on the stack, and its methods are the operations on it. A local variable
// (function.go) has the same methods and set.
//
// They are pointers because the emitters are all calls: passing slices, three words each,
// made them larger to download.
type (
	i32 = *i32Code
	f32 = *f32Code
	vec = *vecCode

	i32Code struct{ value }
	f32Code struct{ value }
	vecCode struct{ value }
)

// value is the code of an expression, and where it lives if it is a variable's.
type value struct {
	c wasmasm.Code
	local
}

func (v *value) code() wasmasm.Code { return v.c }

// asI32 and its like say what code leaves on the stack.
func asI32(c wasmasm.Code) i32 { return &i32Code{value{c: c}} }
func asF32(c wasmasm.Code) f32 { return &f32Code{value{c: c}} }
func asVec(c wasmasm.Code) vec { return &vecCode{value{c: c}} }

// coder is an expression of whatever type.
type coder interface{ code() wasmasm.Code }

// apply is the operands' code followed by op.
func apply(op wasmasm.Op, operands ...coder) wasmasm.Code {
	return concat(operands...).Op(op)
}

func concat(parts ...coder) wasmasm.Code {
	n := 8 // room for the instruction that follows
	for _, p := range parts {
		n += len(p.code())
	}
	c := make(wasmasm.Code, 0, n)
	for _, p := range parts {
		c = append(c, p.code()...)
	}
	return c
}

// num is a constant.
func num(v int) i32 { return asI32(wasmasm.Code{}.I32Const(int32(v))) }

func (a *i32Code) add(b i32) i32   { return asI32(apply(wasmasm.I32Add, a, b)) }
func (a *i32Code) sub(b i32) i32   { return asI32(apply(wasmasm.I32Sub, a, b)) }
func (a *i32Code) mul(b i32) i32   { return asI32(apply(wasmasm.I32Mul, a, b)) }
func (a *i32Code) div(b i32) i32   { return asI32(apply(wasmasm.I32DivU, a, b)) }
func (a *i32Code) rem(b i32) i32   { return asI32(apply(wasmasm.I32RemU, a, b)) }
func (a *i32Code) and(b i32) i32   { return asI32(apply(wasmasm.I32And, a, b)) }
func (a *i32Code) or(b i32) i32    { return asI32(apply(wasmasm.I32Or, a, b)) }
func (a *i32Code) shl(n int) i32   { return asI32(apply(wasmasm.I32Shl, a, num(n))) }
func (a *i32Code) eqz() i32        { return asI32(apply(wasmasm.I32Eqz, a)) }
func (a *i32Code) eq(b i32) i32    { return asI32(apply(wasmasm.I32Eq, a, b)) }
func (a *i32Code) ne(b i32) i32    { return asI32(apply(wasmasm.I32Ne, a, b)) }
func (a *i32Code) lt(b i32) i32    { return asI32(apply(wasmasm.I32LtS, a, b)) }
func (a *i32Code) le(b i32) i32    { return asI32(apply(wasmasm.I32LeS, a, b)) }
func (a *i32Code) gt(b i32) i32    { return asI32(apply(wasmasm.I32GtS, a, b)) }
func (a *i32Code) ge(b i32) i32    { return asI32(apply(wasmasm.I32GeS, a, b)) }
func (a *i32Code) below(b i32) i32 { return asI32(apply(wasmasm.I32LtU, a, b)) } // 0 <= a < b

// addN, mulN and ltN take a constant.
func (a *i32Code) addN(n int) i32 {
	if n == 0 {
		return a
	}
	return a.add(num(n))
}
func (a *i32Code) mulN(n int) i32 { return a.mul(num(n)) }
func (a *i32Code) ltN(n int) i32  { return a.lt(num(n)) }

// ternary is cond ? a : b, both evaluated.
func ternary(cond, a, b i32) i32        { return asI32(apply(wasmasm.Select, a, b, cond)) }
func ternaryF32(cond i32, a, b f32) f32 { return asF32(apply(wasmasm.Select, a, b, cond)) }

// minimum of two signed integers; both are evaluated twice.
func minimum(a, b i32) i32 { return ternary(a.lt(b), a, b) }

// Loads at a plus off bytes.
func (a *i32Code) i32(off int) i32 { return asI32(concat(a).Mem(wasmasm.I32Load, uint32(off))) }
func (a *i32Code) f32(off int) f32 { return asF32(concat(a).Mem(wasmasm.F32Load, uint32(off))) }
func (a *i32Code) vec(off int) vec { return asVec(concat(a).Mem(wasmasm.V128Load, uint32(off))) }
func (a *i32Code) splat(off int) vec {
	return asVec(concat(a).Mem(wasmasm.V128Load32Splat, uint32(off)))
}
func (a *i32Code) low1(off int) vec { return asVec(concat(a).Mem(wasmasm.V128Load32Zero, uint32(off))) }
func (a *i32Code) atomic(off int) i32 {
	return asI32(concat(a).Mem(wasmasm.I32AtomicLoad, uint32(off)))
}

func (a *f32Code) add(b f32) f32 { return asF32(apply(wasmasm.F32Add, a, b)) }
func (a *f32Code) mul(b f32) f32 { return asF32(apply(wasmasm.F32Mul, a, b)) }
func (a *f32Code) lt(b f32) i32  { return asI32(apply(wasmasm.F32Lt, a, b)) }
func (a *f32Code) ge(b f32) i32  { return asI32(apply(wasmasm.F32Ge, a, b)) }
func (a *f32Code) splat() vec    { return asVec(apply(wasmasm.F32x4Splat, a)) }

// number is the float32 nearest to an integer.
func (a *i32Code) number() f32 { return asF32(apply(wasmasm.F32ConvertI32S, a)) }

// vconst is v in four lanes.
func vconst(v float32) vec { return asVec(wasmasm.Code{}.V128Const(v)) }

func (a *vecCode) add(b vec) vec    { return asVec(apply(wasmasm.F32x4Add, a, b)) }
func (a *vecCode) sub(b vec) vec    { return asVec(apply(wasmasm.F32x4Sub, a, b)) }
func (a *vecCode) mul(b vec) vec    { return asVec(apply(wasmasm.F32x4Mul, a, b)) }
func (a *vecCode) div(b vec) vec    { return asVec(apply(wasmasm.F32x4Div, a, b)) }
func (a *vecCode) sqrt() vec        { return asVec(apply(wasmasm.F32x4Sqrt, a)) }
func (a *vecCode) gt(b vec) vec     { return asVec(apply(wasmasm.F32x4Gt, a, b)) }
func (a *vecCode) eq(b vec) vec     { return asVec(apply(wasmasm.F32x4Eq, a, b)) }
func (a *vecCode) and(b vec) vec    { return asVec(apply(wasmasm.V128And, a, b)) }
func (a *vecCode) andNot(b vec) vec { return asVec(apply(wasmasm.V128AndNot, a, b)) } // a and not b

// atLeast is max(a, b) in one machine instruction; a NaN in a stays.
func (a *vecCode) atLeast(b vec) vec { return asVec(apply(wasmasm.F32x4Pmax, a, b)) }

// lanes picks four of the eight lanes of a (0-3) and b (4-7).
func lanes(a, b vec, l0, l1, l2, l3 byte) vec {
	return asVec(concat(a, b).Shuffle(l0, l1, l2, l3))
}

// The same 128 bits as two float64.
func (a *vecCode) promote() vec     { return asVec(apply(wasmasm.F64x2PromoteLowF32x4, a)) }
func (a *vecCode) demote() vec      { return asVec(apply(wasmasm.F32x4DemoteF64x2Zero, a)) }
func (a *vecCode) addF64(b vec) vec { return asVec(apply(wasmasm.F64x2Add, a, b)) }
func (a *vecCode) subF64(b vec) vec { return asVec(apply(wasmasm.F64x2Sub, a, b)) }
func (a *vecCode) mulF64(b vec) vec { return asVec(apply(wasmasm.F64x2Mul, a, b)) }
func (a *vecCode) divF64(b vec) vec { return asVec(apply(wasmasm.F64x2Div, a, b)) }
func (a *vecCode) sqrtF64() vec     { return asVec(apply(wasmasm.F64x2Sqrt, a)) }

// f32const is a constant.
func f32const(v float32) f32 { return asF32(wasmasm.Code{}.F32Const(v)) }
