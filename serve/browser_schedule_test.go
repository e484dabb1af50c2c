package main

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// A schedule is chosen, changed on the map and in its rows, carried by the link, trained as
// one run, kept with it, and shown as code for Keras. It is loaded when it is asked for.
func TestPageLearnsInPhases(t *testing.T) {
	b := startBrowser(t, testServer(t).URL, "")
	b.page("#epochs=2&validation=0.5")
	b.dropImages(photos+"boat", photos+"house")
	b.wait(shown+" === 'boat 8, house 8'", "the photographs")
	if eval[bool](b, `return performance.getEntriesByType('resource').some(({ name }) => name.endsWith('/schedule.js'))`) {
		t.Error("the schedule is loaded before it is asked for")
	}
	b.click("#schedule > summary")
	b.wait("document.querySelector('[data-testid=schedule-lp-ft]')", "the schedules")
	b.click("[data-testid=schedule-lp-ft]")
	const phases = `[...document.querySelectorAll('.column')].map(({ dataset }) => dataset.phase).join('')`
	b.wait(phases+".endsWith('221') && document.querySelectorAll('#phases-none, [data-phase-row]').length === 2", "head first, then all")
	b.click("[data-block=stem]") // a phase later than the last: never
	b.wait("document.querySelector('[data-block=stem]').dataset.learns === 'frozen' && "+phases+".endsWith('221')", "a block that thaws in no phase")
	if got := eval[string](b, "return document.querySelector('[data-block=conv_7b]').getAttribute('aria-label')"); !strings.Contains(got, "from phase 2 on") {
		t.Errorf("the block says %q", got)
	}
	b.typeInto("#phase-0-epochs", "2")
	b.typeInto("#phase-1-rates", "backbone=0.5")
	b.wait("/phases:2.head-only@0.001.1.from:.*.backbone=0.5/.test(decodeURIComponent(location.hash))", "the link")
	b.click("#undo")
	b.wait("!decodeURIComponent(location.hash).includes('^backbone=0.5')", "the change undone")
	if got := b.text("[data-testid=schedule-total]"); !strings.HasPrefix(got, "3 passes") {
		t.Errorf("the total is %q", got)
	}
	b.click("#train")
	b.wait(`document.querySelector('[data-run="A"][data-status="done"]')`, "the run")
	got := eval[struct {
		Cells, Borders string
		Passes         int
	}](b, `
		const { state } = await import('/app/store.js')
		const [run] = state.runs
		return { Cells: [...document.querySelectorAll('[data-run=A] td.option')].map(cell => cell.textContent).join(' '), Borders: run.borders.join(' '), Passes: run.result.epochs }`)
	if got.Cells != "3 8 0.001 … 0.00001 1" || got.Borders != "0 2" || got.Passes != 3 {
		t.Errorf("the run: %+v", got)
	}
	if name := b.text("[data-run=A] th"); !strings.HasPrefix(name, "head only × 2, then") {
		t.Errorf("the run is called %q", name)
	}
	b.click("[data-testid=phase-none]")
	b.wait("!location.hash.includes('phases')", "one plan again")
}

// The code is that of testdata/schedule.py, which Keras 3.15 ran: it trained in each phase as
// many values as the plan, and as many batch norms moved, with a head of 16 units and 2
// classes at 150 pixels.
func TestScheduleAsCode(t *testing.T) {
	b := startBrowser(t, testServer(t).URL, "")
	b.page("#model=full&size=150&dense=16&epochs=2")
	got := eval[struct {
		Code          string
		Trained, Live []int
	}](b, `
		location.hash = 'plan=phases:1*head-only@0.001|1*from:block8_1@0.0001!inference^block8_*=0.5|1*thaw:stem,conv_7b@0.00001&model=full&size=150&dense=16'
		const { state } = await import('/app/store.js')
		do await new Promise(resolve => setTimeout(resolve, 50))
		while (state.planFor !== state.spec || !state.plan.phases || !document.querySelector('#keras-code').textContent.includes('Phase 3'))
		return { Code: document.querySelector('#keras-code').textContent, Trained: state.plan.phases.map(({ cost }) => cost.trained), Live: state.plan.phases.map(({ batchStatistics }) => batchStatistics.length) }`)
	if fmt.Sprint(got.Trained, got.Live) != "[24626 23566642 3393314] [0 0 6]" {
		t.Errorf("trained %v, live %v", got.Trained, got.Live)
	}
	want, err := os.ReadFile("testdata/schedule.py")
	if err != nil {
		t.Fatal(err)
	}
	if got.Code+"\n" != string(want) {
		t.Errorf("the code is no longer the one that was run in Keras:\n%s", got.Code)
	}
}
