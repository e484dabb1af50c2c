// Command wasmexec runs a js/wasm program of Go with shared memory and worker
// threads, for `go test -exec` and `go run -exec`:
//
//	go build -o build/wasmexec ./kernels/simd/wasmexec
//	GOOS=js GOARCH=wasm go test -exec "$PWD/build/wasmexec" ./kernels/simd
//
// It rewrites the program's memory as the build of the page does, then runs it in
// node with web/engine/loader.js, or in a browser: THAW_BROWSER names the command
// of Chromium or Firefox. THAW_THREADS bounds the threads, THAW_RELAXED=0 does
// without relaxed SIMD, THAW_ISOLATED=0 without cross-origin isolation.
package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"thaw/kernels/wasmasm"
)

func main() {
	code, err := run(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "wasmexec:", err)
		os.Exit(1)
	}
	os.Exit(code)
}

func run(args []string) (exitCode int, err error) {
	if len(args) == 0 {
		return 0, errors.New("usage: wasmexec PROGRAM [ARGUMENTS]")
	}
	shared, err := share(args[0])
	if err != nil {
		return 0, err
	}
	defer os.Remove(shared)
	engine, err := engineDir()
	if err != nil {
		return 0, err
	}
	goroot, err := output("go", "env", "GOROOT")
	if err != nil {
		return 0, err
	}
	wasmExec := filepath.Join(goroot, "lib", "wasm", "wasm_exec.js")
	if browser := os.Getenv("THAW_BROWSER"); browser != "" {
		return runBrowser(browser, engine, wasmExec, shared, args[1:])
	}
	flags, err := nodeFlags()
	if err != nil {
		return 0, err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop() // take node along when we are told to end
	cmd := exec.CommandContext(ctx, "node", append(append(flags, filepath.Join(engine, "node.js"), wasmExec, shared), args[1:]...)...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	err = cmd.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return exit.ExitCode(), nil
	}
	return 0, err
}

// share writes the program with an imported shared memory to a temporary file.
func share(program string) (path string, err error) {
	wasm, err := os.ReadFile(program)
	if err != nil {
		return "", err
	}
	// As serve's build does, but for lines: tests that fail tell them.
	for _, edit := range []func([]byte) ([]byte, error){wasmasm.ShareMemory, wasmasm.JoinData} {
		if wasm, err = edit(wasm); err != nil {
			return "", fmt.Errorf("%s: %w", program, err)
		}
	}
	f, err := os.CreateTemp("", "*.wasm")
	if err != nil {
		return "", err
	}
	_, err = f.Write(wasm)
	return f.Name(), errors.Join(err, f.Close())
}

// engineDir finds web/engine of this module: `go test` runs in the package's folder.
func engineDir() (string, error) {
	gomod, err := output("go", "env", "GOMOD")
	return filepath.Join(filepath.Dir(gomod), "web", "engine"), err
}

// nodeFlags turns relaxed SIMD on in a node that still hides it behind a flag.
func nodeFlags() ([]string, error) {
	const flag = "--experimental-wasm-relaxed-simd"
	options, err := output("node", "--v8-options")
	if err != nil {
		return nil, fmt.Errorf("node is needed to run Go for js/wasm: %w", err)
	}
	if strings.Contains(options, flag) {
		return []string{flag}, nil
	}
	return nil, nil
}

func output(name string, args ...string) (string, error) {
	out, err := exec.Command(name, args...).Output()
	return string(bytes.TrimSpace(out)), err
}
