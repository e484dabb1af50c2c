package wasmasm

import (
	"bytes"
	"encoding/hex"
	"strings"
	"testing"

	"os"
	"path/filepath"
)

// Encodings as the specification's binary format states them
// (https://webassembly.github.io/spec/core/binary/instructions.html, the threads
// and relaxed SIMD proposals for 0xFE and 0xFD 0x100 on).
func TestEncodings(t *testing.T) {
	for _, c := range []struct {
		name string
		code Code
		want string
	}{
		{"i32.const -1", Code{}.I32Const(-1), "41 7f"},
		{"i32.const 63", Code{}.I32Const(63), "41 3f"},
		{"i32.const 64", Code{}.I32Const(64), "41 c0 00"},
		{"i32.const -65", Code{}.I32Const(-65), "41 bf 7f"},
		{"i64.const min", Code{}.I64Const(-1 << 63), "42 80 80 80 80 80 80 80 80 80 7f"},
		{"f32.const 1", Code{}.F32Const(1), "43 00 00 80 3f"},
		{"f64.const -2", Code{}.F64Const(-2), "44 00 00 00 00 00 00 00 c0"},
		{"i64.add sub mul", Code{}.Op(I64Add).Op(I64Sub).Op(I64Mul), "7c 7d 7e"},
		{"i64.xor shl shr_s shr_u", Code{}.Op(I64Xor).Op(I64Shl).Op(I64ShrS).Op(I64ShrU), "85 86 87 88"},
		{"i64.extend_i32_u", Code{}.Op(I64ExtendI32U), "ad"},
		{"f32.ge", Code{}.Op(F32Ge), "60"},
		{"f64.max", Code{}.Op(F64Max), "a5"},
		{"f32.convert_i64_u", Code{}.Op(F32ConvertI64U), "b5"},
		{"f64.convert_i64_s", Code{}.Op(F64ConvertI64S), "b9"},
		{"i64.reinterpret_f64", Code{}.Op(I64ReinterpretF64), "bd"},
		{"f64.reinterpret_i64", Code{}.Op(F64ReinterpretI64), "bf"},
		{"local.get 200", Code{}.LocalGet(200), "20 c8 01"},
		{"i32.load offset=300", Code{}.Mem(I32Load, 300), "28 02 ac 02"},
		{"v128.load", Code{}.Mem(V128Load, 0), "fd 00 04 00"},
		{"v128.load32_splat offset=4", Code{}.Mem(V128Load32Splat, 4), "fd 09 02 04"},
		{"v128.store32_lane 3", Code{}.MemLane(V128Store32Lane, 0, 3), "fd 5a 02 00 03"},
		{"f32x4.extract_lane 2", Code{}.Lane(F32x4ExtractLane, 2), "fd 1f 02"},
		{"f32x4.add", Code{}.Op(F32x4Add), "fd e4 01"},
		{"f32x4.pmax", Code{}.Op(F32x4Pmax), "fd eb 01"},
		{"f64x2.promote_low_f32x4", Code{}.Op(F64x2PromoteLowF32x4), "fd 5f"},
		{"f32x4.relaxed_madd", Code{}.Op(F32x4RelaxedMadd), "fd 85 02"},
		{"i8x16.shuffle", Code{}.Shuffle(0, 4, 1, 7), "fd 0d 00 01 02 03 10 11 12 13 04 05 06 07 1c 1d 1e 1f"},
		{"memory.atomic.wait32", Code{}.Mem(MemoryAtomicWait32, 0), "fe 01 02 00"},
		{"i32.atomic.rmw.sub offset=64", Code{}.Mem(I32AtomicRmwSub, 64), "fe 25 02 40"},
		{"atomic.fence", Code{}.AtomicFence(), "fe 03 00"},
		{"memory.fill", Code{}.MemoryFill(), "fc 0b 00"},
		{"call_indirect 1", Code{}.CallIndirect(1), "11 01 00"},
		{"loop br_if end", Code{}.Loop().BrIf(0).End(), "03 40 0d 00 0b"},
	} {
		if got := hex.EncodeToString(c.code); got != strings.ReplaceAll(c.want, " ", "") {
			t.Errorf("%s: % x, want %s", c.name, []byte(c.code), c.want)
		}
	}
}

func TestLEB128RoundTrip(t *testing.T) {
	for _, v := range []uint32{0, 1, 127, 128, 16383, 16384, 1<<32 - 1} {
		b := appendU(nil, uint64(v))
		if got, n := readU(b); got != v || n != len(b) {
			t.Errorf("%d: read back %d from %d of %d bytes", v, got, n, len(b))
		}
		if _, n := readU(b[:len(b)-1]); n != 0 {
			t.Errorf("%d: cut short and not noticed", v)
		}
	}
}

// thunk is the module that web/engine/thunk.js carries as bytes.
func thunk() []byte {
	m := &Module{}
	i32 := []ValType{I32, I32, I32}
	run := m.Type(i32, []ValType{I32})
	f := m.Func(i32, []ValType{I32})
	f.Code = f.Code.LocalGet(0).LocalGet(1).LocalGet(2).I32Const(0).CallIndirect(run)
	m.ExportTable("table")
	m.ExportFunc("run", f)
	m.Table(1)
	return m.Bytes()
}

// TestThunk: the bytes in thunk.js are what this package encodes.
func TestThunk(t *testing.T) {
	source, err := os.ReadFile(filepath.Join("..", "..", "web", "engine", "thunk.js"))
	if err != nil {
		t.Fatal(err)
	}
	_, list, _ := strings.Cut(string(source), "Uint8Array.of(")
	list, _, _ = strings.Cut(list, ")\n")
	var digits strings.Builder
	for line := range strings.Lines(list) {
		line, _, _ = strings.Cut(line, "//")
		for _, b := range strings.Split(line, ",") {
			digits.WriteString(strings.TrimPrefix(strings.TrimSpace(b), "0x"))
		}
	}
	got, err := hex.DecodeString(digits.String())
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, thunk()) {
		t.Errorf("thunk.js has\n% x, want\n% x", got, thunk())
	}
}

// linked is a module as a linker would write it: an import, a memory of 3 pages, a function.
func linked() []byte {
	m := &Module{}
	m.ImportFunc("gojs", "f", nil, nil)
	m.Func(nil, nil)
	b := m.Bytes()
	memory := appendSection(nil, secMemory, []byte{1, 0, 3})
	at := bytes.Index(b, []byte{secCode, 4, 1, 2, 0, byte(end)})
	return append(append(bytes.Clone(b[:at]), memory...), b[at:]...)
}

func TestShareMemory(t *testing.T) {
	out, err := ShareMemory(linked())
	if err != nil {
		t.Fatal(err)
	}
	var ids []byte
	err = eachSection(out, func(id byte, body []byte) error {
		ids = append(ids, id)
		if id == secImport {
			want := "\x02\x04thaw\x06memory\x02\x03\x03\x80\x80\x04\x04gojs\x01f\x00\x00"
			if string(body) != want {
				t.Errorf("imports %q, want %q", body, want)
			}
		}
		if id == secCustom && string(body) != "\x0bthaw.memory3" {
			t.Errorf("custom section %q", body)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if want := []byte{secType, secImport, secFunction, secCode, secCustom}; !bytes.Equal(ids, want) {
		t.Errorf("sections %v, want %v", ids, want)
	}
	for name, bad := range map[string][]byte{
		"rewritten twice": out,
		"not wasm":        []byte("hello, world"),
		"cut short":       linked()[:len(linked())-3],
		"empty":           nil,
	} {
		if _, err := ShareMemory(bad); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
