package main

import (
	"context"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
)

// These tests use the page as a person does: drops, clicks, reloads.

var screenshot = flag.String("screenshot", "", "write the README's picture of the page to this file")

// pageTimeout is how long the page may take to show what a test waits for.
const pageTimeout = 30 * time.Second

// page opens the page and waits until the engine and kept weights are there.
func (b *browserTab) page(fragment string) {
	b.t.Helper()
	b.navigate("/" + fragment)
	b.wait("document.body.dataset.ready !== undefined", "the page is ready")
}

// wait polls until a JavaScript expression holds.
func (b *browserTab) wait(condition, what string) {
	b.t.Helper()
	b.waitFor(pageTimeout, condition, what)
}

func (b *browserTab) waitFor(timeout time.Duration, condition, what string) {
	b.t.Helper()
	for start := time.Now(); ; time.Sleep(50 * time.Millisecond) {
		// An error is a page that is just being loaded.
		holds, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool]("(async () => Boolean("+condition+"))()", chromedp.EvalAwaitPromise))
		if err == nil && holds {
			return
		}
		if time.Since(start) > timeout {
			b.t.Fatalf("waited in vain: %s (%v); notices: %v", what, err, b.notices())
		}
	}
}

// notices are the sentences that the page shows.
func (b *browserTab) notices() []string {
	return eval[[]string](b, "return [...document.querySelectorAll('#notice > li')].map(li => li.dataset.message)")
}

func (b *browserTab) click(selector string) {
	b.t.Helper()
	b.wait("document.querySelector(`"+selector+"`)", selector+" is there")
	b.do(chromedp.Click(chromedp.CSS(selector)))
}

func (b *browserTab) text(selector string) string {
	b.t.Helper()
	return eval[string](b, "return document.querySelector(`"+selector+"`).textContent")
}

// dropImages drops folders or archives on the page, and takes what would come in.
func (b *browserTab) dropImages(paths ...string) {
	b.t.Helper()
	b.drop("#drop", paths...)
	b.takeImages()
}

func (b *browserTab) takeImages() {
	b.t.Helper()
	b.wait("document.querySelector('[data-testid=preview-add]')", "the page shows what would come in")
	b.click("[data-testid=preview-add]")
}

// drop drops files and folders of this machine onto an element, as from a file manager.
func (b *browserTab) drop(selector string, paths ...string) {
	b.t.Helper()
	// What comes above it may move it.
	b.wait("await new Promise(done => { const place = () => JSON.stringify(document.querySelector(`"+selector+"`).getBoundingClientRect()); const was = place(); setTimeout(() => done(place() === was), 150) })", selector+" stays where it is")
	at := eval[[]float64](b, "const e = document.querySelector(`"+selector+"`); e.scrollIntoView({ block: 'nearest' }); const r = e.getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2]")
	data := &input.DragData{Items: []*input.DragDataItem{}, DragOperationsMask: 1}
	for _, path := range paths {
		absolute, err := filepath.Abs(path)
		if err != nil {
			b.t.Fatal(err)
		}
		data.Files = append(data.Files, absolute)
	}
	for _, kind := range []input.DispatchDragEventType{input.DispatchDragEventTypeDragEnter, input.DispatchDragEventTypeDragOver, input.DispatchDragEventTypeDrop} {
		if _, err := chromedp.Call(b.ctx, input.DispatchDragEvent, input.DispatchDragEventParams{Type: kind, X: at[0], Y: at[1], Data: data}); err != nil {
			b.t.Fatal(err)
		}
	}
}

