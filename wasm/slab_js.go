package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/hack-pad/safejs"

	"thaw/irv2/images"
	"thaw/wasm/jsutil"
)

// slab is a file of web/scratch.js (images.Slab).
type slab struct {
	file  safejs.Value
	bytes safejs.Value // Uint8Array that was read into last
}

// openDisk is a disk for pixels, nil where the browser has none for a worker.
func openDisk() *images.Disk {
	promise, err := safejs.Global().Call("thawSweepScratch")
	if err == nil {
		_, err = jsutil.Await(promise)
	}
	if err != nil {
		return nil
	}
	return &images.Disk{Open: func() (images.Slab, error) {
		promise, err := safejs.Global().Call("thawOpenScratch")
		if err != nil {
			return nil, err
		}
		file, err := jsutil.Await(promise)
		return &slab{file: file}, err
	}}
}

func (s *slab) ReadAt(p []byte, off int64) (int, error) {
	if jsutil.Int(jsutil.Prop(s.bytes, "length")) != len(p) {
		var err error
		if s.bytes, err = jsutil.Construct("Uint8Array", len(p)); err != nil {
			return 0, err
		}
	}
	if err := s.call("read", s.bytes, off, len(p)); err != nil {
		return 0, err
	}
	return safejs.CopyBytesToGo(p, s.bytes)
}

func (s *slab) WriteAt(p []byte, off int64) (int, error) {
	bytes, err := jsutil.BytesToJS(p)
	if err != nil {
		return 0, err
	}
	return len(p), s.call("write", bytes, off, len(p))
}

// call reads or writes n bytes.
func (s *slab) call(name string, bytes safejs.Value, off int64, n int) error {
	done, err := s.file.Call(name, bytes, float64(off))
	if err != nil {
		return errors.New(strings.TrimPrefix(err.Error(), "JavaScript error: "))
	}
	if jsutil.Int(done) != n {
		return fmt.Errorf("%d of %d bytes", jsutil.Int(done), n)
	}
	return nil
}

func (s *slab) Close() error {
	_, err := s.file.Call("close")
	return err
}
