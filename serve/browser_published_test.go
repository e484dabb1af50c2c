package main

import (
	"bytes"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// slowMakers stands for a publisher's host that no page may read (no CORS). Each request
// gets a part of the file and then waits, until it is given up; quick, the whole.
type slowMakers struct {
	*httptest.Server
	sync.Mutex
	ranges []string // that the server of the page asked for
	gone   int      // of those, given up
	quick  bool
}

func newSlowMakers(t *testing.T, file []byte) *slowMakers {
	m := &slowMakers{}
	m.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		m.Lock()
		quick := m.quick
		if fromServer(r) {
			m.ranges = append(m.ranges, r.Header.Get("Range"))
		}
		m.Unlock()
		w.Header().Set("ETag", `"one"`)
		if quick {
			http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(file))
			return
		}
		http.ServeContent(&hesitant{w, r, 1 << 20, m}, r, "", time.Time{}, bytes.NewReader(file))
	}))
	t.Cleanup(m.Close)
	return m
}

// hesitant writes some bytes and waits until the request is given up.
type hesitant struct {
	http.ResponseWriter
	r    *http.Request
	left int
	m    *slowMakers
}

func (h *hesitant) Write(b []byte) (int, error) {
	n := min(len(b), h.left)
	h.ResponseWriter.Write(b[:n])
	if h.left -= n; h.left > 0 {
		time.Sleep(20 * time.Millisecond) // of 32 KB: longer than progress is told apart
		return n, nil
	}
	h.ResponseWriter.(http.Flusher).Flush()
	<-h.r.Context().Done()
	if fromServer(h.r) {
		h.m.Lock()
		h.m.gone++
		h.m.Unlock()
	}
	panic(http.ErrAbortHandler)
}

// fromServer tells the requests of the server of the page from those of the browser.
func fromServer(r *http.Request) bool { return strings.HasPrefix(r.UserAgent(), "thaw/") }

// What the browser may not fetch the server of the page does: with progress and cancel,
// going on where it stopped, and the second time without the makers' host.
func TestServerFetchesForThePage(t *testing.T) {
	file, err := os.ReadFile("../web/models/mini.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	upstream := newSlowMakers(t, file)
	s, err := testSite()
	if err != nil {
		t.Fatal(err)
	}
	lending := *s
	lending.lender = *fakeLender(t, upstream.URL)
	server := httptest.NewServer(&lending)
	t.Cleanup(server.Close)
	b := startBrowser(t, server.URL, "")
	b.page("#model=mini")
	b.click("#weights-open")
	b.wait("document.querySelector('[data-published=timm-adv]')", "the dialog lists what is published")
	if got := b.text("[data-testid=published]"); !strings.Contains(got, "RadImageNet-IRV2_notop.h5") || !strings.Contains(got, "drive.google.com") {
		t.Errorf("what fits scans is listed as %q", got)
	}
	b.click("[data-published=timm-adv]")
	b.wait("/The server fetches .* [1-9]\\d? %/.test(document.querySelector('#weights-progress').textContent)", "progress is shown")
	b.click("#weights-progress button")
	b.wait("document.querySelector('#weights-progress').hidden", "the download is cancelled")
	for start := time.Now(); ; time.Sleep(20 * time.Millisecond) {
		upstream.Lock()
		gone := upstream.gone
		upstream.Unlock()
		if gone > 0 {
			break
		}
		if time.Since(start) > 10*time.Second {
			t.Fatal("the server goes on after the page has cancelled")
		}
	}

	upstream.Lock()
	upstream.quick = true
	upstream.Unlock()
	fetchAgain := func() {
		t.Helper()
		b.click("#weights-open")
		b.click("[data-published=timm-adv]")
		b.wait("document.querySelector('#weights-open').title.startsWith('timm, ')", "the weights are in use")
	}
	fetchAgain()
	if last := upstream.ranges[len(upstream.ranges)-1]; !strings.HasPrefix(last, "bytes=") {
		t.Errorf("asked for %q", upstream.ranges)
	}
	upstream.Close()
	eval[bool](b, "for (const { id, builtin } of await (await import('./app/store.js')).state.thaw.weights.list()) if (!builtin) await (await import('./app/weights.js')).removeWeights(id); return true")
	b.page("#model=mini")
	b.click("#weights-open")
	b.wait("document.querySelector('[data-published=timm-adv]')?.textContent === 'Use'", "the server says that it has it")
	eval[bool](b, "document.querySelector('#weights-dialog').close(); return true")
	fetchAgain()
	if got := b.notices(); len(got) != 0 {
		t.Errorf("notices %q", got)
	}
}

// A site as make site WEIGHTS=FILE writes it, behind any static host: the weights that
// lie in it come first.
func TestWeightsComeWithTheSite(t *testing.T) {
	file, err := os.ReadFile("../web/models/mini.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	at := filepath.Join(t.TempDir(), "our class's weights #1.safetensors")
	if err := os.WriteFile(at, file, 0o644); err != nil {
		t.Fatal(err)
	}
	beside, err := besides([]string{at})
	if err != nil {
		t.Fatal(err)
	}
	engine, err := buildEngine(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s, err := newSite(engine, brotliQuick, nil, beside...)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := s.write(dir); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.FileServer(http.Dir(dir)))
	t.Cleanup(server.Close)
	b := startBrowser(t, server.URL, "")
	b.page("#model=mini")
	b.wait("crossOriginIsolated && document.body.dataset.ready !== undefined", "the page has been loaded again, isolated")
	b.click("#weights-open")
	b.wait("document.querySelector('#weights-dialog section h3').textContent === 'From this site'", "they come first")
	// One that was copied in part, or exchanged, is not what the site says that it is.
	lies := filepath.Join(dir, "weights", filepath.Base(at))
	changed := bytes.Clone(file)
	changed[len(changed)-2] ^= 1
	put := func(content []byte, later int) {
		t.Helper()
		when := time.Now().Add(time.Duration(later) * time.Minute) // told apart by the browser's cache
		if err := errors.Join(os.WriteFile(lies, content, 0o644), os.Chtimes(lies, when, when)); err != nil {
			t.Fatal(err)
		}
	}
	for i, c := range []struct {
		content []byte
		says    string
	}{{file[:1000], "is cut"}, {changed, "another file"}} {
		put(c.content, 1+i)
		b.click("[data-beside]")
		b.wait("document.querySelector('#notice').textContent.includes('"+c.says+"')", "it is refused")
		eval[bool](b, "document.querySelectorAll('#notice button').forEach(close => close.click()); return true")
		b.click("#weights-open")
	}
	put(file, 3)
	b.click("[data-beside]")
	b.wait("document.querySelector('#weights-open').title.startsWith('our class')", "they are in use")
	if got := b.notices(); len(got) != 0 {
		t.Errorf("notices %q", got)
	}
	b.checkStayedHome()
}
