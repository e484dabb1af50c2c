package wasmasm

// Op is an instruction: its opcode, with the prefix byte (0xFC, 0xFD, 0xFE) in
// bits 16-23 where it has one. Names are the specification's, in Go spelling.
type Op uint32

// Prefixes of the extended opcode spaces.
const (
	misc   Op = 0xfc << 16
	vector Op = 0xfd << 16
	atomic Op = 0xfe << 16
)

// Control and parametric instructions. Block, Loop, If, Br, BrIf, Call and
// CallIndirect carry immediates: use the methods of Code of the same name.
const (
	Unreachable  Op = 0x00
	block        Op = 0x02
	loop         Op = 0x03
	ifOp         Op = 0x04
	elseOp       Op = 0x05
	end          Op = 0x0b
	br           Op = 0x0c
	brIf         Op = 0x0d
	Return       Op = 0x0f
	call         Op = 0x10
	callIndirect Op = 0x11
	Drop         Op = 0x1a
	Select       Op = 0x1b
	localGet     Op = 0x20
	localSet     Op = 0x21
	localTee     Op = 0x22
)

// Memory instructions: use Code.Mem, which adds alignment and offset.
const (
	I32Load   Op = 0x28
	I64Load   Op = 0x29
	F32Load   Op = 0x2a
	F64Load   Op = 0x2b
	I32Load8U Op = 0x2d
	I32Store  Op = 0x36
	I64Store  Op = 0x37
	F32Store  Op = 0x38
	F64Store  Op = 0x39
	I32Store8 Op = 0x3a

	memorySize Op = 0x3f
	memoryCopy    = misc | 0x0a
	memoryFill    = misc | 0x0b
)

// Integer arithmetic.
const (
	i32Const Op = 0x41
	i64Const Op = 0x42
	f32Const Op = 0x43
	f64Const Op = 0x44

	I32Eqz  Op = 0x45
	I32Eq   Op = 0x46
	I32Ne   Op = 0x47
	I32LtS  Op = 0x48
	I32LtU  Op = 0x49
	I32GtS  Op = 0x4a
	I32GtU  Op = 0x4b
	I32LeS  Op = 0x4c
	I32LeU  Op = 0x4d
	I32GeS  Op = 0x4e
	I32GeU  Op = 0x4f
	I32Add  Op = 0x6a
	I32Sub  Op = 0x6b
	I32Mul  Op = 0x6c
	I32DivS Op = 0x6d
	I32DivU Op = 0x6e
	I32RemS Op = 0x6f
	I32RemU Op = 0x70
	I32And  Op = 0x71
	I32Or   Op = 0x72
	I32Xor  Op = 0x73
	I32Shl  Op = 0x74
	I32ShrS Op = 0x75
	I32ShrU Op = 0x76

	I64Add  Op = 0x7c
	I64Sub  Op = 0x7d
	I64Mul  Op = 0x7e
	I64Xor  Op = 0x85
	I64Shl  Op = 0x86
	I64ShrS Op = 0x87
	I64ShrU Op = 0x88
)

// Scalar floating point.
const (
	F32Lt   Op = 0x5d
	F32Ge   Op = 0x60
	F32Sqrt Op = 0x91
	F32Add  Op = 0x92
	F32Sub  Op = 0x93
	F32Mul  Op = 0x94
	F32Div  Op = 0x95
	F64Sqrt Op = 0x9f
	F64Add  Op = 0xa0
	F64Sub  Op = 0xa1
	F64Mul  Op = 0xa2
	F64Div  Op = 0xa3
	F64Max  Op = 0xa5

	I64ExtendI32U     Op = 0xad
	F32ConvertI32S    Op = 0xb2
	F32ConvertI64U    Op = 0xb5
	F32DemoteF64      Op = 0xb6
	F64ConvertI32S    Op = 0xb7
	F64ConvertI64S    Op = 0xb9
	F64PromoteF32     Op = 0xbb
	I64ReinterpretF64 Op = 0xbd
	F64ReinterpretI64 Op = 0xbf
)

