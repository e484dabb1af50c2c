package main

import (
	"context"
	"errors"

	"github.com/hack-pad/safejs"

	"thaw/irv2/project"
	"thaw/wasm/jsutil"
)

// maxDownload bounds a fetched file; the largest weights known have 226 MB.
const maxDownload = 1 << 30

// fetch loads address into a Blob by the program wasm/fetch, which worker.js loads
// when first asked. progress is in bytes; total 0: unknown.
func fetch(ctx context.Context, address string, progress func(done, total int64)) (safejs.Value, error) {
	none := safejs.Undefined()
	abort, err := jsutil.Construct("AbortController")
	if err != nil {
		return none, err
	}
	stop := context.AfterFunc(ctx, func() { abort.Call("abort") })
	defer stop()
	type state struct{ done, total int64 }
	news := make(chan state, 1)
	tell, err := safejs.FuncOf(func(_ safejs.Value, args []safejs.Value) any {
		select { // a callback must not wait: what nobody has taken yet is replaced
		case <-news:
		default:
		}
		news <- state{int64(jsutil.Int(args[0])), int64(jsutil.Int(args[1]))}
		return nil
	})
	if err != nil {
		return none, err
	}
	defer tell.Release()
	ended := make(chan struct{})
	defer close(ended)
	go func() {
		for {
			select {
			case s := <-news:
				progress(s.done, s.total)
			case <-ended:
				return
			}
		}
	}()
	promise, err := safejs.Global().Call("thawFetch", address, maxDownload, tell, jsutil.Prop(abort, "signal"))
	if err != nil {
		return none, err
	}
	blob, err := jsutil.Await(promise)
	var rejection *jsutil.Rejection
	if errors.As(err, &rejection) {
		if ctx.Err() != nil {
			return none, ctx.Err()
		}
		if code := jsutil.String(jsutil.Prop(rejection.Reason, "code")); code != "" {
			return none, project.Errorf(project.Code(code), "%w", err)
		}
		return none, project.Errorf(codeNetwork, "%.200s could not be fetched (%w): try again when you are online.", address, err)
	}
	return blob, err
}
