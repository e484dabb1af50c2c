package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"strings"
	"syscall/js"
	"unsafe"

	"github.com/hack-pad/go-indexeddb/idb"
	"github.com/hack-pad/safejs"

	"thaw/irv2"
	"thaw/wasm/jsutil"
)

// store keeps weights in IndexedDB, as two object stores:
//
//	weights  id        -> manifest as JSON
//	chunks   id/000007 -> 4 MB of the parameters' float32 bytes, end to end
//
// Each chunk is a transaction of its own and the manifest comes last: what a
// crash leaves behind has no manifest, is never listed, and is swept on opening.
type store struct{ db *idb.Database }

const (
	databaseName   = "thaw"
	manifestsStore = "weights"
	chunksStore    = "chunks"
	chunkBytes     = 4 << 20
)

// manifest describes one kept network.
type manifest struct {
	Info    weightInfo
	Config  irv2.Config
	Classes []string // of a fine-tuned head, else nil
	Created int64    // Unix milliseconds
	Bytes   int64
	Sums    []uint32 // CRC-32C of each chunk
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// openStore opens the database; the error says that nothing can be kept, and why.
func openStore(ctx context.Context) (s *store, err error) {
	defer func() { // Global panics where the browser has no IndexedDB
		if p := recover(); p != nil {
			err = storageError(fmt.Errorf("%v", p))
		}
	}()
	request, err := idb.Global().Open(ctx, databaseName, 1, func(db *idb.Database, _, _ uint) error {
		for _, name := range []string{manifestsStore, chunksStore} {
			if _, err := db.CreateObjectStore(name, idb.ObjectStoreOptions{}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, storageError(err)
	}
	db, err := request.Await(ctx)
	if err != nil {
		return nil, storageError(err)
	}
	s = &store{db}
	return s, s.sweep(ctx)
}

// storageError makes err a sentence for the user, with the code quota or storage.
func storageError(err error) error {
	var named *callError
	switch {
	case err == nil || errors.As(err, &named) || errors.Is(err, context.Canceled):
		return err
	case errors.Is(err, idb.NewDOMException("QuotaExceededError")):
		return fail(codeQuota, "This browser has no room left to keep the weights: free disk space or remove kept weights; until then they must be chosen again at the next visit.")
	}
	return fail(codeStorage, "This browser keeps nothing for this page (%v): allow site data or leave the private window; until then weights must be chosen again at the next visit.", err)
}

// list returns all manifests.
func (s *store) list(ctx context.Context) ([]manifest, error) {
	keys, err := s.keys(ctx, manifestsStore)
	if err != nil {
		return nil, err
	}
	var list []manifest
	for _, id := range keys {
		m, err := s.manifest(ctx, id)
		if err != nil {
			return nil, err
		}
		list = append(list, m)
	}
	return list, nil
}

func (s *store) manifest(ctx context.Context, id string) (manifest, error) {
	var m manifest
	value, err := s.get(ctx, manifestsStore, id)
	if err != nil {
		return m, err
	}
	if value.IsUndefined() {
		return m, fail(codeInvalid, "These weights are no longer kept here: choose the file again.")
	}
	return m, json.Unmarshal([]byte(jsutil.String(value)), &m)
}

// put keeps w under m.Info.ID, filling m's Bytes and Sums. Where it fails, nothing stays.
func (s *store) put(ctx context.Context, m *manifest, w *irv2.Weights, progress func(done, total int64)) error {
	err := s.putChunks(ctx, m, w, progress)
	if err == nil {
		var text []byte
		if text, err = json.Marshal(m); err == nil {
			err = s.write(ctx, manifestsStore, m.Info.ID, safejs.Safe(js.ValueOf(string(text))))
		}
	}
	if err != nil {
		s.deleteChunks(context.WithoutCancel(ctx), m.Info.ID)
	}
	return storageError(err)
}

func (s *store) putChunks(ctx context.Context, m *manifest, w *irv2.Weights, progress func(done, total int64)) error {
	total := int64(0)
	for _, d := range w.Data {
		total += 4 * int64(len(d))
	}
	m.Bytes, m.Sums = 0, nil
	chunk := make([]byte, 0, min(chunkBytes, total))
	flush := func() error {
		array, err := jsutil.BytesToJS(chunk)
		if err != nil {
			return err
		}
		if err := s.write(ctx, chunksStore, chunkKey(m.Info.ID, len(m.Sums)), array); err != nil {
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
func (s *store) load(ctx context.Context, m manifest, w *irv2.Weights, progress func(done, total int64)) error {
	r := &chunkReader{ctx: ctx, store: s, manifest: m, progress: progress}
	for _, d := range w.Data {
		if err := r.fill(floatBytes(d)); err != nil {
			return err
		}
	}
	if int64(r.done) != m.Bytes || len(r.chunk) > 0 {
		return r.damaged()
	}
	return nil
}

// chunkReader is the byte stream of a kept network.
type chunkReader struct {
	ctx      context.Context
	store    *store
	manifest manifest
	progress func(done, total int64)
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
	value, err := r.store.get(r.ctx, chunksStore, chunkKey(r.manifest.Info.ID, r.next))
	if err != nil {
		return err
	}
	if value.IsUndefined() {
		return r.damaged()
	}
	if r.chunk, err = jsutil.BytesToGo(value); err != nil {
		return err
	}
	if crc32.Checksum(r.chunk, castagnoli) != r.manifest.Sums[r.next] {
		return r.damaged()
	}
	r.next++
	r.done += int64(len(r.chunk))
	r.progress(r.done, r.manifest.Bytes)
	return r.ctx.Err()
}

func (r *chunkReader) damaged() error {
	return fail(codeCorrupt, "The kept copy of %q is damaged: remove it and choose the file again.", r.manifest.Info.Name)
}

// remove forgets a network: first the manifest, so that no half entry is ever listed.
func (s *store) remove(ctx context.Context, id string) error {
	err := s.delete(ctx, manifestsStore, id)
	if err == nil {
		err = s.deleteChunks(ctx, id)
	}
	return storageError(err)
}

func (s *store) deleteChunks(ctx context.Context, id string) error {
	keys, err := s.keys(ctx, chunksStore)
	if err != nil {
		return err
	}
	var gone []string
	for _, key := range keys {
		if owner, _, _ := strings.Cut(key, "/"); owner == id {
			gone = append(gone, key)
		}
	}
	return s.delete(ctx, chunksStore, gone...)
}

// sweep deletes chunks without a manifest: a writer that never finished.
func (s *store) sweep(ctx context.Context) error {
	ids, err := s.keys(ctx, manifestsStore)
	if err != nil {
		return storageError(err)
	}
	kept := map[string]bool{}
	for _, id := range ids {
		kept[id] = true
	}
	keys, err := s.keys(ctx, chunksStore)
	if err != nil {
		return storageError(err)
	}
	var gone []string
	for _, key := range keys {
		if owner, _, _ := strings.Cut(key, "/"); !kept[owner] {
			gone = append(gone, key)
		}
	}
	return storageError(s.delete(ctx, chunksStore, gone...))
}

func chunkKey(id string, n int) string { return fmt.Sprintf("%s/%06d", id, n) }

// floatBytes views f as its bytes; WebAssembly is little-endian.
func floatBytes(f []float32) []byte {
	if len(f) == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(unsafe.Pointer(&f[0])), 4*len(f))
}

// The four operations on one object store, each a transaction. A transaction
// closes as soon as JavaScript idles: everything is prepared before it opens. Only
// reads await their request; a write is done when its transaction is.

func (s *store) object(mode idb.TransactionMode, name string) (*idb.Transaction, *idb.ObjectStore, error) {
	txn, err := s.db.Transaction(mode, name)
	if err != nil {
		return nil, nil, err
	}
	object, err := txn.ObjectStore(name)
	return txn, object, err
}

func (s *store) get(ctx context.Context, name, key string) (safejs.Value, error) {
	_, object, err := s.object(idb.TransactionReadOnly, name)
	if err != nil {
		return safejs.Undefined(), storageError(err)
	}
	request, err := object.Get(js.ValueOf(key))
	if err != nil {
		return safejs.Undefined(), storageError(err)
	}
	value, err := request.Await(ctx)
	return safejs.Safe(value), storageError(err)
}

func (s *store) keys(ctx context.Context, name string) ([]string, error) {
	_, object, err := s.object(idb.TransactionReadOnly, name)
	if err != nil {
		return nil, storageError(err)
	}
	request, err := object.GetAllKeys()
	if err != nil {
		return nil, storageError(err)
	}
	values, err := request.Await(ctx)
	keys := make([]string, len(values))
	for i, v := range values {
		keys[i] = jsutil.String(safejs.Safe(v))
	}
	return keys, storageError(err)
}

func (s *store) write(ctx context.Context, name, key string, value safejs.Value) error {
	txn, object, err := s.object(idb.TransactionReadWrite, name)
	if err != nil {
		return err
	}
	if _, err := object.PutKey(js.ValueOf(key), safejs.Unsafe(value)); err != nil {
		return err
	}
	return txn.Await(ctx)
}

func (s *store) delete(ctx context.Context, name string, keys ...string) error {
	if len(keys) == 0 {
		return nil
	}
	txn, object, err := s.object(idb.TransactionReadWrite, name)
	if err != nil {
		return err
	}
	for _, key := range keys {
		if _, err := object.Delete(js.ValueOf(key)); err != nil {
			return err
		}
	}
	return txn.Await(ctx)
}
