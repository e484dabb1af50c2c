package jsutil

import "github.com/hack-pad/safejs"

// BlobWriter gathers bytes into a Blob, which the browser may keep on disk: a
// file of any size passes through without growing Go's memory.
type BlobWriter struct {
	parts []any
	part  []byte
}

const blobPart = 4 << 20

// Write appends p.
func (w *BlobWriter) Write(p []byte) (int, error) {
	if w.part == nil {
		w.part = make([]byte, 0, blobPart)
	}
	for rest := p; len(rest) > 0; {
		n := min(len(rest), blobPart-len(w.part))
		w.part = append(w.part, rest[:n]...)
		rest = rest[n:]
		if len(w.part) == blobPart {
			if err := w.flush(); err != nil {
				return 0, err
			}
		}
	}
	return len(p), nil
}

// flush makes the part a Blob of its own at once: the copy in JavaScript's memory
// is then free to go.
func (w *BlobWriter) flush() error {
	if len(w.part) == 0 {
		return nil
	}
	array, err := BytesToJS(w.part)
	if err != nil {
		return err
	}
	w.part = w.part[:0]
	part, err := Construct("Blob", []any{array})
	w.parts = append(w.parts, part)
	return err
}

// Blob closes the writer.
func (w *BlobWriter) Blob(mime string) (safejs.Value, error) {
	if err := w.flush(); err != nil {
		return safejs.Undefined(), err
	}
	return Construct("Blob", w.parts, map[string]any{"type": mime})
}
