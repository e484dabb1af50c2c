package main

import (
	"context"
	"errors"
	"strings"

	"github.com/hack-pad/safejs"

	"thaw/irv2/keep"
	"thaw/irv2/project"
	"thaw/wasm/jsutil"
)

// Where projects are kept: what is small in a database of its own, files in the browser's
// private file system or, where there is none, in the database too.
const (
	projectsDatabase             = "thaw-projects"
	notesBox         project.Box = "notes"
	filesBox         project.Box = "files"
)

// openStore is where projects are kept.
func openStore(ctx context.Context) (*keep.Store, error) {
	s, err := openShelf(ctx, projectsDatabase, notesBox, filesBox)
	if err != nil {
		return nil, err
	}
	store := &keep.Store{Notes: boxPlace{s, notesBox}, Files: boxPlace{s, filesBox}}
	if keeps, err := callFiles("keeps"); err == nil && jsutil.Truthy(keeps) {
		store.Files = files{}
	}
	return store, nil
}

// boxPlace is a box of a shelf as a keep.Place.
type boxPlace struct {
	*shelf
	box project.Box
}

func (p boxPlace) Names(ctx context.Context, folder string) ([]string, error) {
	keys, err := p.Keys(ctx, p.box)
	if folder == "" || err != nil {
		return keys, err
	}
	var names []string
	for _, key := range keys {
		if strings.HasPrefix(key, folder+"/") {
			names = append(names, key)
		}
	}
	return names, nil
}

func (p boxPlace) Get(ctx context.Context, name string) ([]byte, error) {
	return p.shelf.Get(ctx, p.box, name)
}

func (p boxPlace) Put(ctx context.Context, name string, content []byte) error {
	return p.shelf.Put(ctx, p.box, name, content)
}

func (p boxPlace) Delete(ctx context.Context, names ...string) error {
	return p.shelf.Delete(ctx, p.box, names...)
}

// files is the browser's private file system as a keep.Place; files.js does it.
type files struct{}

func callFiles(name string, args ...any) (safejs.Value, error) {
	promise, err := jsutil.Prop(safejs.Global(), "thawFiles").Call(name, args...)
	if err != nil {
		return promise, fileError(err)
	}
	value, err := jsutil.Await(promise)
	return value, fileError(err)
}

// fileError makes err a sentence for the user, with the code quota or storage.
func fileError(err error) error {
	var rejected *jsutil.Rejection
	if errors.As(err, &rejected) && jsutil.String(jsutil.Prop(rejected.Reason, "name")) == "QuotaExceededError" {
		return noRoom
	}
	return storageError(err)
}

func (files) Names(_ context.Context, folder string) ([]string, error) {
	list, err := callFiles("names", folder)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, name := range jsutil.Elements(list) {
		names = append(names, jsutil.String(name))
	}
	return names, nil
}

func (files) Get(_ context.Context, name string) ([]byte, error) {
	array, err := callFiles("get", name)
	if err != nil || array.IsNull() {
		return nil, err
	}
	return jsutil.BytesToGo(array)
}

func (files) Put(ctx context.Context, name string, content []byte) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	array, err := jsutil.BytesToJS(content)
	if err != nil {
		return err
	}
	_, err = callFiles("put", name, array)
	return err
}

func (files) Delete(_ context.Context, names ...string) error {
	if len(names) == 0 {
		return nil
	}
	list := make([]any, len(names))
	for i, name := range names {
		list[i] = name
	}
	_, err := callFiles("remove", list)
	return err
}
