package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/storage"
	"github.com/chromedp/chromedp"
)

// Two tabs are two engines on one storage and one set of locks: here they are of one page.

const importTuned = "await thaw.weights.import(tuned, { name: 'tuned.safetensors' })"

// withChunks makes globalThis.chunks, which changes the pieces in the database, or lists them.
const withChunks = `
	globalThis.chunks = change => new Promise((resolve, reject) => {
		const request = indexedDB.open('thaw')
		request.onsuccess = () => {
			const transaction = request.result.transaction('chunks', 'readwrite')
			const answer = change(transaction.objectStore('chunks'))
			transaction.oncomplete = () => { request.result.close(); resolve(answer.result) }
			transaction.onerror = reject
		}
	})`

// randomFile makes globalThis.tuned a file of mini.
const randomFile = withChunks + `
	await thaw.weights.synthesize({ model: 'mini', seed: 1 })
	globalThis.tuned = await thaw.export('safetensors')
	globalThis.own = async () => (await thaw.weights.list()).filter(info => !info.builtin)
	return tuned.size`

// A tab opened while another keeps weights takes none of them, and one that keeps at the
// same time waits; what both say is kept is there.
func TestSecondTabWhileKeeping(t *testing.T) {
	b := startBrowser(t, testServer(t).URL, "")
	b.module("{}")
	eval[float64](b, randomFile)
	got := eval[struct {
		Stored  []bool
		Waited  bool
		Damaged int
		Chunks  []string
	}](b, `
		const { open } = await import('/thaw.js')
		const second = open()
		let waited = false
		const release = Promise.withResolvers()
		// The first holds the lock as long as the second needs to open and to ask for its turn.
		const held = navigator.locks.request('thaw weights', () => release.promise)
		await chunks(store => store.put(new Uint8Array(4), 'mini-0/000000')) // of a writer at work
		const other = await second
		const there = await chunks(store => store.getAllKeys())
		const late = other.weights.import(tuned, { name: 'b', onProgress: p => {
			if (!p.what.startsWith('Waiting')) return
			waited = true
			release.resolve()
		} })
		const [one, two] = await Promise.all([thaw.weights.import(tuned, { name: 'a' }), late])
		await held
		const third = await open()
		await third.weights.use(one.id)
		return { stored: [one.stored, two.stored], waited, damaged: (await own()).filter(info => info.damaged).length, chunks: there }`)
	if len(got.Stored) != 2 || !got.Stored[0] || !got.Stored[1] || !got.Waited || got.Damaged != 0 {
		t.Errorf("%+v", got)
	}
	if len(got.Chunks) != 1 {
		t.Errorf("a second tab swept what another was writing: %v", got.Chunks)
	}
	if left := eval[[]string](b, "return await chunks(store => store.getAllKeys())"); len(left) != 2 {
		t.Errorf("chunks %v", left)
	}
}

// The same file mends what is damaged. A visit that finds the damage says so and goes on
// with what comes with the page.
func TestDamagedWeightsInThePage(t *testing.T) {
	b := startBrowser(t, testServer(t).URL, "")
	b.module("{}")
	eval[float64](b, randomFile)
	id := eval[string](b, "return ("+importTuned+").id")
	eval[bool](b, `
		localStorage.setItem('thaw.weights', JSON.stringify({ mini: '`+id+`', last: 'mini' }))
		await chunks(store => store.delete('`+id+`/000001'))
		return true`)
	b.navigate("/")
	b.wait("'ready' in document.body.dataset", "the page is ready")
	text := eval[string](b, "return document.querySelector('#notice').textContent + '|' + document.querySelector('#weights-open').textContent")
	if !strings.Contains(text, `kept copy of "tuned.safetensors" is damaged: choose the file again`) || !strings.Contains(text, "from generated images") {
		t.Errorf("the page says %s", text)
	}
	kept := eval[string](b, `
		document.querySelector('#weights-open').click()
		return document.querySelector('[data-testid="kept"]').textContent`)
	if !strings.Contains(kept, "damaged: choose its file again") {
		t.Errorf("the dialog says %s", kept)
	}
	b.wait("/used by this page, room for .* more. The browser/.test(document.querySelector('[data-testid=storage]')?.textContent)", "the dialog says how much room is left")
	b.module("{}")
	eval[float64](b, randomFile)
	if !eval[bool](b, "return (await own())[0].damaged") {
		t.Error("the damage is not listed")
	}
	whole := eval[bool](b, `
		const info = `+importTuned+`
		await thaw.weights.use(info.id)
		return info.stored && !(await own())[0].damaged`)
	if !whole {
		t.Error("the same file does not mend it")
	}
}

