// What is in the network, block by block: a probe before any training, and what a run
// told of its blocks, live. One figure at a time as bars, all of its numbers as a table.
import { drawBars } from './bars.js'
import { byID, h } from './dom.js'
import { percent, plural } from './format.js'
import { drawSeries } from './lab/series.js'
import { foretells, isProbing, knownProbe, probeOrStop } from './probe.js'
import { whyNot } from './runs.js'
import { state, watch } from './store.js'

/**
 * @typedef {{ block: string, value: number | null, low?: number | null, high?: number | null, learns?: string }} Bar
 * @typedef {Object} Reading
 * @property {string} label  @property {string} about
 * @property {(run: import('./run.js').RunView | null) => Bar[]} bars   none: there is nothing yet
 * @property {string} none   what to do for it
 * @property {(x: number) => string} text
 * @property {'share' | 'log' | 'linear'} scale
 * @property {(run: import('./run.js').RunView | null) => string} [more]
 * @property {'gradient' | 'ratio' | 'moved' | 'shift'} [series]   the name of it pass by pass
 */

const inRun = 'Train with this panel open: runs that begin then tell of every block.'
const small = x => (x === 0 ? '0' : x < 0.001 || x >= 10_000 ? x.toExponential(1).replace('+', '') : x.toPrecision(2))
export const perBlock = (run, values) => run.inside.blocks.map(({ name, learns }, i) => ({ block: name, learns, ...values(i, name) }))
const lastEpoch = run => run?.inside?.epoch

/** @type {Record<string, Reading>} */
export const readings = {
  probe: {
    label: 'What is there to read', scale: 'share', text: percent,
    about: 'Share of the held-back images that a linear classifier recognises by a block’s features alone, nothing trained (a linear probe: ridge regression on averaged features). Where it falls from left to right by more than its lines, the network discards what these classes need, and a frozen one cannot give it back.',
    none: 'Measure it with the button above.',
    bars: () => knownProbe()?.blocks.map(({ block, accuracy }) => ({ block, ...accuracy })) ?? [],
    more: () => {
      const { train, heldBack, chance, forecast } = knownProbe()
      return `Fitted on ${plural(train, 'image')}, measured on ${heldBack} held back; one answer for all gets ${percent(chance)}. Lines: 95 % intervals. ${forecast ? foretells(forecast) : ''}`
    },
  },
  gap: {
    label: 'Domain gap', scale: 'linear', text: small,
    about: 'How far the means of these images, in every channel, are from those that batch norm has stored from pretraining, in standard deviations. It says how foreign the images look to the network, and little of what freezing costs: that rests on whether what the classes need was kept.',
    none: 'Measure it with the button above.',
    bars: () => knownProbe()?.blocks.map(({ block, gap }) => ({ block, value: gap })) ?? [],
  },
  gradient: {
    label: 'Gradients', scale: 'log', series: 'gradient', text: small, none: inRun,
    about: 'How much the loss would change with a block’s output (the norm of dLoss/dOutput), in the last steps. Gradients pass frozen blocks too: freezing stops the update, not the flow. A dash: none is computed, since nothing before it learns.',
    bars: run => (run?.inside?.gradient ? perBlock(run, i => ({ value: run.inside.gradient[i] })) : []),
  },
  ratio: {
    label: 'Gradient by weight', scale: 'log', series: 'ratio', text: small, none: inRun,
    about: 'The gradient’s size in the weights’ own (|g| / |w|) of what learns, in the last steps.',
    bars: run => (run?.inside?.ratio ? perBlock(run, i => ({ value: run.inside.ratio[i] })) : []),
  },
  moved: {
    label: 'Weights moved', scale: 'linear', series: 'moved', text: percent, none: inRun + ' It comes with the first pass.',
    about: 'How far a block’s weights are from where this run began, in their own size (|w − w0| / |w0|).',
    bars: run => (lastEpoch(run) ? perBlock(run, i => ({ value: lastEpoch(run).moved[i] })) : []),
  },
  drift: {
    label: 'Batch norm drifted', scale: 'linear', series: 'shift', text: small, none: inRun + ' It comes with the first pass.',
    about: 'How far the stored means of batch norm are from where this run began, in standard deviations, averaged over channels. A dash: stored statistics stay.',
    bars: run => (lastEpoch(run) ? perBlock(run, (_, name) => ({ value: meanShift(lastEpoch(run).drift.filter(d => d.block === name)) })) : []),
    more: run => [drifted(run), anew(run)].filter(Boolean).join(' '),
  },
  alike: {
    label: 'Alike before and after', scale: 'share', text: x => x.toFixed(3), none: inRun + ' It comes at the end, where at least 8 images are held back.',
    about: 'Do a block’s features still say the same of the held-back images? 1: the same up to turning and scaling, 0: nothing in common (linear CKA, without bias). Lines: 95 % intervals.',
    bars: run => likeness(run).map((figure, i) => ({ block: run.inside.blocks[i].name, learns: run.inside.blocks[i].learns, ...figure })),
  },
}

const beforeRuns = ['probe', 'gap']
let chosen = 'probe'
let compared = '' // '': the start of the run, else the run that it is compared with

