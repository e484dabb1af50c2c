package main

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/andybalholm/brotli"

	"thaw/irv2/weights"
)

// Brotli qualities: on 5 MB of WebAssembly 5 takes a fraction of a second, 11
// about ten and saves another fifth.
const (
	brotliQuick = 5
	brotliBest  = brotli.BestCompression
)

// contentTypes says both which of web's files are part of the site and their type.
var contentTypes = map[string]string{
	".html":        "text/html; charset=utf-8",
	".js":          "text/javascript; charset=utf-8",
	".ts":          "text/plain; charset=utf-8",
	".css":         "text/css; charset=utf-8",
	".wasm":        "application/wasm",
	".json":        "application/json",
	".webmanifest": "application/manifest+json",
	".svg":         "image/svg+xml",
	".png":         "image/png",
	".woff2":       "font/woff2",
	".txt":         "text/plain; charset=utf-8",
	".safetensors": "application/octet-stream",
}

// file is one address of the site, compressed beforehand where that pays.
type file struct {
	contentType string
	etag        string
	raw, brotli []byte // brotli may be nil
}

// site answers with its files from memory.
type site struct {
	files   map[string]*file // by path without the leading slash
	headers http.Header
	sources []string // where weights may come from
	lender  lender
}

// examples are pages of others' own, with their own policies.
const examples = "examples"

// forEmbedding is what only pages of others' own need of the site, which is a package for
// npm too (web/package.json).
var forEmbedding = []string{"package.json", "isolate.js"}

// texts go with what is distributed, by name in the site: licences, and what the package says.
var texts = map[string]string{"LICENSE.txt": "LICENSE", "THIRD_PARTY_NOTICES.txt": "THIRD_PARTY_NOTICES.txt", "README.md": "web/README.md"}

// newSite gathers the files of folder web, the licences, the engine and what says which
// weights there are. Compressed bytes are cached in the build folder by content.
func newSite(e *engine, quality int, connect []string, beside ...besideFile) (*site, error) {
	sources := slices.Concat(weights.Origins(), redirectHosts, connect)
	s := &site{files: map[string]*file{}, headers: headers(sources), sources: sources, lender: lender{sources: weights.Published(), beside: beside}}
	cache := &brotliCache{dir: filepath.Join(e.root, "build", "brotli"), quality: quality}
	web := os.DirFS(filepath.Join(e.root, "web"))
	err := fs.WalkDir(web, ".", func(name string, d fs.DirEntry, err error) error {
		if name == examples {
			return fs.SkipDir
		}
		if err != nil || d.IsDir() || contentTypes[path.Ext(name)] == "" {
			return err
		}
		raw, err := fs.ReadFile(web, name)
		if err == nil && path.Ext(name) == ".html" {
			raw, err = closed(raw, policy(sources))
		}
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		return s.add(name, raw, cache)
	})
	if err != nil {
		return nil, err
	}
	for name, at := range texts {
		raw, err := os.ReadFile(filepath.Join(e.root, at))
		if err != nil {
			return nil, err
		}
		if err := s.add(name, raw, cache); err != nil {
			return nil, err
		}
	}
	for name, raw := range e.files {
		if err := s.add(name, raw, cache); err != nil {
			return nil, err
		}
	}
	offered, err := json.Marshal(s.lender.offer())
	if err != nil {
		return nil, err
	}
	if err := s.add(offerName, offered, cache); err != nil {
		return nil, err
	}
	guard, err := s.guardScript()
	if err != nil {
		return nil, err
	}
	if err := s.add("guard.js", guard, cache); err != nil {
		return nil, err
	}
	list, err := json.Marshal(s.manifest())
	if err != nil {
		return nil, err
	}
	return s, s.add("files.json", list, cache)
}

// manifest is what the service worker keeps for visits without a network.
type manifest struct {
	Version string   `json:"version"` // changes with any file
	Files   []string `json:"files"`
	GPU     []string `json:"gpu"`    // what a visit needs beside them where there is a GPU
	Wanted  []string `json:"wanted"` // what is kept once a person has asked for it
}