// Site data cleared, or the database removed by another tab, in the middle of a visit: what
// is kept afterwards is kept.
func TestStorageCleared(t *testing.T) {
	server := testServer(t)
	b := startBrowser(t, server.URL, "")
	b.module("{}")
	eval[float64](b, randomFile)
	clears := map[string]func(){
		"site data": b.clearSiteData,
		"database": func() {
			eval[bool](b, `return await new Promise((resolve, reject) => {
				const request = indexedDB.deleteDatabase('thaw')
				request.onsuccess = () => resolve(true)
				request.onblocked = request.onerror = reject
			})`)
		},
	}
	for name, wipe := range clears {
		id := eval[string](b, "const info = "+importTuned+"; return info.stored && info.id")
		wipe()
		if n := eval[int](b, "return (await own()).length"); n != 0 {
			t.Errorf("%s: %d listed", name, n)
		}
		if err := failure(b, "await thaw.weights.use('"+id+"')"); !strings.HasPrefix(err, "invalid: These weights are no longer kept here") {
			t.Errorf("%s: %s", name, err)
		}
		if !eval[bool](b, "const info = "+importTuned+"; await thaw.weights.use(info.id); return info.stored") {
			t.Errorf("%s: nothing is kept afterwards", name)
		}
	}
	if notices := eval[[]string](b, "return notices.map(n => n.message)"); len(notices) != 0 {
		t.Errorf("notices %q", notices)
	}
	trainsOnWorld(b)
}

// In the middle of keeping, a write under way, a second tab opens or the site's data is
// cleared: what is said to be kept can be loaded by another visit. And where the engine is
// killed, nothing half kept is listed, nor stays.
func TestKeepingIsDisturbed(t *testing.T) {
	b := startBrowser(t, testServer(t).URL, "")
	b.theWorker()
	b.module("{}")
	eval[float64](b, randomFile)
	eval[bool](b, `
		globalThis.open = (await import('/thaw.js')).open
		globalThis.held = null // the page reads, and so lets nobody write, until this is false
		globalThis.hold = () => new Promise(resolve => {
			const request = indexedDB.open('thaw')
			request.onsuccess = () => {
				const chunks = request.result.transaction('chunks').objectStore('chunks')
				held = true
				const read = () => { held ? chunks.getAllKeys().onsuccess = read : request.result.close(); resolve() }
				read()
			}
		})
		globalThis.startKeeping = async () => {
			await hold()
			await new Promise(resolve => globalThis.keeping = thaw.weights.import(tuned, { name: 'w', onProgress: p => p.what.startsWith('Reading') && p.done === p.total && resolve() }))
			await new Promise(resolve => setTimeout(resolve, 500))
		}
		return true`)
	second := func() { eval[bool](b, "(await open()).close(); return true") }
	// Once site data were cleared, Chromium's locks of workers before and after are apart: the
	// second tab sweeps, behind the write that waits for the page.
	unlocked := func() {
		eval[bool](b, "const tab = open(); await Promise.race([tab, new Promise(done => setTimeout(done, 2000))]); held = false; (await tab).close(); return true")
	}
	for _, disturb := range []func(){second, b.clearSiteData, unlocked} {
		eval[bool](b, "await startKeeping(); return true")
		disturb()
		got := eval[string](b, `
			held = false
			const info = await keeping
			const visit = await open()
			const kept = (await visit.weights.list()).find(info => !info.builtin)
			if (info.stored) await visit.weights.use(info.id)
			await visit.weights.remove(info.id)
			visit.close()
			return JSON.stringify([info.stored, info.warnings, kept?.damaged ?? false])`)
		if got != "[true,[],false]" {
			t.Error(got)
		}
	}
	eval[bool](b, "await startKeeping(); worker.terminate(); return true")
	got := eval[string](b, `
		held = false
		await chunks(store => store.put(new Uint8Array(4), 'mini-0/000000'))
		const error = await keeping.then(() => 'none', error => error.message)
		const visit = await open()
		return error + '|' + (await visit.weights.list()).filter(info => !info.builtin).length`)
	if got != "The engine stopped: reload the page. What is kept on this machine stays.|0" {
		t.Error(got)
	}
	b.wait("(await chunks(store => store.getAllKeys())).length === 0", "what was half kept is swept")
}

// The browser is asked to keep what is kept when there is something, and once.
func TestPersistenceIsAskedFor(t *testing.T) {
	b := startBrowser(t, testServer(t).URL, "")
	b.navigate(emptyPage)
	eval[bool](b, "globalThis.asked = 0; StorageManager.prototype.persist = async () => { asked++; return true }; return true")
	got := eval[struct {
		Before, After int
		Used, Free    float64
	}](b, `
		const { open } = await import('/thaw.js')
		globalThis.thaw = await open()
		await thaw.weights.synthesize({ model: 'mini', seed: 1 })
		const tuned = await thaw.export('safetensors')
		const before = asked
		for (let i = 0; i < 2; i++) await thaw.weights.import(tuned, { name: 'w' })
		const { used, free } = await thaw.storage()
		return { before, after: asked, used, free }`)
	if got.Before != 0 || got.After != 1 || got.Used < 4e6 || got.Free <= 0 {
		t.Errorf("%+v", got)
	}
}

