package main

import (
	"github.com/hack-pad/safejs"

	"thaw/irv2/project"
	"thaw/kernels"
	"thaw/kernels/program"
	"thaw/kernels/simd"
	"thaw/wasm/jsutil"
)

// newMachine makes the host's machine, once per page: everything above takes what it
// gets. want is auto, simd, portable or webgpu, which is a device beside the host (see
// device_js.go); threads 0 means all that there are.
func newMachine(want string, threads int) (program.Machine, error) {
	switch want {
	case "", "auto", "webgpu":
		b, err := simd.New(threads)
		if err != nil {
			notice("warning", "The fast kernels do not run in this browser (%v): training works, but slowly.", err)
			return program.OnHost(kernels.NewPortable(1)), nil
		}
		return program.OnHost(b), nil
	case "simd":
		b, err := simd.New(threads)
		if err != nil {
			return nil, project.Errorf(project.Unsupported, "The backend simd does not run in this browser (%v): use auto.", err)
		}
		return program.OnHost(b), nil
	case "portable":
		return program.OnHost(kernels.NewPortable(1)), nil
	}
	return nil, project.Errorf(project.Unsupported, "The backend %.100q does not run in this browser: use auto.", want)
}

// threadsOf is how many of the host's threads m computes on.
func threadsOf(m program.Machine) int {
	if host, ok := m.(program.Host); ok {
		return host.Threads()
	}
	return 0
}

// isolated says that the page may share memory between threads.
func isolated() bool { return jsutil.Truthy(jsutil.Prop(safejs.Global(), "crossOriginIsolated")) }

// memoryBytes is the size of the whole WebAssembly memory (worker.js knows it).
func memoryBytes() int64 {
	n, err := safejs.Global().Call("thawMemoryBytes")
	if err != nil {
		return 0
	}
	f, err := n.Float()
	if err != nil {
		return 0
	}
	return int64(f)
}
