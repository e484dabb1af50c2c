package main

import (
	"github.com/hack-pad/safejs"

	"thaw/kernels"
)

// newBackend chooses who computes, once per page: everything above takes what it
// gets. want is auto, portable, simd or webgpu; threads 0 means all that there are.
func newBackend(want string, threads int) (kernels.Backend, error) {
	switch want {
	case "", "auto", "portable":
		return kernels.NewPortable(1), nil
	}
	return nil, fail(codeUnsupported, "The backend %q does not run in this browser: use auto.", want)
}

// isolated says that the page may share memory between threads.
func isolated() bool { return truthy(prop(safejs.Global(), "crossOriginIsolated")) }

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
