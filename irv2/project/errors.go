package project

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"strings"

	"thaw/irv2/images"
)

// Code says what kind of trouble an error is, for programs: those of ThawError in
// web/thaw.d.ts. A front end has more of its own, for storage and networks.
type Code string

const (
	Invalid     Code = "invalid"     // what was asked for cannot be
	Exists      Code = "exists"      // a class of that name is there: the two can be merged
	Unsupported Code = "unsupported" // a file is of a kind that is not read
	Corrupt     Code = "corrupt"     // a file is damaged
	Mismatch    Code = "mismatch"    // a file is of another network
	Memory      Code = "memory"      // it does not fit
	Internal    Code = "internal"    // Thaw itself is at fault
)

// Error is an error with a code; its text is a sentence for the user: what is wrong
// and what to do.
type Error struct {
	Code Code
	err  error
}

func (e *Error) Error() string { return e.err.Error() }
func (e *Error) Unwrap() error { return e.err }

// Errorf makes an Error.
func Errorf(code Code, format string, args ...any) error {
	return &Error{code, fmt.Errorf(format, args...)}
}

// WithCode gives err a code, unless it has one, is nil or is the end of a context.
func WithCode(code Code, err error) error {
	var has *Error
	if err == nil || errors.As(err, &has) || errors.Is(err, context.Canceled) {
		return err
	}
	if errors.Is(err, images.ErrExists) {
		code = Exists
	}
	return &Error{code, said{sentence(err), err}}
}

// said is an error in other words.
type said struct {
	text string
	error
}

func (s said) Error() string { return s.text }
func (s said) Unwrap() error { return s.error }

// codeOf is an error's code, Internal where it has none.
func codeOf(err error) Code {
	var has *Error
	if errors.As(err, &has) {
		return has.Code
	}
	return Internal
}

// Recover, deferred, turns a panic into an error and logs where it came from.
func Recover(err *error) {
	if p := recover(); p != nil {
		fmt.Fprintf(os.Stderr, "thaw: %v\n%s", p, debug.Stack())
		*err = Errorf(Internal, "Something in Thaw itself went wrong (%v): please report it; nothing kept was lost.", p)
	}
}

// invalid is an error of the engine's packages about what was asked for.
func invalid(err error) error { return Errorf(Invalid, "%s", sentence(err)) }

// sentence is an error of the engine's packages as a sentence for the user. One with a
// full stop is a sentence already, and may begin with a file's name.
func sentence(err error) string {
	text := err.Error()
	if strings.HasSuffix(text, ".") {
		return text
	}
	return strings.ToUpper(text[:1]) + text[1:] + "."
}
