package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// Thaw in pages of others' own: the examples of web/examples, on hosts as others have them.

const exampleFolder = "../web/examples/"

// copyFile copies a file to an address of a host's folder.
func copyFile(t *testing.T, from string, to ...string) {
	t.Helper()
	raw, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	at := filepath.Join(to...)
	if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(at, raw, 0o644); err != nil {
		t.Fatal(err)
	}
}

// host serves a folder's files with these headers and no others.
func host(t *testing.T, dir string, headers map[string]string) *httptest.Server {
	t.Helper()
	files := http.StripPrefix(folder, http.FileServer(http.Dir(dir)))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for name, value := range headers {
			w.Header().Set(name, value)
		}
		files.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	return server
}

// siteIn writes the site, which is the package, into a folder.
func siteIn(t *testing.T, dir string) {
	t.Helper()
	s, err := testSite()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.write(dir); err != nil {
		t.Fatal(err)
	}
}

// chooses makes files of this machine the page's globalThis.files, by an input of its own.
func (b *browserTab) chooses(paths ...string) {
	b.t.Helper()
	eval[bool](b, `
		if (!document.querySelector('#files')) document.body.append(Object.assign(document.createElement('input'), { id: 'files', type: 'file', multiple: true }))
		return true`)
	b.give(paths...)
}

// choose gives files of this machine to an input of the page.
func (b *browserTab) choose(selector string, paths ...string) {
	b.t.Helper()
	for i, path := range paths {
		absolute, err := filepath.Abs(path)
		if err != nil {
			b.t.Fatal(err)
		}
		paths[i] = absolute
	}
	b.do(chromedp.SetUploadFiles(chromedp.CSS(selector), paths))
}

// nothingKept fails where the page's origin has anything stored.
func (b *browserTab) nothingKept() {
	b.t.Helper()
	kept := eval[[]string](b, `
		const kept = [...(await indexedDB.databases()).map(d => d.name), ...await caches.keys()]
		for await (const name of (await navigator.storage.getDirectory()).keys()) kept.push(name)
		return kept`)
	if len(kept) > 0 {
		b.t.Errorf("the host's storage has %q", kept)
	}
}

// A page of 40 lines in a sub-folder of a host that sends no headers: pictures dropped,
// trained, asked about, on several threads, and nothing written.
func TestPageOfFortyLines(t *testing.T) {
	source, err := os.ReadFile(exampleFolder + "page.html")
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(source), "\n"); n > 40 {
		t.Errorf("page.html has %d lines", n)
	}
	dir := t.TempDir()
	copyFile(t, exampleFolder+"page.html", dir, "page.html")
	copyFile(t, "../web/isolate.js", dir, "isolate.js")
	siteIn(t, filepath.Join(dir, "thaw"))
	b := startBrowser(t, host(t, dir, nil).URL, "")
	b.navigate(folder + "/page.html")
	b.wait("crossOriginIsolated && document.querySelector('#says').textContent.startsWith('Ready')", "the page is isolated and ready")
	for box, class := range map[string]string{"first": "boat", "second": "house"} {
		b.drop("[data-drop="+box+"]", glob(t, photos+class+"/*")...)
		b.wait("document.querySelector('[data-drop="+box+"] b').textContent === '8'", "8 pictures are taken")
	}
	b.click("button")
	b.wait("document.querySelector('#says').textContent.startsWith('Trained 20')", "the page has trained")
	b.drop("[data-drop='?']", glob(t, photos+"boat/*")[0])
	b.wait("document.querySelectorAll('li').length === 2", "it answers")
	if got := eval[string](b, "return document.querySelector('li').textContent"); !strings.HasPrefix(got, "first: ") {
		t.Errorf("a boat is taken for %s", got)
	}
	b.nothingKept()
	b.checkStayedHome()
	b.ownEngines()
}

// ownEngines opens two engines on one page: each has its own images, and one goes on when
// the other is closed.
func (b *browserTab) ownEngines() {
	b.t.Helper()
	got := eval[struct {
		Threads, Images, Left int
		Closed, Refused       string
	}](b, `
		const { open, ThawError } = await import('./thaw/thaw.js')
		const [one, two] = await Promise.all([open({ keep: false, threads: 2 }), open({ keep: false, base: 'thaw/' })])
		await one.data.addWorld('near', { perClass: 2 })
		const told = promise => promise.then(() => 'no error', e => e instanceof ThawError ? e.code : String(e))
		const waiting = told(one.predict(new Blob(['x'])))
		const lock = async () => (await navigator.locks.query()).held.filter(l => l.name.startsWith('thaw engine')).length
		one.close()
		const Closed = await waiting + ', ' + await told(one.data.list())
		for (let i = 0; i < 100 && await lock() > 2; i++) await new Promise(resolve => setTimeout(resolve, 20))
		const Left = await lock() // the page's own, and the second
		const Refused = await told(two.projects.begin())
		const Images = (await two.data.list()).classes.length
		two.close()
		return { Threads: one.engine.threads, Images, Closed, Refused, Left }`)
	if got.Threads != 2 || got.Images != 0 || got.Closed != "closed, internal" || got.Refused != "invalid" || got.Left != 2 {
		b.t.Errorf("two engines: %+v", got)
	}
}

// elsewhereHeaders let pages of any origin take a host's files.
var elsewhereHeaders = map[string]string{"Access-Control-Allow-Origin": "*"}

