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

// libraryLock is held by who writes to the shelf, or sweeps it.
const libraryLock = "thaw weights"

// Library keeps weights on a shelf, which other tabs may write to. The manifest is put
// last: what a crash leaves behind has none, is never listed, and is swept on opening.
// What was damaged since is found when it is listed (a piece is missing) or loaded (a sum
// is wrong), and mended when the same weights are kept again.
type Library struct {
	shelf   Shelf
	locks   Locker
	broken  error           // why there is no shelf
	damaged map[string]bool // ids whose sums were found wrong
}

// NoLibrary keeps nothing, and says why.
func NoLibrary(why error) *Library { return &Library{broken: why} }

// OpenLibrary sweeps chunks without a manifest, of a writer that never finished, unless
// another writes now: those may be its own. locks nil: nobody can tell, nothing is swept.
func OpenLibrary(ctx context.Context, shelf Shelf, locks Locker) (*Library, error) {
	l := &Library{shelf: shelf, locks: locks, damaged: map[string]bool{}}
	sweeps := false
	if locks != nil {
		if unlock, _ := locks.TryLock(ctx, libraryLock); unlock != nil {
			defer unlock()
			sweeps = true
		}
	}
	ids, err := shelf.Keys(ctx, Manifests)
	if err != nil || !sweeps {
		return l, err
	}
	return l, l.deleteChunks(ctx, func(id string) bool { return !slices.Contains(ids, id) })
}

// alone waits until no other tab writes, which it tells where that takes time.
func (l *Library) alone(ctx context.Context, tell Tell) (unlock func(), err error) {
	if l.locks == nil {
		return func() {}, nil
	}
	if unlock, err = l.locks.TryLock(ctx, libraryLock); unlock != nil || err != nil {
		return unlock, err
	}
	tell.of("Waiting for another tab that keeps weights")(0, 0)
	return l.locks.Lock(ctx, libraryLock)
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

// list returns what is kept, newest first. What is damaged is listed as such, so that it
// can be removed.
func (l *Library) list(ctx context.Context) ([]WeightInfo, error) {
	if l.broken != nil {
		return nil, nil
	}
	ids, err := l.shelf.Keys(ctx, Manifests)
	if err != nil {
		return nil, err
	}
	there, err := l.chunks(ctx)
	if err != nil {
		return nil, err
	}
	var list []Manifest
	for _, id := range ids {
		m, err := l.manifest(ctx, id)
		switch code := codeOf(err); {
		case err == nil:
			m.Info.Damaged = l.damaged[id] || !m.complete(there)
		case code == Corrupt:
			m = unreadable(id)
		case code == Invalid: // another tab has removed it meanwhile
			continue
		default:
			return nil, err
		}
		list = append(list, m)
	}
	slices.SortStableFunc(list, func(a, b Manifest) int { return int(b.Created - a.Created) })
	infos := make([]WeightInfo, len(list))
	for i, m := range list {
		infos[i] = m.Info
	}
	return infos, nil
}

// unreadable stands for an entry whose manifest says nothing.
func unreadable(id string) Manifest {
	model, _, _ := strings.Cut(id, "-")
	return Manifest{Info: WeightInfo{ID: id, Name: id, Model: model, Warnings: []string{}, Stored: true, Damaged: true}}
}

var errManifest = Errorf(Corrupt, "What is kept of these weights is damaged: choose the file again, or remove them.")

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

// keep puts w on the shelf under m.Info.ID, filling m's Bytes and Sums, and looks whether
// it stands there. Where the same weights are kept already, what is missing or damaged of
// them is written again, and what is said of them changes. Where it fails, nothing new stays.
func (l *Library) keep(ctx context.Context, m *Manifest, w *irv2.Weights, tell Tell) error {
	if l.broken != nil {
		return l.broken
	}
	unlock, err := l.alone(ctx, tell)
	if err != nil {
		return err
	}
	defer unlock()
	_, none := l.manifest(ctx, m.Info.ID)
	if code := codeOf(none); none != nil && code != Invalid && code != Corrupt {
		return none
	}
	// What is cleared while it is written is found missing, and written once more.
	for range 2 {
		var wrote bool
		if wrote, err = l.putChunks(ctx, m, w, tell.of("Keeping "+m.Info.Name)); err != nil {
			break
		}
		if err = l.put(ctx, m); err != nil {
			break
		}
		if wrote {
			err = l.check(ctx, m, tell.of("Checking what is kept of "+m.Info.Name))
		}
		if codeOf(err) != Corrupt {
			break
		}
	}
	switch {
	case err == nil:
		delete(l.damaged, m.Info.ID)
	case none != nil:
		l.forget(context.WithoutCancel(ctx), m.Info.ID)
	}
	if codeOf(err) == Corrupt {
		return Errorf(Corrupt, "What this browser was given to keep of %q did not stay there: its site data may just have been cleared; choose the file again to keep it.", m.Info.Name)
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
	unlock, err := l.alone(ctx, nil)
	if err != nil {
		return err
	}
	defer unlock()
	m, err := l.manifest(ctx, id)
	if err != nil {
		return err
	}
	m.Classes = names
	return l.put(ctx, &m)
}

// remove forgets a network.
func (l *Library) remove(ctx context.Context, id string) error {
	if l.broken != nil {
		return l.broken
	}
	unlock, err := l.alone(ctx, nil)
	if err != nil {
		return err
	}
	defer unlock()
	delete(l.damaged, id)
	return l.forget(ctx, id)
}

// forget removes first the manifest, so that no half entry is ever listed.
func (l *Library) forget(ctx context.Context, id string) error {
	if err := l.shelf.Delete(ctx, Manifests, id); err != nil {
		return err
	}
	return l.deleteChunks(ctx, func(of string) bool { return of == id })
}
