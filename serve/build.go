package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"thaw/kernels/wasmasm"
)

// engine is what the Go toolchain contributes to the site.
type engine struct {
	root   string // Thaw's folder
	wasm   []byte // package wasm, GOOS=js, with a shared memory
	execJS []byte // wasm_exec.js of the same toolchain: the two must match
}

// buildEngine compiles package wasm into build/. The go command rebuilds only
// what changed, so that asking it every time is both correct and quick.
func buildEngine(ctx context.Context) (*engine, error) {
	root, err := moduleRoot(ctx)
	if err != nil {
		return nil, err
	}
	wasm := filepath.Join(root, "build", "thaw.wasm")
	// No VCS stamp: a commit that does not change the engine must not change its bytes.
	_, err = goCommand(ctx, root, "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-o", wasm, "./wasm")
	if err != nil {
		return nil, err
	}
	goroot, err := goCommand(ctx, root, "env", "GOROOT")
	if err != nil {
		return nil, err
	}
	e := &engine{root: root}
	if e.wasm, err = os.ReadFile(wasm); err != nil {
		return nil, err
	}
	// Threads need Go's memory to be a shared one, which the linker does not offer.
	if e.wasm, err = wasmasm.ShareMemory(e.wasm); err != nil {
		return nil, err
	}
	e.execJS, err = os.ReadFile(filepath.Join(goroot, "lib", "wasm", "wasm_exec.js"))
	return e, err
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

// goCommand runs the go command for the browser and returns its output.
func goCommand(ctx context.Context, dir string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm", "GOTOOLCHAIN=auto", "GOEXPERIMENT=simd", "GOFLAGS=")
	var out, problems bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &problems
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("go %s: %w\n%s", args[0], err, problems.Bytes())
	}
	return strings.TrimSpace(out.String()), nil
}
