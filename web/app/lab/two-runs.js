// Two runs side by side: what they were trained with, curves over each other, maps and
// readings below each other, block by block.
import { drawBars } from '../bars.js'
import { h, iconButton } from '../dom.js'
import { count, percent, seconds } from '../format.js'
import { perBlock, readings } from '../lens.js'
import { guarded } from '../notices.js'
import { accuracyOf } from '../run.js'
import { state, watch } from '../store.js'
import { curvesOf, mapOf } from './two-curves.js'

/** @typedef {import('../run.js').RunView} RunView */

let dialog = null
/** @type {[RunView, RunView]} */
let pair
let reading = 'moved'
const plans = new WeakMap() // run -> its plan, where it was compiled for this

/** Opens the dialog with the two runs whose curves are shown, else with the last two. */
export function openTwoRuns() {
  const runs = shownRuns()
  const visible = runs.filter(run => run.visible)
  pair = /** @type {any} */ ((visible.length === 2 ? visible : runs).slice(-2))
  if (!dialog) {
    dialog = h('dialog', { id: 'two-runs-dialog', class: 'experiment', 'data-testid': 'two-runs-dialog', 'aria-labelledby': 'two-runs-title' },
      h('header', {}, h('h2', { id: 'two-runs-title' }, 'Two runs side by side'), iconButton('close', 'Close', () => dialog.close())),
      h('div', { class: 'scroll' }))
    document.body.append(dialog)
    watch(['runs'], () => dialog.open && show())
  }
  dialog.showModal()
  show()
}

const shownRuns = () => state.runs.filter(run => run.train.length || run.validation.length)
const nameOf = run => `${run.letter}: ${run.title ?? run.plan}`

async function show() {
  const runs = shownRuns()
  pair = /** @type {any} */ (pair.map((run, i) => runs.find(({ number }) => number === run.number) ?? runs.at(i - 2)))
  const blocks = await Promise.all(pair.map(blocksOf))
  const choose = i => h('label', { class: 'field' }, h('span', { class: 'label' }, i ? 'Dashed' : 'Solid'),
    h('select', { 'data-testid': `two-runs-${i}`, onchange: event => { pair[i] = runs[event.target.selectedIndex]; show() } }, runs.map(run => h('option', { selected: run === pair[i] }, nameOf(run)))))
  dialog.querySelector('.scroll').replaceChildren(
    h('div', { class: 'fields' }, choose(0), choose(1)),
    facts(),
    h('figure', {}, h('figcaption', {}, 'Accuracy of held-back images'), curvesOf(pair, 'accuracy')),
    h('figure', {}, h('figcaption', {}, 'Loss of held-back images'), curvesOf(pair, 'loss')),
    h('h3', {}, 'What learns'), ...pair.map((run, i) => h('figure', {}, h('figcaption', {}, nameOf(run)), blocks[i] ? mapOf(blocks[i]) : h('p', { class: 'muted' }, 'Its plan cannot be made of this network any more.'))),
    h('h3', {}, 'Inside'), inside())
}

/** The blocks of a run's plan; null where it fits the network no more. @param {RunView} run */
async function blocksOf(run) {
  if (!run.trains && !plans.has(run) && run.spec) plans.set(run, await state.thaw.plan(run.spec, run.options).catch(() => null))
  return (run.trains ?? plans.get(run))?.blocks ?? null
}

/** Figures of both, and the options by which they differ. */
function facts() {
  const rows = [
    ['Accuracy', run => { const x = accuracyOf(run); return x === null ? '–' : percent(x) }],
    ['Time', run => (run.result ? seconds(run.result.seconds) : '–')],
    ['Learned', run => count(run.trained)],
    ...different().map(key => [key, run => textOf(run.options[key])]),
  ]
  return h('div', { class: 'table-scroll', tabIndex: 0, role: 'region', 'aria-label': 'Figures of both runs' }, h('table', { 'data-testid': 'two-runs-facts' },
    h('thead', {}, h('tr', {}, h('td', {}), pair.map(run => h('th', { scope: 'col', class: 'number' }, nameOf(run))))),
    h('tbody', {}, rows.map(([title, text]) => h('tr', {}, h('th', { scope: 'row' }, title), pair.map(run => h('td', { class: 'number' }, /** @type {any} */ (text)(run))))))))
}

/** An option in words; what is off or left out is a dash. */
function textOf(value) {
  if (value && typeof value === 'object') return Object.entries(value).filter(([, part]) => part).map(([name, part]) => `${name} ${part}`).join(', ') || '–'
  return value ? String(value) : '–'
}

function different() {
  const [a, b] = pair.map(({ options }) => options)
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].filter(key => textOf(a[key]) !== textOf(b[key]))
}

/** One reading of both runs as bars below each other, and how alike their features are. */
function inside() {
  if (!pair.some(run => run.inside)) return h('p', { class: 'muted' }, 'Neither run told of its blocks: train with “Look inside” open.')
  const kinds = Object.entries(readings).filter(([key]) => key !== 'probe')
  const select = h('select', { 'data-testid': 'two-runs-reading', onchange: event => { reading = event.target.value; guarded(show) } }, kinds.map(([key, { label }]) => h('option', { value: key, selected: key === reading }, label)))
  const chart = run => {
    const bars = readings[reading].bars(run)
    return h('figure', {}, h('figcaption', {}, nameOf(run)), bars.length ? drawBars(bars, readings[reading]) : h('p', { class: 'muted' }, readings[reading].none))
  }
  const each = likeEachOther()
  return h('div', {}, h('label', { class: 'inline' }, 'Show ', select), h('p', { class: 'muted' }, readings[reading].about), pair.map(chart),
    each && h('figure', {}, h('figcaption', {}, `Do ${pair[0].letter} and ${pair[1].letter} see the same in the held-back images? (linear CKA, 1: the same)`), drawBars(each, readings.alike)))
}

/** CKA between the two, which the later one told, where the same images were held back. */
function likeEachOther() {
  for (const [run, other] of [pair, [...pair].reverse()]) {
    const found = run.inside?.looked?.runs.find(({ run }) => run === other.id)
    if (found) return found.blocks.map((figure, i) => ({ ...perBlock(run, () => ({}))[i], ...figure }))
  }
  return null
}
