package main

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/hack-pad/safejs"
)

// prop is v[name], undefined where there is none.
func prop(v safejs.Value, name string) safejs.Value {
	p, err := v.Get(name)
	if err != nil {
		return safejs.Undefined()
	}
	return p
}

func truthy(v safejs.Value) bool { t, err := v.Truthy(); return err == nil && t }

// intOf and stringOf read a value of that type, else 0 and "".
func intOf(v safejs.Value) int {
	n, err := v.Int()
	if err != nil {
		return 0
	}
	return n
}

func stringOf(v safejs.Value) string {
	if v.Type() != safejs.TypeString {
		return ""
	}
	s, err := v.String()
	if err != nil {
		return ""
	}
	return s
}

// elements lists an array's elements.
func elements(v safejs.Value) []safejs.Value {
	n := intOf(prop(v, "length"))
	list := make([]safejs.Value, 0, n)
	for i := range n {
		e, err := v.Index(i)
		if err != nil {
			break
		}
		list = append(list, e)
	}
	return list
}

func stringify(v safejs.Value) (string, error) {
	text, err := prop(safejs.Global(), "JSON").Call("stringify", v)
	if err != nil {
		return "", err
	}
	return text.String()
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
	value, err := prop(safejs.Global(), "JSON").Call("parse", string(text))
	if err != nil {
		panic(err)
	}
	return value
}

// construct is new globalThis[class](args...).
func construct(class string, args ...any) (safejs.Value, error) {
	return prop(safejs.Global(), class).New(args...)
}

// bytesToJS copies b into a Uint8Array with a buffer of its own.
func bytesToJS(b []byte) (safejs.Value, error) {
	array, err := construct("Uint8Array", len(b))
	if err != nil {
		return array, err
	}
	_, err = safejs.CopyBytesToJS(array, b)
	return array, err
}

// bytesToGo copies a Uint8Array.
func bytesToGo(array safejs.Value) ([]byte, error) {
	b := make([]byte, intOf(prop(array, "length")))
	_, err := safejs.CopyBytesToGo(b, array)
	return b, err
}

// await waits for a promise; a rejection becomes an error.
func await(promise safejs.Value) (safejs.Value, error) {
	type settled struct {
		value safejs.Value
		err   error
	}
	done := make(chan settled, 1)
	resolved, err := safejs.FuncOf(func(_ safejs.Value, args []safejs.Value) any {
		done <- settled{value: first(args)}
		return nil
	})
	if err != nil {
		return safejs.Undefined(), err
	}
	defer resolved.Release()
	rejected, err := safejs.FuncOf(func(_ safejs.Value, args []safejs.Value) any {
		done <- settled{err: errors.New(messageOf(first(args)))}
		return nil
	})
	if err != nil {
		return safejs.Undefined(), err
	}
	defer rejected.Release()
	if _, err := promise.Call("then", resolved, rejected); err != nil {
		return safejs.Undefined(), err
	}
	s := <-done
	return s.value, s.err
}

func first(args []safejs.Value) safejs.Value {
	if len(args) == 0 {
		return safejs.Undefined()
	}
	return args[0]
}

// messageOf is the text of a thrown value.
func messageOf(thrown safejs.Value) string {
	if text := stringOf(prop(thrown, "message")); text != "" {
		return text
	}
	text, err := thrown.String()
	if err != nil {
		return "unknown error"
	}
	return text
}
