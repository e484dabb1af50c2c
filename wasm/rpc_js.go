package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	"github.com/hack-pad/safejs"

	"thaw/irv2/project"
	"thaw/wasm/jsutil"
)

// A call answers one request. Its result is a Go value that becomes JSON, or a
// safejs.Value (a Blob) that is passed as it is.
type call func(*request) (any, error)

// request is one message of the page, { id, call, args }.
type request struct {
	ctx  context.Context // ends when the page gives the request up
	id   int
	args safejs.Value
}

// decode reads args into dst by their JSON names. Blobs arrive as empty objects:
// take them from args with prop.
func (r *request) decode(dst any) error {
	if r.args.IsUndefined() {
		return nil
	}
	value, err := safejs.Global().Call("thawArguments", r.args) // of worker.js
	if err != nil {
		return project.Errorf(project.Invalid, "The arguments do not fit: %.200v.", err)
	}
	text, err := value.String()
	if err != nil {
		return err
	}
	return project.Decode([]byte(text), dst)
}

// emit sends an event of this request.
func (r *request) emit(event any) { post(map[string]any{"id": r.id, "event": toJS(event)}) }

// notice tells the page something that belongs to no request.
func notice(level, format string, args ...any) {
	post(map[string]any{"notice": map[string]any{"level": level, "message": fmt.Sprintf(format, args...)}})
}

func post(message map[string]any) {
	if _, err := safejs.Global().Call("postMessage", message); err != nil {
		fmt.Fprintln(os.Stderr, "thaw: post:", err)
	}
}

// listen starts to answer messages. worker.js keeps those that came before in
// globalThis.inbox and calls receive for each later one.
func listen(calls map[string]call) {
	d := &dispatcher{calls: calls, cancels: map[int]context.CancelFunc{}}
	receive, err := safejs.FuncOf(func(_ safejs.Value, args []safejs.Value) any {
		d.receive(args[0])
		return nil
	})
	if err != nil {
		panic(err)
	}
	if _, err := safejs.Global().Call("thawReady", receive); err != nil {
		panic(err)
	}
}

// dispatcher runs each request in a goroutine of its own: a callback from
// JavaScript must never block, or nothing could ever wake it.
type dispatcher struct {
	calls   map[string]call
	cancels map[int]context.CancelFunc
}

func (d *dispatcher) receive(message safejs.Value) {
	id := jsutil.Int(jsutil.Prop(message, "id"))
	if jsutil.Truthy(jsutil.Prop(message, "abort")) {
		if cancel := d.cancels[id]; cancel != nil {
			cancel()
		}
		return
	}
	name := jsutil.String(jsutil.Prop(message, "call"))
	ctx, cancel := context.WithCancel(context.Background())
	d.cancels[id] = cancel
	r := &request{ctx: ctx, id: id, args: jsutil.Prop(message, "args")}
	go func() {
		defer func() { cancel(); delete(d.cancels, id) }()
		result, err := d.answer(name, r)
		if err != nil {
			post(map[string]any{"id": id, "error": errorMessage(err)})
			return
		}
		post(map[string]any{"id": id, "ok": toJS(result)})
	}()
}

// answer runs the call; a panic in it is that request's failure and no other's.
func (d *dispatcher) answer(name string, r *request) (result any, err error) {
	run := d.calls[name]
	if run == nil {
		return nil, project.Errorf(project.Invalid, "There is no call %.100q.", name)
	}
	defer project.Recover(&err)
	return run(r)
}

// toJS makes a result or event ready for postMessage: values of JavaScript stay,
// everything else goes through JSON.
func toJS(v any) safejs.Value {
	switch v := v.(type) {
	case nil:
		return safejs.Null()
	case safejs.Value:
		return v
	}
	text, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Errorf("result %T: %w", v, err)) // answered as an internal error
	}
	value, err := jsutil.Prop(safejs.Global(), "JSON").Call("parse", string(text))
	if err != nil {
		panic(err)
	}
	return value
}
