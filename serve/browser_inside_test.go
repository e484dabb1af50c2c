package main

import (
	"strings"
	"testing"
)

// What is inside is shown when it is asked for, and loaded then: a probe of every block
// before any training, live figures of a run's blocks, and what the run changed. Closed,
// runs tell nothing of blocks.
func TestPageLooksInside(t *testing.T) {
	b := startBrowser(t, testServer(t).URL, "")
	b.page("#epochs=2&validation=0.5&restate=yes")
	b.dropImages(photos+"boat", photos+"house")
	b.wait(shown+" === 'boat 8, house 8'", "the photographs")
	if eval[bool](b, `return performance.getEntriesByType('resource').some(({ name }) => name.endsWith('/lens.js'))`) {
		t.Error("the panel is loaded before it is opened")
	}
	b.click("#inside > summary")
	b.wait("document.querySelector('#probe') && !document.querySelector('#probe').disabled", "the panel")
	b.click("#probe")
	b.wait("document.querySelector('#reading-table tr[data-of=conv_7b]')", "the probe")
	const blocks = "document.querySelectorAll('.column').length"
	if !eval[bool](b, "return document.querySelectorAll('#reading-chart rect.value').length === "+blocks+" - 1 && document.querySelectorAll('#reading-chart .spread').length === "+blocks+" - 1") {
		t.Errorf("not all blocks have a bar with its interval: %s", b.text("#reading-chart"))
	}
	if text := b.text("#reading-more"); !strings.Contains(text, "Foretold: freezing will cost") {
		t.Errorf("the probe foretells nothing: %s", text)
	}
	b.wait(`document.querySelector('[data-testid="forecast"]')`, "the same where plans are compared")
	b.click("#train")
	b.wait(`document.querySelector('[data-run="A"][data-status="done"]')`, "the run")
	// show picks a figure and gives its numbers by block.
	const show = `const show = reading => {
		const select = document.querySelector('#reading')
		select.value = reading
		select.dispatchEvent(new Event('change'))
		return Object.fromEntries([...document.querySelectorAll('#reading-table tr[data-of]')].map(row => [row.dataset.of, row.cells[1].textContent]))
	}
	`
	if gap := eval[map[string]string](b, show+"return show('gap')"); gap["stem"] == "" || gap["conv_7b"] == "–" {
		t.Errorf("domain gap: %v", gap)
	}
	got := eval[struct{ Gradient, Ratio, Moved, Drift, Alike map[string]string }](b, show+`
		return { Gradient: show('gradient'), Ratio: show('ratio'), Moved: show('moved'), Drift: show('drift'), Alike: show('alike') }`)
	// Only the head learned: nothing before it has a gradient, moved or drifted.
	for _, figures := range []map[string]string{got.Gradient, got.Ratio} {
		if figures["stem"] != "–" || figures["head"] == "–" || figures["head"] == "" {
			t.Errorf("%v", figures)
		}
	}
	if got.Moved["stem"] != "0.0 %" || got.Moved["head"] == "0.0 %" || got.Drift["stem"] != "–" || got.Alike["stem"] != "1.000" {
		t.Errorf("moved %v, drift %v, alike %v", got.Moved, got.Drift, got.Alike)
	}

	eval[any](b, `document.querySelector('input[data-testid="preset-unfreeze-all"]').click()`)
	b.wait("!document.querySelector('[data-pending]') && document.querySelector('[data-block=stem]').dataset.learns === 'thawed'", "the plan that thaws all")
	b.click("#train")
	b.wait(`document.querySelector('[data-run="B"][data-status="done"]')`, "the second run")
	if got := eval[string](b, "return document.querySelector('#curve-accuracy').getAttribute('aria-label')"); !strings.Contains(got, "with statistics anew") || strings.Count(got, "with statistics anew") != 1 {
		t.Errorf("the curves of B alone have statistics anew: %q", got)
	}
	got = eval[struct{ Gradient, Ratio, Moved, Drift, Alike map[string]string }](b, show+`
		return { Gradient: show('gradient'), Moved: show('moved'), Alike: show('alike'), Drift: show('drift') }`)
	if got.Gradient["stem"] == "–" || got.Moved["stem"] == "0.0 %" || got.Drift["stem"] == "–" || got.Alike["conv_7b"] == "1.000" {
		t.Errorf("all thawed: %+v", got)
	}
	b.click("#reading-series > summary")
	b.wait("document.querySelectorAll('#series figure').length === "+blocks+" && document.querySelector('#series [data-of=stem]').textContent.includes('pass 2')", "readings over time")
	b.wait(`document.querySelector('#reading-more').textContent.includes('computed anew from 8 training images')`, "what statistics computed anew give")
	if n := eval[int](b, show+"show('alike'); return document.querySelectorAll('#compared option').length"); n != 2 {
		t.Errorf("likeness with %d networks, want the start and run A", n)
	}

	// The images behind a cell: labels are mended, images set aside, and training again
	// computes no features anew.
	b.click("#confusion .cell")
	b.wait("document.querySelectorAll('#cell-dialog[open] li').length > 0", "the images of a cell")
	b.wait("document.querySelector('#cell-dialog .thumb').src.startsWith('blob:')", "their thumbnails")
	if got := eval[string](b, `const cell = document.querySelector('#confusion .cell')
		return document.querySelectorAll('#cell-dialog li').length + ' of ' + cell.textContent`); got[:1] != got[len(got)-1:] {
		t.Errorf("a cell shows %s images", got)
	}
	b.click("[data-testid=cell-aside]")
	b.wait("document.querySelector('#cell-dialog li[data-aside]')", "an image set aside")
	b.wait(shown+" === 'boat 8, house 8' && document.querySelector('#classes').textContent.includes('1 set aside')", "the image in its class")
	b.click("[data-testid=cell-aside]")
	b.wait("!document.querySelector('#cell-dialog li[data-aside]')", "the image taken back")
	eval[any](b, `const to = document.querySelector('[data-testid=cell-class]')
		to.value = to.value === 'boat' ? 'house' : 'boat'
		to.dispatchEvent(new Event('change'))`)
	b.wait(shown+" !== 'boat 8, house 8'", "the image in another class")
	b.click("#cell-dialog [data-testid=images-undo]")
	b.wait(shown+" === 'boat 8, house 8'", "the image where it was")

	// Where the network looks, before and after, with the control.
	b.click("#cell-dialog [data-testid=look]")
	const both = "document.querySelectorAll('#cam-dialog[open] .cam-sides > section:has(canvas)').length === 2"
	b.wait(both, "maps before and after")
	b.click("[data-testid=cam-cover]")
	b.wait("document.querySelectorAll('#cam-dialog [data-control]').length === 2", "the control of both")
	if got := b.text("#cam-dialog [data-control]"); !strings.Contains(got, "Covered: most is lost") || !strings.Contains(got, "r = ") && !strings.Contains(got, "cannot be compared") {
		t.Errorf("the control says %q", got)
	}
	if took := eval[float64](b, `const start = performance.now()
		const blocks = document.querySelector('#cam-dialog [data-part=block]')
		for (const value of [0, blocks.max]) {
			blocks.value = value
			blocks.dispatchEvent(new Event('input'))
		}
		return performance.now() - start`); b.text("[data-testid=cam-block]") != "conv_7b" || took > 2000 {
		t.Errorf("the last block is %q, after %v ms", b.text("[data-testid=cam-block]"), took)
	}
	eval[any](b, `const left = document.querySelector('[data-testid=cam-other]')
		left.value = 'loaded'
		left.dispatchEvent(new Event('change'))`)
	b.wait(both+" && document.querySelector('[data-testid=cam-before] h3').textContent === 'Loaded layers, trained head'", "the loaded layers")
	eval[any](b, "document.querySelector('#cam-dialog').close()")
	b.click("[data-testid=train-again]")
	b.wait(`document.querySelector('[data-run="C"][data-status="done"]')`, "training again")
	b.checkStayedHome()
}
