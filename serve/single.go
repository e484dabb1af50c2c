package main

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/evanw/esbuild/pkg/api"

	"thaw/irv2/weights"
)

// A page that is opened from disk can load no other file: no module, no worker, no fetch.
// So the single file holds them all: scripts are bundled, styles and pictures stand where
// they are used, and what the page or its workers ask for by name lies in blocks of data.

// singleSite takes the place of web/site.js, and of what starts workers: no other module knows
// where files are.
//
//go:embed single/site.js
var singleSite string

// single is the site as one HTML document.
func single(e *engine) ([]byte, error) {
	web := os.DirFS(filepath.Join(e.root, "web"))
	document, err := fs.ReadFile(web, "index.html")
	if err != nil {
		return nil, err
	}
	page, err := bundle(e.root, "app/main.js")
	if err != nil {
		return nil, err
	}
	files, err := singleFiles(e, web)
	if err != nil {
		return nil, err
	}
	d := inliner{web: web, document: string(document)}
	d.pictures()
	d.styles()
	d.scripts(page)
	d.data(files)
	d.close(e)
	return []byte(d.document), d.err
}

// bundle is a script of folder web with all that it imports, as a classic script: Chromium
// starts no module worker for a page from disk.
func bundle(root, entry string) ([]byte, error) {
	web := filepath.Join(root, "web")
	result := api.Build(api.BuildOptions{
		EntryPoints: []string{filepath.Join(web, entry)}, AbsWorkingDir: root, Bundle: true, Format: api.FormatIIFE,
		MinifyWhitespace: true, Charset: api.CharsetUTF8, LegalComments: api.LegalCommentsNone, External: []string{"node:*"},
		Plugins: []api.Plugin{{Name: "single", Setup: func(b api.PluginBuild) {
			b.OnLoad(api.OnLoadOptions{Filter: "^" + regexp.QuoteMeta(filepath.Join(web, "site.js")) + "$"}, func(api.OnLoadArgs) (api.OnLoadResult, error) {
				return api.OnLoadResult{Contents: &singleSite}, nil
			})
			starts := "export * from './site.js'"
			b.OnLoad(api.OnLoadOptions{Filter: "^" + regexp.QuoteMeta(web) + "/start-(engine|decoder).js$"}, func(api.OnLoadArgs) (api.OnLoadResult, error) {
				return api.OnLoadResult{Contents: &starts, ResolveDir: web}, nil
			})
		}}},
	})
	for _, m := range slices.Concat(result.Errors, result.Warnings) {
		at := cmp.Or(m.Location, &api.Location{})
		// Threads share memory, which a page from disk may not: none is ever started.
		if m.ID == "empty-import-meta" && at.File == "web/engine/engine.js" {
			continue
		}
		return nil, fmt.Errorf("%s:%d: %s (files of the site are found by web/site.js)", at.File, at.Line, m.Text)
	}
	return result.OutputFiles[0].Contents, nil
}

// singleFiles are what is asked for by name. The engine for GPUs and the program that
// downloads are not among them: one thread computes, and nobody is asked for anything.
func singleFiles(e *engine, web fs.FS) (map[string][]byte, error) {
	files := map[string][]byte{"thaw.wasm": e.files["thaw.wasm"], "wasm_exec.js": e.files["wasm_exec.js"]}
	for _, script := range []string{"worker.js", "decoder.js"} {
		code, err := bundle(e.root, script)
		if err != nil {
			return nil, err
		}
		files[script] = code
	}
	models, err := fs.Glob(web, "models/*")
	if err != nil {
		return nil, err
	}
	for _, name := range models {
		if files[name], err = fs.ReadFile(web, name); err != nil {
			return nil, err
		}
	}
	for name, at := range texts {
		if files[name], err = os.ReadFile(filepath.Join(e.root, at)); err != nil {
			return nil, err
		}
	}
	files[offerName], err = json.Marshal(singleOffer())
	return files, err
}

// singleOffer lists published weights for a page that fetches none: where a person can.
func singleOffer() offer {
	o := offer{Sources: []sourceOffer{}, Beside: []besideFile{}}
	for _, known := range weights.Published() {
		if known.URL != "" {
			known.Page, known.File, known.URL = known.URL, path.Base(known.URL), ""
		}
		o.Sources = append(o.Sources, sourceOffer{Known: known})
	}
	return o
}

