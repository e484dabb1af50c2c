package project

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"thaw/irv2"
	"thaw/irv2/keep"
)

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
	m.Bytes = 0
	cut := keep.Cutter{Put: func(n int, chunk []byte) error {
		key := chunkKey(m.Info.ID, n)
		if !there[key] || !l.holds(ctx, key, chunk) {
			wrote = true
			if err := l.shelf.Put(ctx, Chunks, key, chunk); err != nil {
				return err
			}
		}
		m.Bytes += int64(len(chunk))
		progress(m.Bytes, total)
		return ctx.Err()
	}}
	for _, d := range w.Data {
		if _, err := cut.Write(keep.Bytes(d)); err != nil {
			return wrote, err
		}
	}
	err = cut.Close()
	m.Sums = cut.Sums
	return wrote, err
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
	err = m.damaged() // where it is known before all that is there is read
	if m.complete(there) {
		err = m.told(fillAll(l.join(ctx, &m, progress), w))
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
	switch text, err := l.shelf.Get(ctx, Manifests, m.Info.ID); {
	case err != nil:
		return err
	case text == nil:
		return m.damaged()
	}
	join := l.join(ctx, m, progress)
	for range m.Sums {
		if err := join.Next(); err != nil {
			return m.told(err)
		}
	}
	return nil
}

// join reads the chunks of m.
func (l *Library) join(ctx context.Context, m *Manifest, progress Progress) *keep.Joiner {
	done := int64(0)
	return &keep.Joiner{Sums: m.Sums, Get: func(n int) ([]byte, error) {
		chunk, err := l.shelf.Get(ctx, Chunks, chunkKey(m.Info.ID, n))
		done += int64(len(chunk))
		progress(done, m.Bytes)
		return chunk, cmp.Or(err, ctx.Err())
	}}
}

// fillAll reads all chunks into w.
func fillAll(join *keep.Joiner, w *irv2.Weights) error {
	for _, d := range w.Data {
		if err := join.Fill(keep.Bytes(d)); err != nil {
			return err
		}
	}
	if !join.Ended() {
		return keep.ErrDamaged
	}
	return nil
}

// told is an error of reading m as a sentence.
func (m *Manifest) told(err error) error {
	if errors.Is(err, keep.ErrDamaged) {
		return m.damaged()
	}
	return err
}

func (m *Manifest) damaged() error {
	return Errorf(Corrupt, "The kept copy of %q is damaged: choose the file again, which mends it, or remove it.", m.Info.Name)
}
