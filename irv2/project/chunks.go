package project

import (
	"context"
	"fmt"
	"hash/crc32"
	"unsafe"

	"thaw/irv2"
)

// Weights are kept in pieces, so that neither a transaction nor a copy is as large as
// the whole.
const chunkBytes = 4 << 20

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func chunkKey(id string, n int) string { return fmt.Sprintf("%s/%06d", id, n) }

// floatBytes views f as its bytes. The files of a library are little-endian, as are all
// machines that Thaw runs on.
func floatBytes(f []float32) []byte {
	if len(f) == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(unsafe.Pointer(&f[0])), 4*len(f))
}

// putChunks writes w's values end to end, cut into chunks.
func (l *Library) putChunks(ctx context.Context, m *Manifest, w *irv2.Weights, progress Progress) error {
	total := bytesOf(w)
	m.Bytes, m.Sums = 0, nil
	chunk := make([]byte, 0, min(chunkBytes, total))
	flush := func() error {
		if err := l.shelf.Put(ctx, Chunks, chunkKey(m.Info.ID, len(m.Sums)), chunk); err != nil {
			return err
		}
		m.Sums = append(m.Sums, crc32.Checksum(chunk, castagnoli))
		m.Bytes += int64(len(chunk))
		chunk = chunk[:0]
		progress(m.Bytes, total)
		return ctx.Err()
	}
	for _, d := range w.Data {
		for rest := floatBytes(d); len(rest) > 0; {
			n := min(len(rest), cap(chunk)-len(chunk))
			chunk = append(chunk, rest[:n]...)
			rest = rest[n:]
			if len(chunk) == cap(chunk) {
				if err := flush(); err != nil {
					return err
				}
			}
		}
	}
	if len(chunk) == 0 {
		return nil
	}
	return flush()
}

// load reads the parameters of m into w, checking every chunk.
func (l *Library) load(ctx context.Context, m Manifest, w *irv2.Weights, progress Progress) error {
	r := &chunkReader{ctx: ctx, shelf: l.shelf, manifest: m, progress: progress}
	for _, d := range w.Data {
		if err := r.fill(floatBytes(d)); err != nil {
			return err
		}
	}
	if r.done != m.Bytes || len(r.chunk) > 0 {
		return r.damaged()
	}
	return nil
}

// chunkReader is the byte stream of a kept network.
type chunkReader struct {
	ctx      context.Context
	shelf    Shelf
	manifest Manifest
	progress Progress
	next     int    // chunk
	done     int64  // bytes of chunks read
	chunk    []byte // not yet used
}

func (r *chunkReader) fill(p []byte) error {
	for len(p) > 0 {
		if len(r.chunk) == 0 {
			if err := r.read(); err != nil {
				return err
			}
		}
		n := copy(p, r.chunk)
		p, r.chunk = p[n:], r.chunk[n:]
	}
	return nil
}

func (r *chunkReader) read() error {
	if r.next >= len(r.manifest.Sums) {
		return r.damaged()
	}
	chunk, err := r.shelf.Get(r.ctx, Chunks, chunkKey(r.manifest.Info.ID, r.next))
	if err != nil {
		return err
	}
	if len(chunk) == 0 || crc32.Checksum(chunk, castagnoli) != r.manifest.Sums[r.next] {
		return r.damaged()
	}
	r.chunk = chunk
	r.next++
	r.done += int64(len(chunk))
	r.progress(r.done, r.manifest.Bytes)
	return r.ctx.Err()
}

func (r *chunkReader) damaged() error {
	return Errorf(Corrupt, "The kept copy of %q is damaged: remove it and choose the file again.", r.manifest.Info.Name)
}
