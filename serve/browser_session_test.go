package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
)

// A whole session, from the first visit to the last export: whoever asks, it is this site,
// by GET, without a body. The requests are counted where they are made, by a tap on
// everything that the browser runs, and where they arrive.
func TestNothingLeaves(t *testing.T) {
	var mutex sync.Mutex
	var arrived []string
	s, err := testSite()
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if n, _ := io.Copy(io.Discard, r.Body); n > 0 || r.Method != http.MethodGet || r.URL.RawQuery != "" && r.URL.RawQuery != "again" {
			mutex.Lock()
			arrived = append(arrived, r.Method+" "+r.URL.String())
			mutex.Unlock()
		}
		s.ServeHTTP(w, r)
	}))
	defer server.Close()
	ears := &tap{}
	b := startBrowser(t, server.URL, "", ears.tapped)
	saved := b.downloads()
	b.page("#epochs=2")
	b.wait("(await navigator.serviceWorker.ready).active.state === 'activated'", "the service worker is there")
	if n := eval[int](b, "return navigator.hardwareConcurrency"); n < 2 {
		t.Fatalf("%d cores: there are no workers of a worker to listen to", n)
	}

	// The demo, then pictures of one's own.
	b.click("[data-world=near]")
	b.wait("document.querySelectorAll('#classes > [data-class]').length >= 2", "the images are drawn")
	b.train("A")
	b.click("#clear-data")
	b.wait("document.querySelector('#clear-data').textContent !== 'Remove all' || !document.querySelector('#classes > [data-class]')", "removing is asked about or done")
	eval[bool](b, "if (document.querySelector('#classes > [data-class]')) document.querySelector('#clear-data').click(); return true")
	b.wait("!document.querySelector('#classes > [data-class]')", "the images are gone")
	b.dropImages(photos+"boat", photos+"fruit", photos+"house")
	b.wait("document.querySelectorAll('#classes > [data-class]').length === 3", "folders became classes")
	b.train("B")
	b.drop("#predict", photos+"fruit/fruit-1.jpg")
	b.wait("document.querySelectorAll('[data-prediction]').length === 3", "the image is classified")
	b.click("#other-formats summary")
	for _, format := range []string{"", "-h5", "-onnx"} {
		b.click("#download" + format)
	}
	for _, ending := range []string{".safetensors", "-h5.zip", "-onnx.zip"} {
		waitForFile(t, saved, ending)
	}
	// Another visit, under the service worker, with what was saved.
	b.page("?again")
	b.drop("#drop", waitForFile(t, saved, ".safetensors"))
	b.wait("document.querySelector('#weights-open').textContent.includes('fine-tuned')", "the file is in use")

	requests := ears.all()
	for _, r := range requests {
		own := strings.HasPrefix(r.url, server.URL+"/") || strings.HasPrefix(r.url, "blob:"+server.URL+"/") || strings.HasPrefix(r.url, "data:")
		if !own || r.method != "GET" || r.body {
			t.Errorf("the %s asked: %s %s, body %t", r.who, r.method, r.url, r.body)
		}
	}
	for _, kind := range []string{"page", "worker", "nested worker", "service_worker"} {
		if !ears.watches(kind) {
			t.Errorf("no %s was listened to", kind)
		}
	}
	// The tap is not deaf, and the service worker lets no body out, not to this site either.
	if got := failure(b, "await fetch('/', { method: 'POST', body: 'secret' })"); !strings.Contains(got, "Failed to fetch") {
		t.Errorf("a POST: %s", got)
	}
	if !slices.Contains(ears.all()[len(requests):], heardRequest{"page", "POST", server.URL + "/", true}) {
		t.Error("a POST was not heard")
	}
	// A host of weights is let through to be read from, and nothing else.
	url, came := elsewhere(t)
	for request, want := range map[string]int32{"'" + url + "/weights.h5'": 1, "'" + url + "/', { method: 'POST', mode: 'no-cors', body: 'secret' }": 0, "'" + strings.Replace(url, "127.0.0.1", "localhost", 1) + "/'": 0} {
		came.Store(0)
		failure(b, "await fetch("+request+")")
		if got := came.Load(); got != want {
			t.Errorf("fetch(%s): %d requests came elsewhere, want %d", request, got, want)
		}
	}
	mutex.Lock()
	defer mutex.Unlock()
	if len(arrived) > 0 {
		t.Errorf("the server got %q", arrived)
	}
}

// train trains once and waits for the end of the run.
func (b *browserTab) train(run string) {
	b.t.Helper()
	b.wait("document.querySelector('#train').ariaDisabled !== 'true'", "training can start")
	b.click("#train")
	b.wait("document.querySelector('#run-table tr[data-run="+run+"]')?.dataset.status === 'done'", "the run ends")
}
