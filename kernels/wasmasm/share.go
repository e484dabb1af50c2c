package wasmasm

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
)

// The memory that a module rewritten by ShareMemory imports.
const (
	SharedMemoryModule = "thaw"
	SharedMemoryName   = "memory"
	// SharedMemoryMax is the most that 32-bit addresses reach, in pages. The
	// linker states no maximum; a shared memory must.
	SharedMemoryMax = 65536
	// SharedMemorySection is the custom section that tells the importer, in
	// decimal, how many pages the module needs to start: JavaScript cannot read
	// the limits of an import.
	SharedMemorySection = "thaw.memory"
)

// ShareMemory rewrites a linked module that defines one memory, as Go's js/wasm
// linker writes it, so that it imports a shared memory instead (module "thaw",
// name "memory"): then other threads can see the heap of the program. Nothing
// else changes: memories are numbered apart from functions, so every index stays.
// The custom section SharedMemorySection tells the importer the initial size.
func ShareMemory(wasm []byte) ([]byte, error) {
	const header = 8
	if len(wasm) < header || !bytes.Equal(wasm[:4], []byte("\x00asm")) {
		return nil, errors.New("wasmasm: not a WebAssembly module")
	}
	minPages, err := definedMemory(wasm)
	if err != nil {
		return nil, err
	}
	imp := append(appendName(appendName(nil, SharedMemoryModule), SharedMemoryName), kindMemory)
	imp = Limits{Min: minPages, Max: SharedMemoryMax, Shared: true}.append(imp)

	out := append(make([]byte, 0, len(wasm)+64), wasm[:header]...)
	imported := false
	err = eachSection(wasm, func(id byte, body []byte) error {
		switch id {
		case secMemory:
			return nil
		case secImport:
			count, n := readU(body)
			if n == 0 {
				return errCut
			}
			b := appendU(nil, uint64(count)+1)
			b = append(append(b, imp...), body[n:]...)
			out = appendSection(out, id, b)
			imported = true
		default:
			out = appendSection(out, id, body)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if !imported {
		return nil, errors.New("wasmasm: module has no import section; it was not linked for js/wasm")
	}
	pages := strconv.FormatUint(uint64(minPages), 10)
	return appendSection(out, secCustom, append(appendName(nil, SharedMemorySection), pages...)), nil
}

var errCut = errors.New("wasmasm: module is cut short")

// definedMemory returns the minimum of the single memory that a module defines.
func definedMemory(wasm []byte) (minPages uint32, err error) {
	found := false
	err = eachSection(wasm, func(id byte, body []byte) error {
		if id != secMemory {
			return nil
		}
		count, n := readU(body)
		if n == 0 || count != 1 || len(body) < n+2 {
			return fmt.Errorf("wasmasm: module defines %d memories, want 1", count)
		}
		if body[n]&2 != 0 {
			return errors.New("wasmasm: memory is already shared")
		}
		minPages, _ = readU(body[n+1:])
		found = true
		return nil
	})
	if err == nil && !found {
		err = errors.New("wasmasm: module defines no memory; is it already rewritten?")
	}
	return minPages, err
}

// eachSection calls fn for every section after the header.
func eachSection(wasm []byte, fn func(id byte, body []byte) error) error {
	for b := wasm[8:]; len(b) > 0; {
		size, n := readU(b[1:])
		if n == 0 || uint64(len(b)) < 1+uint64(n)+uint64(size) {
			return errCut
		}
		if err := fn(b[0], b[1+n:1+n+int(size)]); err != nil {
			return err
		}
		b = b[1+n+int(size):]
	}
	return nil
}
