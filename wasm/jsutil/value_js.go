// Package jsutil is what Thaw's programs for the browser need beside safejs: short
// forms of reading JavaScript values, promises, and Blobs written piece by piece.
package jsutil

import "github.com/hack-pad/safejs"

// Prop is v[name], undefined where there is none.
func Prop(v safejs.Value, name string) safejs.Value {
	p, err := v.Get(name)
	if err != nil {
		return safejs.Undefined()
	}
	return p
}

// Truthy is JavaScript's !!v.
func Truthy(v safejs.Value) bool { t, err := v.Truthy(); return err == nil && t }

// Int and String read a value of that type, else 0 and "".
func Int(v safejs.Value) int {
	n, err := v.Int()
	if err != nil {
		return 0
	}
	return n
}

func String(v safejs.Value) string {
	if v.Type() != safejs.TypeString {
		return ""
	}
	s, err := v.String()
	if err != nil {
		return ""
	}
	return s
}

// Elements lists an array's elements, up to a hole in it: its length alone says nothing.
func Elements(v safejs.Value) []safejs.Value {
	var list []safejs.Value
	for i := range Int(Prop(v, "length")) {
		e, err := v.Index(i)
		if err != nil || e.IsUndefined() {
			break
		}
		list = append(list, e)
	}
	return list
}

// Construct is new globalThis[class](args...).
func Construct(class string, args ...any) (safejs.Value, error) {
	return Prop(safejs.Global(), class).New(args...)
}

// BytesToJS copies b into a Uint8Array with a buffer of its own.
func BytesToJS(b []byte) (safejs.Value, error) {
	array, err := Construct("Uint8Array", len(b))
	if err != nil {
		return array, err
	}
	_, err = safejs.CopyBytesToJS(array, b)
	return array, err
}

// BytesToGo copies a Uint8Array.
func BytesToGo(array safejs.Value) ([]byte, error) {
	b := make([]byte, Int(Prop(array, "length")))
	_, err := safejs.CopyBytesToGo(b, array)
	return b, err
}

// Await waits for a promise; a rejection becomes a *Rejection.
func Await(promise safejs.Value) (safejs.Value, error) {
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
		done <- settled{err: &Rejection{first(args)}}
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

// Rejection is a promise's rejection as an error.
type Rejection struct{ Reason safejs.Value }

func (r *Rejection) Error() string {
	if text := String(Prop(r.Reason, "message")); text != "" {
		return text
	}
	text, err := r.Reason.String()
	if err != nil {
		return "unknown error"
	}
	return text
}
