package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// The page as a frame: it stays where it is, refuses where one types, says what is under
// way, and takes back what was done.

// The document itself never scrolls: whatever is focused, however many classes, however
// small the window.
func TestDocumentStays(t *testing.T) {
	b := startBrowser(t, testServer(t).URL, "")
	b.page("")
	eval[bool](b, `
		const { set, state } = await import('/app/store.js')
		let data
		for (let i = 0; i < 30; i++) data = (await state.thaw.data.add('class ' + i, [])).data
		set({ data })
		return true`)
	for _, window := range [][2]int{{1280, 720}, {640, 360}, {390, 844}} {
		b.do(chromedp.EmulateViewport(int64(window[0]), int64(window[1])))
		got := eval[[]float64](b, `
			const root = document.documentElement
			let moved = 0
			const fields = [...document.querySelectorAll('button, input, select, summary, [tabindex]')].filter(e => e.checkVisibility())
			for (const field of fields) {
				field.focus()
				field.scrollIntoView()
				moved = Math.max(moved, root.scrollTop, document.body.scrollTop, scrollY)
			}
			scrollTo(0, 1000)
			return [fields.length, Math.max(moved, scrollY), root.scrollHeight - innerHeight, root.scrollWidth - innerWidth]`)
		if got[0] < 30 || got[1] != 0 || got[2] > 0 || got[3] > 0 {
			t.Errorf("%v: with %v fields focused, the document scrolled by %v and is %v px too high, %v too wide", window, got[0], got[1], got[2], got[3])
		}
	}
}

// typeInto types a value into a field and leaves it.
func (b *browserTab) typeInto(selector, value string) {
	b.t.Helper()
	eval[bool](b, "document.querySelector('"+selector+"').select(); return true")
	b.do(chromedp.SendKeys(chromedp.CSS(selector), value+kb.Tab))
}

func TestFieldsRefuseWhatCannotBe(t *testing.T) {
	b := startBrowser(t, testServer(t).URL, "")
	b.page("#epochs=0&rate=nonsense&plan=thaw-it")
	if got := strings.Join(b.notices(), " "); !strings.Contains(got, "epochs=0") || !strings.Contains(got, "rate=nonsense") || !strings.Contains(got, "plan=thaw-it") {
		t.Errorf("the link's mistakes are not told: %s", got)
	}
	for _, c := range [][3]string{{"#set-epochs", "0", "5 stays in force"}, {"#set-rate", "0", "0.001 stays"}, {"#set-batch", "2.5", "whole number"}, {"#size", "9999", "64 stays"}, {"#patterns", "nonsense_*", "plan before stays"}} {
		field, typed, says := c[0], c[1], c[2]
		b.typeInto(field, typed)
		b.wait("document.querySelector('"+field+"').ariaInvalid === 'true'", field+" is refused")
		got := eval[string](b, "const field = document.querySelector('"+field+"'); const described = field.getAttribute('aria-describedby').split(' ').map(id => document.getElementById(id)).filter(e => e.checkVisibility({ visibilityProperty: true }) && e.matches('.problem')); return field.value + ': ' + described.map(e => e.textContent)")
		if !strings.HasPrefix(got, typed+": ") || !strings.Contains(got, says) {
			t.Errorf("%s says %q, want %q", field, got, says)
		}
	}
	// Put right, it is taken, and nothing more is said; of the rest nothing is in force.
	b.typeInto("#set-epochs", "7")
	b.wait("document.querySelector('#set-epochs').ariaInvalid !== 'true' && !document.querySelector('#set-epochs-problem') && location.hash === '#plan=head-only&epochs=7'", "a good value is taken")
}

// Another network takes a while: the page says so at once, and lets it be given up.
func TestChangeOfNetworkIsSeen(t *testing.T) {
	b := startBrowser(t, testServer(t).URL, "")
	b.page("")
	b.click("[data-world=near]")
	b.wait("document.querySelector('#train').ariaDisabled !== 'true'", "training can start")
	got := eval[[]any](b, `
		const select = document.querySelector('#model')
		select.value = 'full'
		select.dispatchEvent(new Event('change'))
		await new Promise(requestAnimationFrame)
		return [document.querySelector('#why').textContent, document.querySelector('#train').ariaDisabled, Boolean(document.querySelector('#weights-progress button')), document.querySelector('#map').ariaBusy, select.value]`)
	if want := []any{"Changing to the full network.", "true", true, "true", "full"}; fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%q, want %q", got, want)
	}
	b.click("#weights-progress button")
	b.wait("document.querySelector('#train').ariaDisabled !== 'true'", "training can start again")
	if got := eval[string](b, "return document.querySelector('#model').value + document.querySelector('#size').value + location.hash"); !strings.HasPrefix(got, "mini64") || strings.Contains(got, "full") {
		t.Errorf("given up, the network is %s", got)
	}
}

