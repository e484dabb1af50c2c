package simd

import "thaw/kernels/wasmasm"

// The kernels are written as typed expressions over WebAssembly instructions: an
// i32, f32 or vec (four float32, or two float64) is the code that leaves one
// value on the stack, and its methods are the operations on it. A local variable
// is an expression too (local.get), the only kind that set accepts on its left.
type (
	i32 wasmasm.Code
	f32 wasmasm.Code
	vec wasmasm.Code
)

// expr is any of them, for the generic helpers.
type expr interface{ i32 | f32 | vec | i64 | f64 }

// apply is the operands' code followed by op.
func apply(op wasmasm.Op, operands ...[]byte) wasmasm.Code {
	return concat(operands...).Op(op)
}

func concat(parts ...[]byte) wasmasm.Code {
	n := 8 // room for the instruction that follows
	for _, p := range parts {
		n += len(p)
	}
	c := make(wasmasm.Code, 0, n)
	for _, p := range parts {
		c = append(c, p...)
	}
	return c
}

// num is a constant.
func num(v int) i32 { return i32(wasmasm.Code{}.I32Const(int32(v))) }

func (a i32) add(b i32) i32   { return i32(apply(wasmasm.I32Add, a, b)) }
func (a i32) sub(b i32) i32   { return i32(apply(wasmasm.I32Sub, a, b)) }
func (a i32) mul(b i32) i32   { return i32(apply(wasmasm.I32Mul, a, b)) }
func (a i32) div(b i32) i32   { return i32(apply(wasmasm.I32DivU, a, b)) }
func (a i32) rem(b i32) i32   { return i32(apply(wasmasm.I32RemU, a, b)) }
func (a i32) and(b i32) i32   { return i32(apply(wasmasm.I32And, a, b)) }
func (a i32) or(b i32) i32    { return i32(apply(wasmasm.I32Or, a, b)) }
func (a i32) shl(n int) i32   { return i32(apply(wasmasm.I32Shl, a, num(n))) }
func (a i32) eqz() i32        { return i32(apply(wasmasm.I32Eqz, a)) }
func (a i32) eq(b i32) i32    { return i32(apply(wasmasm.I32Eq, a, b)) }
func (a i32) ne(b i32) i32    { return i32(apply(wasmasm.I32Ne, a, b)) }
func (a i32) lt(b i32) i32    { return i32(apply(wasmasm.I32LtS, a, b)) }
func (a i32) le(b i32) i32    { return i32(apply(wasmasm.I32LeS, a, b)) }
func (a i32) gt(b i32) i32    { return i32(apply(wasmasm.I32GtS, a, b)) }
func (a i32) ge(b i32) i32    { return i32(apply(wasmasm.I32GeS, a, b)) }
func (a i32) below(b i32) i32 { return i32(apply(wasmasm.I32LtU, a, b)) } // 0 <= a < b

// addN, mulN and ltN take a constant.
func (a i32) addN(n int) i32 {
	if n == 0 {
		return a
	}
	return a.add(num(n))
}
func (a i32) mulN(n int) i32 { return a.mul(num(n)) }
func (a i32) ltN(n int) i32  { return a.lt(num(n)) }

// ternary is cond ? a : b, both evaluated.
func ternary[T expr](cond i32, a, b T) T { return T(apply(wasmasm.Select, a, b, cond)) }

// minimum of two signed integers; both are evaluated twice.
func minimum(a, b i32) i32 { return ternary(a.lt(b), a, b) }

// Loads at a plus off bytes.
func (a i32) i32(off int) i32 { return i32(concat(a).Mem(wasmasm.I32Load, uint32(off))) }
func (a i32) f32(off int) f32 { return f32(concat(a).Mem(wasmasm.F32Load, uint32(off))) }
func (a i32) vec(off int) vec { return vec(concat(a).Mem(wasmasm.V128Load, uint32(off))) }
func (a i32) splat(off int) vec {
	return vec(concat(a).Mem(wasmasm.V128Load32Splat, uint32(off)))
}
func (a i32) low1(off int) vec { return vec(concat(a).Mem(wasmasm.V128Load32Zero, uint32(off))) }
func (a i32) atomic(off int) i32 {
	return i32(concat(a).Mem(wasmasm.I32AtomicLoad, uint32(off)))
}

func (a f32) add(b f32) f32 { return f32(apply(wasmasm.F32Add, a, b)) }
func (a f32) mul(b f32) f32 { return f32(apply(wasmasm.F32Mul, a, b)) }
func (a f32) lt(b f32) i32  { return i32(apply(wasmasm.F32Lt, a, b)) }
func (a f32) ge(b f32) i32  { return i32(apply(wasmasm.F32Ge, a, b)) }
func (a f32) splat() vec    { return vec(apply(wasmasm.F32x4Splat, a)) }

// number is the float32 nearest to an integer.
func (a i32) number() f32 { return f32(apply(wasmasm.F32ConvertI32S, a)) }

// vconst is v in four lanes.
func vconst(v float32) vec { return vec(wasmasm.Code{}.V128Const(v)) }

func (a vec) add(b vec) vec    { return vec(apply(wasmasm.F32x4Add, a, b)) }
func (a vec) sub(b vec) vec    { return vec(apply(wasmasm.F32x4Sub, a, b)) }
func (a vec) mul(b vec) vec    { return vec(apply(wasmasm.F32x4Mul, a, b)) }
func (a vec) div(b vec) vec    { return vec(apply(wasmasm.F32x4Div, a, b)) }
func (a vec) sqrt() vec        { return vec(apply(wasmasm.F32x4Sqrt, a)) }
func (a vec) gt(b vec) vec     { return vec(apply(wasmasm.F32x4Gt, a, b)) }
func (a vec) eq(b vec) vec     { return vec(apply(wasmasm.F32x4Eq, a, b)) }
func (a vec) and(b vec) vec    { return vec(apply(wasmasm.V128And, a, b)) }
func (a vec) andNot(b vec) vec { return vec(apply(wasmasm.V128AndNot, a, b)) } // a and not b

// atLeast is max(a, b) in one machine instruction; a NaN in a stays.
func (a vec) atLeast(b vec) vec { return vec(apply(wasmasm.F32x4Pmax, a, b)) }

// lanes picks four of the eight lanes of a (0-3) and b (4-7).
func lanes(a, b vec, l0, l1, l2, l3 byte) vec {
	return vec(concat(a, b).Shuffle(l0, l1, l2, l3))
}

// The same 128 bits as two float64.
func (a vec) promote() vec     { return vec(apply(wasmasm.F64x2PromoteLowF32x4, a)) }
func (a vec) demote() vec      { return vec(apply(wasmasm.F32x4DemoteF64x2Zero, a)) }
func (a vec) addF64(b vec) vec { return vec(apply(wasmasm.F64x2Add, a, b)) }
func (a vec) subF64(b vec) vec { return vec(apply(wasmasm.F64x2Sub, a, b)) }
func (a vec) mulF64(b vec) vec { return vec(apply(wasmasm.F64x2Mul, a, b)) }
func (a vec) divF64(b vec) vec { return vec(apply(wasmasm.F64x2Div, a, b)) }
func (a vec) sqrtF64() vec     { return vec(apply(wasmasm.F64x2Sqrt, a)) }

// f32const is a constant.
func f32const(v float32) f32 { return f32(wasmasm.Code{}.F32Const(v)) }
