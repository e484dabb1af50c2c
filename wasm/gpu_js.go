//go:build gpu

package main

import (
	"context"
	"fmt"
	"time"

	"thaw/irv2/measure"
	"thaw/irv2/project"
	"thaw/kernels"
	"thaw/kernels/webgpu"
)

// A GPU is found and tried while the page is already in use: runs that start before
// are computed by the host.

// speedTime is how long each machine's speed is measured; a person may wait for it once.
const speedTime = 300 * time.Millisecond

// findGPU opens the GPU, tries it against the portable backend and measures it beside the
// host, unless a visit not long ago did. What is wrong is a sentence for a person who asked for the GPU.
func (e *engine) findGPU(ctx context.Context, software bool) error {
	var device *project.Device
	device, err := openGPU(software, func() { e.loseGPU(device) })
	if err != nil {
		return project.Errorf(project.Unsupported, "No GPU can be used here (%v): choose auto.", err)
	}
	if err := measure.Trial(device, kernels.NewPortable(1)); err != nil {
		device.Close()
		return project.Errorf(project.Unsupported, "%s computes something else than it should (%v): the processor is used instead.", device.Label, err)
	}
	speeds := project.Speeds{Now: time.Now}
	if e.wanted.keeps() {
		if shelf, err := openShelf(ctx, measurementsDatabase, project.Measurements); err == nil {
			speeds.Shelf = shelf
		}
	}
	engine := fmt.Sprint(version, " ", e.Machine.Name(), " ", threadsOf(e.Machine))
	measured, err := speeds.Of(ctx, device.Label, engine, e.wanted.Measure, func() (project.Measured, error) { return e.measure(ctx, device) })
	if err != nil {
		device.Close()
		return err
	}
	device.Speed, device.Host = measured.Device, measured.Host
	e.Device = device
	post(map[string]any{"engine": toJS(e.info())})
	return nil
}

// measure measures a device and the host.
func (e *engine) measure(ctx context.Context, device *project.Device) (m project.Measured, err error) {
	if m.Device, err = measure.MeasureSpeed(device, speedTime); err != nil {
		return m, err
	}
	done, err := e.whenFree(ctx) // the host's threads must be idle
	if err != nil {
		return m, err
	}
	defer done()
	m.Host, err = measure.MeasureSpeed(e.Machine, speedTime)
	return m, err
}

// whenFree takes the turn to compute when no run has it.
func (e *engine) whenFree(ctx context.Context) (done func(), err error) {
	for e.Run() != nil && ctx.Err() == nil {
		time.Sleep(time.Second)
	}
	return e.Begin(ctx)
}

// loseGPU tells of a GPU that is gone.
func (e *engine) loseGPU(device *project.Device) {
	if e.LoseDevice(device) {
		notice("warning", "%s was lost: the processor computes.", device.Label)
	}
	post(map[string]any{"engine": toJS(e.info())})
}

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
