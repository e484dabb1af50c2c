//go:build gpu

package main

import (
	"thaw/irv2/project"
	"thaw/kernels/webgpu"
)

// openGPU opens the user's GPU; software admits one that computes on the CPU. gone is
// called when it is lost.
func openGPU(software bool, gone func()) (*project.Device, error) {
	m, err := webgpu.Open(software)
	if err != nil {
		return nil, err
	}
	m.WhenLost(gone)
	return &project.Device{Machine: m, Label: m.Adapter, Close: m.Close}, nil
}