// inliner puts into a document what it names; the first failure stays.
type inliner struct {
	web      fs.FS
	document string
	allowed  []string // scripts and styles, by their hashes, as a policy names them
	styled   []string
	err      error
}

func (d *inliner) read(name string) []byte {
	raw, err := fs.ReadFile(d.web, name)
	if err == nil {
		raw, err = squeeze(name, raw)
	}
	d.err = cmp.Or(d.err, err)
	return raw
}

// inline replaces what matches by what becomes of its first group, of which there must be some.
func (d *inliner) inline(pattern string, become func(name string) string) {
	re := regexp.MustCompile(pattern)
	if !re.MatchString(d.document) {
		d.err = cmp.Or(d.err, fmt.Errorf("index.html has no %s", pattern))
	}
	d.document = re.ReplaceAllStringFunc(d.document, func(found string) string { return become(re.FindStringSubmatch(found)[1]) })
}

func (d *inliner) pictures() {
	d.inline(`"([\w/.-]+\.svg)"`, func(name string) string {
		return `"data:image/svg+xml;base64,` + base64.StdEncoding.EncodeToString(d.read(name)) + `"`
	})
	d.inline(`\s*<link rel="(license)"[^>]*>`, func(string) string { return "" }) // the texts are linked from the page
}

func (d *inliner) styles() {
	d.inline(`<link rel="stylesheet" href="([^"]+)">`, func(name string) string {
		css := string(d.read(name))
		d.styled = append(d.styled, hashSource(css))
		return "<style>" + css + "</style>"
	})
}

// scripts come last: classic ones run where they stand, and these want the whole document.
func (d *inliner) scripts(page []byte) {
	var last strings.Builder
	d.inline(`\s*<script [^>]*src="([^"]+)"></script>`, func(name string) string {
		code := string(page)
		if name != "app/main.js" {
			code = string(d.read(name))
		}
		if strings.Contains(code, "</script") {
			d.err = cmp.Or(d.err, fmt.Errorf("%s: it would end its element", name))
		}
		d.allowed = append(d.allowed, hashSource(code))
		last.WriteString("<script>" + code + "</script>\n")
		return ""
	})
	d.document = strings.Replace(d.document, "</body>", last.String()+"</body>", 1)
}

// data puts files into blocks before the scripts, which read them (single/site.js).
func (d *inliner) data(files map[string][]byte) {
	var blocks strings.Builder
	for _, name := range slices.Sorted(maps.Keys(files)) {
		var zipped bytes.Buffer
		w, err := gzip.NewWriterLevel(&zipped, gzip.BestCompression)
		if err == nil {
			_, err = w.Write(files[name])
			err = cmp.Or(err, w.Close())
		}
		d.err = cmp.Or(d.err, err)
		fmt.Fprintf(&blocks, `<script type="text/plain" data-file="%s" data-type="%s">%s</script>`+"\n",
			name, html.EscapeString(contentTypes[path.Ext(name)]), base64.StdEncoding.EncodeToString(zipped.Bytes()))
	}
	d.document = strings.Replace(d.document, "<script>", blocks.String()+"<script>", 1)
}

// close writes the policy, in which no host is named, and the version on top.
func (d *inliner) close(e *engine) {
	policy := strings.Join([]string{
		"default-src 'none'",
		"script-src " + strings.Join(d.allowed, " ") + " blob: 'wasm-unsafe-eval'",
		"worker-src blob:",
		"style-src " + strings.Join(d.styled, " "),
		"img-src blob: data:",
		"media-src blob:",
		"connect-src blob:",
		"base-uri 'none'",
		"form-action 'none'",
	}, "; ")
	written, err := closed([]byte(d.document), policy)
	d.err = cmp.Or(d.err, err)
	const doctype = "<!doctype html>\n"
	d.document = doctype + "<!-- Thaw " + e.build("thaw.wasm") + ": the whole page in one file, opened from disk; it asks nobody for anything. -->\n" +
		strings.TrimPrefix(string(written), doctype)
}

// hashSource is an inline script or style as a policy names it.
func hashSource(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}
