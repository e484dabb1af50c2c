package main

import (
	"slices"
	"testing"
)

// A click moves the freezing line at once and marks what it asked for; what a block does
// is shown as the compiler says it, not before. Clicks in a row add up.
func TestMapShowsThePlan(t *testing.T) {
	b := startBrowser(t, testServer(t).URL, "")
	b.page("")
	b.wait("document.querySelectorAll('.column[data-learns]').length === document.querySelectorAll('.column').length", "the first plan is shown")
	got := eval[struct {
		Before, Line int
		Learns       string
		Pending      []string
	}](b, `
		const line = () => Number(document.querySelector('#freeze-line').getAttribute('aria-valuenow'))
		const names = [...document.querySelectorAll('.column')].map(column => column.dataset.block)
		const Before = line() - names.indexOf('head')
		document.querySelector('[data-block=block8_1]').click()
		document.querySelector('[data-block=conv_7b]').click()
		return { Before, Line: line() - names.indexOf('block8_1'), Learns: document.querySelector('[data-block=block8_1]').dataset.learns,
			Pending: [...document.querySelectorAll('[data-pending]')].map(column => column.dataset.block) }`)
	if got.Before != 0 || got.Line != 0 || got.Learns != "frozen" || len(got.Pending) != 2 || got.Pending[0] != "block8_1" || got.Pending[1] != "conv_7b" {
		t.Errorf("%+v", got)
	}
	b.wait("!document.querySelector('[data-pending]')", "the plan is there")
	learns := eval[[]string](b, "return ['mixed_7a', 'block8_1', 'block8_2', 'conv_7b', 'head'].map(name => { const { learns, cached, gradient } = document.querySelector(`[data-block=${name}]`).dataset; return learns + (cached !== undefined ? ' cached' : '') + (gradient !== undefined ? ' gradient' : '') })")
	want := []string{"frozen cached", "thawed gradient", "frozen gradient", "thawed gradient", "thawed gradient"}
	if !slices.Equal(learns, want) {
		t.Errorf("%q, want %q", learns, want)
	}
}
