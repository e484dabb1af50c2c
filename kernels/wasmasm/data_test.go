package wasmasm

import (
	"bytes"
	"encoding/binary"
	"slices"
	"testing"
)

// withData is a module with a data section of these segments.
func withData(segments ...segment) []byte {
	return appendSection(linked(), secData, appendData(nil, segments))
}

// dataOf reads them back.
func dataOf(t *testing.T, wasm []byte) (segments []segment) {
	t.Helper()
	err := eachSection(wasm, func(id byte, body []byte) (err error) {
		if id == secData {
			segments, err = readData(body)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return segments
}

func TestJoinData(t *testing.T) {
	far := 1000 + 3 + joinGap + 2 + joinGap + 1 // a byte more than is joined
	out, err := JoinData(withData(
		segment{far, []byte("far")},
		segment{1000, []byte("one")},
		segment{1003 + joinGap, []byte("tw")},
		segment{far + 3, []byte("on")},
	))
	if err != nil {
		t.Fatal(err)
	}
	want := []segment{
		{1000, []byte("one" + string(make([]byte, joinGap)) + "tw")},
		{far, []byte("faron")},
	}
	same := func(a, b segment) bool { return a.at == b.at && bytes.Equal(a.bytes, b.bytes) }
	if got := dataOf(t, out); !slices.EqualFunc(got, want, same) {
		t.Errorf("segments %v, want %v", got, want)
	}
	if again, err := JoinData(out); err != nil || !bytes.Equal(again, out) {
		t.Errorf("joined twice: %v", err)
	}
	if out, err := JoinData(linked()); err != nil || !bytes.Equal(out, linked()) {
		t.Errorf("without data: %v", err)
	}
	passive := appendSection(linked(), secData, []byte{1, 1, 1, 'x'})
	for name, bad := range map[string][]byte{
		"overlapping": withData(segment{0, []byte("one")}, segment{2, []byte("two")}),
		"passive":     passive,
		"cut":         appendSection(linked(), secData, []byte{1, 0, byte(i32Const), 0, byte(end), 9, 'x'}),
		"empty":       nil,
	} {
		if _, err := JoinData(bad); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// functions is a table of two functions as Go 1.27 links it: the second's line table is one
// that the first's stack pointer shares.
func functions() []byte {
	values := []byte{0, 2, 1, 4, 1, 0, 6, 3, 0, 8, 0x81, 1, 0} // tables at 1, 6 and 9
	function := func(sp, file, line uint32, tables ...uint32) []byte {
		words := []uint32{0x10, 0x20, 0x30, 0x40, sp, file, line, uint32(len(tables)), 0x50, 0x60, 0x70}
		b, _ := binary.Append(nil, binary.LittleEndian, append(words, tables...))
		return b
	}
	first, second := function(1, 6, 9, 0), function(0, 6, 1, 0, 1)
	const index = 2 * 8
	byAddress, _ := binary.Append(nil, binary.LittleEndian, []uint32{0, index, 1, uint32(index + len(first))})
	const names, units, files = 72, 72 + 4, 72 + 4 + 3
	at := uint64(files + 5)
	b, _ := binary.Append([]byte(pcMagic), binary.LittleEndian, []uint64{2, 1, 0, names, units, files, at, at + uint64(len(values))})
	b = append(append(b, "a\x00b\x00"+"uni"+"f.go\x00"...), values...)
	return append(append(append(b, byAddress...), first...), second...)
}

func TestDropLines(t *testing.T) {
	memory := append([]byte("before "), functions()...)
	out, err := DropLines(withData(segment{500, memory[:80]}, segment{580, memory[80:]}))
	if err != nil {
		t.Fatal(err)
	}
	want := bytes.Clone(memory)
	table := want[len("before "):]
	clear(table[76:84])              // units, names of files
	clear(table[84+6 : 84+13])       // the tables at 6 and 9, not that at 1
	for _, f := range []int{0, 48} { // file, line, unit and first line
		clear(table[84+13+16+f:][20:28])
		clear(table[84+13+16+f:][32:40])
	}
	got := dataOf(t, out)
	if len(got) != 2 || !bytes.Equal(append(bytes.Clone(got[0].bytes), got[1].bytes...), want) {
		t.Errorf("left % x, want % x", got, want)
	}
	for name, bad := range map[string][]byte{
		"no table":  []byte("nothing"),
		"cut table": functions()[:100],
		"cut end":   functions()[:len(functions())-8],
	} {
		if _, err := DropLines(withData(segment{0, bad})); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
