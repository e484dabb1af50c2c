package main

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
)

// Chromium's camera that draws a turning disc, and its consent to everything.
var (
	fakeCamera  = chromedp.Flag("use-fake-device-for-media-stream", true)
	fakeConsent = chromedp.Flag("use-fake-ui-for-media-stream", true)
)

const recordButton = "[data-testid=camera-record]"

// hold presses the mouse on an element for that long.
func (b *browserTab) hold(selector string, d time.Duration) {
	b.t.Helper()
	at := eval[[]float64](b, "const r = document.querySelector(`"+selector+"`).getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2]")
	b.do(chromedp.MouseEvent(input.DispatchMouseEventTypeMousePressed, at[0], at[1], chromedp.Button("left"), chromedp.ClickCount(1)))
	time.Sleep(d)
	b.do(chromedp.MouseEvent(input.DispatchMouseEventTypeMouseReleased, at[0], at[1], chromedp.Button("left"), chromedp.ClickCount(1)))
}

// cameraShows opens the camera dialog from an element and waits for a picture.
func (b *browserTab) cameraShows(from string) {
	b.t.Helper()
	b.click(from)
	b.wait("document.querySelector('"+recordButton+":not([disabled])')", "the camera is open")
}

// A burst is a group that the split keeps whole; the camera closes with its dialog.
func TestPageCameraRecordsBursts(t *testing.T) {
	b := startBrowser(t, testServer(t).URL, "", fakeCamera, fakeConsent)
	b.page("")
	eval[bool](b, `
		const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices)
		navigator.mediaDevices.getUserMedia = async wanted => globalThis.stream = await open(wanted)
		return true`)
	b.cameraShows("#pick-camera")
	eval[bool](b, `
		const name = document.querySelector('[data-testid=camera-class]')
		name.value = 'left/right'
		name.dispatchEvent(new Event('input'))
		return true`)
	counts := func(n string) {
		t.Helper()
		b.wait("document.querySelector('[data-testid=camera-count]').textContent.endsWith(`"+n+"`)", n)
	}
	b.hold(recordButton, 1200*time.Millisecond)
	b.wait("document.querySelector('[data-testid=camera-count]').textContent.endsWith('in 1 burst')", "a burst was added")
	first := eval[int](b, "return parseInt(document.querySelector('[data-testid=camera-count]').textContent)")
	if first < 2 || first > 8 { // a busy machine takes fewer
		t.Errorf("%d pictures in 1.2 s", first)
	}
	b.hold(recordButton, 0)
	counts("in 2 bursts")
	b.do(chromedp.KeyEvent(" "), chromedp.KeyEvent("\r"))
	counts("in 4 bursts")
	b.click("[data-testid=camera-undo]")
	counts("in 3 bursts")

	if eval[bool](b, "return getComputedStyle(document.querySelector('video')).transform === 'none'") {
		t.Error("the view is not mirrored")
	}
	b.click("#camera-dialog header button")
	b.wait("stream.getTracks().every(track => track.readyState === 'ended')", "the camera is off")

	b.click("[data-class] [data-testid=class-camera]")
	b.wait("document.querySelector('"+recordButton+":not([disabled])')", "the camera is open")
	if got := eval[string](b, "return document.querySelector('[data-testid=camera-class]').value"); got != "left/right" {
		t.Errorf("opened for %q", got)
	}
	b.do(chromedp.KeyEvent("\x1b"))
	b.wait("stream.getTracks().every(track => track.readyState === 'ended')", "Escape turns the camera off")

	images := eval[[]struct{ Name, Split, Group string }](b, `
		const { state } = await import('/app/store.js')
		return state.data.classes[0].images.map(({ name, split, group }) => ({ Name: name, Split: split, Group: group }))`)
	if len(images) != first+2 {
		t.Fatalf("%d images, want %d", len(images), first+2)
	}
	sides, name := map[string]string{}, regexp.MustCompile(`^left_right-\d{8}-\d{6}-\d+\.jpg$`)
	for _, image := range images {
		if !name.MatchString(image.Name) {
			t.Errorf("named %s", image.Name)
		}
		if was, ok := sides[image.Group]; ok && was != image.Split {
			t.Errorf("%s is on both sides", image.Group)
		}
		sides[image.Group] = image.Split
	}
	if len(sides) != 3 {
		t.Errorf("groups %v", sides)
	}
}

// Why there is no camera is said in one sentence, with a way to try again.
func TestPageCameraRefused(t *testing.T) {
	b := startBrowser(t, testServer(t).URL, "", fakeCamera)
	b.page("")
	_, err := chromedp.CallBrowser(b.ctx, browser.SetPermission, browser.SetPermissionParams{
		Permission: &browser.PermissionDescriptor{Name: "camera"}, Setting: browser.PermissionSettingDenied,
	})
	if err != nil {
		t.Fatal(err)
	}
	b.click("#pick-camera")
	says := func(want string) {
		t.Helper()
		b.wait("document.querySelector('[data-testid=camera-problem]:not([hidden])')", "the page says why")
		if got := b.text("[data-testid=camera-problem] p"); !strings.Contains(got, want) || strings.Count(got, ".") != 1 {
			t.Errorf("says %q, want %q", got, want)
		}
	}
	says("was refused")
	for name, want := range map[string]string{"NotFoundError": "plug one in", "NotReadableError": "another program", "OddError": "could not be opened (odd)"} {
		eval[bool](b, `
			navigator.mediaDevices.getUserMedia = async () => { throw new DOMException('odd', '`+name+`') }
			document.querySelector('[data-testid=camera-problem] button').click()
			return true`)
		b.wait("document.querySelector('[data-testid=camera-problem]').textContent.includes(`"+want+"`)", want)
		says(want)
	}
}
