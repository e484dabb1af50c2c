package main

import (
	"strings"
	"testing"
)

// shown is the classes as their cards show them: names with counts.
const shown = `[...document.querySelectorAll('#classes > li')].map(c => c.dataset.class + ' ' + c.querySelector('[data-testid="count"]').textContent.split(' ')[0]).join(', ')`

// give a text field a value, as a person does.
const typed = `const type = (selector, text) => {
	const field = document.querySelector(selector)
	field.focus()
	field.value = text
	field.dispatchEvent(new Event('change', { bubbles: true }))
}
`

// Images are chosen with Shift and moved, classes renamed and merged, and all of it is
// taken back by the keys, step by step.
func TestPageMovesImagesAndTakesBack(t *testing.T) {
	b := startBrowser(t, testServer(t).URL, "")
	b.page("")
	b.dropImages(photos+"boat", photos+"house")
	b.wait(shown+" === 'boat 8, house 8'", "the photographs")
	b.click(`[data-class="boat"] [data-testid="count"]`)
	eval[any](b, `
		const items = document.querySelectorAll('#class-dialog [role="option"]')
		items[1].click()
		document.querySelectorAll('#class-dialog [role="option"]')[3].dispatchEvent(new MouseEvent('click', { shiftKey: true, bubbles: true }))
		document.querySelector('[data-testid="aside-chosen"]').click()`)
	b.wait(`document.querySelector('[data-testid="aside-chosen"]').textContent === 'Take back' && document.querySelectorAll('#class-dialog [title*="set aside by hand"]').length === 3`, "three images set aside")
	eval[any](b, `document.querySelector('[data-testid="aside-chosen"]').click()`)
	b.wait(`document.querySelector('[data-testid="aside-chosen"]').textContent === 'Set aside'`, "them taken back")
	eval[any](b, `
		document.querySelector('[data-testid="move-to"]').value = 'house'
		document.querySelector('[data-testid="move"]').click()`)
	b.wait(shown+" === 'boat 5, house 11'", "three images moved")
	if got := eval[string](b, `return document.querySelector('#class-dialog [data-testid="images-undo"]').textContent`); got != "Undo: moved 3 images to house" {
		t.Errorf("%q", got)
	}
	eval[any](b, `document.querySelector('#class-dialog').close()`)
	eval[any](b, typed+`type('[data-class="boat"] .class-name', 'ship')`)
	b.wait(shown+" === 'ship 5, house 11'", "the new name")
	if got := eval[string](b, `return document.activeElement.value`); got != "ship" {
		t.Errorf("the focus is on %q, not on the name", got)
	}
	eval[any](b, typed+`type('[data-class="ship"] .class-name', 'house')`)
	b.wait(`document.querySelector('[data-testid="merge-yes"]')`, "the question whether to merge")
	b.click(`[data-testid="merge-yes"]`)
	b.wait(shown+" === 'house 16'", "the merge")
	for _, want := range []string{"ship 5, house 11", "boat 5, house 11", "boat 8, house 8"} {
		eval[any](b, `document.querySelector('#images').dispatchEvent(new KeyboardEvent('keydown', { key: 'z', ctrlKey: true, bubbles: true }))`)
		b.wait(shown+" === '"+want+"'", "undone: "+want)
	}
	eval[any](b, `document.querySelector('#images').dispatchEvent(new KeyboardEvent('keydown', { key: 'Z', ctrlKey: true, shiftKey: true, bubbles: true }))`)
	b.wait(shown+" === 'boat 5, house 11'", "done again")
	b.checkStayedHome()
}

// A class renamed after training goes on with what was learned, and one that is new is said.
func TestPageKeepsTheHead(t *testing.T) {
	b := startBrowser(t, testServer(t).URL, "")
	b.page("#epochs=1")
	b.dropImages(photos+"boat", photos+"house")
	b.wait(shown+" === 'boat 8, house 8'", "the photographs")
	b.click("#train")
	b.wait(`document.querySelector('[data-run="A"][data-status="done"]')`, "the run")
	eval[any](b, typed+`type('[data-class="boat"] .class-name', 'ship'); type('#set-start', 'last')`)
	b.wait(shown+" === 'ship 8, house 8'", "the new name")
	head := eval[string](b, `
		await new Promise(done => setTimeout(done, 500))
		return document.querySelector('#head-start').textContent`)
	if head != "" {
		t.Errorf("%q, though all is kept", head)
	}
	eval[any](b, typed+`type('[data-class="house"] .class-name', 'home')
		document.querySelector('#new-class-name').value = 'fruit'
		document.querySelector('#new-class').requestSubmit()`)
	b.wait(shown+" === 'ship 8, home 8, fruit no'", "another class")
	b.drop(`[data-class="fruit"]`, photos+"fruit/fruit-1.jpg", photos+"fruit/fruit-2.jpg")
	b.wait("document.querySelector('#head-start').textContent === 'What was learned of 2 classes is kept; fruit starts anew.'", "what is kept")
	b.click("#train")
	b.wait(`document.querySelector('[data-run="B"][data-status="done"]')`, "the second run")
	if notices := b.notices(); len(notices) > 0 {
		t.Error(strings.Join(notices, " "))
	}
}

// Of a picture under two classes a person says which label is right; extra copies go by one
// button; what looks alike is listed when asked, and kept together.
func TestPageAsksWhichLabelIsRight(t *testing.T) {
	b := startBrowser(t, testServer(t).URL, "")
	b.page("")
	b.dropImages(photos+"boat", photos+"house")
	b.wait(shown+" === 'boat 8, house 8'", "the photographs")
	pictures := testImages + "duplicates/"
	b.drop(`[data-class="boat"]`, pictures+"boat.png", pictures+"same-pixels.bmp", pictures+"recompressed.jpg", pictures+"other.png")
	b.wait(shown+" === 'boat 12, house 8'", "copies in one class")
	b.drop(`[data-class="house"]`, pictures+"other.png")
	b.wait("document.querySelector('#duplicates summary').textContent.includes('under two classes: which label is right?')", "the question")
	b.click("#duplicates summary")
	b.click(`[data-right="boat"]`)
	b.wait(shown+" === 'boat 12, house 8'", "the wrong one is gone")
	b.click("[data-testid=remove-copies]")
	b.wait(shown+" === 'boat 11, house 8' && document.querySelector('#duplicates').hidden", "the copy is gone")
	b.click("#alike summary")
	b.click("[data-testid=look-alike]")
	b.wait("document.querySelectorAll('[data-testid=alike-group] img').length >= 2", "what looks alike")
	eval[any](b, "document.querySelector('[data-testid=alike-group] button').click()")
	b.wait("document.querySelector('[data-testid=images-undo]')?.textContent.includes('together') && !document.querySelector('[data-testid=alike-group]')", "they are kept together")
}
