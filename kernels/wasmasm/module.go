package wasmasm

import "slices"

// Module collects the parts of a module; Bytes encodes it. Imports must be added
// before functions, as indices count imports first.
type Module struct {
	types   [][]byte
	imports [][]byte
	nImport int // imported functions
	funcs   []*Func
	exports [][]byte
	table   []FuncIndex
	slots   int // of the table, at least
}

// TypeIndex names a function signature, FuncIndex a function (imports first).
type (
	TypeIndex uint32
	FuncIndex uint32
)

// Func is a function under construction: append to Code, then the module adds
// the final end.
type Func struct {
	Code   Code
	Index  FuncIndex
	typ    TypeIndex
	params int
	locals []ValType
}

// Section numbers and kinds of external values.
const (
	secCustom   = 0
	secType     = 1
	secImport   = 2
	secFunction = 3
	secTable    = 4
	secMemory   = 5
	secExport   = 7
	secElement  = 9
	secCode     = 10
	secData     = 11

	kindFunc   = 0
	kindTable  = 1
	kindMemory = 2
)

const funcRef = 0x70

// Limits of a memory, in pages of 64 KiB. A shared memory must state Max.
type Limits struct {
	Min, Max uint32
	HasMax   bool
	Shared   bool
}

func (l Limits) append(b []byte) []byte {
	var flags byte
	if l.HasMax || l.Shared {
		flags |= 1
	}
	if l.Shared {
		flags |= 2
	}
	b = appendU(append(b, flags), uint64(l.Min))
	if flags&1 != 0 {
		b = appendU(b, uint64(l.Max))
	}
	return b
}

// Type returns the index of a signature, adding it if it is new.
func (m *Module) Type(params, results []ValType) TypeIndex {
	b := []byte{0x60}
	for _, list := range [][]ValType{params, results} {
		b = appendU(b, uint64(len(list)))
		for _, t := range list {
			b = append(b, byte(t))
		}
	}
	for i, t := range m.types {
		if slices.Equal(t, b) {
			return TypeIndex(i)
		}
	}
	m.types = append(m.types, b)
	return TypeIndex(len(m.types) - 1)
}

// ImportMemory imports memory 0.
func (m *Module) ImportMemory(module, name string, l Limits) {
	b := append(appendName(appendName(nil, module), name), kindMemory)
	m.imports = append(m.imports, l.append(b))
}

// ImportFunc imports a function.
func (m *Module) ImportFunc(module, name string, params, results []ValType) FuncIndex {
	if len(m.funcs) > 0 {
		panic("wasmasm: import " + name + " after the first function")
	}
	b := append(appendName(appendName(nil, module), name), kindFunc)
	m.imports = append(m.imports, appendU(b, uint64(m.Type(params, results))))
	m.nImport++
	return FuncIndex(m.nImport - 1)
}

// Func adds a function; its parameters are locals 0, 1, ...
func (m *Module) Func(params, results []ValType) *Func {
	f := &Func{typ: m.Type(params, results), params: len(params), Index: FuncIndex(m.nImport + len(m.funcs))}
	m.funcs = append(m.funcs, f)
	return f
}

// Local adds a local variable (zero at entry) and returns its index.
func (f *Func) Local(t ValType) uint32 {
	f.locals = append(f.locals, t)
	return uint32(f.params + len(f.locals) - 1)
}

// ExportFunc exports f under name.
func (m *Module) ExportFunc(name string, f *Func) {
	m.exports = append(m.exports, appendU(append(appendName(nil, name), kindFunc), uint64(f.Index)))
}

// ExportTable exports table 0 under name.
func (m *Module) ExportTable(name string) {
	m.exports = append(m.exports, append(appendName(nil, name), kindTable, 0))
}

// TableFunc puts f into table 0 and returns its place there.
func (m *Module) TableFunc(f *Func) int32 {
	m.table = append(m.table, f.Index)
	return int32(len(m.table) - 1)
}

// Table makes table 0 at least n slots long; those without a function are empty.
func (m *Module) Table(n int) { m.slots = n }

// Bytes returns the encoded module.
func (m *Module) Bytes() []byte {
	out := []byte("\x00asm\x01\x00\x00\x00")
	out = appendVec(out, secType, m.types)
	out = appendVec(out, secImport, m.imports)

	var funcs, codes [][]byte
	for _, f := range m.funcs {
		funcs = append(funcs, appendU(nil, uint64(f.typ)))
		body := append(f.localDecls(), f.Code...)
		body = append(body, byte(end))
		codes = append(codes, append(appendU(nil, uint64(len(body))), body...))
	}
	out = appendVec(out, secFunction, funcs)
	if n := max(m.slots, len(m.table)); n > 0 {
		t := Limits{Min: uint32(n), Max: uint32(n), HasMax: true}.append([]byte{funcRef})
		out = appendVec(out, secTable, [][]byte{t})
	}
	out = appendVec(out, secExport, m.exports)
	if len(m.table) > 0 {
		// Active segment 0: offset 0, then the function indices.
		e := append(Code{0}.I32Const(0), byte(end))
		e = appendU(e, uint64(len(m.table)))
		for _, f := range m.table {
			e = appendU(e, uint64(f))
		}
		out = appendVec(out, secElement, [][]byte{e})
	}
	return appendVec(out, secCode, codes)
}

// localDecls encodes the locals, runs of one type compressed.
func (f *Func) localDecls() []byte {
	var b []byte
	runs := 0
	for i := 0; i < len(f.locals); {
		j := i
		for j < len(f.locals) && f.locals[j] == f.locals[i] {
			j++
		}
		b = append(appendU(b, uint64(j-i)), byte(f.locals[i]))
		i = j
		runs++
	}
	return append(appendU(nil, uint64(runs)), b...)
}

// appendName appends a length-prefixed string.
func appendName(b []byte, s string) []byte {
	return append(appendU(b, uint64(len(s))), s...)
}

// appendVec appends a section that holds a vector, nothing if it is empty.
func appendVec(out []byte, id byte, items [][]byte) []byte {
	if len(items) == 0 {
		return out
	}
	body := appendU(nil, uint64(len(items)))
	for _, it := range items {
		body = append(body, it...)
	}
	return appendSection(out, id, body)
}

func appendSection(out []byte, id byte, body []byte) []byte {
	return append(appendU(append(out, id), uint64(len(body))), body...)
}
