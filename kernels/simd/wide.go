package simd

import "thaw/kernels/wasmasm"

// i64 and f64 are expressions of 64 bits, one number each: what dropout draws from
// and what the loss is computed in.
type (
	i64 wasmasm.Code
	f64 wasmasm.Code
)

func i64const(v uint64) i64  { return i64(wasmasm.Code{}.I64Const(int64(v))) }
func f64const(v float64) f64 { return f64(wasmasm.Code{}.F64Const(v)) }

func (f function) newI64(e i64) i64 { return declare(f, wasmasm.I64, e) }
func (f function) newF64(e f64) f64 { return declare(f, wasmasm.F64, e) }

// i64 loads at a plus off bytes.
func (a i32) i64(off int) i64 { return i64(concat(a).Mem(wasmasm.I64Load, uint32(off))) }

func (a i64) add(b i64) i64     { return i64(apply(wasmasm.I64Add, a, b)) }
func (a i64) sub(b i64) i64     { return i64(apply(wasmasm.I64Sub, a, b)) }
func (a i64) mul(b i64) i64     { return i64(apply(wasmasm.I64Mul, a, b)) }
func (a i64) xor(b i64) i64     { return i64(apply(wasmasm.I64Xor, a, b)) }
func (a i64) shl(n uint64) i64  { return i64(apply(wasmasm.I64Shl, a, i64const(n))) }
func (a i64) shr(n uint64) i64  { return i64(apply(wasmasm.I64ShrU, a, i64const(n))) }
func (a i64) shrS(n uint64) i64 { return i64(apply(wasmasm.I64ShrS, a, i64const(n))) }

func (a f64) add(b f64) f64 { return f64(apply(wasmasm.F64Add, a, b)) }
func (a f64) sub(b f64) f64 { return f64(apply(wasmasm.F64Sub, a, b)) }
func (a f64) mul(b f64) f64 { return f64(apply(wasmasm.F64Mul, a, b)) }
func (a f64) div(b f64) f64 { return f64(apply(wasmasm.F64Div, a, b)) }
func (a f64) max(b f64) f64 { return f64(apply(wasmasm.F64Max, a, b)) } // a NaN stays

// Conversions: bits and asF64 keep the bits, the others the number. i64.toF32 and
// extend take theirs as unsigned.
func (a f64) bits() i64   { return i64(apply(wasmasm.I64ReinterpretF64, a)) }
func (a i64) asF64() f64  { return f64(apply(wasmasm.F64ReinterpretI64, a)) }
func (a i64) toF64() f64  { return f64(apply(wasmasm.F64ConvertI64S, a)) }
func (a i64) toF32() f32  { return f32(apply(wasmasm.F32ConvertI64U, a)) }
func (a i32) toF64() f64  { return f64(apply(wasmasm.F64ConvertI32S, a)) }
func (a i32) extend() i64 { return i64(apply(wasmasm.I64ExtendI32U, a)) }
func (a f32) toF64() f64  { return f64(apply(wasmasm.F64PromoteF32, a)) }
func (a f64) toF32() f32  { return f32(apply(wasmasm.F32DemoteF64, a)) }
