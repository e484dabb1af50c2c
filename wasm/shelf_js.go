package main

import (
	"context"
	"errors"
	"fmt"
	"syscall/js"
	"time"

	"github.com/hack-pad/go-indexeddb/idb"
	"github.com/hack-pad/safejs"

	"thaw/irv2/project"
	"thaw/wasm/jsutil"
)

// shelf keeps a library in IndexedDB: an object store for each box, chunks as
// Uint8Arrays, what is JSON as strings (project.Shelf). The browser may close it at any
// moment, as when site data is cleared or another tab removes the database (package idb
// then closes it, so that the other need not wait): the next use opens it anew.
type shelf struct {
	name  string
	boxes []project.Box
	db    *idb.Database
}

// The databases. Measurements have one of their own: a new store in the first would wait
// until no other tab has it open.
const (
	libraryDatabase      = "thaw"
	measurementsDatabase = "thaw-measurements"
)

// openLimit is how long a database may take to open; one that another tab does not let go
// of takes for ever.
const openLimit = 30 * time.Second

// openShelf opens a database; the error says that nothing can be kept, and why.
func openShelf(ctx context.Context, name string, boxes ...project.Box) (*shelf, error) {
	s := &shelf{name: name, boxes: boxes}
	return s, s.open(ctx)
}

// While site data is being cleared what is opened is closed again at once: it is tried
// anew, a second long.
const openTries, openPause = 5, 250 * time.Millisecond

func (s *shelf) open(ctx context.Context) error {
	err := s.connect(ctx)
	for range openTries {
		if !closed(err) || ctx.Err() != nil {
			break
		}
		time.Sleep(openPause)
		err = s.connect(ctx)
	}
	if closed(err) {
		return storageError(err)
	}
	return noStorage(err)
}

