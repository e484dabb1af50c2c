// The table of runs: compare plans; show or hide curves; choose whose confusion matrix is shown.
import { byID, h } from './dom.js'
import { count, percent, plural, seconds } from './format.js'
import { follow } from './model.js'
import { guarded } from './notices.js'
import { withProgress } from './progress.js'
import { accuracyOf, optionsText } from './run.js'
import { set, state, watch } from './store.js'
import { balanced } from './verdict.js'

const drawn = /** @type {{ run: object, says: string }[]} */ ([]) // what each run's rows say

export function startTable() {
  watch(['runs', 'selected', 'keeping', 'active'], show)
}

function show() {
  const table = byID('run-table')
  table.hidden = !state.runs.length
  // Those of another project are gone.
  drawn.splice(state.runs.length)
  while (table.tBodies.length > state.runs.length) table.tBodies[table.tBodies.length - 1].remove()
  // Runs are redrawn only when they say something new: many steps a second change none.
  state.runs.forEach((run, i) => {
    const says = JSON.stringify([run.status, run.title ?? run.plan, run.trained, accuracyOf(run), run.heldBack, run.visible, run.warnings, state.selected === run, Boolean(run.result), using(run)])
    if (drawn[i]?.run === run && drawn[i].says === says) return
    drawn[i] = { run, says }
    const old = table.tBodies[i]
    const now = rows(run)
    const focused = old ? [...old.querySelectorAll('input, button')].indexOf(document.activeElement) : -1
    if (old) old.replaceWith(now)
    else table.append(now)
    if (focused >= 0) now.querySelectorAll('input, button')[focused]?.focus()
  })
}

/** A run's row, and below it what it was trained with, where there are no columns for that. @param {import('./run.js').RunView} run */
const rows = run => h('tbody', { 'data-selected': state.selected === run ? '' : null }, row(run),
  h('tr', { class: 'options' }, h('td', {}), h('td', { colSpan: 8, class: 'muted' }, optionsText(run))),
  run.warnings.length > 0 && h('tr', {}, h('td', {}), h('td', { colSpan: 8, class: 'warned' }, run.warnings.map(text => h('span', {}, '⚠ ' + text)))))

/** Whether a run's network is in use, can be taken up, or was not kept. @param {import('./run.js').RunView} run */
const using = ({ id, status }) => (!id || !['done', 'cancelled'].includes(status) ? '' : state.keeping?.using === id ? 'in use' : state.active || state.loading ? '' : state.keeping?.networks.includes(id) ? 'use' : '')

/** Which network predicts and is downloaded. @param {import('./run.js').RunView} run */
function useCell(run) {
  const can = using(run)
  if (can === 'in use') return h('span', { class: 'badge', title: 'This network predicts, and is downloaded.', 'data-testid': 'using' }, 'in use')
  return can === 'use' && h('button', { type: 'button', class: 'quiet', 'data-testid': 'use-run', title: `Predict with the network of run ${run.letter}, and download it`, onclick: () => useNetwork(run) }, 'use')
}

const useNetwork = run => guarded(async () => {
  await withProgress(byID('weights-progress'), `Taking up run ${run.letter}`, options => state.thaw.projects.useRun(run.id, options), { cancellable: false })
  await follow() // it may have brought the weights that it began from
  set({ selected: run.result ? run : state.selected })
})

/** The rate of a run, of one in phases the first and the last. @param {import('./run.js').RunView} run */
const ratesText = ({ phaseRates, options }) => [...new Set(phaseRates ? [phaseRates[0], phaseRates.at(-1)] : [options.rate])].join(' … ')

/** @param {import('./run.js').RunView} run */
function row(run) {
  const { result, status, letter, options } = run
  const plan = run.title ?? run.plan
  const box = h('input', { type: 'checkbox', checked: run.visible, 'aria-label': `Show the curves of run ${letter}` })
  box.onchange = () => {
    run.visible = box.checked
    set({ runs: [...state.runs] })
  }
  const name = result
    ? h('button', { type: 'button', class: 'quiet', 'aria-pressed': String(state.selected === run), onclick: () => set({ selected: run }) }, plan)
    : plan
  const swatch = h('span', { class: 'run-letter', 'data-run-colour': run.number % 6 }, letter)
  return h('tr', { 'data-testid': 'run', 'data-run': letter, 'data-status': status },
    h('td', {}, h('label', { class: 'run-key' }, box, swatch)),
    h('th', { scope: 'row' }, name, status === 'done' ? '' : h('span', { class: 'muted' }, ` ${status}`), ' ', useCell(run)),
    accuracyCell(run),
    [options.epochs, options.batch, ratesText(run), options.seed].map(value => h('td', { class: 'number option' }, value)),
    h('td', { class: 'number', title: result ? `${plural(result.steps, 'step')} in ${plural(result.epochs, 'epoch')}` : '' }, result ? seconds(result.seconds) : '–'),
    h('td', { class: 'number' }, count(run.trained)))
}

/** @param {import('./run.js').RunView} run */
function accuracyCell(run) {
  const accuracy = accuracyOf(run)
  const nothing = !run.heldBack && (run.result || run.validation.length)
  const even = accuracy === null ? null : balanced(run.result?.confusion)
  return h('td', { class: 'number', 'data-testid': 'accuracy', title: nothing ? 'Nothing was held back to measure on.' : '' },
    nothing ? h('span', { class: 'muted' }, 'none held back') : accuracy === null ? '–' : percent(accuracy),
    even !== null && h('span', { class: 'muted even', title: 'The mean over classes of the share recognised (balanced accuracy): large classes count no more than small ones.' }, `${percent(even)} by class`))
}
