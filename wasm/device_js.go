package main

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
	Digest   string   `json:"digest"`
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
		SIMD: e.Machine.Name() == "simd", Version: version, Digest: e.digest, Way: e.Way()}
	if d := e.Device; d != nil {
		info.GPU = &gpuInfo{d.Label, d.Speed.FLOPs / 1e9, d.Host.FLOPs / 1e9}
	}
	return info
}
