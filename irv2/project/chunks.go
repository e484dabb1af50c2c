package project

import (
	"bytes"
	"context"
	"fmt"
	"strings"

	"thaw/irv2"
	"thaw/irv2/keep"
)

// Weights are kept in pieces, so that neither a transaction nor a copy is as large as
// the whole.
const chunkBytes = 4 << 20

func chunkKey(id string, n int) string { return fmt.Sprintf("%s/%06d", id, n) }

// chunks are the keys that there are.
func (l *Library) chunks(ctx context.Context) (map[string]bool, error) {
	keys, err := l.shelf.Keys(ctx, Chunks)
	there := make(map[string]bool, len(keys))
	for _, key := range keys {
		there[key] = true
	}
	return there, err
}

func (l *Library) deleteChunks(ctx context.Context, of func(id string) bool) error {
	there, err := l.chunks(ctx)
	if err != nil {
		return err
	}
	var gone []string
	for key := range there {
		if id, _, _ := strings.Cut(key, "/"); of(id) {
			gone = append(gone, key)
		}
	}
	return l.shelf.Delete(ctx, Chunks, gone...)
}

// complete says that no chunk of m is missing.
func (m Manifest) complete(there map[string]bool) bool {
	for n := range m.Sums {
		if !there[chunkKey(m.Info.ID, n)] {
			return false
		}
	}
	return true
}

// putChunks writes w's values end to end, cut into chunks, but those that stand there
// already. It tells whether it wrote any.
func (l *Library) putChunks(ctx context.Context, m *Manifest, w *irv2.Weights, progress Progress) (wrote bool, err error) {
	there, err := l.chunks(ctx)
	if err != nil {
		return false, err
	}
	total := bytesOf(w)
	m.Bytes, m.Sums = 0, nil
	chunk := make([]byte, 0, min(chunkBytes, total))
	flush := func() error {
		key := chunkKey(m.Info.ID, len(m.Sums))
		if !there[key] || !l.holds(ctx, key, chunk) {
			wrote = true
			if err := l.shelf.Put(ctx, Chunks, key, chunk); err != nil {
				return err
			}
		}
		m.Sums = append(m.Sums, keep.Sum(chunk))
		m.Bytes += int64(len(chunk))
		chunk = chunk[:0]
		progress(m.Bytes, total)
		return ctx.Err()
	}
	for _, d := range w.Data {
		for rest := keep.Bytes(d); len(rest) > 0; {
			n := min(len(rest), cap(chunk)-len(chunk))
			chunk = append(chunk, rest[:n]...)
			rest = rest[n:]
			if len(chunk) == cap(chunk) {
				if err := flush(); err != nil {
					return wrote, err
				}
			}
		}
	}
	if len(chunk) == 0 {
		return wrote, nil
	}
	return wrote, flush()
}

// holds says that a chunk stands there as it should; one that cannot be read does not.
func (l *Library) holds(ctx context.Context, key string, chunk []byte) bool {
	kept, err := l.shelf.Get(ctx, Chunks, key)
	return err == nil && bytes.Equal(kept, chunk)
}

// load reads the parameters of m into w, checking every chunk.
func (l *Library) load(ctx context.Context, m Manifest, w *irv2.Weights, progress Progress) error {
	there, err := l.chunks(ctx)
	if err != nil {
		return err
	}
	r := &chunkReader{ctx: ctx, shelf: l.shelf, manifest: m, progress: progress}
	if m.complete(there) {
		err = r.fillAll(w)
	} else {
		err = r.damaged() // known before all that is there is read
	}
	if codeOf(err) != Corrupt {
		return err
	}
	if _, gone := l.manifest(ctx, m.Info.ID); gone != nil { // another tab has just removed it
		return gone
	}
	l.damaged[m.Info.ID] = true
	return err
}

// check looks whether m stands on the shelf as it says.
func (l *Library) check(ctx context.Context, m *Manifest, progress Progress) error {
	r := &chunkReader{ctx: ctx, shelf: l.shelf, manifest: *m, progress: progress}
	switch text, err := l.shelf.Get(ctx, Manifests, m.Info.ID); {
	case err != nil:
		return err
	case text == nil:
		return r.damaged()
	}
	for range m.Sums {
		if err := r.read(); err != nil {
			return err
		}
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

// fillAll reads all of the stream into w.
func (r *chunkReader) fillAll(w *irv2.Weights) error {
	for _, d := range w.Data {
		if err := r.fill(keep.Bytes(d)); err != nil {
			return err
		}
	}
	if r.done != r.manifest.Bytes || len(r.chunk) > 0 {
		return r.damaged()
	}
	return nil
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
	if len(chunk) == 0 || keep.Sum(chunk) != r.manifest.Sums[r.next] {
		return r.damaged()
	}
	r.chunk = chunk
	r.next++
	r.done += int64(len(chunk))
	r.progress(r.done, r.manifest.Bytes)
	return r.ctx.Err()
}

func (r *chunkReader) damaged() error {
	return Errorf(Corrupt, "The kept copy of %q is damaged: choose the file again, which mends it, or remove it.", r.manifest.Info.Name)
}
