package main

import (
	"context"

	"github.com/hack-pad/safejs"

	"thaw/irv2/project"
	"thaw/wasm/jsutil"
)

// locks are the browser's, which all tabs of the page share (project.Locker). worker.js
// asks for them; a tab that ends, however it ends, gives its own back.
type locks struct{}

// tabLocks are nil where the browser has none: then nobody knows of other tabs.
func tabLocks() project.Locker {
	if jsutil.Prop(safejs.Global(), "thawLock").IsUndefined() {
		return nil
	}
	return locks{}
}

func (locks) Lock(ctx context.Context, name string) (unlock func(), err error) {
	return takeLock(ctx, name, true)
}

func (locks) TryLock(ctx context.Context, name string) (unlock func(), err error) {
	return takeLock(ctx, name, false)
}

func takeLock(ctx context.Context, name string, wait bool) (unlock func(), err error) {
	abort, err := jsutil.Construct("AbortController")
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { abort.Call("abort") })
	defer stop()
	promise, err := safejs.Global().Call("thawLock", name, wait, jsutil.Prop(abort, "signal"))
	if err != nil {
		return nil, err
	}
	release, err := jsutil.Await(promise)
	switch {
	case ctx.Err() != nil:
		if err == nil && !release.IsNull() {
			release.Invoke()
		}
		return nil, ctx.Err()
	case err != nil:
		return nil, project.Errorf(codeStorage, "This browser does not tell the page of its other tabs (%w): allow site data; until then nothing is kept here.", err)
	case release.IsNull():
		return nil, nil
	}
	return func() { release.Invoke() }, nil
}