// usualWeights are of the network that every visit begins with; others are asked for.
const usualWeights = "models/mini.safetensors"

// seldom are the beginnings of names of what few visits ask for: the reader of pasted code.
var seldom = []string{"app/lab/code/", "vendor/lezer-python"}

// manifest lists what a visit needs: not types and licences, nor the program that
// downloads, which is of no use offline.
func (s *site) manifest() manifest {
	m := manifest{Files: []string{"./"}}
	names := slices.Sorted(maps.Keys(s.files))
	version := sha256.New()
	for _, name := range names {
		fmt.Fprintln(version, name, s.files[name].etag)
		switch ext := path.Ext(name); {
		case ext == ".ts", ext == ".txt", ext == ".md", name == "fetch.wasm", slices.Contains(forEmbedding, name):
		case name == gpuEngine, name == "engine/gpu.js":
			m.GPU = append(m.GPU, name)
		case ext == ".safetensors" && name != usualWeights, slices.ContainsFunc(seldom, func(part string) bool { return strings.HasPrefix(name, part) }):
			m.Wanted = append(m.Wanted, name)
		default:
			m.Files = append(m.Files, name)
		}
	}
	m.Version = hex.EncodeToString(version.Sum(nil)[:8])
	return m
}

func (s *site) add(name string, raw []byte, cache *brotliCache) error {
	if cache.quality == brotliBest {
		var err error
		if raw, err = squeeze(name, raw); err != nil {
			return err
		}
	}
	sum := sha256.Sum256(raw)
	hash := hex.EncodeToString(sum[:8])
	f := &file{contentType: cmp.Or(contentTypes[path.Ext(name)], contentTypes[".txt"]), etag: `"` + hash + `"`, raw: raw}
	s.files[name] = f
	if len(raw) < 1024 || !compressible(name) {
		return nil
	}
	var err error
	f.brotli, err = cache.compress(hash, raw)
	return err
}

func compressible(name string) bool {
	ext := path.Ext(name)
	return ext != ".png" && ext != ".woff2" && ext != ".safetensors"
}

// write puts the site into dir for a static host, with .br files for hosts that
// pick them and a _headers file for hosts that read one. Where neither is
// honoured the document has its policy (closed.go), and the service worker sets the rest
// (web/sw.js).
func (s *site) write(dir string) error {
	for name, f := range s.files {
		at := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(at, f.raw, 0o644); err != nil {
			return err
		}
		if f.brotli == nil {
			continue
		}
		if err := os.WriteFile(at+".br", f.brotli, 0o644); err != nil {
			return err
		}
	}
	for _, b := range s.lender.beside {
		if err := b.write(dir); err != nil {
			return err
		}
	}
	var b bytes.Buffer
	fmt.Fprintln(&b, "/*")
	for _, name := range s.headerNames() {
		if name != "Vary" {
			fmt.Fprintf(&b, "  %s: %s\n", name, s.headers.Get(name))
		}
	}
	return os.WriteFile(filepath.Join(dir, "_headers"), b.Bytes(), 0o644)
}

// brotliCache compresses, keeping results in dir by content hash.
type brotliCache struct {
	dir     string
	quality int
}

func (c *brotliCache) compress(hash string, raw []byte) ([]byte, error) {
	at := filepath.Join(c.dir, fmt.Sprintf("%s-%d.br", hash, c.quality))
	if b, err := os.ReadFile(at); err == nil {
		return b, nil
	}
	var b bytes.Buffer
	const window = 24 // 16 MB, more than any file here: the largest that browsers take
	w := brotli.NewWriterOptions(&b, brotli.WriterOptions{Quality: c.quality, LGWin: window})
	if _, err := w.Write(raw); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(c.dir, 0o755); err != nil {
		return nil, err
	}
	// Written beside and renamed: a server that is stopped leaves no half file.
	if err := os.WriteFile(at+".tmp", b.Bytes(), 0o644); err != nil {
		return nil, err
	}
	return b.Bytes(), os.Rename(at+".tmp", at)
}