// A notebook's cell by anywidget's contract, with Thaw's files on another origin; then an
// isolated page with them: all workers start from there.
func TestThawFromElsewhere(t *testing.T) {
	files := t.TempDir()
	siteIn(t, files)
	far := host(t, files, elsewhereHeaders).URL + folder + "/thaw.js"
	dir := t.TempDir()
	copyFile(t, exampleFolder+"notebook/widget.js", dir, "widget.js")
	if err := os.WriteFile(filepath.Join(dir, "empty.html"), []byte("<!doctype html><body>"), 0o644); err != nil {
		t.Fatal(err)
	}
	b := startBrowser(t, host(t, dir, nil).URL+folder, "")
	b.navigate("/empty.html")
	b.chooses(append(glob(t, photos+"boat/*"), glob(t, photos+"house/*")...)...)
	got := eval[struct {
		Says          string
		Result        runResult
		Probabilities []map[string]float64
		Network       int
		Closed        bool
	}](b, `
		const code = URL.createObjectURL(await (await fetch('widget.js')).blob()) // as anywidget loads it
		const widget = (await import(code)).default
		const bytes = await Promise.all(files.map(async file => new DataView(await file.arrayBuffer())))
		const traits = { address: '`+far+`', images: { boat: bytes.slice(1, 8), house: bytes.slice(9) }, asked: [bytes[0], bytes[8]], plan: { preset: 'head-only' }, options: { epochs: 20 } }
		const saved = Promise.withResolvers()
		const model = { get: name => traits[name], set: (name, value) => { traits[name] = value }, save_changes: () => saved.resolve(), on() {}, off() {}, send() {} }
		const el = document.createElement('div')
		document.body.append(el)
		const cleanUp = await widget.render({ model, el })
		el.querySelector('button').click()
		await Promise.race([saved.promise, new Promise((_, reject) => setTimeout(() => reject(Error(el.textContent)), 60000))])
		cleanUp()
		return { Says: el.querySelector('p').textContent, Result: traits.result, Probabilities: traits.probabilities, Network: traits.network.byteLength }`)
	if got.Result.Epochs != 20 || len(got.Probabilities) != 2 || got.Probabilities[0]["boat"] < 0.5 || got.Probabilities[1]["house"] < 0.5 || got.Network < 1e6 {
		t.Errorf("the widget gives %+v", got)
	}
	b.nothingKept()

	b.url = host(t, dir, map[string]string{"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp"}).URL + folder
	b.navigate("/empty.html")
	b.chooses(glob(t, photos+"boat/*")...)
	threads := eval[int](b, `
		globalThis.notices = []
		const { open } = await import('`+far+`')
		const thaw = await open({ keep: false, threads: 2, decoders: 2, onNotice: n => notices.push(n.message) })
		await thaw.data.add('boat', files)
		thaw.close()
		return thaw.engine.threads`)
	if notices := eval[[]string](b, "return notices"); threads != 2 || len(notices) > 0 {
		t.Errorf("%d threads from elsewhere, notices %q", threads, notices)
	}
	if got := failure(b, "const { open } = await import('"+far+"'); await open({ base: 'nowhere/' })"); !strings.HasPrefix(got, "network: ") {
		t.Errorf("a folder without Thaw: %s", got)
	}
}

// documentedPolicy is that of web/README.md, with the example's own style and pictures.
const documentedPolicy = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'; style-src 'self'"

// A component from npm, with the package as npm packs it, checked by tsc and built by Vite,
// in a sub-folder of a host, under the policy that the README names. make test installs
// what it needs from npm into build/svelte.
func TestSvelteComponent(t *testing.T) {
	chromium(t)
	npm(t)
	at := filepath.Join("..", "build", "svelte")
	if _, err := os.Stat(filepath.Join(at, "node_modules", "vite")); err != nil {
		t.Skip("nothing was installed from npm: make svelte")
	}
	install(t, filepath.Join(at, "node_modules"))
	for _, pattern := range []string{"*", "src/*"} {
		for _, name := range glob(t, exampleFolder+"svelte/"+pattern) {
			if info, err := os.Stat(name); err == nil && !info.IsDir() {
				copyFile(t, name, at, strings.TrimPrefix(name, exampleFolder+"svelte/"))
			}
		}
	}
	command(t, at, npm(t), "run", "build")
	policy := map[string]string{"Content-Security-Policy": documentedPolicy}
	b := startBrowser(t, host(t, filepath.Join(at, "dist"), policy).URL, "")
	b.navigate(folder + "/")
	says := func(begins string) string {
		return "document.querySelector('[data-says]')?.textContent.startsWith('" + begins + "')"
	}
	b.wait(says("Ready: 1 threads"), "the component is ready, on one thread: its host does not isolate it")
	for _, class := range []string{"boat", "house"} {
		b.choose("[data-class="+class+"]", glob(t, photos+class+"/*")...)
		b.wait(says("8 pictures of "+class), "8 pictures are taken")
	}
	b.click("button")
	b.wait(says("Trained 20"), "the component has trained")
	b.choose("[data-ask]", glob(t, photos+"house/*")[0])
	b.wait("document.querySelector('li')?.textContent.startsWith('house: ')", "it knows a house")
	b.nothingKept()
	b.checkStayedHome()
}
