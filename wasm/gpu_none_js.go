//go:build !gpu

package main

import (
	"errors"

	"thaw/irv2/project"
)

// openGPU has no GPU to open: the build for browsers that offer none leaves it out.
func openGPU(bool, func()) (*project.Device, error) {
	return nil, errors.New("this browser offers no GPU")
}
