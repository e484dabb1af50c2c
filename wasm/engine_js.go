package main

import (
	"context"

	"github.com/hack-pad/safejs"

	"thaw/irv2/images"
	"thaw/irv2/project"
	"thaw/kernels"
	"thaw/kernels/program"
	"thaw/wasm/jsutil"
)

// engine answers the calls with a project. Go in WebAssembly switches goroutines only
// where they wait, as the project asks for.
type engine struct {
	*project.Project
	loop   *eventLoop
	wanted openOptions
	digest string // of the engine's file, as loader.js computes it
}

// maxMemory is what Go can use of WebAssembly's 4 GB with room for its collector
// and for files on their way.
const maxMemory = 3 << 30

func newEngine() *engine {
	loop, err := newEventLoop()
	if err != nil {
		panic(err)
	}
	e := &engine{Project: project.New(), loop: loop}
	e.Memory, e.Poll = maxMemory, loop.poll
	e.DecodeBy(browser{})
	return e
}

// openOptions is what the worker reads of OpenOptions of thaw.d.ts.
type openOptions struct {
	Backend string `json:"backend"`
	Threads int    `json:"threads"`
	Measure bool   `json:"measure"`
	Keep    *bool  `json:"keep"`

	Decoders *int `json:"decoders"`
}

// keeps says whether anything may be written to the browser's storage.
func (o *openOptions) keeps() bool { return o.Keep == nil || *o.Keep }

// open answers open: chooses the backend, opens library and disk, and looks for a GPU.
func (e *engine) open(r *request) (any, error) {
	if err := r.decode(&e.wanted); err != nil {
		return nil, err
	}
	var err error
	if e.Machine, err = newMachine(e.wanted.Backend, e.wanted.Threads); err != nil {
		return nil, err
	}
	if digest, err := jsutil.Await(jsutil.Prop(safejs.Global(), "thawDigest")); err == nil {
		e.digest = jsutil.String(digest)
	}
	if e.wanted.keeps() {
		e.openStorage(r.ctx)
		if disk := openDisk(); disk != nil {
			e.KeepOn(disk)
		}
	}
	most := -1
	if e.wanted.Decoders != nil {
		most = *e.wanted.Decoders
	}
	e.DecodeIn(func() images.Decoders { return startDecoders(most) })
	switch e.wanted.Backend {
	case "webgpu":
		if err := e.findGPU(r.ctx, true); err != nil {
			return nil, err
		}
		if err := e.Use(project.OnDevice); err != nil {
			return nil, err
		}
	case "", "auto":
		go e.findGPU(context.Background(), false) // a GPU that is not there, or is wrong, is not missed
	}
	return e.info(), nil
}

// openStorage opens where weights and projects are kept; where nothing can be, the page is
// told, once.
func (e *engine) openStorage(ctx context.Context) {
	var weights error
	if e.Library, weights = openLibrary(ctx); weights != nil {
		e.Library = project.NoLibrary(weights)
		notice("warning", "%v", weights)
	}
	if err := e.keepProjects(ctx); err != nil && weights == nil {
		notice("warning", "Projects are not kept: %v", err)
	}
}

// openLibrary is where weights are kept.
func openLibrary(ctx context.Context) (*project.Library, error) {
	shelf, err := openShelf(ctx, libraryDatabase, project.Manifests, project.Chunks)
	if err != nil {
		return nil, err
	}
	return project.OpenLibrary(ctx, shelf, tabLocks())
}

// restoreMachine makes the backend that open chose anew, after another had its threads.
func (e *engine) restoreMachine() {
	m, err := newMachine(e.wanted.Backend, e.wanted.Threads)
	if err != nil {
		notice("error", "%v", err)
		m = program.OnHost(kernels.NewPortable(1))
	}
	e.Machine = m
}
