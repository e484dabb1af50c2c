// The table of runs: compare plans; show or hide curves; choose whose confusion matrix is shown.
import { byID, h } from './dom.js'
import { count, percent, plural, seconds } from './format.js'
import { set, state, watch } from './store.js'

export function startTable() {
  watch(['runs', 'selected'], show)
}

function show() {
  const table = byID('run-table')
  table.hidden = !state.runs.length
  // Rows are redrawn only when they say something new: many steps a second change none.
  const rows = state.runs.map(row)
  const body = table.tBodies[0]
  rows.forEach((row, i) => {
    const old = body.rows[i]
    if (!old) body.append(row)
    else if (!old.isEqualNode(row)) old.replaceWith(row)
  })
}

/** @param {import('./run.js').RunView} run */
function row(run) {
  const { result, status, letter } = run
  const plan = run.title ?? run.plan
  const accuracy = result?.validationAccuracy ?? run.validation.at(-1)?.accuracy
  const box = h('input', { type: 'checkbox', checked: run.visible, 'aria-label': `Show the curves of run ${letter}` })
  box.onchange = () => {
    run.visible = box.checked
    set({ runs: [...state.runs] })
  }
  const name = result
    ? h('button', { type: 'button', class: 'quiet', 'aria-pressed': String(state.selected === run), onclick: () => set({ selected: run }) }, plan)
    : plan
  const swatch = h('span', { class: 'run-letter', 'data-run-colour': run.number % 6 }, letter)
  return h('tr', { 'data-testid': 'run', 'data-run': letter, 'data-status': status, 'data-selected': state.selected === run ? '' : null },
    h('td', {}, h('label', { class: 'run-key' }, box, swatch)),
    h('th', { scope: 'row' }, name, status === 'done' ? '' : h('span', { class: 'muted' }, ` ${status}`)),
    h('td', { class: 'number', 'data-testid': 'accuracy' }, accuracy === undefined ? '–' : percent(accuracy)),
    h('td', { class: 'number', title: result ? `${plural(result.steps, 'step')} in ${plural(result.epochs, 'epoch')}` : '' }, result ? seconds(result.seconds) : '–'),
    h('td', { class: 'number' }, count(run.trained)))
}
