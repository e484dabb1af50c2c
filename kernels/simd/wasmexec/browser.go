package main

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

//go:embed page.html
var page []byte

//go:embed worker.js
var worker []byte

// browserTimeout bounds a whole run, which go test -timeout mostly ends before.
const browserTimeout = time.Hour

// runBrowser runs the program in a worker of a headless page that this process
// serves, and prints what it prints. The page is cross-origin isolated unless
// THAW_ISOLATED=0.
func runBrowser(browser, engine, wasmExec, program string, args []string) (exitCode int, err error) {
	exit := make(chan string, 1)
	mux := http.NewServeMux()
	static := func(contentType string, body []byte) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", contentType)
			w.Write(body)
		}
	}
	mux.HandleFunc("GET /{$}", static("text/html", page))
	mux.HandleFunc("GET /worker.js", static("text/javascript", worker))
	mux.Handle("GET /engine/", http.StripPrefix("/engine/", http.FileServer(http.Dir(engine))))
	mux.HandleFunc("GET /wasm_exec.js", func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, wasmExec) })
	mux.HandleFunc("GET /program.wasm", func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, program) })
	mux.HandleFunc("GET /options", func(w http.ResponseWriter, _ *http.Request) {
		threads, _ := strconv.Atoi(os.Getenv("THAW_THREADS"))
		json.NewEncoder(w).Encode(map[string]any{"threads": threads, "relaxed": os.Getenv("THAW_RELAXED") != "0", "argv": append([]string{"test"}, args...), "env": thawEnv()})
	})
	mux.HandleFunc("POST /print", func(w http.ResponseWriter, r *http.Request) {
		line, _ := io.ReadAll(r.Body)
		fmt.Printf("%s\n", line)
	})
	mux.HandleFunc("POST /exit", func(w http.ResponseWriter, r *http.Request) {
		text, _ := io.ReadAll(r.Body)
		exit <- string(text)
	})
	server := httptest.NewServer(isolate(mux))
	defer server.Close()

	profile, err := os.MkdirTemp("", "wasmexec")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(profile)
	if err := preferences(profile); err != nil {
		return 0, err
	}
	cmd := exec.Command(browser, browserFlags(browser, profile, server.URL)...)
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	defer cmd.Wait()
	defer cmd.Process.Kill()
	select {
	case text := <-exit:
		code, message, _ := strings.Cut(text, " ")
		if message != "" {
			fmt.Println(message)
		}
		return strconv.Atoi(code)
	case <-time.After(browserTimeout):
		return 0, fmt.Errorf("%s did not finish in %v", browser, browserTimeout)
	}
}

func browserFlags(browser, profile, url string) []string {
	if strings.Contains(filepath.Base(browser), "firefox") {
		return []string{"--headless", "--no-remote", "--profile", profile, url}
	}
	flags := []string{
		"--headless", "--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking",
		"--disable-component-update", "--disable-sync", "--user-data-dir=" + profile,
	}
	if os.Getenv("THAW_GPU") == "software" {
		flags = append(flags, "--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader")
	} else {
		flags = append(flags, "--disable-gpu")
	}
	return append(append(flags, strings.Fields(os.Getenv("THAW_BROWSER_FLAGS"))...), url)
}

// preferences turns WebGPU on in Firefox, which computes it with any Vulkan driver that
// is there: in software with Mesa's lavapipe.
func preferences(profile string) error {
	if os.Getenv("THAW_GPU") != "software" {
		return nil
	}
	const prefs = `user_pref("dom.webgpu.enabled", true);
user_pref("dom.webgpu.workers.enabled", true);
user_pref("gfx.webgpu.ignore-blocklist", true);
user_pref("layers.gpu-process.enabled", true);
user_pref("security.sandbox.gpu.level", 0);
`
	return os.WriteFile(filepath.Join(profile, "user.js"), []byte(prefs), 0o644)
}

// isolate adds the headers that make a page cross-origin isolated.
func isolate(h http.Handler) http.Handler {
	if os.Getenv("THAW_ISOLATED") == "0" {
		return h
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cross-Origin-Opener-Policy", "same-origin")
		w.Header().Set("Cross-Origin-Embedder-Policy", "require-corp")
		h.ServeHTTP(w, r)
	})
}

// thawEnv is the program's environment: small, as Go for js/wasm allows 8 KB.
func thawEnv() map[string]string {
	env := map[string]string{}
	for _, kv := range os.Environ() {
		if name, value, _ := strings.Cut(kv, "="); strings.HasPrefix(name, "THAW_") {
			env[name] = value
		}
	}
	return env
}
