package main

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// copyTo makes a folder with copies of files, each under the path that it is given.
func copyTo(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "pictures")
	for name, from := range files {
		content, err := os.ReadFile(from)
		if err != nil {
			t.Fatal(err)
		}
		to := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(to, content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// The person's own test set is measured and that is told; a folder gives a table with
// figures, a threshold to drag and a CSV file, and what the network does not know is named;
// two runs answer side by side on one image.
func TestPagePredictsAFolder(t *testing.T) {
	own, others := map[string]string{}, map[string]string{"fruit/fruit-1.jpg": photos + "fruit/fruit-1.jpg", "boat/empty.jpg": testImages + "bad/empty.jpg"}
	for _, class := range []string{"boat", "house"} {
		for i, from := range glob(t, photos+class+"/*") {
			name := class + "/" + filepath.Base(from)
			switch {
			case i < 4:
				own["train/"+name] = from
			case i < 6:
				own["test/"+name] = from
			default:
				others[class+"/=1+1, "+filepath.Base(from)] = from
			}
		}
	}
	others["boat/known.jpg"] = photos + "boat/boat-1.jpg"
	b := startBrowser(t, testServer(t).URL, "")
	b.page("#epochs=3")
	saved := b.downloads()
	b.dropImages(copyTo(t, own))
	b.has("boat 6, house 6")
	b.click("#train")
	b.wait("document.querySelector('#run-table tr[data-run=A]')?.dataset.status === 'done'", "the run ends")
	if got := eval[bool](b, "return performance.getEntriesByType('resource').some(({ name }) => name.endsWith('/app/predictions.js'))"); got {
		t.Error("the table of predictions was loaded before it was asked for")
	}

	b.click("[data-testid=measure-test]")
	b.wait("document.querySelector('[data-testid=figures]')", "the figures of the test set")
	if got := b.text("[data-testid=figures]"); !strings.Contains(got, "of 4 images") || !strings.Contains(got, "Balanced accuracy") {
		t.Error(got)
	}
	if got := b.text("[data-testid=tested]"); !strings.Contains(got, "run A") || !strings.Contains(got, "of 4") {
		t.Errorf("measured before: %q", got)
	}

	if got := b.text("#test-set"); !strings.Contains(got, "Once, at the end: nothing was chosen by these images yet") {
		t.Errorf("why once: %q", got)
	}
	b.click("[data-testid=measure-test]")
	if got := b.text("[data-testid=measure-test]"); got != "It was measured before. Again?" {
		t.Errorf("measured again at one click: %q", got)
	}

	b.drop("#predict-drop", copyTo(t, others))
	b.wait("document.querySelectorAll('#predictions tr[data-answer]').length === 6 && document.querySelector('[data-testid=figures]')", "six images in a table")
	if eval[bool](b, "return [...document.querySelectorAll('#predictions img.thumb')].some(({ src }) => src)") {
		t.Error("thumbnails were made before they were in view")
	}
	eval[any](b, "document.querySelector('#predictions tr[data-answer]').scrollIntoView()")
	b.wait("document.querySelector('#predictions img.thumb')?.naturalWidth > 0", "a thumbnail")
	if got := b.text("[data-testid=unknown-labels]"); !strings.Contains(got, "fruit (1 image)") {
		t.Error(got)
	}
	if got := b.text("[data-testid=seen]"); !strings.Contains(got, "1 of these 6 images") {
		t.Error(got)
	}
	if got := b.text("[data-testid=predict-refused]"); !strings.Contains(got, "empty.jpg is empty") {
		t.Error(got)
	}
	if got := b.text("[data-testid=figures]"); !strings.Contains(got, "of 5 images") {
		t.Error(got)
	}
	orders := eval[bool](b, "const wrong = [...document.querySelectorAll('#predictions tr[data-answer]')].map(row => 'wrong' in row.dataset); return wrong.lastIndexOf(true) < wrong.filter(Boolean).length")
	if !orders {
		t.Error("wrong ones do not come first")
	}
	if sure := eval[[]float64](b, "return [...document.querySelectorAll('#predictions tr[data-answer]:not([data-wrong]) td:last-child')].map(cell => parseFloat(cell.textContent))"); !slices.IsSorted(sure) {
		t.Errorf("of those that are right the least sure do not come first: %v", sure)
	}
	if got := b.text("[data-testid=figures-classes]"); !strings.Contains(got, "Recall") || !strings.Contains(got, "Precision") || strings.Count(got, " to ") < 2 {
		t.Errorf("by class: %q", got)
	}
	none, all := eval[string](b, slid+"return slide(0)"), eval[string](b, slid+"return slide(1e9)")
	if !strings.Contains(none, "sensitivity 0.0 % (0 of 2 found), specificity 100.0 % (3 of 3") || !strings.Contains(all, "sensitivity 100.0 % (2 of 2 found), specificity 0.0 % (0 of 3") {
		t.Errorf("nothing is positive: %q; all is: %q", none, all)
	}
	eval[any](b, typed+"type('[data-testid=predictions-filter]', 'class:boat')")
	b.wait("[...document.querySelectorAll('#predictions tr[data-answer] td:nth-child(4)')].every(cell => cell.textContent.includes('boat'))", "those taken for boats alone")

	b.click("[data-testid=predictions-csv]")
	text, err := os.ReadFile(waitForFile(t, saved, "predictions.csv"))
	lines := strings.Split(string(text), "\r\n")
	if err != nil || lines[0] != "\ufefffile,label,class,boat,house" || len(lines) != 8 || !strings.Contains(string(text), `"pictures/boat/=1+1, `) {
		t.Errorf("%v: %q", err, text)
	}
	if cells := eval[string](b, "const { csv } = await import('/app/csv.js'); return csv([['=1+1', 'a\"b', '@x', -1]]).text()"); cells != "'=1+1,\"a\"\"b\",'@x,-1\r\n" {
		t.Errorf("%q", cells)
	}

	ended := failure(b, `
		const { state } = await import('/app/store.js')
		const file = await (await fetch('/icon.svg')).blob()
		const end = new AbortController()
		const asked = state.thaw.predictFiles(Array.from({ length: 50 }, (_, i) => ({ path: i + '.txt', file })), { signal: end.signal })
		end.abort()
		await asked`)
	if ended != "cancelled: Cancelled." {
		t.Error(ended)
	}
	// Cancelled in the page: figures of what was asked until then, and of how many.
	eval[bool](b, `
		const { predictFiles } = await import('/app/predictions.js')
		const pixel = new OffscreenCanvas(8, 8)
		pixel.getContext('2d').fillRect(0, 0, 4, 4)
		const file = await pixel.convertToBlob()
		const place = document.querySelector('#predictions')
		new MutationObserver((_, observer) => {
			if (!place.querySelector('table')) return
			observer.disconnect()
			document.querySelector('#predict-progress button').click()
		}).observe(place, { childList: true, subtree: true })
		predictFiles(Array.from({ length: 3000 }, (_, i) => ({ path: 'boat/' + i + '.png', file })))
		return true`)
	b.wait("document.querySelector('[data-testid=predict-stopped]')?.textContent.includes('of 3,000 images')", "it stopped in the middle")
	b.wait("document.querySelector('#predictions [data-testid=figures]')", "there are figures of what was asked")
	b.click(`label:has([data-testid="preset-unfreeze-all"])`)
	b.click("#train")
	b.wait("document.querySelector('#run-table tr[data-run=B]')?.dataset.status === 'done'", "another run ends")
	b.drop("#predict-drop", photos+"fruit/fruit-1.jpg")
	b.wait("document.querySelectorAll('[data-prediction]').length === 2 && document.querySelector('#predictions').hidden", "one image has no table")
	eval[any](b, typed+"type('[data-testid=beside]', 'run 1')")
	b.wait("document.querySelectorAll('[data-testid=beside-table] tbody tr').length === 2", "both runs answer")
	if got := b.text("[data-testid=beside-table]"); !strings.Contains(got, "run B") || !strings.Contains(got, "run A") {
		t.Error(got)
	}
	if got := b.text("[data-testid=beside-verdict]"); !strings.HasPrefix(got, "Both say ") && !strings.HasPrefix(got, "They differ: run B says ") {
		t.Errorf("in words: %q", got)
	}
	b.checkRunTakenUp(saved)
	if notices := b.notices(); len(notices) > 0 {
		t.Error(strings.Join(notices, " "))
	}
	b.checkStayedHome()
}

// checkRunTakenUp takes run A up in the table, behind run B: it predicts what it said
// beside B, its matrix is shown, and it is what is downloaded.
func (b *browserTab) checkRunTakenUp(saved string) {
	b.t.Helper()
	const answers = "Object.fromEntries([...document.querySelectorAll('[data-prediction]')].map(bar => [bar.dataset.prediction, bar.querySelector('.number').textContent]))"
	beside := eval[map[string]string](b, "return Object.fromEntries([...document.querySelectorAll('[data-testid=beside-table] tbody tr')].map(({ cells }) => [cells[0].textContent, cells[2].textContent]))")
	if got := b.text("#confusion h3"); !strings.HasPrefix(got, "What run B mixes up") {
		b.t.Errorf("before: %q", got)
	}
	b.click("#run-table tr[data-run=A] [data-testid=use-run]")
	b.wait("document.querySelector('#run-table tr[data-run=A] [data-testid=using]') && !document.querySelector('#run-table tr[data-run=B] [data-testid=using]')", "run A is in use, and B is not")
	b.wait("document.querySelector('#confusion h3').textContent.startsWith('What run A mixes up')", "its matrix is shown")
	b.drop("#predict-drop", photos+"fruit/fruit-1.jpg")
	b.wait("document.querySelector('[data-testid=beside]')?.options.length === 2 && [...document.querySelector('[data-testid=beside]').options].some(({ value }) => value === 'run 2')", "run A predicts, and B can stand beside it")
	if got := eval[map[string]string](b, "return "+answers); !maps.Equal(got, beside) {
		b.t.Errorf("run A in use says %v, beside run B it said %v", got, beside)
	}
	b.click("#other-formats summary")
	b.click("#download-onnx")
	if got := filepath.Base(waitForFile(b.t, saved, "-onnx.zip")); !strings.Contains(got, "head-only") {
		b.t.Errorf("what is downloaded is called %s", got)
	}
}

// slid moves the threshold to a point of the curve, as a drag does.
const slid = `const slide = to => {
	const slider = document.querySelector('[data-testid=threshold]')
	slider.value = to
	slider.dispatchEvent(new Event('input', { bubbles: true }))
	return document.querySelector('[data-testid=threshold-figures]').textContent
}
`
