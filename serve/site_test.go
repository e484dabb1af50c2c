package main

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
)

func get(t *testing.T, s http.Handler, path string, header map[string]string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, path, nil)
	for name, value := range header {
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

func TestSiteIsIsolatedAndClosed(t *testing.T) {
	s, err := testSite()
	if err != nil {
		t.Fatal(err)
	}
	for path, contentType := range map[string]string{
		"/": "text/html", "/thaw.js": "text/javascript", "/thaw.wasm": "application/wasm", "/thaw.d.ts": "text/plain", "/style.css": "text/css",
		"/LICENSE.txt": "text/plain", "/THIRD_PARTY_NOTICES.txt": "text/plain",
	} {
		w := get(t, s, path, nil)
		h := w.Header()
		if w.Code != http.StatusOK || !strings.HasPrefix(h.Get("Content-Type"), contentType) {
			t.Errorf("%s: %d, %s", path, w.Code, h.Get("Content-Type"))
		}
		if h.Get("Cross-Origin-Opener-Policy") != "same-origin" || h.Get("Cross-Origin-Embedder-Policy") != "require-corp" {
			t.Errorf("%s is not isolated", path)
		}
		if !strings.HasPrefix(h.Get("Permissions-Policy"), "camera=(self), ") {
			t.Errorf("%s: the camera is not the page's own", path)
		}
		if csp := h.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "'unsafe-inline'") || strings.Contains(csp, "'unsafe-eval'") {
			t.Errorf("%s: policy %s", path, csp)
		}
	}
	for _, path := range []string{"/nothing", "/PROTOCOL.md", "/../go.mod", "/engine/", "/serve/main.go"} {
		if w := get(t, s, path, nil); w.Code != http.StatusNotFound {
			t.Errorf("%s: %d, want 404", path, w.Code)
		}
	}
	w := httptest.NewRecorder()
	if s.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/", nil)); w.Code != http.StatusMethodNotAllowed {
		t.Errorf("POST: %d", w.Code)
	}
}

func TestSiteCompressesAndValidates(t *testing.T) {
	s, err := testSite()
	if err != nil {
		t.Fatal(err)
	}
	plain := get(t, s, "/thaw.wasm", nil)
	packed := get(t, s, "/thaw.wasm", map[string]string{"Accept-Encoding": "gzip, br"})
	if packed.Header().Get("Content-Encoding") != "br" || packed.Body.Len() >= plain.Body.Len()/2 {
		t.Errorf("%d bytes of %d, encoding %q", packed.Body.Len(), plain.Body.Len(), packed.Header().Get("Content-Encoding"))
	}
	unpacked, err := io.ReadAll(brotli.NewReader(packed.Body))
	if err != nil || !bytes.Equal(unpacked, plain.Body.Bytes()) {
		t.Errorf("unpacked to %d bytes, %v", len(unpacked), err)
	}
	again := get(t, s, "/thaw.wasm", map[string]string{"If-None-Match": plain.Header().Get("ETag")})
	if again.Code != http.StatusNotModified || again.Body.Len() != 0 {
		t.Errorf("asked again: %d, %d bytes", again.Code, again.Body.Len())
	}
}

// A visit brings one network and the cards of all; the others are kept once wanted.
func TestVisitBringsOneNetwork(t *testing.T) {
	s, err := testSite()
	if err != nil {
		t.Fatal(err)
	}
	var models []string
	for _, name := range s.manifest().Files {
		if strings.HasPrefix(name, "models/") {
			models = append(models, name)
		}
	}
	if want := []string{"models/mini-photo.json", "models/mini.json", "models/mini.safetensors"}; !slices.Equal(models, want) {
		t.Errorf("a visit brings %q, want %q", models, want)
	}
	wanted := s.manifest().Wanted
	for _, name := range []string{"models/mini-photo.safetensors", "vendor/lezer-python.min.js", "app/lab/code/read.js"} {
		if !slices.Contains(wanted, name) {
			t.Errorf("%s is not kept once wanted: %q", name, wanted)
		}
	}
}

func TestSiteIsWritten(t *testing.T) {
	s, err := testSite()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := s.write(dir); err != nil {
		t.Fatal(err)
	}
	for name, f := range s.files {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil || string(b) != string(f.raw) {
			t.Errorf("%s: %v", name, err)
		}
	}
	b, err := os.ReadFile(filepath.Join(dir, "_headers"))
	if err != nil || !strings.Contains(string(b), "Cross-Origin-Embedder-Policy: require-corp") {
		t.Errorf("_headers: %s, %v", b, err)
	}
}