/** Shows the panel, which draws itself anew from then on while it is open. */
export function showLens() {
  if (!byID('lens')) {
    byID('inside').append(h('div', { id: 'lens', class: 'lens' },
      h('p', { class: 'row' }, h('button', { type: 'button', class: 'button', id: 'probe', 'data-testid': 'probe', onclick: measure }, 'Measure every block'), h('span', { id: 'probe-progress', class: 'muted' })),
      h('div', { class: 'row' },
        h('label', { class: 'field' }, h('span', { class: 'label' }, 'Show'),
          h('select', { id: 'reading', 'data-testid': 'reading', onchange: event => { chosen = event.target.value; draw() } }, Object.entries(readings).map(([value, { label }]) => h('option', { value }, label)))),
        h('label', { class: 'field', id: 'with', hidden: true }, h('span', { class: 'label' }, 'With'),
          h('select', { id: 'compared', 'data-testid': 'compared', onchange: event => { compared = event.target.value; draw() } }))),
      h('p', { id: 'reading-about', class: 'muted' }), h('div', { id: 'reading-chart', 'data-testid': 'reading-chart' }), h('p', { id: 'reading-more', 'data-testid': 'reading-more' }),
      h('details', { id: 'reading-series', class: 'fold', ontoggle: draw }, h('summary', {}, 'Over time, pass by pass'), h('div', { id: 'series', 'data-testid': 'series' })),
      h('details', { id: 'reading-numbers', class: 'fold' }, h('summary', {}, 'As a table'), h('div', { class: 'table-scroll', tabIndex: 0, role: 'region', 'aria-label': 'Figures of every block' }, h('table', { id: 'reading-table', 'data-testid': 'reading-table' })))))
    watch(['runs', 'data', 'model', 'settings', 'active', 'selected', 'inside', 'probe'], draw)
  }
  draw()
}

async function measure() {
  if (!isProbing() && chosen !== 'gap') chosen = 'probe'
  await probeOrStop(({ done, total }) => (byID('probe-progress').textContent = `${done} of ${total}`))
  byID('probe-progress').textContent = ''
}

/** The run that is shown: the one under way or chosen, else the last that told of its blocks. */
const shownRun = () => [state.active, state.selected, ...[...state.runs].reverse()].find(run => run?.inside) ?? null

function draw() {
  if (!state.inside) return
  const run = shownRun()
  const reading = readings[chosen]
  byID('reading').value = chosen
  byID('probe').textContent = isProbing() ? 'Stop measuring' : 'Measure every block'
  byID('probe').disabled = !isProbing() && Boolean(state.active || whyNot())
  showCompared(run)
  const bars = reading.bars(run)
  const about = (beforeRuns.includes(chosen) || !run ? '' : `Run ${run.letter}. `) + reading.about
  if (byID('reading-about').textContent !== about) byID('reading-about').textContent = about
  byID('reading-more').textContent = bars.length ? reading.more?.(run) ?? '' : reading.none
  byID('reading-numbers').hidden = !bars.length
  byID('reading-chart').replaceChildren(...(bars.length ? [drawBars(bars, reading)] : []))
  byID('reading-table').replaceChildren(...table(bars, reading))
  const passes = reading.series ? run?.inside?.series ?? [] : []
  byID('reading-series').hidden = !passes.length
  if (passes.length && byID('reading-series').open) byID('series').replaceChildren(drawSeries(run, reading))
}

/** @param {Bar[]} bars @param {Reading} reading */
function table(bars, { label, text }) {
  const spread = bars.some(({ low }) => low !== undefined)
  const cell = x => h('td', { class: 'number' }, x === null || x === undefined ? '–' : text(x))
  return [
    h('thead', {}, h('tr', {}, ['Block', label, ...(spread ? ['from', 'to'] : [])].map((title, i) => h('th', { scope: 'col', class: i ? 'number' : '' }, title)))),
    h('tbody', {}, bars.map(({ block, value, low, high }) => h('tr', { 'data-of': block }, h('th', { scope: 'row' }, block), cell(value), ...(spread ? [cell(low), cell(high)] : [])))),
  ]
}

// Runs with each other ------------------------------------------------------------

const letterOf = id => state.runs.find(run => run.id === id)?.letter ?? id

function showCompared(run) {
  const others = run?.inside.looked?.runs.map(({ run }) => run) ?? []
  if (!others.includes(compared)) compared = ''
  byID('with').hidden = chosen !== 'alike' || !others.length
  byID('compared').replaceChildren(h('option', { value: '' }, 'its start'), ...others.map(id => h('option', { value: id }, `run ${letterOf(id)}`)))
  byID('compared').value = compared
}

function likeness(run) {
  const looked = run?.inside?.looked
  return (compared ? looked?.runs.find(({ run }) => run === compared)?.blocks : looked?.start) ?? []
}

// Batch norm -----------------------------------------------------------------------

const meanShift = drift => (drift.length ? drift.reduce((sum, { shift }) => sum + shift, 0) / drift.length : null)

function drifted(run) {
  const epoch = lastEpoch(run)
  return epoch?.drift.length ? `Each step on batch statistics keeps 99 % of what is stored: after these, ${percent(epoch.remaining)} of the statistics at the start remain.` : ''
}

function anew(run) {
  const found = run?.inside?.looked?.anew
  if (!found) return ''
  const { value, low, high } = found.accuracy
  return `With statistics computed anew from ${plural(found.images, 'training image')} the network recognises ${percent(value)} (${percent(low)} to ${percent(high)}) of the held-back images, with the stored ones ${percent(run.result?.validationAccuracy ?? run.validation.at(-1)?.accuracy)}. What these differ by beyond chance is drift, not learning.`
}
