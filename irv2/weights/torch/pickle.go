package torch

import (
	"encoding/binary"
	"fmt"
	"math"
	"strings"
)

// The values that a pickle of weights is made of, beside nil, bool, int64, float64 and
// string: tuples, lists, dictionaries in order, tensors and what they are rebuilt from.
type (
	tuple   []any
	list    struct{ items []any }
	dict    struct{ keys, values []any }
	global  string // module.name, one of allowed
	storage struct {
		dtype string
		key   string
		count int64
	}
)

// allowed are the only functions and classes that a pickle may name. None of them is
// called: reduce knows what each would give.
var allowed = map[global]bool{
	"collections.OrderedDict":         true,
	"torch._utils._rebuild_tensor_v2": true,
	"torch._utils._rebuild_parameter": true,
	"torch.nn.parameter.Parameter":    true,
	"torch.Size":                      true,
}

// storageTypes are classes too, with the type of their values. Other types than floats
// keep the file's word: they are no weights.
var storageTypes = map[global]string{
	"torch.FloatStorage": "float32", "torch.DoubleStorage": "float64", "torch.HalfStorage": "float16", "torch.BFloat16Storage": "bfloat16",
	"torch.LongStorage": "int64", "torch.IntStorage": "int32", "torch.ShortStorage": "int16", "torch.CharStorage": "int8",
	"torch.ByteStorage": "uint8", "torch.BoolStorage": "bool",
}

// machine runs a pickle's opcodes (Lib/pickletools.py). Every opcode takes bytes of the
// file and pushes one value at most, so the file's size bounds what it needs.
type machine struct {
	in    []byte
	stack []any
	marks []int
	memo  map[uint64]any
	err   error
}

// unpickle reads the pickle that begins in.
func unpickle(in []byte) (any, error) {
	m := &machine{in: in, memo: map[uint64]any{}}
	for m.err == nil {
		op := m.byte()
		if op == '.' {
			v := m.pop()
			return v, m.err
		}
		m.step(op)
	}
	return nil, m.err
}

func (m *machine) fail(format string, args ...any) {
	if m.err == nil {
		m.err = fmt.Errorf(format, args...)
	}
}

func (m *machine) bytes(n uint64) []byte {
	if n > uint64(len(m.in)) {
		m.fail("%w: its pickle ends early", ErrCorrupt)
		m.in = nil
		return nil
	}
	b := m.in[:n]
	m.in = m.in[n:]
	return b
}

func (m *machine) byte() byte {
	if b := m.bytes(1); b != nil {
		return b[0]
	}
	return 0
}

// number is little-endian of n bytes.
func (m *machine) number(n int) (v uint64) {
	for i, b := range m.bytes(uint64(n)) {
		v |= uint64(b) << (8 * i)
	}
	return v
}

func (m *machine) line() string {
	text, _, ok := strings.Cut(string(m.in[:min(len(m.in), maxLine)]), "\n")
	if !ok {
		m.fail("%w: its pickle names nothing", ErrCorrupt)
	}
	m.in = m.in[min(len(m.in), len(text)+1):]
	return text
}

const maxLine = 4096

func (m *machine) push(v any) { m.stack = append(m.stack, v) }

func (m *machine) pop() any {
	n := len(m.stack) - 1
	if n < 0 || len(m.marks) > 0 && n < m.marks[len(m.marks)-1] {
		m.fail("%w: its pickle takes what is not there", ErrCorrupt)
		return nil
	}
	v := m.stack[n]
	m.stack = m.stack[:n]
	return v
}

func (m *machine) top() any {
	v := m.pop()
	if m.err == nil {
		m.push(v)
	}
	return v
}

// marked takes all that was pushed since the last mark.
func (m *machine) marked() []any {
	if len(m.marks) == 0 {
		m.fail("%w: its pickle has no mark", ErrCorrupt)
		return nil
	}
	at := m.marks[len(m.marks)-1]
	m.marks = m.marks[:len(m.marks)-1]
	v := append([]any(nil), m.stack[at:]...)
	m.stack = m.stack[:at]
	return v
}

func (m *machine) popN(n int) tuple {
	v := make(tuple, n)
	for i := range v {
		v[n-1-i] = m.pop()
	}
	return v
}