// downloads sends files that the page saves to a new folder.
func (b *browserTab) downloads() string {
	b.t.Helper()
	dir := b.t.TempDir()
	_, err := chromedp.CallBrowser(b.ctx, browser.SetDownloadBehavior, browser.SetDownloadBehaviorParams{
		Behavior: browser.SetDownloadBehaviorBehaviorAllow, DownloadPath: dir,
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return dir
}

// The whole path, from dropped folders to a fine-tuned network that comes back.
func TestPageFromDropToPrediction(t *testing.T) {
	server := testServer(t)
	b := startBrowser(t, server.URL, "")
	b.page("#epochs=4")
	saved := b.downloads()

	b.drop("#drop", photos+"boat", photos+"fruit", photos+"house", testImages+"bad/empty.jpg")
	b.wait("document.querySelector('[data-class-preview=boat]')", "the page shows what would come in")
	if got := b.text("[data-testid=preview-refused]"); !strings.Contains(got, "empty.jpg") {
		t.Errorf("refused: %s", got)
	}
	b.click("[data-testid=preview-add]")
	b.wait("document.querySelectorAll('#classes > [data-class]').length === 3", "three folders became three classes")

	b.wait("document.querySelector('#train').ariaDisabled !== 'true'", "training can start")
	b.click("#train")
	b.wait("document.querySelector('#run-table tr[data-run=A]')?.dataset.status === 'done'", "the run ends")
	b.wait("document.querySelector('[data-cost=time] b').textContent.includes('≈')", "the time of a pass is known once steps were timed")
	if n := eval[int](b, "return document.querySelectorAll('.curve canvas').length"); n != 2 {
		t.Errorf("%d curves", n)
	}
	if sum := eval[int](b, "return [...document.querySelectorAll('#confusion td')].reduce((n, td) => n + (parseInt(td.textContent) || 0), 0)"); sum != 6 {
		t.Errorf("the confusion matrix counts %d images, want 6", sum)
	}
	b.drop("#predict", photos+"fruit/fruit-1.jpg")
	b.wait("document.querySelectorAll('[data-prediction]').length === 3", "the image is classified")
	before := b.text("[data-prediction]")

	b.click("#download")
	file := waitForFile(t, saved, ".safetensors")
	b.click("#other-formats summary")
	packed := ""
	for _, format := range []string{"keras", "h5", "onnx", "tfjs"} {
		b.click("#download-" + format)
		packed = waitForFile(t, saved, "-"+format+".zip")
		if info, err := os.Stat(packed); err != nil || info.Size() < 1e6 {
			t.Errorf("the package %s that was saved: %v, %v", format, info, err)
		}
	}
	if !eval[bool](b, "return document.querySelector('#download-timm').disabled") {
		t.Error("timm has no mini, and can be clicked")
	}

	// Another visit: the file comes back, is kept, and knows the classes. It brings its
	// own head, whatever the link asked for.
	b.page("?again#dense=16")
	b.drop("#drop", file)
	b.wait("document.querySelector('#weights-open').textContent.includes('fine-tuned')", "the file is in use")
	b.wait("document.querySelector('#set-dense').value === '128'", "the settings follow the file")
	b.page("")
	b.wait("document.querySelector('#weights-open').textContent.includes('fine-tuned')", "kept weights load by themselves")
	b.drop("#predict", photos+"fruit/fruit-1.jpg")
	b.wait("document.querySelectorAll('[data-prediction]').length === 3", "the image is classified again")
	if after := b.text("[data-prediction]"); after != before {
		t.Errorf("predicts %s, before %s", after, before)
	}
	// So does a package, as it was saved.
	b.page("?once-more")
	b.drop("#drop", packed)
	b.wait("document.querySelector('#weights-open').textContent.includes('fine-tuned')", "the package is in use")
	b.drop("#predict", photos+"fruit/fruit-1.jpg")
	b.wait("document.querySelectorAll('[data-prediction]').length === 3", "the image is classified by it")
	if after := b.text("[data-prediction]"); after != before {
		t.Errorf("the package predicts %s, before %s", after, before)
	}
	b.checkStayedHome()
}

func (b *browserTab) screenshot(to string) {
	b.t.Helper()
	picture, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(to, picture, 0o644); err != nil {
		b.t.Fatal(err)
	}
}

// waitForFile returns the first whole file with that ending in dir.
func waitForFile(t *testing.T, dir, ending string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for ctx.Err() == nil {
		if files, _ := filepath.Glob(filepath.Join(dir, "*"+ending)); len(files) > 0 {
			return files[0]
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatalf("no %s was saved", ending)
	return ""
}

func TestPagePausesAndCancels(t *testing.T) {
	b := startBrowser(t, testServer(t).URL, "")
	b.page("#epochs=1000")
	b.click("[data-world=near]")
	b.wait("document.querySelector('#classes > [data-class]')", "the images are drawn")
	b.wait("document.querySelector('#train').ariaDisabled !== 'true'", "training can start")
	b.click("#train")
	status := func(want string) {
		t.Helper()
		b.wait("document.querySelector('#run-table tr[data-run=A]')?.dataset.status === '"+want+"'", "the run is "+want)
	}
	status("training")
	b.click("#pause")
	status("paused")
	b.click("#pause")
	status("training")
	b.click("#cancel")
	status("cancelled")
}

// No task of the main thread is long while the worker trains.
func TestPageStaysResponsive(t *testing.T) {
	b := startBrowser(t, testServer(t).URL, "")
	b.page("#epochs=1000")
	b.click("[data-world=near]")
	b.wait("document.querySelector('#classes > [data-class]')", "the images are drawn")
	b.wait("document.querySelector('#train').ariaDisabled !== 'true'", "training can start")
	b.click("#train")
	b.wait("document.querySelector('#run-table tr[data-run=A]')?.dataset.status === 'training'", "the run trains")
	longest := eval[float64](b, `
		let longest = 0
		const observer = new PerformanceObserver(list => { for (const task of list.getEntries()) longest = Math.max(longest, task.duration) })
		observer.observe({ type: 'longtask' })
		await new Promise(resolve => setTimeout(resolve, 3000))
		return longest`)
	t.Logf("longest task %.0f ms", longest)
	// The goal is 50 ms; shared test machines take the main thread away for longer.
	if longest > 200 {
		t.Errorf("a task of %.0f ms blocked the page", longest)
	}
	b.click("#cancel")
}

// A folder chosen with the picker, and a zip dropped.
func TestPageTakesFoldersAndZips(t *testing.T) {
	b := startBrowser(t, testServer(t).URL, "")
	b.page("")
	folder, err := filepath.Abs(photos)
	if err != nil {
		t.Fatal(err)
	}
	b.do(chromedp.SetUploadFiles(chromedp.CSS("#pick-folder"), []string{folder}))
	b.takeImages()
	b.wait("document.querySelectorAll('#classes > [data-class]').length === 3", "folders became classes")
	b.dropImages(testImages + "photos.zip")
	b.wait("!document.querySelector('#duplicates').hidden || document.querySelector('#images-count').textContent.startsWith('36')", "the zip was added")
}
