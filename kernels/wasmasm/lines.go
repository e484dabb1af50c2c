package wasmasm

import (
	"bytes"
	"encoding/binary"
	"errors"
)

// DropLines empties the tables of a program linked by Go 1.27 that tell the file and
// the line of an instruction: a trace of a stack then names its functions with "?:0". Nothing
// else reads them (runtime.funcline1). They are written over with zeros in place, which
// compress to nothing; JoinData after this makes one segment of them.
//
// The tables, of runtime.pcHeader and runtime._func: the header and its offsets, names of
// functions, files by unit (cutab), names of files, values by instruction (pctab), then
// functions by address, each with its numbers.
func DropLines(wasm []byte) ([]byte, error) {
	return editData(wasm, withoutLines)
}

var errNoTable = errors.New("wasmasm: no table of functions as Go 1.27 writes it: DropLines must be adapted to the toolchain")

func withoutLines(segments []segment) ([]segment, error) {
	if len(segments) == 0 {
		return nil, errNoTable
	}
	last := segments[len(segments)-1]
	memory := make([]byte, last.end())
	for _, s := range segments {
		copy(memory[s.at:], s.bytes)
	}
	if err := dropLines(memory); err != nil {
		return nil, err
	}
	list := make([]segment, len(segments))
	for i, s := range segments {
		list[i] = segment{s.at, memory[s.at:s.end()]}
	}
	return list, nil
}

// pcMagic begins the table: abi.Go120PCLnTabMagic, alignment 1, pointers of 8 bytes.
const pcMagic = "\xf1\xff\xff\xff\x00\x00\x01\x08"

// dropLines does it in the program's memory.
func dropLines(memory []byte) error {
	at := bytes.Index(memory, []byte(pcMagic))
	if at < 0 {
		return errNoTable
	}
	table := memory[at:]
	var header struct{ Functions, Files, Start, Names, Units, FileNames, Values, ByAddress uint64 }
	if _, err := binary.Decode(table[len(pcMagic):], binary.LittleEndian, &header); err != nil {
		return errNoTable
	}
	h := header
	if h.Names > h.Units || h.Units > h.FileNames || h.FileNames > h.Values || h.Values > h.ByAddress || h.ByAddress+8*h.Functions > uint64(len(table)) {
		return errNoTable
	}
	values, byAddress := table[h.Values:h.ByAddress], table[h.ByAddress:]
	lines, others := map[uint32]bool{}, map[uint32]bool{0: true} // offsets in values (0: none); equal tables are one
	for i := range h.Functions {
		offset := binary.LittleEndian.Uint32(byAddress[8*i+4:])
		if uint64(offset)+funcSize > uint64(len(byAddress)) {
			return errNoTable
		}
		f := byAddress[offset:]
		word := func(i uint32) uint32 { return binary.LittleEndian.Uint32(f[4*i:]) }
		if uint64(len(f)) < funcSize+4*uint64(word(funcTables)) {
			return errNoTable
		}
		lines[word(funcFile)], lines[word(funcLine)] = true, true
		others[word(funcSP)] = true
		for i := range word(funcTables) {
			others[word(funcSize/4+i)] = true
		}
		for _, i := range []int{funcFile, funcLine, funcUnit, funcStart} {
			clear(f[4*i : 4*i+4])
		}
	}
	for offset := range lines {
		if offset >= uint32(len(values)) {
			return errNoTable
		}
		if !others[offset] {
			clear(values[offset:][:lengthOf(values[offset:])])
		}
	}
	clear(table[h.Units:h.Values])
	return nil
}

// Numbers of a function (runtime._func), by their places, and the bytes that its tables
// stand behind.
const (
	funcSP     = 4
	funcFile   = 5
	funcLine   = 6
	funcTables = 7
	funcUnit   = 8
	funcStart  = 9
	funcSize   = 44
)

// lengthOf is the length of the table that b begins with: pairs of numbers up to a zero in
// the first place of one that is not the first.
func lengthOf(b []byte) int {
	for at, pair := 0, 0; ; pair++ {
		value, n := readU(b[at:])
		if n == 0 {
			return len(b)
		}
		at += n
		if value == 0 && pair > 0 {
			return at
		}
		if _, n = readU(b[at:]); n == 0 {
			return len(b)
		}
		at += n
	}
}
