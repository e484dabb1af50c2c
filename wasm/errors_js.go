package main

import (
	"context"
	"errors"

	"thaw/irv2/project"
)

// Codes of ThawError (web/thaw.d.ts) beside those of package project.
const (
	codeQuota     project.Code = "quota"
	codeStorage   project.Code = "storage"
	codeNetwork   project.Code = "network"
	codeCancelled project.Code = "cancelled"
)

// errorMessage is the error as the protocol sends it.
func errorMessage(err error) map[string]any {
	var e *project.Error
	switch {
	case errors.Is(err, context.Canceled):
		return map[string]any{"code": string(codeCancelled), "message": "Cancelled."}
	case errors.As(err, &e):
		return map[string]any{"code": string(e.Code), "message": err.Error()}
	}
	return errorMessage(project.WithCode(project.Invalid, err)) // a sentence
}
