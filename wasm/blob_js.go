package main

import (
	"fmt"
	"io"

	"github.com/hack-pad/safejs"

	"thaw/irv2/project"
	"thaw/wasm/jsutil"
)

// blob is a Blob or File as an io.ReaderAt. It reads synchronously, which workers
// may, and keeps one window, so that small reads in order cost one read.
type blob struct {
	value  safejs.Value
	reader safejs.Value // FileReaderSync
	size   int64
	window []byte
	at     int64 // of window in the blob
}

// Many files are only looked at: their first window is smaller.
const blobWindow, firstWindow = 1 << 20, 32 << 10

func newBlob(value safejs.Value) (*blob, error) {
	class := jsutil.Prop(safejs.Global(), "Blob")
	if is, err := value.InstanceOf(class); err != nil || !is {
		return nil, project.Errorf(project.Invalid, "A file is missing: give a Blob or File.")
	}
	reader, err := jsutil.Construct("FileReaderSync")
	if err != nil {
		return nil, err
	}
	size, err := jsutil.Prop(value, "size").Float()
	return &blob{value: value, reader: reader, size: int64(size)}, err
}

// name is the file's name, empty for a Blob without one.
func (b *blob) name() string { return jsutil.String(jsutil.Prop(b.value, "name")) }

// Size is the number of bytes.
func (b *blob) Size() int64 { return b.size }

// ReadAt fills p from off on (io.ReaderAt).
func (b *blob) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 {
		return 0, fmt.Errorf("read at %d", off)
	}
	n := 0
	for n < len(p) && off+int64(n) < b.size {
		at := off + int64(n)
		if len(p)-n >= blobWindow {
			m, err := b.read(p[n:], at)
			n += m
			if err != nil {
				return n, err
			}
			continue
		}
		if at < b.at || at >= b.at+int64(len(b.window)) {
			if err := b.fill(at); err != nil {
				return n, err
			}
		}
		n += copy(p[n:], b.window[at-b.at:])
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

func (b *blob) fill(at int64) error {
	length := blobWindow
	if b.window == nil {
		length = firstWindow
	}
	if cap(b.window) < length {
		b.window = make([]byte, length)
	}
	n, err := b.read(b.window[:length], at)
	b.window, b.at = b.window[:n], at
	return err
}

// read copies up to len(p) bytes from off, straight from the browser.
func (b *blob) read(p []byte, off int64) (int, error) {
	end := min(off+int64(len(p)), b.size)
	part, err := b.value.Call("slice", float64(off), float64(end))
	if err != nil {
		return 0, err
	}
	buffer, err := b.reader.Call("readAsArrayBuffer", part)
	if err != nil {
		return 0, project.Errorf(project.Invalid, "The browser could not read %.100q (%v): it may have been moved or changed; choose it again.", b.name(), err)
	}
	array, err := jsutil.Construct("Uint8Array", buffer)
	if err != nil {
		return 0, err
	}
	n, err := safejs.CopyBytesToGo(p[:end-off], array)
	if err == nil && int64(n) < end-off {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

// readAll is the whole file, which must not be larger than limit bytes.
func (b *blob) readAll(limit int64) ([]byte, error) {
	if b.size > limit {
		return nil, project.Errorf(project.Invalid, "%.100q has %d MB, more than the %d MB that fit here.", b.name(), b.size>>20, limit>>20)
	}
	p := make([]byte, b.size)
	_, err := b.read(p, 0)
	return p, err
}