func TestPlansAreTakenBack(t *testing.T) {
	b := startBrowser(t, testServer(t).URL, "")
	b.page("")
	b.wait("document.querySelectorAll('.column[data-learns]').length === document.querySelectorAll('.column').length", "the first plan is shown")
	b.click("[data-block=block8_1]")
	b.click(`label:has([data-testid="preset-from:stem"])`)
	at := func(plan string) {
		t.Helper()
		b.wait("location.hash.startsWith('#plan="+plan+"')", "the plan is "+plan)
	}
	at("from:stem")
	b.do(chromedp.KeyEvent("z", chromedp.KeyModifiers(2))) // Ctrl
	at("thaw:block8_1")
	b.click("#undo")
	at("head-only")
	b.do(chromedp.KeyEvent("Z", chromedp.KeyModifiers(2|8))) // Ctrl and Shift
	at("thaw:block8_1")
	b.click("#redo")
	at("from:stem")
	if got := eval[string](b, "return document.querySelector('#redo').ariaDisabled"); got != "true" {
		t.Error("there is still something to redo")
	}
}

// Notices have a place of their own, over no control, and Escape takes the last one.
func TestNoticesCoverNothing(t *testing.T) {
	b := startBrowser(t, testServer(t).URL, "")
	b.page("")
	covered := eval[[]string](b, `
		const { notice } = await import('/app/notices.js')
		for (const n of [1, 2, 3]) notice('error', 'Something went wrong, for the time number ' + n)
		const list = document.querySelector('#notice').getBoundingClientRect()
		return [...document.querySelectorAll('button, input, select')].filter(e => e.checkVisibility() && !e.closest('#notice')).filter(e => {
			const r = e.getBoundingClientRect()
			return r.width > 1 && r.left < list.right && r.right > list.left && r.top < list.bottom && r.bottom > list.top
		}).map(e => e.id || e.textContent)`)
	if len(covered) > 0 {
		t.Errorf("notices cover %q", covered)
	}
	for left := 2; left >= 0; left-- {
		b.do(chromedp.KeyEvent(kb.Escape))
		b.wait(fmt.Sprintf("document.querySelectorAll('#notice > li').length === %d", left), "Escape takes a notice")
	}
}

// made shows a run with a made-up result of that many classes.
func (b *browserTab) made(classes, heldBack int) {
	b.t.Helper()
	eval[bool](b, fmt.Sprintf(`
		const { set, state } = await import('/app/store.js')
		const { newRun, hear } = await import('/app/run.js')
		const [n, heldBack] = [%d, %d]
		const classes = [...Array(n)].map((_, i) => 'class ' + (i + 1))
		const confusion = classes.map((_, i) => classes.map((_, j) => !heldBack ? 0 : i === j ? 8 : i === 1 && j === n - 1 ? 3 : 0))
		const run = newRun(state.runs.length, null, { epochs: 5, batch: 8, rate: 0.002, seed: 3 })
		hear(run, { kind: 'started', plan: { name: 'made up', cost: { trained: 1, cacheFlops: 0 } }, steps: 5, epochs: 5, train: 9, validation: heldBack })
		hear(run, { kind: 'epoch', epoch: 1, loss: 1, accuracy: 1, validationLoss: null, validationAccuracy: heldBack ? 0.7 : null, seconds: 1 })
		hear(run, { kind: 'done', result: { classes, confusion, epochs: 5, steps: 5, seconds: 1, trained: 1, validationAccuracy: heldBack ? 0.7 : null } })
		set({ runs: [...state.runs, run], selected: run })
		return true`, classes, heldBack))
}

func TestRunsSayWhatTheyWere(t *testing.T) {
	b := startBrowser(t, testServer(t).URL, "")
	b.page("")
	b.made(3, 0)
	if got := b.text("#run-table") + b.text("#confusion"); strings.Contains(got, "%") || !strings.Contains(got, "none held back") || !strings.Contains(got, "Nothing was held back") {
		t.Errorf("of a run without held-back images: %s", got)
	}
	if got := b.text("#run-table tr.options"); got != "5 passes, batch 8, rate 0.002, seed 3" {
		t.Errorf("trained with: %s", got)
	}
	for _, classes := range []int{12, 30, 100} {
		b.made(classes, 50)
		got := eval[[]float64](b, `
			const place = document.querySelector('#confusion')
			const inside = place.querySelector('table, canvas')
			return [inside.getBoundingClientRect().width, place.clientWidth]`)
		if got[0] > got[1] {
			t.Errorf("the confusion matrix of %d classes is %v wide, its place %v", classes, got[0], got[1])
		}
		if got, want := b.text("#confusion [data-testid=pairs] li"), fmt.Sprintf("class 2 taken for class %d: 3 of 11", classes); got != want {
			t.Errorf("mixed up most: %s, want %s", got, want)
		}
	}
}

