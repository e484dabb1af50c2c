package main

import (
	"cmp"
	"context"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// The tests in browser_*_test.go open the page in a real Chromium. This file
// starts it; THAW_REQUIRE_BROWSER=1 (make test) makes a missing one a failure.

// browserTimeout bounds one test; the slowest measured takes a quarter of it on two cores.
const browserTimeout = 4 * time.Minute

// testSite is the site as it is served, built once, and an empty page of the same
// origin for tests of the module alone.
var testSite = sync.OnceValues(func() (*site, error) {
	e, err := testEngine()
	if err != nil {
		return nil, err
	}
	return newSite(e, brotliQuick, []string{"http://127.0.0.1:*"})
})

var testEngine = sync.OnceValues(func() (*engine, error) { return buildEngine(context.Background()) })

const emptyPage = "/empty.html"

func testServer(t *testing.T) *httptest.Server {
	t.Helper()
	s, err := testSite()
	if err != nil {
		t.Fatal(err)
	}
	withEmptyPage := *s
	withEmptyPage.files = map[string]*file{strings.TrimPrefix(emptyPage, "/"): {
		contentType: contentTypes[".html"], etag: `"empty"`, raw: []byte(`<!doctype html><title>empty</title><input type="file" id="files" multiple>`),
	}}
	for name, f := range s.files {
		withEmptyPage.files[name] = f
	}
	server := httptest.NewServer(&withEmptyPage)
	t.Cleanup(server.Close)
	return server
}

// browserTab is one Chromium with one tab.
type browserTab struct {
	t        *testing.T
	ctx      context.Context
	url      string // of the server
	dir      string // of the profile: a second browser with it finds what the first kept
	requests *requestLog
}

// requestLog lists the addresses that the page and its workers asked for.
type requestLog struct {
	sync.Mutex
	urls []string
}

// startBrowser opens Chromium on the given profile, "" for a new one.
func startBrowser(t *testing.T, url, profile string, flags ...chromedp.ExecAllocatorOption) *browserTab {
	t.Helper()
	path := chromium(t)
	b := &browserTab{t: t, url: url, dir: cmp.Or(profile, t.TempDir()), requests: &requestLog{}}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.UserDataDir(b.dir), chromedp.WindowSize(1280, 720),
		chromedp.Flag("no-sandbox", os.Geteuid() == 0), chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true))
	allocator, stop := chromedp.NewExecAllocator(context.Background(), append(options, flags...)...)
	t.Cleanup(stop)
	timed, cancel := context.WithTimeout(allocator, browserTimeout)
	t.Cleanup(cancel)
	b.ctx, _ = chromedp.NewContext(timed)
	t.Cleanup(func() { chromedp.Cancel(b.ctx) })
	b.watchNetwork()
	b.watchConsole()
	b.do(chromedp.EmulateViewport(1280, 720))
	t.Cleanup(b.showFailure)
	return b
}

func chromium(t *testing.T) string {
	t.Helper()
	for _, name := range []string{os.Getenv("CHROMIUM"), "chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); name != "" && err == nil {
			return path
		}
	}
	if os.Getenv("THAW_REQUIRE_BROWSER") != "" {
		t.Fatal("no Chromium: make test installs it, or set CHROMIUM to its path")
	}
	t.Skip("no Chromium: browser tests are skipped")
	return ""
}

func (b *browserTab) watchNetwork() {
	if _, err := chromedp.Call(b.ctx, network.Enable, network.EnableParams{}); err != nil {
		b.t.Fatal(err)
	}
	events := chromedp.Events(b.ctx, network.RequestWillBeSent)
	go func() {
		for ev, err := range events {
			if err != nil {
				return
			}
			b.requests.Lock()
			b.requests.urls = append(b.requests.urls, ev.Request.URL)
			b.requests.Unlock()
		}
	}()
}

// watchConsole shows what the page logs when the test fails.
func (b *browserTab) watchConsole() {
	messages := chromedp.Console(b.ctx)
	var lines []string
	var mutex sync.Mutex
	go func() {
		for m, err := range messages {
			if err != nil {
				return
			}
			mutex.Lock()
			lines = append(lines, fmt.Sprint(m))
			mutex.Unlock()
		}
	}()
	b.t.Cleanup(func() {
		mutex.Lock()
		defer mutex.Unlock()
		if b.t.Failed() {
			b.t.Logf("console:\n%s", strings.Join(lines, "\n"))
		}
	})
}

// showFailure leaves a picture of the page where a test failed.
func (b *browserTab) showFailure() {
	if !b.t.Failed() {
		return
	}
	ctx, cancel := context.WithTimeout(b.ctx, 10*time.Second)
	defer cancel()
	picture, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	if err != nil {
		return
	}
	path := filepath.Join(os.TempDir(), "thaw-"+b.t.Name()+".png")
	if os.WriteFile(path, picture, 0o644) == nil {
		b.t.Logf("the page at the end: %s", path)
	}
}

func (b *browserTab) do(actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, actions...); err != nil {
		b.t.Fatal(err)
	}
}

// navigate opens a path of the site.
func (b *browserTab) navigate(path string) {
	b.t.Helper()
	b.do(chromedp.Navigate(b.url + path))
}

// eval runs the body of an async function in the page and returns its value.
func eval[T any](b *browserTab, body string) T {
	b.t.Helper()
	v, err := chromedp.Run(b.ctx, chromedp.Evaluate[T]("(async () => {"+body+"})()", chromedp.EvalAwaitPromise))
	if err != nil {
		b.t.Fatalf("%v\nin: %s", err, strings.TrimSpace(body))
	}
	return v
}

// failure runs body, which must reject, and returns "code: message" of its error.
func failure(b *browserTab, body string) string {
	b.t.Helper()
	return eval[string](b, "try { await (async () => {"+body+"})(); return 'no error' } catch (e) { return `${e.code}: ${e.message}` }")
}

// module opens the public module on an empty page as globalThis.thaw; options is
// the argument of open, in JavaScript.
func (b *browserTab) module(options string) {
	b.t.Helper()
	b.navigate(emptyPage)
	eval[bool](b, `
		const { open } = await import('/thaw.js')
		globalThis.notices = []
		globalThis.thaw = await open({ onNotice: n => notices.push(n), ...(`+options+`) })
		return true`)
}

// checkStayedHome fails if the page asked any other host for anything.
func (b *browserTab) checkStayedHome() {
	b.t.Helper()
	b.requests.Lock()
	defer b.requests.Unlock()
	if len(b.requests.urls) == 0 {
		b.t.Error("no requests were recorded")
	}
	host := strings.TrimSuffix(b.url, folder) // of which the site may be a part
	for _, u := range b.requests.urls {
		if !strings.HasPrefix(u, b.url+"/") && !strings.HasPrefix(u, "blob:"+host+"/") && !strings.HasPrefix(u, "data:") {
			b.t.Errorf("the page asked for %s", u)
		}
	}
}

// give makes files of this machine the page's globalThis.files, as a person's choice does.
func (b *browserTab) give(paths ...string) {
	b.t.Helper()
	b.choose("#files", paths...)
	eval[bool](b, "globalThis.files = [...document.querySelector('#files').files]; return true")
}

// glob lists the files of a pattern, of which there must be some.
func glob(t *testing.T, pattern string) []string {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatalf("%s: %d files, %v", pattern, len(files), err)
	}
	return files
}
