package main

import (
	"github.com/hack-pad/safejs"

	"thaw/irv2/project"
	"thaw/kernels"
	"thaw/kernels/simd"
	"thaw/wasm/jsutil"
)

// newBackend chooses who computes, once per page: everything above takes what it
// gets. want is auto, simd, portable or webgpu; threads 0 means all that there are.
func newBackend(want string, threads int) (kernels.Backend, error) {
	switch want {
	case "", "auto":
		b, err := simd.New(threads)
		if err != nil {
			notice("warning", "The fast kernels do not run in this browser (%v): training works, but slowly.", err)
			return kernels.NewPortable(1), nil
		}
		return b, nil
	case "simd":
		b, err := simd.New(threads)
		if err != nil {
			return nil, project.Errorf(project.Unsupported, "The backend simd does not run in this browser (%v): use auto.", err)
		}
		return b, nil
	case "portable":
		return kernels.NewPortable(1), nil
	}
	return nil, project.Errorf(project.Unsupported, "The backend %q does not run in this browser: use auto.", want)
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
