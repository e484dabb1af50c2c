package main

import (
	"archive/zip"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// What a person sees before images are taken, and what is asked of them.

// previewShows waits for the dialog, and returns its button's words.
func (b *browserTab) previewShows() string {
	b.t.Helper()
	b.wait("document.querySelector('#preview-dialog[open] [data-testid=preview-cancel]')", "the page shows what would come in")
	return eval[string](b, "return document.querySelector('[data-testid=preview-add]')?.textContent ?? ''")
}

// has waits until the page has these classes, as in "boat 8, house 2".
func (b *browserTab) has(classes string) {
	b.t.Helper()
	b.wait("(await import('/app/store.js')).state.data.classes.map(c => `${c.name} ${c.images.length}`).join(', ') === '"+classes+"'", "the page has "+classes)
}

// Enter takes what is shown, Escape nothing.
func TestPagePreviewKeys(t *testing.T) {
	b := startBrowser(t, testServer(t).URL, "")
	b.page("")
	b.drop("#drop", photos+"boat", photos+"house")
	if got := b.previewShows(); got != "Add 16 images in 2 classes" {
		t.Errorf("offers %q", got)
	}
	b.do(chromedp.EmulateViewport(390, 480))
	if box := eval[[]float64](b, "const r = document.querySelector('[data-testid=preview-add]').getBoundingClientRect(); return [r.top, r.bottom]"); box[0] < 0 || box[1] > 480 {
		t.Errorf("on a small phone the button is at %v", box)
	}
	b.do(chromedp.EmulateViewport(1280, 720), chromedp.KeyEvent("\x1b"))
	b.wait("!document.querySelector('#preview-dialog[open]')", "Escape closes")
	b.has("")
	b.drop("#drop", photos+"boat", photos+"house")
	b.previewShows()
	b.do(chromedp.KeyEvent("\r"))
	b.has("boat 8, house 8")
}

// Loose images are of a class that a person names; what is no image is not asked for one.
func TestPageAsksForClass(t *testing.T) {
	b := startBrowser(t, testServer(t).URL, "")
	b.page("")
	b.dropImages(photos + "boat")
	b.has("boat 8")
	b.drop("#drop", photos+"house/house-1.jpg", photos+"house/house-2.jpg")
	b.previewShows()
	b.do(chromedp.KeyEvent("house")) // over the name proposed
	if got := b.text("[data-testid=preview-add]"); got != "Add 2 images to house" {
		t.Errorf("offers %q", got)
	}
	b.do(chromedp.KeyEvent("\r"))
	b.has("boat 8, house 2")

	// Pasted, into a class that is there.
	eval[bool](b, `
		const clipboardData = new DataTransfer()
		clipboardData.items.add(new File([await (await fetch('/screenshot.png')).blob()], 'image.png', { type: 'image/png' }))
		document.body.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true }))
		return true`)
	b.previewShows()
	b.click(".preview-one button")
	b.takeImages()
	b.has("boat 9, house 2")

	paper := filepath.Join(t.TempDir(), "paper.jpg")
	if err := os.WriteFile(paper, []byte("%PDF-1.7\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	b.drop("#drop", paper)
	if got := b.previewShows(); got != "" || !strings.Contains(b.text("#preview-dialog"), "is a PDF document") {
		t.Errorf("a PDF: %q, %s", got, b.text("#preview-dialog"))
	}
	if eval[bool](b, "return document.querySelector('[data-testid=which-class]') !== null") {
		t.Error("asks which class a PDF is")
	}
}

// Labels of a table, with a patient's images kept together and an own test set.
func TestPageTakesTable(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "scans")
	table := "file,finding,patient\n"
	for i, from := range glob(t, photos+"*/*") {
		content, err := os.ReadFile(from)
		if err != nil {
			t.Fatal(err)
		}
		name := strings.Repeat("x", i+1) + ".jpg"
		side := []string{"train", "test"}[i%2]
		to := filepath.Join(dir, side, name)
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(to, content, 0o644); err != nil {
			t.Fatal(err)
		}
		table += name + "," + filepath.Base(filepath.Dir(from)) + ",p" + string(rune('0'+i/3)) + "\n"
	}
	if err := os.WriteFile(filepath.Join(dir, "labels.csv"), []byte(table), 0o644); err != nil {
		t.Fatal(err)
	}
	b := startBrowser(t, testServer(t).URL, "")
	b.page("")
	b.drop("#drop", dir)
	if got := b.previewShows(); got != "Add 24 images in 3 classes" {
		t.Errorf("offers %q: %s", got, b.text("#preview-dialog"))
	}
	if got := b.text("#preview-dialog"); !strings.Contains(got, "12 to test on, untouched") {
		t.Errorf("its own test set: %s", got)
	}
	patient := eval[string](b, `
		const select = document.querySelector('[data-testid=preview-group]')
		const option = [...select.options].find(option => option.textContent.includes('patient'))
		select.value = option?.value
		return option?.textContent ?? ''`)
	if !strings.Contains(patient, "8 groups") {
		t.Errorf("the column of patients: %q", patient)
	}
	b.click("[data-testid=preview-add]")
	b.has("boat 8, fruit 8, house 8")
	sides := eval[map[string]string](b, `
		const { state } = await import('/app/store.js')
		const sides = {}
		for (const image of state.data.classes.flatMap(c => c.images)) {
			if (image.split !== 'test') sides[image.group] = [...new Set([...(sides[image.group]?.split(',') ?? []), image.split])].join()
		}
		return { ...sides, test: String(state.data.classes.flatMap(c => c.images).filter(image => image.split === 'test').length) }`)
	if sides["test"] != "12" {
		t.Errorf("%s images to test on", sides["test"])
	}
	for patient, side := range sides {
		if strings.Contains(side, ",") {
			t.Errorf("patient %s is on both sides", patient)
		}
	}
}

// Pictures beside a network come in, whatever the network is: in a zip, in a folder, loose.
func TestPageTakesPicturesBesideNetworks(t *testing.T) {
	const foreign = "../testdata/weights/foreign/"
	dir := t.TempDir()
	for _, name := range []string{"scans/boat/boat-1.jpg", "scans/boat/boat-2.jpg", "scans/house/house-1.jpg", "scans/old.onnx"} {
		from := photos + strings.TrimPrefix(name, "scans/")
		if strings.HasSuffix(name, ".onnx") {
			from = foreign + "m.onnx"
		}
		content, err := os.ReadFile(from)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	archive, err := os.Create(filepath.Join(dir, "scans.zip"))
	if err != nil {
		t.Fatal(err)
	}
	z := zip.NewWriter(archive)
	if err := z.AddFS(os.DirFS(filepath.Join(dir, "scans"))); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(z.Close(), archive.Close()); err != nil {
		t.Fatal(err)
	}
	b := startBrowser(t, testServer(t).URL, "")
	b.page("")
	for _, drop := range [][]string{{filepath.Join(dir, "scans.zip")}, {filepath.Join(dir, "scans")}, {filepath.Join(dir, "scans/boat"), filepath.Join(dir, "scans/house"), foreign + "model.tflite"}} {
		b.drop("#drop", drop...)
		if got := b.previewShows(); got != "Add 3 images in 2 classes" || !strings.Contains(b.text("[data-testid=preview-refused]"), "1 file cannot be taken") {
			t.Errorf("%s: offers %q; %s", drop, got, b.text("#preview-dialog"))
		}
		if len(drop) == 3 && !strings.Contains(b.text("[data-testid=preview-refused]"), "TensorFlow Lite") {
			t.Errorf("a network beside them: %s", b.text("[data-testid=preview-refused]"))
		}
		b.click("[data-testid=preview-cancel]")
		b.wait("!document.querySelector('#preview-dialog[open]')", "the dialog closes")
	}
}

// Formats that only the browser reads come where a person lets them, and are marked.
func TestPageOffersBrowserDecoding(t *testing.T) {
	b := startBrowser(t, testServer(t).URL, "")
	b.page("")
	b.dropImages(photos + "boat")
	b.has("boat 8")
	b.drop("#classes > [data-class]", testImages+"foreign/boat.avif")
	if got := b.previewShows(); got != "Add 1 image to boat" {
		t.Errorf("offers %q", got)
	}
	b.click("#preview-dialog [name=browserDecoded]")
	if got := b.text("[data-testid=preview-add]"); got != "No images to add" {
		t.Errorf("left out, it offers %q", got)
	}
	b.click("#preview-dialog [name=browserDecoded]")
	b.takeImages()
	b.has("boat 9")
	b.click("[data-testid=count]")
	if got := b.text("#class-dialog"); !strings.Contains(got, "decoded by this browser") {
		t.Errorf("not marked: %s", got)
	}
}

// Own and generated images come together only where a person says so.
func TestPageDoesNotMix(t *testing.T) {
	b := startBrowser(t, testServer(t).URL, "")
	b.page("")
	b.click("[data-world=near]")
	b.wait("document.querySelector('#classes > [data-class]')", "the images are drawn")
	b.drop("#classes > [data-class]", photos+"boat/boat-1.jpg")
	b.click("[data-testid=own-replace]")
	b.wait("document.querySelectorAll('#classes > [data-class]').length === 1", "the image takes the place of the lesson")

	b.click("#worlds summary")
	asks := func() {
		t.Helper()
		b.click("[data-world=near]")
		b.wait("document.querySelector('#which-dialog[open] [data-testid=world-add]')", "the page asks")
	}
	asks()
	b.do(chromedp.KeyEvent("\x1b"))
	b.wait("!document.querySelector('#which-dialog[open]')", "Escape closes")
	asks()
	b.click("[data-testid=world-replace]")
	b.wait("document.querySelectorAll('#classes > [data-class]').length > 1 && !document.querySelector('#classes').textContent.includes('1 image')", "the lesson takes the place of the image")
}

// What was refused is in sight on a small screen, of the last drop alone.
func TestPageShowsRefused(t *testing.T) {
	b := startBrowser(t, testServer(t).URL, "")
	b.page("")
	b.dropImages(photos+"boat", photos+"house", testImages+"photos.zip")
	b.wait("!document.querySelector('#refused').hidden", "the zip's bad files are told")
	box := eval[[]float64](b, "const r = document.querySelector('#refused').getBoundingClientRect(); return [r.top, r.bottom, innerHeight]")
	if box[0] < 0 || box[1] > box[2] {
		t.Errorf("the line is at %v", box)
	}
	for _, want := range []string{"2 files refused", "photos.zip", "notes.txt", "broken.jpg"} {
		if got := b.text("#refused"); !strings.Contains(got, want) {
			t.Errorf("no %q in %s", want, got)
		}
	}
	b.dropImages(photos+"fruit", testImages+"bad/empty.jpg")
	b.wait("document.querySelector('#refused').textContent.includes('empty.jpg')", "the next drop's are told")
	if got := b.text("#refused"); strings.Contains(got, "notes.txt") || !strings.Contains(got, "1 file refused") {
		t.Errorf("repeats the last drop: %s", got)
	}
}
