package main

import (
	"strconv"
	"strings"
	"testing"
)

// Every guided page, from its link to the answer: figures are computed, the question is
// answered by the reader first, and what freezing is comes out as it must.
func TestGuidedPages(t *testing.T) {
	b := startBrowser(t, testServer(t).URL, "")
	for key, want := range map[string]struct{ right, text string }{
		"freezing":     {"2", "By 0.0 %"},
		"batch-norm":   {"2", "None"},
		"near-and-far": {"", "against"},
		"gradients":    {"", "less learns"},
		"how-much":     {"", "everything"},
	} {
		b.page("#epochs=1&batch=16&guide=" + key)
		b.wait("document.querySelectorAll('#guide [data-testid=guide-act]').length === 1 && !document.querySelector('#guide [data-testid=guide-claim]')", key)
		for range 2 {
			b.wait("document.querySelector('[data-testid=guide-act]') || document.querySelector('[data-answer]')", key+": the next step")
			if !eval[bool](b, "return Boolean(document.querySelector('[data-testid=guide-act]'))") {
				break
			}
			claims := eval[int](b, "return document.querySelectorAll('[data-testid=guide-claim]').length")
			b.click("[data-testid=guide-act]")
			b.waitFor(2*minute, "document.querySelectorAll('[data-testid=guide-claim]').length > "+strconv.Itoa(claims), key+": what was computed")
		}
		b.wait("document.querySelector('[data-answer]')", key+": the question")
		b.click("[data-answer='" + max(want.right, "0") + "']")
		b.click("[data-testid=guide-see]")
		b.waitFor(2*minute, "document.querySelector('[data-testid=guide-answer]')", key+": the answer")
		got := b.text("#guide")
		t.Log(got)
		if answer := b.text("[data-testid=guide-answer]"); !strings.Contains(answer, want.text) || want.right != "" && !strings.Contains(answer, "You said so") {
			t.Errorf("%s: %s", key, answer)
		}
		if strings.Contains(got, "NaN") || strings.Contains(got, "undefined") {
			t.Errorf("%s says what is no figure: %s", key, got)
		}
	}
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
