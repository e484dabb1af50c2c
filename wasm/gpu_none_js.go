//go:build !gpu

package main

import (
	"context"
	"errors"

	"thaw/irv2/project"
)

// The build for browsers that offer no GPU leaves it out.
var errNoGPU = errors.New("this browser offers none")

func openGPU(bool, func()) (*project.Device, error) { return nil, errNoGPU }

func (e *engine) findGPU(context.Context, bool) error {
	return project.Errorf(project.Unsupported, "No GPU can be used here (%v): choose auto.", errNoGPU)
}
