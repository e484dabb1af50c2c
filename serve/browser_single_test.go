package main

import (
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// The single file, opened from disk in Chromium and Firefox: it trains, predicts, keeps
// what was done, and asks for nothing but itself.

// singleFile writes it, under a name that an address has to escape, and returns its address.
func singleFile(t *testing.T) (address string, e *engine) {
	t.Helper()
	e, err := testEngine()
	if err != nil {
		t.Fatal(err)
	}
	document, err := single(e)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "Thaw für 7 b.html")
	if err := os.WriteFile(path, document, 0o644); err != nil {
		t.Fatal(err)
	}
	return (&url.URL{Scheme: "file", Path: path}).String(), e
}

// lessonFromDisk is the same in both browsers: generated images, a run, a prediction.
const lessonFromDisk = `
	const one = selector => document.querySelector(selector)
	const until = async (what, holds) => {
		for (const start = Date.now(); !holds(); await new Promise(done => setTimeout(done, 50)))
			if (Date.now() - start > 60_000) throw new Error('waited in vain: ' + what + ' ' + one('#notice').textContent)
	}
	await until('ready', () => 'ready' in document.body.dataset)
	one('[data-world=near]').click()
	await until('images', () => document.querySelectorAll('#classes > [data-class]').length === 4)
	await until('training can start', () => one('#train').ariaDisabled !== 'true')
	one('#train').click()
	await until('the run ends', () => one('#run-table tr[data-run=A]')?.dataset.status === 'done')
	const canvas = new OffscreenCanvas(64, 64)
	canvas.getContext('2d').fillRect(16, 16, 32, 32)
	const files = new DataTransfer()
	files.items.add(new File([await canvas.convertToBlob()], 'square.png'))
	Object.assign(one('#predict-file'), { files: files.files }).dispatchEvent(new Event('change'))
	await until('a prediction', () => document.querySelectorAll('[data-prediction]').length === 4)
	await until('all is kept', () => one('[data-testid=keeping]')?.textContent === 'Kept on this machine.')
	return JSON.stringify({ build: one('#build').textContent, engine: one('#engine').textContent,
		accuracy: parseFloat(one('tr[data-run=A] [data-testid=accuracy]').textContent), notices: one('#notice').textContent })`

// taught is what the lesson returns.
type taught struct {
	Build, Engine, Notices string
	Accuracy               float64
}

func (got taught) check(t *testing.T, e *engine) {
	t.Helper()
	t.Logf("%+v", got)
	if want := e.build("thaw.wasm"); got.Build != want {
		t.Errorf("the file says it is %q, want %q", got.Build, want)
	}
	if !strings.Contains(got.Engine, "SIMD, 1 thread") {
		t.Errorf("who computes: %q", got.Engine)
	}
	if absurd := regexp.MustCompile(`\d{4} GFLOP/s`); absurd.MatchString(got.Engine) {
		t.Errorf("how fast: %q", got.Engine)
	}
	if got.Accuracy < 70 {
		t.Errorf("accuracy %.1f %%: mini knows this world", got.Accuracy)
	}
	if got.Notices != "" {
		t.Errorf("the page says %q", got.Notices)
	}
}

// isInFile says whether a request went to nothing but the file's own contents.
func isInFile(address, asked string) bool {
	return strings.HasPrefix(asked, address) || strings.HasPrefix(asked, "blob:null/") || strings.HasPrefix(asked, "data:")
}

func TestSingleFileInChromium(t *testing.T) {
	address, e := singleFile(t)
	ears := &tap{}
	b := startBrowser(t, address, "", ears.tapped)
	saved := b.downloads()
	b.navigate("#epochs=2")
	var got taught
	if err := json.Unmarshal([]byte(eval[string](b, lessonFromDisk)), &got); err != nil {
		t.Fatal(err)
	}
	got.check(t, e)
	b.click("#download")
	file := waitForFile(t, saved, ".safetensors")

	// The other network, the texts that links lead to, weights that only a person can get.
	folders := photographs(t, "dark", "bright")
	b.navigate("#again")
	b.do(chromedp.Reload())
	b.wait("document.body.dataset.ready !== undefined && document.querySelectorAll('#classes > [data-class]').length === 4", "the images of the last visit are here")
	b.drop("#drop", file)
	b.wait("document.querySelector('#weights-open').textContent.includes('fine-tuned')", "the file is in use")
	b.dropImages(folders...)
	b.wait("document.querySelector('[data-class=bright]')", "photographs are in")
	b.click("#weights-open")
	b.wait("document.querySelector('[data-testid=published] li')", "published weights are listed")
	if n := eval[int](b, "return document.querySelectorAll('[data-published]').length"); n != 0 {
		t.Errorf("%d published files could be fetched by a page without network", n)
	}
	eval[bool](b, "globalThis.opened = []; globalThis.open = async url => opened.push(await (await fetch(url)).text()); return true")
	b.click("[data-weights='mini-photo'] a")
	b.wait("opened[0]?.includes('accuracy')", "the model card opens")
	b.click("[data-weights='mini-photo'] button")
	b.wait("document.querySelector('#weights-open').textContent.includes('photographs')", "the network of photographs is in use")
	b.click("a[href='LICENSE.txt']")
	b.wait("opened[1]?.includes('MIT')", "the licence opens")

	requests := ears.all()
	for _, r := range requests {
		if !isInFile(address, r.url) {
			t.Errorf("the %s asked: %s %s", r.who, r.method, r.url)
		}
	}
	if !ears.watches("worker") || len(requests) == 0 {
		t.Error("nobody was listened to")
	}
}

func TestSingleFileInFirefox(t *testing.T) {
	firefoxPath(t) // or it is skipped
	address, e := singleFile(t)
	f := startFirefox(t)
	f.navigate(address + "#epochs=2")
	var got taught
	if err := json.Unmarshal([]byte(f.evalText(lessonFromDisk)), &got); err != nil {
		t.Fatal(err)
	}
	got.check(t, e)
	f.mutex.Lock()
	defer f.mutex.Unlock()
	for _, asked := range f.urls {
		if !isInFile(address, asked) {
			t.Errorf("the page asked for %s", asked)
		}
	}
}
