package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"thaw/irv2/release"
	"thaw/kernels/wasmasm"
)

// engine is what the Go toolchain contributes to the site.
type engine struct {
	root  string            // Thaw's folder
	files map[string][]byte // by name in the site
}

// buildEngine compiles the programs of package wasm into build/. The go command
// rebuilds only what changed, so that asking it every time is both correct and quick.
func buildEngine(ctx context.Context) (*engine, error) {
	root, err := moduleRoot(ctx)
	if err != nil {
		return nil, err
	}
	return buildEngineIn(ctx, root)
}

func buildEngineIn(ctx context.Context, root string) (*engine, error) {
	e := &engine{root: root, files: map[string][]byte{}}
	var err error
	for name, flags := range map[string][]string{"thaw.wasm": {"./wasm"}, gpuEngine: {"-tags=gpu", "./wasm"}, "fetch.wasm": {"./wasm/fetch"}} {
		if e.files[name], err = compile(ctx, root, name, flags...); err != nil {
			return nil, err
		}
	}
	for name, program := range e.files {
		if program, err = wasmasm.DropLines(program); err != nil {
			return nil, err
		}
		if e.files[name], err = wasmasm.JoinData(program); err != nil {
			return nil, err
		}
	}
	// Threads need Go's memory to be a shared one, which the linker does not offer.
	for _, name := range []string{"thaw.wasm", gpuEngine} {
		if e.files[name], err = wasmasm.ShareMemory(e.files[name]); err != nil {
			return nil, err
		}
	}
	goroot, err := goCommand(ctx, root, "env", "GOROOT")
	if err != nil {
		return nil, err
	}
	// Of the same toolchain: the two must match.
	e.files["wasm_exec.js"], err = os.ReadFile(filepath.Join(goroot, "lib", "wasm", "wasm_exec.js"))
	return e, err
}

// digest names a build of a program: the first 12 digits of its SHA-256. The page computes
// the same of what it runs (digestOf in web/engine/loader.js).
func (e *engine) digest(name string) string {
	sum := sha256.Sum256(e.files[name])
	return hex.EncodeToString(sum[:6])
}

// build is the version and the digest of an engine, as the page shows them.
func (e *engine) build(name string) string { return release.Version + ", engine " + e.digest(name) }

// gpuEngine is the engine that can use a GPU; worker.js loads it where there is one.
const gpuEngine = "thaw-gpu.wasm"

func compile(ctx context.Context, root, name string, flags ...string) ([]byte, error) {
	out := filepath.Join(root, "build", name)
	// No VCS stamp: a commit that does not change the program must not change its bytes.
	_, err := goCommand(ctx, root, append([]string{"build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w",
		"-gcflags=all=-l", "-gcflags=" + hot + "=", "-o", out}, flags...)...)
	if err != nil {
		return nil, err
	}
	return os.ReadFile(out)
}

// moduleRoot is the folder of Thaw's go.mod, found from the working directory.
func moduleRoot(ctx context.Context) (string, error) {
	dir, err := goCommand(ctx, "", "list", "-m", "-f", "{{.Path}} {{.Dir}}")
	if err != nil {
		return "", err
	}
	path, dir, _ := strings.Cut(dir, " ")
	if path != "thaw" {
		return "", errors.New("the engine is built from source: run serve inside Thaw's own folder")
	}
	return dir, nil
}

// hot is the loops of what the page's Go computes with where the emitted kernels do not
// run. Everything else is compiled without inlining, which is an eighth of the download.
const hot = "thaw/kernels/internal/..."

// The older encoding/json takes 0.2 MB less of the download. There is no simd here:
// the emitted kernels do that work, and without it the page also opens, slow, in a
// browser that knows no SIMD.
const experiments = "nojsonv2"

// goCommand runs the go command for the browser and returns its output.
func goCommand(ctx context.Context, dir string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm", "GOTOOLCHAIN=auto", "GOEXPERIMENT="+experiments, "GOFLAGS=")
	var out, problems bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &problems
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("go %s: %w\n%s", args[0], err, problems.Bytes())
	}
	return strings.TrimSpace(out.String()), nil
}
