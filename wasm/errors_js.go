package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// Codes of ThawError (web/thaw.d.ts).
const (
	codeInvalid     = "invalid"
	codeUnsupported = "unsupported"
	codeCorrupt     = "corrupt"
	codeMismatch    = "mismatch"
	codeMemory      = "memory"
	codeQuota       = "quota"
	codeStorage     = "storage"
	codeNetwork     = "network"
	codeCancelled   = "cancelled"
	codeInternal    = "internal"
)

// callError is an error with a code; its text is a sentence for the user.
type callError struct {
	code string
	err  error
}

func (e *callError) Error() string { return e.err.Error() }
func (e *callError) Unwrap() error { return e.err }

// fail makes a callError.
func fail(code, format string, args ...any) error {
	return &callError{code, fmt.Errorf(format, args...)}
}

// withCode gives err a code, unless it has one or is nil.
func withCode(code string, err error) error {
	var has *callError
	if err == nil || errors.As(err, &has) || errors.Is(err, context.Canceled) {
		return err
	}
	return &callError{code, err}
}

// errorMessage is the error as the protocol sends it.
func errorMessage(err error) map[string]any {
	var e *callError
	switch {
	case errors.Is(err, context.Canceled):
		return map[string]any{"code": codeCancelled, "message": "Cancelled."}
	case errors.As(err, &e):
		return map[string]any{"code": e.code, "message": err.Error()}
	}
	return map[string]any{"code": codeInvalid, "message": err.Error()}
}

// sentence is an error of the engine's packages as a sentence for the user.
func sentence(err error) string {
	text := strings.TrimSuffix(err.Error(), ".")
	return strings.ToUpper(text[:1]) + text[1:] + "."
}
