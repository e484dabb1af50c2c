package project

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"thaw/irv2"
)

// Shelf is where a library keeps bytes by key: IndexedDB, a folder, a map. Its errors
// are sentences with a code.
type Shelf interface {
	Keys(ctx context.Context, box Box) ([]string, error)
	Get(ctx context.Context, box Box, key string) ([]byte, error) // nil: there is none
	Put(ctx context.Context, box Box, key string, value []byte) error
	Delete(ctx context.Context, box Box, keys ...string) error
}

// Box is a part of a shelf with keys of its own.
type Box string

const (
	Manifests Box = "weights" // id -> Manifest as JSON
	Chunks    Box = "chunks"  // id/000007 -> 4 MB of the parameters' float32 bytes, end to end
)

// Library keeps weights on a shelf. The manifest is put last: what a crash leaves
// behind has none, is never listed, and is swept on opening.
type Library struct {
	shelf  Shelf
	broken error // why there is no shelf
}

// NoLibrary keeps nothing, and says why.
func NoLibrary(why error) *Library { return &Library{broken: why} }

// OpenLibrary sweeps chunks without a manifest, of a writer that never finished.
func OpenLibrary(ctx context.Context, shelf Shelf) (*Library, error) {
	l := &Library{shelf: shelf}
	ids, err := shelf.Keys(ctx, Manifests)
	if err != nil {
		return nil, err
	}
	kept := map[string]bool{}
	for _, id := range ids {
		kept[id] = true
	}
	return l, l.deleteChunks(ctx, func(id string) bool { return !kept[id] })
}

// Manifest describes one kept network.
type Manifest struct {
	Info    WeightInfo
	Config  irv2.Config
	Classes []string // of a fine-tuned head, else nil
	Created int64    // Unix milliseconds
	Bytes   int64
	Sums    []uint32 // CRC-32C of each chunk
}

// list returns all manifests, newest first.
func (l *Library) list(ctx context.Context) ([]Manifest, error) {
	if l.broken != nil {
		return nil, nil
	}
	ids, err := l.shelf.Keys(ctx, Manifests)
	if err != nil {
		return nil, err
	}
	var list []Manifest
	for _, id := range ids {
		m, err := l.manifest(ctx, id)
		switch {
		case err == nil:
			list = append(list, m)
		case codeOf(err) != Corrupt: // a damaged one hides no others
			return nil, err
		}
	}
	slices.SortStableFunc(list, func(a, b Manifest) int { return int(b.Created - a.Created) })
	return list, nil
}

var errManifest = Errorf(Corrupt, "What is kept of these weights is damaged: remove them and choose the file again.")

func (l *Library) manifest(ctx context.Context, id string) (Manifest, error) {
	var m Manifest
	if l.broken != nil {
		return m, l.broken
	}
	text, err := l.shelf.Get(ctx, Manifests, id)
	if err != nil {
		return m, err
	}
	if text == nil {
		return m, Errorf(Invalid, "These weights are no longer kept here: choose the file again.")
	}
	if json.Unmarshal(text, &m) != nil || m.Info.ID != id {
		return m, errManifest
	}
	return m, nil
}

// keep puts w on the shelf under m.Info.ID, filling m's Bytes and Sums. Where the same
// weights are kept already, only what is said of them changes. Where it fails, nothing stays.
func (l *Library) keep(ctx context.Context, m *Manifest, w *irv2.Weights, progress Progress) error {
	if l.broken != nil {
		return l.broken
	}
	if old, err := l.manifest(ctx, m.Info.ID); err == nil {
		m.Bytes, m.Sums = old.Bytes, old.Sums
		return l.put(ctx, m)
	}
	err := l.putChunks(ctx, m, w, progress)
	if err == nil {
		err = l.put(ctx, m)
	}
	if err != nil {
		l.deleteChunks(context.WithoutCancel(ctx), func(id string) bool { return id == m.Info.ID })
	}
	return err
}

// put puts a manifest, in the place of one that was there.
func (l *Library) put(ctx context.Context, m *Manifest) error {
	text, err := json.Marshal(m)
	if err != nil {
		return err
	}
	return l.shelf.Put(ctx, Manifests, m.Info.ID, text)
}

// rename gives the outputs of a kept network other names.
func (l *Library) rename(ctx context.Context, id string, names []string) error {
	m, err := l.manifest(ctx, id)
	if err != nil {
		return err
	}
	m.Classes = names
	return l.put(ctx, &m)
}

// remove forgets a network: first the manifest, so that no half entry is ever listed.
func (l *Library) remove(ctx context.Context, id string) error {
	if l.broken != nil {
		return l.broken
	}
	if err := l.shelf.Delete(ctx, Manifests, id); err != nil {
		return err
	}
	return l.deleteChunks(ctx, func(of string) bool { return of == id })
}

func (l *Library) deleteChunks(ctx context.Context, of func(id string) bool) error {
	keys, err := l.shelf.Keys(ctx, Chunks)
	if err != nil {
		return err
	}
	var gone []string
	for _, key := range keys {
		if id, _, _ := strings.Cut(key, "/"); of(id) {
			gone = append(gone, key)
		}
	}
	return l.shelf.Delete(ctx, Chunks, gone...)
}