// A comparison that was cancelled goes on with what is not trained yet; meanwhile the map
// shows the plan under way, and its name.
func TestComparisonGoesOn(t *testing.T) {
	b := startBrowser(t, testServer(t).URL, "")
	b.page("#epochs=4&batch=32")
	b.click("[data-world=near]")
	b.canCompare()
	b.click("[data-guess=little]")
	b.click("#compare-run")
	b.wait("document.querySelector('tr[data-run=C]')?.dataset.status === 'training'", "the third plan trains")
	if got := b.text("#map-of"); !strings.Contains(got, "run C, Snippet 1 as written") {
		t.Errorf("above the map: %s", got)
	}
	if n := eval[int](b, "return document.querySelectorAll('.column[data-statistics]').length"); n == 0 {
		t.Error("the map shows another plan than the one under way")
	}
	b.click("#cancel")
	b.wait("document.querySelector('tr[data-run=C]').dataset.status === 'cancelled'", "it is cancelled")
	if eval[bool](b, "return document.querySelector('#map-of').checkVisibility()") {
		t.Error("nothing is trained, and the map still shows it")
	}
	if got := b.text("#compare-run"); got != "Go on comparing" {
		t.Errorf("the button says %q", got)
	}
	b.compare(minute)
	if got := eval[string](b, "return [...document.querySelectorAll('tr[data-run]')].map(row => row.dataset.run + row.dataset.status).join(' ')"); got != "Adone Bdone Ccancelled Ddone Edone" {
		t.Errorf("trained: %s", got)
	}
	if got := b.text("#compare-text"); !strings.Contains(got, "You guessed: less than 5 points") {
		t.Errorf("the guess is forgotten: %s", got)
	}
}

// The code of every preset; Keras 3.15 counts the trainable weights of these as we do, with
// a head of 16 units and 2 classes (trained), and as many live batch norms. Those of other plans
// are snippets of testdata/keras-code, where both libraries have run them. Pasted back, the
// code gives the plan that it was made of.
func TestSnippetsAsCode(t *testing.T) {
	b := startBrowser(t, testServer(t).URL, "")
	b.page("#model=full&size=96&dense=16")
	eval[bool](b, "globalThis.full = await (await import('/app/store.js')).state.thaw.model.describe({ model: 'full' }); return true")
	texts := snippets(t)
	for _, c := range []struct {
		plan    string
		trained int
		live    int
		code    string
	}{
		{"head-only", 24626, 0, "base.trainable = False"},
		{"freeze-conv.written", 53362, 203, "for layer in base.layers:\n    if 'conv' in layer.name:\n        layer.trainable = False"},
		{"freeze-conv.meant", 24626, 0, "base.trainable = False"},
		{"freeze-first-100.written", 53534898, 204, "for layer in base.layers[:100]:\n    if 'conv' in layer.name:\n        layer.trainable = False"},
		{"freeze-first-100.meant", 53533250, 174, "for layer in base.layers[:100]:\n    layer.trainable = False"},
		{"unfreeze-all.written", 54300818, 204, "for layer in base.layers:\n    if 'conv' in layer.name:\n        layer.trainable = True"},
		{"unfreeze-all.meant", 54300818, 204, "base.trainable = True"},
		{"from:block8_1", 23566642, 41, "for layer in base.layers[:618]:\n    layer.trainable = False"},
		{"thaw:block8_3,conv2d_7,600:640", 0, 0, texts["plan-list"]},
		{"thaw:block17_*,0:9&bn=inference", 0, 0, texts["plan-list-inference"]},
		{"unfreeze-all.meant&bn=inference", 0, 0, texts["plan-all-inference"]},
		{"freeze-conv.written&bn=inference", 0, 0, texts["plan-conv-inference"]},
		{"from:block17_11", 0, 0, texts["plan-from"]},
	} {
		got := eval[struct {
			Trained, Live int
			Code, Back    string
		}](b, `
			const { encodePlan } = await import('/app/link.js')
			const { read } = await import('/app/lab/code/read.js')
			location.hash = 'plan=`+c.plan+`&model=full&size=96&dense=16'
			const { state } = await import('/app/store.js')
			do await new Promise(resolve => setTimeout(resolve, 50))
			while (state.planFor !== state.spec || encodePlan(state.spec) + (state.spec.batchNorm ? '&bn=' + state.spec.batchNorm : '') !== '`+c.plan+`')
			const Code = document.querySelector('#keras-code').textContent
			const back = []
			for (const { phases, problems } of read(Code, { full, model: state.model })) {
				const plan = phases.length === 1 && await state.thaw.plan(phases[0].spec)
				if (!plan || plan.trainable.join() !== state.plan.trainable.join() || plan.batchStatistics.join() !== state.plan.batchStatistics.join()) back.push(JSON.stringify(phases[0]?.spec ?? problems))
			}
			return { Trained: state.plan.cost.trained, Live: state.plan.batchStatistics.length, Code, Back: back.join() }`)
		if got.Back != "" {
			t.Errorf("%s: its code pasted back gives %s", c.plan, got.Back)
		}
		if c.trained == 0 {
			if got.Code != strings.TrimSpace(c.code) {
				t.Errorf("%s: code\n%s\nwant\n%s", c.plan, got.Code, c.code)
			}
			continue
		}
		if got.Trained != c.trained || got.Live != c.live || !strings.Contains(got.Code, "\n\n"+c.code+"\n\n") {
			t.Errorf("%s: %d trained, %d live, want %d and %d; code:\n%s", c.plan, got.Trained, got.Live, c.trained, c.live, got.Code)
		}
	}
}
