package main

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
)

// shownOf is what an experiment showed, without what a clock says of it.
const shownOf = `
	const { state } = await import('/app/store.js')
	const shown = ({ plans, runs }) => JSON.stringify([plans, runs.map(({ plan, seed, split, learned, epochs }) => [plan, seed, split, learned, epochs.map(({ seconds, ...figures }) => figures)])])
	`

// Two plans with two seeds, again with a reload in the middle, and again from the file:
// the same figures, to the bit. A run's network comes back by training it, and two runs
// stand side by side.
func TestPageRepeatsOverSeeds(t *testing.T) {
	b := startBrowser(t, testServer(t).URL, "")
	b.page("#epochs=4&validation=0.4")
	b.dropImages(photos+"boat", photos+"house")
	b.wait(shown+" === 'boat 8, house 8'", "the photographs")
	b.wait(`document.querySelector('[data-testid="keeping"]').textContent === 'Kept on this machine.'`, "the images are kept")
	b.train("A")
	if eval[bool](b, `return performance.getEntriesByType('resource').some(({ name }) => name.includes('/lab/'))`) {
		t.Error("the lab is loaded before it is asked for")
	}
	saved := b.downloads()
	const choose = `
		for (const box of document.querySelectorAll('#experiment-form [data-plan]')) if (box.checked !== ['Head only', 'Last blocks'].includes(box.dataset.plan)) box.click()
		const seeds = document.querySelector('#experiment-seeds')
		seeds.value = 2
		seeds.dispatchEvent(new Event('input'))
		return true`
	b.click("#repeat-open")
	b.wait("document.querySelector('#experiment-start')", "the dialog")
	eval[bool](b, choose)
	b.wait("document.querySelector('#experiment-estimate').textContent.startsWith('4 runs, about')", "how long it takes")
	b.click("#experiment-start")
	b.wait("document.querySelectorAll('#experiment-results .dot').length === 4 && document.querySelector('#experiment-start')", "four runs")
	want := eval[string](b, shownOf+"return shown(state.experiment)")
	if says := b.text("#experiment-results"); !strings.Contains(says, "2 seeds say little") || !strings.Contains(says, "Last blocks minus Head only") {
		t.Error(says)
	}
	b.click("[data-testid=experiment-csv]")
	b.click("[data-testid=experiment-json]")
	table, err := os.ReadFile(waitForFile(t, saved, "experiment.csv"))
	if rows := strings.Split(strings.TrimSpace(string(table)), "\r\n"); err != nil || len(rows) != 1+4*4 || !strings.HasPrefix(rows[1], eval[string](b, shownOf+"return state.experiment.id")+",Head only,1,1,1,1,,1,0,") {
		t.Errorf("%v: %s", err, table)
	}
	file, err := os.ReadFile(waitForFile(t, saved, "experiment.json"))
	if err != nil {
		t.Fatal(err)
	}

	// Again, and the page is left in the middle.
	eval[bool](b, choose)
	eval[any](b, `
		const find = selector => document.querySelector(selector)
		find('#experiment-start').click()
		find('#experiment-start').click()
		while (!find('[data-testid=experiment-pause]')) await new Promise(done => setTimeout(done))
		find('[data-testid=experiment-pause]').click()`)
	b.wait("document.querySelector('[data-testid=experiment-pause]').textContent === 'Resume'", "it is paused")
	eval[any](b, shownOf+"await state.thaw.projects.kept()")
	b.page("")
	b.wait("document.querySelector('[data-testid=repeat-go-on]')", "it can go on")
	if done := eval[int](b, shownOf+"return state.experiment.runs.length"); done == 4 {
		t.Error("all runs were done before the page was left: the test tries nothing")
	}
	b.click("[data-testid=repeat-go-on]")
	b.wait("!document.querySelector('[data-testid=repeat-go-on]') && !document.querySelector('[data-testid=experiment-line]')", "it is done")
	if got := eval[string](b, shownOf+"return shown(state.experiment)"); got != want {
		t.Errorf("after a reload\n%s, undisturbed\n%s", got, want)
	}

	// A second person's: from the file.
	text, _ := json.Marshal(string(file))
	if same := eval[int](b, shownOf+"const again = await state.thaw.experiment.repeat(JSON.parse("+string(text)+"), { replace: true }); return (await again.done).repeated.same"); same != 4 {
		t.Errorf("%d runs are repeated to the bit, want 4", same)
	}

	// One run's network, by training it; beside the first.
	b.click("#repeat-open")
	b.wait("document.querySelector('[data-testid=experiment-runs] button')", "the runs")
	eval[any](b, "[...document.querySelectorAll('[data-testid=experiment-runs] button')].at(-1).click()")
	b.wait(`document.querySelector('[data-run="B"][data-status="done"]')`, "the run is trained again")
	if got := eval[[]float64](b, shownOf+"return [state.runs.at(-1).result.validationLoss, state.experiment.runs.at(-1).result.validationLoss]"); got[0] != got[1] {
		t.Errorf("the loss is %v", got)
	}
	b.click("#two-runs")
	b.wait("document.querySelectorAll('#two-runs-dialog .two-curves .line').length === 4 && document.querySelectorAll('#two-runs-dialog .bars').length === 2", "two runs side by side")
	if says := b.text("[data-testid=two-runs-facts]"); !strings.Contains(says, "seed") {
		t.Error(says)
	}
	b.checkStayedHome()
}