// clearSiteData is what a person does in the browser's settings.
func (b *browserTab) clearSiteData() {
	b.t.Helper()
	if _, err := chromedp.Call(b.ctx, storage.ClearDataForOrigin, storage.ClearDataForOriginParams{Origin: b.url, StorageTypes: "all"}); err != nil {
		b.t.Fatal(err)
	}
}

// theWorker makes globalThis.worker the first engine, so that it can be killed: no event tells.
func (b *browserTab) theWorker() {
	b.t.Helper()
	const script = `globalThis.Worker = class extends Worker { constructor(...args) { super(...args); globalThis.worker ??= this } }`
	if _, err := chromedp.Call(b.ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: script}); err != nil {
		b.t.Fatal(err)
	}
}

// An engine that dies without an event, with nothing to do, is noticed: one sentence, and a
// button that helps. Leaving is not asked about where all is kept.
func TestDeadWorkerIsNoticed(t *testing.T) {
	b := startBrowser(t, testServer(t).URL, "")
	b.theWorker()
	b.navigate("/#epochs=50")
	b.wait("'ready' in document.body.dataset", "the page is ready")
	const asks = `(() => { const e = new Event('beforeunload', { cancelable: true }); dispatchEvent(e); return e.defaultPrevented })()`
	if eval[bool](b, "return "+asks) {
		t.Error("leaving is asked about without a run")
	}
	b.click("[data-world=near]")
	b.wait("document.querySelector('#train').getAttribute('aria-disabled') === 'false'", "training can start")
	b.click("#train")
	b.wait("document.querySelector('[data-testid=keeping]').textContent === 'Kept on this machine.'", "the project is kept")
	b.wait("!"+asks, "leaving is not asked about in a run that is kept")
	b.click("#cancel")

	eval[bool](b, "worker.terminate(); return true")
	b.wait("document.querySelector('#notice [data-level=error] .button')", "the page says that the engine is gone")
	text := eval[string](b, "return document.querySelector('#notice [data-level=error]').textContent + '|' + document.querySelector('#why').textContent")
	if !strings.Contains(text, "The engine stopped: reload the page.") || !strings.Contains(text, "|The engine is not there: reload the page.") {
		t.Errorf("the page says %q", text)
	}
	b.click("#notice [data-level=error] .button")
	b.wait("'ready' in document.body.dataset && !document.querySelector('#notice [data-level=error]')", "the page is there again")
}

// A closed engine says nothing more.
func TestClosedEngineIsQuiet(t *testing.T) {
	b := startBrowser(t, testServer(t).URL, "")
	b.module("{}")
	got := eval[[]string](b, `
		thaw.close()
		await new Promise(resolve => setTimeout(resolve, 500))
		return notices.map(n => n.message)`)
	if len(got) != 0 {
		t.Errorf("notices %q", got)
	}
}

// What is kept of a project meets a full disk, and then a person who clears the site's data
// while it trains: a sentence each, training goes on, and all is kept again by itself.
func TestProjectMeetsNoRoom(t *testing.T) {
	b := startBrowser(t, testServer(t).URL, "")
	b.module(keeping)
	quota := func(bytes *float64) {
		if _, err := chromedp.Call(b.ctx, storage.OverrideQuotaForOrigin, storage.OverrideQuotaForOriginParams{Origin: b.url, QuotaSize: bytes}); err != nil {
			t.Fatal(err)
		}
	}
	b.photos()
	eval[bool](b, `
		await thaw.weights.synthesize({ model: 'mini', seed: 1 })
		await thaw.projects.kept()
		globalThis.steps = 0
		globalThis.run = await thaw.train({ preset: 'head-only' }, { epochs: 100000 }, e => { steps = e.step ?? steps })
		return true`)
	none := 1.0
	quota(&none)
	said := eval[string](b, `
		await thaw.data.addWorld('near', { perClass: 2, seed: 1 })
		return await thaw.projects.kept().then(() => 'no error', e => e.message)`)
	if !strings.HasPrefix(said, "This browser has no room left to keep this: free disk space") {
		t.Errorf("full: %s", said)
	}
	b.goesOn()
	quota(nil)
	b.wait("keeping.problem === null && keeping.images === keeping.of", "all is kept once there is room")

	b.clearSiteData()
	b.goesOn()
	b.wait("(await thaw.projects.list()).length === 1", "the project is there again")
	eval[bool](b, "run.cancel(); await run.done; return true")
	b.wait("await thaw.projects.kept().then(() => true, () => false)", "all is kept again") // by itself, whatever failed meanwhile
	b.module(keeping)
	if f := b.reopened(); f.Images != 32 || f.Runs != 1 || f.Problem != "" {
		t.Errorf("found %+v", f)
	}
}

// goesOn fails where a run, whose steps globalThis counts, stands still.
func (b *browserTab) goesOn() {
	b.t.Helper()
	was := eval[int](b, "return steps")
	b.wait(fmt.Sprintf("steps > %d", was), "training goes on")
}