func (s *shelf) connect(ctx context.Context) (err error) {
	defer func() { // Global panics where the browser has no IndexedDB
		if p := recover(); p != nil {
			err = fmt.Errorf("%v", p)
		}
	}()
	// Not ctx: a database that is made must get its object stores.
	request, err := idb.Global().Open(context.WithoutCancel(ctx), s.name, 1, func(db *idb.Database, _, _ uint) error {
		for _, box := range s.boxes {
			if _, err := db.CreateObjectStore(string(box), idb.ObjectStoreOptions{}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	limited, cancel := context.WithTimeout(ctx, openLimit)
	defer cancel()
	db, err := request.Await(limited)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case limited.Err() != nil:
		return project.Errorf(codeStorage, "Another tab holds what this page keeps: close the other tabs of this page and reload it; until then weights must be chosen again at the next visit.")
	case err == nil:
		s.db = db
	}
	return err
}

// noStorage says why a database does not open.
func noStorage(err error) error {
	if isSaid(err) {
		return err
	}
	if full := asQuota(err); full != nil {
		return full
	}
	return project.Errorf(codeStorage, "This browser keeps nothing for this page (%v): allow site data or leave the private window; until then weights must be chosen again at the next visit.", err)
}

// isSaid tells of an error that needs no other words: none, a sentence, the end of a context.
func isSaid(err error) bool {
	var named *project.Error
	return err == nil || errors.As(err, &named) || errors.Is(err, context.Canceled)
}

// asQuota is the sentence for a full disk, nil for other errors.
func asQuota(err error) error {
	if !isNamed(err, "QuotaExceededError") {
		return nil
	}
	return noRoom
}

var noRoom = project.Errorf(codeQuota, "This browser has no room left to keep this: free disk space, or remove kept weights and projects; until then it must be chosen again at the next visit.")

// storageError makes err a sentence for the user, with the code quota or storage.
func storageError(err error) error {
	if isSaid(err) {
		return err
	}
	if full := asQuota(err); full != nil {
		return full
	}
	return project.Errorf(codeStorage, "What this browser keeps for this page cannot be reached (%v): its site data may have been cleared; reload the page, and choose the weights again if they are gone.", err)
}

// closed says that the browser has closed the database, before a transaction or in it.
func closed(err error) bool {
	return isNamed(err, "InvalidStateError") || isNamed(err, "AbortError")
}

// isNamed says that err is the DOMException of that name: package idb has a type for those
// of events, and passes on those that are thrown.
func isNamed(err error, name string) bool {
	var thrown js.Error
	return errors.Is(err, idb.NewDOMException(name)) ||
		errors.As(err, &thrown) && jsutil.String(jsutil.Prop(safejs.Safe(thrown.Value), "name")) == name
}

// do runs op, one transaction on one object store, and once more on a database opened anew
// where the browser has closed it. A transaction closes as soon as JavaScript idles:
// everything is prepared before. Only reads await their request; a write is done when its
// transaction is.
func (s *shelf) do(ctx context.Context, options idb.TransactionOptions, box project.Box, op func(*idb.ObjectStore) (*idb.Request, error)) (value js.Value, err error) {
	value, err = s.transact(ctx, options, box, op)
	if closed(err) && ctx.Err() == nil {
		if err = s.open(ctx); err == nil {
			value, err = s.transact(ctx, options, box, op)
		}
	}
	if ctx.Err() != nil { // idb knows no errors of contexts
		err = ctx.Err()
	}
	return value, storageError(err)
}

func (s *shelf) transact(ctx context.Context, options idb.TransactionOptions, box project.Box, op func(*idb.ObjectStore) (*idb.Request, error)) (value js.Value, err error) {
	txn, err := s.db.TransactionWithOptions(options, string(box))
	if err != nil {
		return value, err
	}
	object, err := txn.ObjectStore(string(box))
	if err != nil {
		return value, err
	}
	read, err := op(object)
	if err != nil {
		return value, err
	}
	if options.Mode == idb.TransactionReadOnly {
		return read.Await(ctx)
	}
	return value, txn.Await(ctx)
}

var reading = idb.TransactionOptions{Mode: idb.TransactionReadOnly}

// writing is to a box. A manifest says that all the rest is there: the browser may tell
// that it is written only when it would outlast a loss of power.
func writing(box project.Box) idb.TransactionOptions {
	options := idb.TransactionOptions{Mode: idb.TransactionReadWrite}
	if box == project.Manifests || box == notesBox {
		options.Durability = idb.DurabilityStrict
	}
	return options
}

// binary says that a box holds bytes, and no JSON.
func binary(box project.Box) bool { return box == project.Chunks || box == filesBox }

// Keys lists the keys of a box.
func (s *shelf) Keys(ctx context.Context, box project.Box) ([]string, error) {
	value, err := s.do(ctx, reading, box, func(object *idb.ObjectStore) (*idb.Request, error) {
		request, err := object.GetAllKeys()
		if err != nil {
			return nil, err
		}
		return request.Request, nil
	})
	if err != nil {
		return nil, err
	}
	var keys []string
	for _, key := range jsutil.Elements(safejs.Safe(value)) {
		keys = append(keys, jsutil.String(key))
	}
	return keys, nil
}

// Get reads a value, nil where there is none.
func (s *shelf) Get(ctx context.Context, box project.Box, key string) ([]byte, error) {
	raw, err := s.do(ctx, reading, box, func(object *idb.ObjectStore) (*idb.Request, error) { return object.Get(js.ValueOf(key)) })
	if err != nil {
		return nil, err
	}
	value := safejs.Safe(raw)
	switch {
	case value.IsUndefined():
		return nil, nil
	case !binary(box):
		return []byte(jsutil.String(value)), nil
	}
	return jsutil.BytesToGo(value)
}

// Put writes a value.
func (s *shelf) Put(ctx context.Context, box project.Box, key string, content []byte) error {
	var value safejs.Value
	var err error
	if !binary(box) {
		value = safejs.Safe(js.ValueOf(string(content)))
	} else if value, err = jsutil.BytesToJS(content); err != nil {
		return err
	}
	_, err = s.do(ctx, writing(box), box, func(object *idb.ObjectStore) (*idb.Request, error) {
		return object.PutKey(js.ValueOf(key), safejs.Unsafe(value))
	})
	return err
}

// Delete removes keys, all or none.
func (s *shelf) Delete(ctx context.Context, box project.Box, keys ...string) error {
	if len(keys) == 0 {
		return nil
	}
	_, err := s.do(ctx, writing(box), box, func(object *idb.ObjectStore) (*idb.Request, error) {
		for _, key := range keys {
			if _, err := object.Delete(js.ValueOf(key)); err != nil {
				return nil, err
			}
		}
		return nil, nil
	})
	return err
}
