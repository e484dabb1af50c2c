package wasmasm

import (
	"errors"
	"fmt"
	"slices"
)

// joinGap is the longest run of zeros, in bytes, that costs less written out than as the end
// of a segment: the next one's offset hardly compresses, zeros do.
const joinGap = 64

// segment is a part of a module's initial memory.
type segment struct {
	at    int // address
	bytes []byte
}

// JoinData rewrites the data section of a linked module with few segments. Go's linker
// starts a segment behind every few zeros, as many as browsers allow (100,000): what their
// offsets take off the file they double in its compressed form. The memory that the program
// starts with is the same.
func JoinData(wasm []byte) ([]byte, error) {
	return editData(wasm, joined)
}

// editData rewrites the segments of a module by edit.
func editData(wasm []byte, edit func([]segment) ([]segment, error)) ([]byte, error) {
	const header = 8
	if len(wasm) < header {
		return nil, errCut
	}
	out := append(make([]byte, 0, len(wasm)+len(wasm)/4), wasm[:header]...)
	err := eachSection(wasm, func(id byte, body []byte) error {
		if id != secData {
			out = appendSection(out, id, body)
			return nil
		}
		segments, err := readData(body)
		if err != nil {
			return err
		}
		if segments, err = edit(segments); err != nil {
			return err
		}
		out = appendSection(out, id, appendData(nil, segments))
		return nil
	})
	return out, err
}

// joined is the same memory in segments more than joinGap apart.
func joined(segments []segment) ([]segment, error) {
	var list []segment
	for _, s := range segments {
		if n := len(list); n > 0 {
			last := &list[n-1]
			if gap := s.at - last.end(); gap <= joinGap {
				last.bytes = append(append(last.bytes, make([]byte, gap)...), s.bytes...)
				continue
			}
		}
		list = append(list, segment{s.at, append([]byte(nil), s.bytes...)})
	}
	return list, nil
}

func (s segment) end() int { return s.at + len(s.bytes) }

// readData reads a data section of active segments, as Go's linker writes it, and sorts it by
// address: segments that do not overlap may be set in any order.
func readData(body []byte) ([]segment, error) {
	count, n := readU(body)
	if n == 0 {
		return nil, errCut
	}
	body = body[n:]
	var list []segment
	for ; count > 0; count-- {
		if len(body) < 2 || body[0] != 0 || body[1] != byte(i32Const) {
			return nil, errors.New("wasmasm: a data segment has no constant address in memory 0")
		}
		at, n := readU(body[2:]) // signed, but no program of 2 GB is linked
		body = body[2+n:]
		if n == 0 || len(body) == 0 || body[0] != byte(end) {
			return nil, errCut
		}
		size, n := readU(body[1:])
		if n == 0 || uint64(len(body)) < 1+uint64(n)+uint64(size) {
			return nil, errCut
		}
		list = append(list, segment{int(at), body[1+n:][:size]})
		body = body[1+n+int(size):]
	}
	slices.SortFunc(list, func(a, b segment) int { return a.at - b.at })
	for i, s := range list[min(1, len(list)):] {
		if s.at < list[i].end() {
			return nil, fmt.Errorf("wasmasm: the data segment at %d overlaps the one before", s.at)
		}
	}
	return list, nil
}

func appendData(b []byte, segments []segment) []byte {
	b = appendU(b, uint64(len(segments)))
	for _, s := range segments {
		b = appendS(append(b, 0, byte(i32Const)), int64(s.at))
		b = append(appendU(append(b, byte(end)), uint64(len(s.bytes))), s.bytes...)
	}
	return b
}