// Vectors of 128 bits (SIMD) and, from F32x4RelaxedMadd on, relaxed SIMD.
const (
	V128Load        = vector
	V128Load32Splat = vector | 0x09
	V128Load64Splat = vector | 0x0a
	V128Store       = vector | 0x0b
	v128Const       = vector | 0x0c
	i8x16Shuffle    = vector | 0x0d
	V128Load32Lane  = vector | 0x56
	V128Load64Lane  = vector | 0x57
	V128Store32Lane = vector | 0x5a
	V128Store64Lane = vector | 0x5b
	V128Load32Zero  = vector | 0x5c
	V128Load64Zero  = vector | 0x5d

	I32x4Splat       = vector | 0x11
	F32x4Splat       = vector | 0x13
	F64x2Splat       = vector | 0x14
	F32x4ExtractLane = vector | 0x1f
	F64x2ExtractLane = vector | 0x21

	F32x4Eq       = vector | 0x41
	F32x4Ne       = vector | 0x42
	F32x4Lt       = vector | 0x43
	F32x4Gt       = vector | 0x44
	F32x4Le       = vector | 0x45
	F32x4Ge       = vector | 0x46
	V128Not       = vector | 0x4d
	V128And       = vector | 0x4e
	V128AndNot    = vector | 0x4f
	V128Or        = vector | 0x50
	V128Xor       = vector | 0x51
	V128Bitselect = vector | 0x52

	F32x4DemoteF64x2Zero = vector | 0x5e
	F64x2PromoteLowF32x4 = vector | 0x5f

	I32x4Add  = vector | 0xae
	F32x4Abs  = vector | 0xe0
	F32x4Neg  = vector | 0xe1
	F32x4Sqrt = vector | 0xe3
	F32x4Add  = vector | 0xe4
	F32x4Sub  = vector | 0xe5
	F32x4Mul  = vector | 0xe6
	F32x4Div  = vector | 0xe7
	F32x4Min  = vector | 0xe8
	F32x4Max  = vector | 0xe9
	F32x4Pmin = vector | 0xea
	F32x4Pmax = vector | 0xeb
	F64x2Sqrt = vector | 0xef
	F64x2Add  = vector | 0xf0
	F64x2Sub  = vector | 0xf1
	F64x2Mul  = vector | 0xf2
	F64x2Div  = vector | 0xf3

	F32x4RelaxedMadd  = vector | 0x105
	F32x4RelaxedNmadd = vector | 0x106
	F64x2RelaxedMadd  = vector | 0x107
)

// Atomics (threads). All but AtomicFence take an address: use Code.Mem.
const (
	MemoryAtomicNotify  = atomic
	MemoryAtomicWait32  = atomic | 0x01
	I32AtomicLoad       = atomic | 0x10
	I64AtomicLoad       = atomic | 0x11
	I32AtomicStore      = atomic | 0x17
	I32AtomicRmwAdd     = atomic | 0x1e
	I32AtomicRmwSub     = atomic | 0x25
	I32AtomicRmwXchg    = atomic | 0x41
	I32AtomicRmwCmpxchg = atomic | 0x48
)

// align is log2 of the natural alignment of a memory instruction; atomics must
// state exactly that.
var align = map[Op]byte{
	I32Load: 2, I64Load: 3, F32Load: 2, F64Load: 3, I32Load8U: 0,
	I32Store: 2, I64Store: 3, F32Store: 2, F64Store: 3, I32Store8: 0,
	V128Load: 4, V128Load32Splat: 2, V128Load64Splat: 3, V128Store: 4,
	V128Load32Lane: 2, V128Load64Lane: 3, V128Store32Lane: 2, V128Store64Lane: 3,
	V128Load32Zero: 2, V128Load64Zero: 3,
	MemoryAtomicNotify: 2, MemoryAtomicWait32: 2, I32AtomicLoad: 2, I64AtomicLoad: 3,
	I32AtomicStore: 2, I32AtomicRmwAdd: 2, I32AtomicRmwSub: 2, I32AtomicRmwXchg: 2,
	I32AtomicRmwCmpxchg: 2,
}

// appendOp appends op's encoding: one byte, or prefix and LEB128 number.
func appendOp(b []byte, op Op) []byte {
	if op>>16 == 0 {
		return append(b, byte(op))
	}
	return appendU(append(b, byte(op>>16)), uint64(op&0xffff))
}
