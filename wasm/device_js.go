package main

import (
	"context"
	"time"

	"thaw/irv2/measure"
	"thaw/irv2/project"
	"thaw/kernels"
)

// A GPU is found and tried while the page is already in use: runs that start before
// are computed by the host.

// speedTime is how long each machine's speed is measured; a person may wait for it once.
const speedTime = 300 * time.Millisecond

// findGPU opens the GPU, tries it against the portable backend and measures it beside the
// host. What is wrong is a sentence for a person who asked for the GPU.
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
	if device.Speed, err = measure.MeasureSpeed(device, speedTime); err != nil {
		device.Close()
		return err
	}
	done, err := e.whenFree(ctx) // the host's threads must be idle
	if err != nil {
		device.Close()
		return err
	}
	defer done()
	if device.Host, err = measure.MeasureSpeed(e.Machine, speedTime); err != nil {
		return err
	}
	e.Device = device
	post(map[string]any{"engine": toJS(e.info())})
	return nil
}

// whenFree takes the turn to compute when no run has it.
func (e *engine) whenFree(ctx context.Context) (done func(), err error) {
	for e.Run() != nil && ctx.Err() == nil {
		time.Sleep(time.Second)
	}
	return e.Begin(ctx)
}

// loseGPU tells of a GPU that is gone. A run on it has been told by its own work.
func (e *engine) loseGPU(device *project.Device) {
	if e.Device == device && e.Run() == nil {
		e.Device = nil
		notice("warning", "%s was lost: the processor computes.", device.Label)
	}
	post(map[string]any{"engine": toJS(e.info())})
}

// use answers engine.use.
func (e *engine) use(r *request) (any, error) {
	var args struct{ Way string }
	if err := r.decode(&args); err != nil {
		return nil, err
	}
	if err := e.Use(args.Way); err != nil {
		return nil, err
	}
	return e.info(), nil
}

// openResult is Engine of thaw.d.ts.
type openResult struct {
	Backend  string   `json:"backend"` // of the host
	Threads  int      `json:"threads"`
	Isolated bool     `json:"isolated"`
	SIMD     bool     `json:"simd"`
	Version  string   `json:"version"`
	GPU      *gpuInfo `json:"gpu"`
	Way      string   `json:"way"`
}

type gpuInfo struct {
	Name       string  `json:"name"`
	GFLOPs     float64 `json:"gflops"`     // a second, on convolutions of the full network
	HostGFLOPs float64 `json:"hostGflops"` // of the processor on the same
}

func (e *engine) info() openResult {
	info := openResult{Backend: e.Machine.Name(), Threads: threadsOf(e.Machine), Isolated: isolated(),
		SIMD: e.Machine.Name() == "simd", Version: version, Way: e.Way()}
	if d := e.Device; d != nil {
		info.GPU = &gpuInfo{d.Label, d.Speed.FLOPs / 1e9, d.Host.FLOPs / 1e9}
	}
	return info
}
