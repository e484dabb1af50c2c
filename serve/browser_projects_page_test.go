package main

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// A visit finds what the last one left, in the page: images, plan, runs with their curves,
// and the network that predicts.
func TestPageFindsItsProject(t *testing.T) {
	b := startBrowser(t, testServer(t).URL, "")
	b.page("#epochs=2&batch=8")
	b.dropImages(photos+"boat", photos+"fruit", photos+"house")
	b.wait(`document.querySelectorAll('#classes > [data-class]').length === 3`, "three classes")
	b.click("#train")
	b.wait(`document.querySelector('[data-run="A"][data-status="done"]')`, "the run ends")
	b.wait(`document.querySelector('[data-testid="keeping"]').textContent === 'Kept on this machine.'`, "the project is kept")
	b.wait(`document.querySelector('[data-testid="using"]')`, "its network is in use")
	b.do(chromedp.Sleep(2e9)) // the note of the page comes a moment later
	seen := `return JSON.stringify([[...document.querySelectorAll('#classes > [data-class]')].map(c => c.dataset.class + c.querySelector('[data-testid="count"]').textContent),
		document.querySelector('#run-table').textContent, !document.querySelector('#curves').hidden, document.querySelector('#plan-sentence').textContent, document.querySelector('#download').disabled, document.querySelectorAll('#confusion .cell').length])`
	before := eval[string](b, seen)
	b.page("")
	b.wait(`document.querySelector('[data-run="A"]')`, "the run is there")
	b.wait(`document.querySelector('#plan-sentence')?.textContent`, "the plan is there")
	if after := eval[string](b, seen); after != before {
		t.Errorf("found\n%s, left\n%s", after, before)
	}

	// Another project beside it, and back.
	b.click("#projects-open")
	b.click(`[data-testid="project-new"]`)
	b.wait(`!document.querySelector('#classes > [data-class]') && !document.querySelector('[data-run="A"]')`, "an empty project")
	b.click("#projects-open")
	b.wait(`document.querySelector('[data-project]')`, "the other project")
	b.click(`[data-project] .button`)
	b.wait(`document.querySelectorAll('#classes > [data-class]').length === 3 && document.querySelector('[data-run="A"]')`, "the first project is back")

	// Deleted, it is gone from the next visit too.
	b.click("#projects-open")
	b.click(`[data-testid="project-remove"]`)
	b.click(`[data-testid="project-remove"]`)
	b.wait(`!document.querySelector('#classes > [data-class]')`, "nothing is left")
	b.page("")
	if n := eval[int](b, `return document.querySelectorAll('#classes > [data-class]').length`); n != 0 {
		t.Errorf("%d classes of a deleted project", n)
	}
	b.checkStayedHome()
}

// A run that the page was left in the middle of goes on where its checkpoint is.
func TestPageGoesOnWithARun(t *testing.T) {
	b := startBrowser(t, testServer(t).URL, "")
	b.page("#epochs=1000&batch=8")
	b.dropImages(photos+"boat", photos+"fruit", photos+"house")
	b.wait(`document.querySelectorAll('#classes > [data-class]').length === 3`, "three classes")
	b.wait(`document.querySelector('[data-testid="keeping"]').textContent === 'Kept on this machine.'`, "the images are kept")
	b.click("#train")
	b.wait(`document.querySelector('#run-progress .progress-text')?.textContent.startsWith('Epoch') && document.querySelector('#run-progress progress').value > 100`, "the run trains")
	b.page("")
	b.wait(`!document.querySelector('#interrupted').hidden`, "the run is offered")
	offer := eval[string](b, `return document.querySelector('#interrupted').textContent`)
	if !strings.Contains(offer, "Run A was interrupted at step") || !strings.Contains(offer, "of 3000") {
		t.Error(offer)
	}
	b.click(`[data-testid="go-on"]`)
	b.wait(`document.querySelector('#run-progress .progress-text')?.textContent.startsWith('Epoch')`, "the run goes on")
	b.click("#cancel")
	b.wait(`document.querySelector('[data-run="A"][data-status="cancelled"]')`, "it is cancelled")
	b.wait(`document.querySelector('[data-testid="using"]')`, "its network is in use")
	if n := eval[int](b, `return document.querySelectorAll('tr[data-run]').length`); n != 1 {
		t.Errorf("%d runs", n)
	}
}
