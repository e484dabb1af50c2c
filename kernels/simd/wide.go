package simd

import "thaw/kernels/wasmasm"

// i64 and f64 are expressions of 64 bits, one number each: what dropout draws from
// and what the loss is computed in.
type (
	i64 = *i64Code
	f64 = *f64Code

	i64Code struct{ value }
	f64Code struct{ value }
)

func asI64(c wasmasm.Code) i64 { return &i64Code{value{c: c}} }
func asF64(c wasmasm.Code) f64 { return &f64Code{value{c: c}} }

func i64const(v uint64) i64  { return asI64(wasmasm.Code{}.I64Const(int64(v))) }
func f64const(v float64) f64 { return asF64(wasmasm.Code{}.F64Const(v)) }

// i64 loads at a plus off bytes.
func (a *i32Code) i64(off int) i64 { return asI64(concat(a).Mem(wasmasm.I64Load, uint32(off))) }

func (a *i64Code) add(b i64) i64     { return asI64(apply(wasmasm.I64Add, a, b)) }
func (a *i64Code) sub(b i64) i64     { return asI64(apply(wasmasm.I64Sub, a, b)) }
func (a *i64Code) mul(b i64) i64     { return asI64(apply(wasmasm.I64Mul, a, b)) }
func (a *i64Code) xor(b i64) i64     { return asI64(apply(wasmasm.I64Xor, a, b)) }
func (a *i64Code) shl(n uint64) i64  { return asI64(apply(wasmasm.I64Shl, a, i64const(n))) }
func (a *i64Code) shr(n uint64) i64  { return asI64(apply(wasmasm.I64ShrU, a, i64const(n))) }
func (a *i64Code) shrS(n uint64) i64 { return asI64(apply(wasmasm.I64ShrS, a, i64const(n))) }

func (a *f64Code) add(b f64) f64 { return asF64(apply(wasmasm.F64Add, a, b)) }
func (a *f64Code) sub(b f64) f64 { return asF64(apply(wasmasm.F64Sub, a, b)) }
func (a *f64Code) mul(b f64) f64 { return asF64(apply(wasmasm.F64Mul, a, b)) }
func (a *f64Code) div(b f64) f64 { return asF64(apply(wasmasm.F64Div, a, b)) }
func (a *f64Code) max(b f64) f64 { return asF64(apply(wasmasm.F64Max, a, b)) } // a NaN stays

// Conversions: bits and asF64 keep the bits, the others the number. i64.toF32 and
// extend take theirs as unsigned.
func (a *f64Code) bits() i64   { return asI64(apply(wasmasm.I64ReinterpretF64, a)) }
func (a *i64Code) asF64() f64  { return asF64(apply(wasmasm.F64ReinterpretI64, a)) }
func (a *i64Code) toF64() f64  { return asF64(apply(wasmasm.F64ConvertI64S, a)) }
func (a *i64Code) toF32() f32  { return asF32(apply(wasmasm.F32ConvertI64U, a)) }
func (a *i32Code) toF64() f64  { return asF64(apply(wasmasm.F64ConvertI32S, a)) }
func (a *i32Code) extend() i64 { return asI64(apply(wasmasm.I64ExtendI32U, a)) }
func (a *f32Code) toF64() f64  { return asF64(apply(wasmasm.F64PromoteF32, a)) }
func (a *f64Code) toF32() f32  { return asF32(apply(wasmasm.F32DemoteF64, a)) }
