package wasmasm

import (
	"encoding/binary"
	"fmt"
	"math"
)

// Code is a sequence of encoded instructions. Its methods append, as the append
// built-in does: c = c.LocalGet(0).I32Const(4).Op(I32Add).
type Code []byte

// ValType is the type of a local, parameter or result.
type ValType byte

// Value types.
const (
	I32  ValType = 0x7f
	I64  ValType = 0x7e
	F32  ValType = 0x7d
	F64  ValType = 0x7c
	V128 ValType = 0x7b
)

// emptyBlock is the block type of a block that takes and leaves nothing.
const emptyBlock = 0x40

// Op appends an instruction without immediates.
func (c Code) Op(op Op) Code { return appendOp(c, op) }

// Mem appends a memory instruction at the address on the stack plus offset bytes.
func (c Code) Mem(op Op, offset uint32) Code {
	a, ok := align[op]
	if !ok {
		panic(fmt.Sprintf("wasmasm: opcode %#x is not a memory instruction", uint32(op)))
	}
	return appendU(append(appendOp(c, op), a), uint64(offset))
}

// MemLane appends a load or store of one lane.
func (c Code) MemLane(op Op, offset uint32, lane byte) Code {
	return append(c.Mem(op, offset), lane)
}

// Lane appends an extract_lane or replace_lane.
func (c Code) Lane(op Op, lane byte) Code { return append(appendOp(c, op), lane) }

// Shuffle appends i8x16.shuffle that picks 4-byte lanes: 0-3 of the first operand, 4-7 of the second.
func (c Code) Shuffle(l0, l1, l2, l3 byte) Code {
	c = appendOp(c, i8x16Shuffle)
	for _, l := range [4]byte{l0, l1, l2, l3} {
		c = append(c, 4*l, 4*l+1, 4*l+2, 4*l+3)
	}
	return c
}

// I32Const appends a constant.
func (c Code) I32Const(v int32) Code { return appendS(c.Op(i32Const), int64(v)) }

// I64Const appends a constant.
func (c Code) I64Const(v int64) Code { return appendS(c.Op(i64Const), v) }

// F32Const appends a constant.
func (c Code) F32Const(v float32) Code {
	return binary.LittleEndian.AppendUint32(c.Op(f32Const), math.Float32bits(v))
}

// F64Const appends a constant.
func (c Code) F64Const(v float64) Code {
	return binary.LittleEndian.AppendUint64(c.Op(f64Const), math.Float64bits(v))
}

// V128Const appends a constant of four equal float32 lanes.
func (c Code) V128Const(v float32) Code {
	c = c.Op(v128Const)
	for range 4 {
		c = binary.LittleEndian.AppendUint32(c, math.Float32bits(v))
	}
	return c
}

// LocalGet, LocalSet and LocalTee append access to local i (parameters come first).
func (c Code) LocalGet(i uint32) Code { return appendU(c.Op(localGet), uint64(i)) }
func (c Code) LocalSet(i uint32) Code { return appendU(c.Op(localSet), uint64(i)) }
func (c Code) LocalTee(i uint32) Code { return appendU(c.Op(localTee), uint64(i)) }

// Block, Loop and If open a block without values; End closes it.
func (c Code) Block() Code { return append(c.Op(block), emptyBlock) }
func (c Code) Loop() Code  { return append(c.Op(loop), emptyBlock) }
func (c Code) If() Code    { return append(c.Op(ifOp), emptyBlock) }
func (c Code) Else() Code  { return c.Op(elseOp) }
func (c Code) End() Code   { return c.Op(end) }

// Br and BrIf leave depth enclosing blocks (or continue, if that one is a loop).
func (c Code) Br(depth uint32) Code   { return appendU(c.Op(br), uint64(depth)) }
func (c Code) BrIf(depth uint32) Code { return appendU(c.Op(brIf), uint64(depth)) }

// Call appends a call of function f.
func (c Code) Call(f FuncIndex) Code { return appendU(c.Op(call), uint64(f)) }

// CallIndirect appends a call through table 0 at the index on the stack.
func (c Code) CallIndirect(t TypeIndex) Code {
	return append(appendU(c.Op(callIndirect), uint64(t)), 0)
}

// MemoryCopy and MemoryFill append the bulk instructions on memory 0 (dst, src|value, n on the stack).
func (c Code) MemoryCopy() Code { return append(c.Op(memoryCopy), 0, 0) }
func (c Code) MemoryFill() Code { return append(c.Op(memoryFill), 0) }

// AtomicFence appends atomic.fence.
func (c Code) AtomicFence() Code { return append(c, byte(atomic>>16), 0x03, 0x00) }
