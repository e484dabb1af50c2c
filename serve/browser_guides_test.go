package main

import (
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// Every guided page, from its link to the answer: figures are computed, the question is
// answered by the reader first, and what freezing is comes out as it must.
func TestGuidedPages(t *testing.T) {
	code, err := os.ReadFile("../testdata/keras-code/thawed-inference.py")
	if err != nil {
		t.Fatal(err)
	}
	if pages, err := os.ReadFile("../web/app/lab/guide-pages.js"); err != nil || !strings.Contains(string(pages), strings.TrimSpace(string(code))) {
		t.Errorf("the page reads other code than that which both versions of Keras were asked about (%v)", err)
	}
	b := startBrowser(t, testServer(t).URL, "")
	for _, want := range []struct{ key, right, text string }{ // worlds that follow each other are drawn once
		{"gradients", "", "less learns"},
		{"freezing", "2", "By 0.0 %"},
		{"near-and-far", "", "against"},
		{"batch-norm", "2", "None"},
		{"how-much", "", "everything"},
	} {
		key := want.key
		b.page("#epochs=1&batch=16&guide=" + key)
		b.wait("document.querySelectorAll('#guide [data-testid=guide-act]').length === 1 && !document.querySelector('#guide [data-testid=guide-claim]')", key)
		for range 3 {
			b.wait("document.querySelector('[data-testid=guide-act]') || document.querySelector('[data-answer]')", key+": the next step")
			if !eval[bool](b, "return Boolean(document.querySelector('[data-testid=guide-act]'))") {
				break
			}
			claims := eval[int](b, "return document.querySelectorAll('[data-testid=guide-claim]').length")
			b.click("[data-testid=guide-act]")
			b.waitFor(2*minute, "document.querySelectorAll('[data-testid=guide-claim]').length > "+strconv.Itoa(claims), key+": what was computed")
			b.wait("document.querySelector('.guide-steps > :last-child').contains(document.activeElement)", key+": the keyboard is where it goes on")
		}
		b.wait("document.querySelector('[data-answer]')", key+": the question")
		b.click("[data-answer='" + max(want.right, "0") + "']")
		b.click("[data-testid=guide-see]")
		b.waitFor(2*minute, "document.querySelector('[data-testid=guide-answer]')", key+": the answer")
		got := b.text("#guide")
		t.Log(got)
		if !eval[bool](b, "return document.activeElement.dataset.testid === 'guide-next'") {
			t.Errorf("%s: after the answer the keyboard is elsewhere", key)
		}
		if answer := b.text("[data-testid=guide-answer]"); !strings.Contains(answer, want.text) || want.right != "" && !strings.Contains(answer, "You said so") {
			t.Errorf("%s: %s", key, answer)
		}
		if strings.Contains(got, "NaN") || strings.Contains(got, "undefined") {
			t.Errorf("%s says what is no figure: %s", key, got)
		}
	}
	b.do(chromedp.KeyEvent(kb.Escape))
	b.wait("!document.querySelector('#guide') && document.activeElement.dataset.testid === 'guides'", "Escape closes, and the keyboard is where it was")
	b.checkStayedHome()
}

// A teacher's link brings plan, settings, generated images and a question, never images of
// one's own.
func TestTeachersLink(t *testing.T) {
	b := startBrowser(t, testServer(t).URL, "")
	b.page("#plan=from:block8_1&epochs=2&world=margin&ask=What+does+freezing+cost%3F&answers=Little|Much")
	b.wait("document.querySelectorAll('#guide [data-answer]').length === 2", "the question")
	b.wait("document.querySelector('#train').ariaDisabled !== 'true'", "the images")
	b.click("[data-answer='1']")
	b.wait("document.querySelector('[data-testid=question-next]')", "what to do next")
	b.click("[data-testid=make-link]")
	b.wait("document.querySelector('#link-made')?.value.includes('world=margin')", "the link")
	made := eval[string](b, `
		document.querySelector('#link-ask').value = 'Why?'
		document.querySelector('#link-ask').dispatchEvent(new Event('input'))
		return document.querySelector('#link-made').value`)
	for _, part := range []string{"plan=from", "epochs=2", "world=margin", "ask=Why", "answers=Yes"} {
		if !strings.Contains(made, part) {
			t.Errorf("the link %s lacks %s", made, part)
		}
	}
}
