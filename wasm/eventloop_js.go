package main

import (
	"context"
	"time"

	"github.com/hack-pad/safejs"

	"thaw/wasm/jsutil"
)

// eventLoop lets long work give way to JavaScript. Go in WebAssembly has one
// thread: while it computes, no message, timer or IndexedDB answer arrives. A hop
// through a MessageChannel lets all that wait in front of it through, and unlike
// setTimeout(0), which browsers stretch to 4 ms, takes some microseconds.
type eventLoop struct {
	port    safejs.Value
	waiting []chan struct{} // hops under way, first sent first back
}

func newEventLoop() (*eventLoop, error) {
	channel, err := jsutil.Construct("MessageChannel")
	if err != nil {
		return nil, err
	}
	l := &eventLoop{port: jsutil.Prop(channel, "port1")}
	back, err := safejs.FuncOf(func(safejs.Value, []safejs.Value) any {
		next := l.waiting[0]
		l.waiting = l.waiting[1:]
		close(next)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return l, jsutil.Prop(channel, "port2").Set("onmessage", back)
}

// yield returns after the event loop has gone round once.
func (l *eventLoop) yield() {
	hop := make(chan struct{})
	l.waiting = append(l.waiting, hop)
	if _, err := l.port.Call("postMessage", safejs.Null()); err != nil {
		panic(err)
	}
	<-hop
}

// responsive is the longest that work goes on without a yield: a message waits
// no longer than this and one kernel.
const responsive = 8 * time.Millisecond

// poll returns a function for long work to call often: it yields when it is time
// and reports ctx's end.
func (l *eventLoop) poll(ctx context.Context) func() error {
	last := time.Now()
	return func() error {
		if time.Since(last) < responsive {
			return nil
		}
		l.yield()
		last = time.Now()
		return ctx.Err()
	}
}