func (m *machine) step(op byte) {
	switch op {
	case 0x80: // PROTO
		m.bytes(1)
	case 0x95: // FRAME
		m.bytes(8)
	case '(': // MARK
		m.marks = append(m.marks, len(m.stack))
	case 'N':
		m.push(nil)
	case 0x88, 0x89: // NEWTRUE, NEWFALSE
		m.push(op == 0x88)
	case 'K', 'M': // BININT1, BININT2
		m.push(int64(m.number(map[byte]int{'K': 1, 'M': 2}[op])))
	case 'J': // BININT
		m.push(int64(int32(m.number(4))))
	case 0x8a: // LONG1
		m.push(m.long())
	case 'G': // BINFLOAT
		if b := m.bytes(8); b != nil {
			m.push(math.Float64frombits(binary.BigEndian.Uint64(b)))
		}
	case 'X', 'T', 'B': // BINUNICODE, BINSTRING, BINBYTES
		m.push(string(m.bytes(m.number(4))))
	case 0x8c, 'U', 'C': // SHORT_BINUNICODE, SHORT_BINSTRING, SHORT_BINBYTES
		m.push(string(m.bytes(m.number(1))))
	case 0x8d: // BINUNICODE8
		m.push(string(m.bytes(m.number(8))))
	case ')', 0x85, 0x86, 0x87: // EMPTY_TUPLE, TUPLE1 to TUPLE3
		m.push(m.popN(map[byte]int{0x85: 1, 0x86: 2, 0x87: 3}[op]))
	case 't': // TUPLE
		m.push(tuple(m.marked()))
	case ']':
		m.push(&list{})
	case '}':
		m.push(&dict{})
	case 'a', 'e': // APPEND, APPENDS
		m.extend(m.taken(op == 'a', 1))
	case 's', 'u': // SETITEM, SETITEMS
		m.set(m.taken(op == 's', 2))
	case 'q', 'r': // BINPUT, LONG_BINPUT
		m.memo[m.number(map[byte]int{'q': 1, 'r': 4}[op])] = m.top()
	case 0x94: // MEMOIZE
		m.memo[uint64(len(m.memo))] = m.top()
	case 'h', 'j': // BINGET, LONG_BINGET
		v, ok := m.memo[m.number(map[byte]int{'h': 1, 'j': 4}[op])]
		if !ok {
			m.fail("%w: its pickle remembers what it never had", ErrCorrupt)
		}
		m.push(v)
	case '0': // POP
		m.pop()
	case '1': // POP_MARK
		m.marked()
	case 'c': // GLOBAL
		module := m.line()
		m.global(module, m.line())
	case 0x93: // STACK_GLOBAL
		names := m.popN(2)
		module, _ := names[0].(string)
		name, _ := names[1].(string)
		m.global(module, name)
	case 'Q': // BINPERSID
		m.push(m.storage(m.pop()))
	case 'R', 0x81: // REDUCE, NEWOBJ
		args, _ := m.pop().(tuple)
		m.push(m.reduce(m.pop(), args))
	case 'b': // BUILD: attributes, which weights have none of that matter
		m.pop()
	default:
		m.fail("%w: its pickle has the opcode %#x, which weights do not need: %s", ErrUnsupported, op, advice)
	}
}

const advice = "save the model's weights alone with torch.save(model.state_dict(), 'weights.pth')"

// taken is what an opcode adds: n values, or all since the mark.
func (m *machine) taken(few bool, n int) []any {
	if few {
		return m.popN(n)
	}
	return m.marked()
}

func (m *machine) extend(items []any) {
	if l, ok := m.top().(*list); ok {
		l.items = append(l.items, items...)
	} else {
		m.fail("%w: its pickle extends what is no list", ErrCorrupt)
	}
}

func (m *machine) set(pairs []any) {
	d, ok := m.top().(*dict)
	if !ok || len(pairs)%2 != 0 {
		m.fail("%w: its pickle fills what is no dictionary", ErrCorrupt)
		return
	}
	for i := 0; i < len(pairs); i += 2 {
		d.keys, d.values = append(d.keys, pairs[i]), append(d.values, pairs[i+1])
	}
}

// long is a signed number of up to 8 bytes.
func (m *machine) long() int64 {
	b := m.bytes(m.number(1))
	if len(b) > 8 {
		m.fail("%w: its pickle has a number of %d bytes", ErrUnsupported, len(b))
	}
	v := int64(0)
	for i := range min(len(b), 8) {
		v |= int64(b[i]) << (8 * i)
	}
	if n := len(b); n > 0 && n < 8 && b[n-1]&0x80 != 0 {
		v -= 1 << (8 * n)
	}
	return v
}

func (m *machine) global(module, name string) {
	g := global(module + "." + name)
	if !allowed[g] && storageTypes[g] == "" {
		m.fail("%w: it names %s, which is part of a program and no weights: %s", ErrUnsupported, g, advice)
	}
	m.push(g)
}

// storage reads ('storage', type, key, device, count).
func (m *machine) storage(id any) any {
	t, _ := id.(tuple)
	if len(t) == 5 && t[0] == "storage" {
		class, ok1 := t[1].(global)
		key, ok2 := t[2].(string)
		count, ok3 := t[4].(int64)
		if dtype := storageTypes[class]; ok1 && ok2 && ok3 && dtype != "" && count >= 0 {
			return &storage{dtype, key, count}
		}
	}
	m.fail("%w: its pickle has an unknown storage", ErrCorrupt)
	return nil
}

// reduce is what a call of an allowed function gives.
func (m *machine) reduce(callee any, args tuple) any {
	f, _ := callee.(global)
	switch {
	case f == "collections.OrderedDict":
		return &dict{} // its items follow, as torch writes it
	case f == "torch.Size" && len(args) == 1:
		return args[0]
	case (f == "torch._utils._rebuild_parameter" || f == "torch.nn.parameter.Parameter") && len(args) > 0:
		return args[0]
	case f == "torch._utils._rebuild_tensor_v2" && len(args) >= 4:
		s, ok1 := args[0].(*storage)
		offset, ok2 := args[1].(int64)
		shape, ok3 := ints(args[2])
		strides, ok4 := ints(args[3])
		if ok1 && ok2 && ok3 && ok4 && len(shape) == len(strides) {
			return &Tensor{DType: s.dtype, Shape: shape, strides: strides, offset: offset, storage: s}
		}
	}
	m.fail("%w: its pickle rebuilds a tensor from what is none", ErrCorrupt)
	return nil
}

func ints(v any) ([]int, bool) {
	t, ok := v.(tuple)
	list := make([]int, len(t))
	for i, e := range t {
		n, is := e.(int64)
		if !is || n < 0 || n > math.MaxInt32 {
			return nil, false
		}
		list[i] = int(n)
	}
	return list, ok && len(t) <= maxRank
}

const maxRank = 8
