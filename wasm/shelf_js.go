package main

import (
	"context"
	"errors"
	"fmt"
	"syscall/js"

	"github.com/hack-pad/go-indexeddb/idb"
	"github.com/hack-pad/safejs"

	"thaw/irv2/project"
	"thaw/wasm/jsutil"
)

// shelf keeps a library in IndexedDB: an object store for each box, chunks as
// Uint8Arrays, what is JSON as strings (project.Shelf).
type shelf struct{ db *idb.Database }

// The databases. Measurements have one of their own: a new store in the first would wait
// until no other tab has it open.
const (
	libraryDatabase      = "thaw"
	measurementsDatabase = "thaw-measurements"
)

// openShelf opens a database; the error says that nothing can be kept, and why.
func openShelf(ctx context.Context, name string, boxes ...project.Box) (s *shelf, err error) {
	defer func() { // Global panics where the browser has no IndexedDB
		if p := recover(); p != nil {
			err = storageError(fmt.Errorf("%v", p))
		}
	}()
	request, err := idb.Global().Open(ctx, name, 1, func(db *idb.Database, _, _ uint) error {
		for _, box := range boxes {
			if _, err := db.CreateObjectStore(string(box), idb.ObjectStoreOptions{}); err != nil {
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
	return &shelf{db}, nil
}

// storageError makes err a sentence for the user, with the code quota or storage.
func storageError(err error) error {
	var named *project.Error
	switch {
	case err == nil || errors.As(err, &named) || errors.Is(err, context.Canceled):
		return err
	case errors.Is(err, idb.NewDOMException("QuotaExceededError")):
		return project.Errorf(codeQuota, "This browser has no room left to keep the weights: free disk space or remove kept weights; until then they must be chosen again at the next visit.")
	}
	return project.Errorf(codeStorage, "This browser keeps nothing for this page (%v): allow site data or leave the private window; until then weights must be chosen again at the next visit.", err)
}

// The four operations on one object store, each a transaction. A transaction
// closes as soon as JavaScript idles: everything is prepared before it opens. Only
// reads await their request; a write is done when its transaction is.

func (s *shelf) object(mode idb.TransactionMode, box project.Box) (*idb.Transaction, *idb.ObjectStore, error) {
	txn, err := s.db.Transaction(mode, string(box))
	if err != nil {
		return nil, nil, err
	}
	object, err := txn.ObjectStore(string(box))
	return txn, object, err
}

// Keys lists the keys of a box.
func (s *shelf) Keys(ctx context.Context, box project.Box) ([]string, error) {
	_, object, err := s.object(idb.TransactionReadOnly, box)
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

// Get reads a value, nil where there is none.
func (s *shelf) Get(ctx context.Context, box project.Box, key string) ([]byte, error) {
	_, object, err := s.object(idb.TransactionReadOnly, box)
	if err != nil {
		return nil, storageError(err)
	}
	request, err := object.Get(js.ValueOf(key))
	if err != nil {
		return nil, storageError(err)
	}
	raw, err := request.Await(ctx)
	if err != nil {
		return nil, storageError(err)
	}
	value := safejs.Safe(raw)
	switch {
	case value.IsUndefined():
		return nil, nil
	case box != project.Chunks:
		return []byte(jsutil.String(value)), nil
	}
	return jsutil.BytesToGo(value)
}

// Put writes a value.
func (s *shelf) Put(ctx context.Context, box project.Box, key string, content []byte) error {
	var value safejs.Value
	var err error
	if box != project.Chunks {
		value = safejs.Safe(js.ValueOf(string(content)))
	} else if value, err = jsutil.BytesToJS(content); err != nil {
		return err
	}
	txn, object, err := s.object(idb.TransactionReadWrite, box)
	if err != nil {
		return storageError(err)
	}
	if _, err := object.PutKey(js.ValueOf(key), safejs.Unsafe(value)); err != nil {
		return storageError(err)
	}
	return storageError(txn.Await(ctx))
}

// Delete removes keys, all or none.
func (s *shelf) Delete(ctx context.Context, box project.Box, keys ...string) error {
	if len(keys) == 0 {
		return nil
	}
	txn, object, err := s.object(idb.TransactionReadWrite, box)
	if err != nil {
		return storageError(err)
	}
	for _, key := range keys {
		if _, err := object.Delete(js.ValueOf(key)); err != nil {
			return storageError(err)
		}
	}
	return storageError(txn.Await(ctx))
}
