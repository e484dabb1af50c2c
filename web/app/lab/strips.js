// What an experiment shows: a strip of dots for each plan, one a seed, with mean and
// interval; the same as tables; and what the differences allow to say.
import { h } from '../dom.js'
import { percent, plural } from '../format.js'

/** @typedef {import('../../thaw.js').Experiment} Experiment */

/** @type {Record<string, { label: string, of: (result: import('../../thaw.js').RunResult) => number | null, text: (x: number) => string, difference: (x: number) => string, better: string, worse: string }>} */
export const measures = {
  accuracy: { label: 'Accuracy', of: r => r.validationAccuracy, text: percent, difference: points, better: 'recognises more', worse: 'recognises less' },
  balanced: { label: 'Accuracy by class', of: r => r.balancedAccuracy, text: percent, difference: points, better: 'recognises more', worse: 'recognises less' },
  loss: { label: 'Loss', of: r => r.validationLoss, text: x => x.toFixed(3), difference: x => signed(x.toFixed(3)), better: 'has the higher loss', worse: 'has the lower loss' },
}

function points(x) {
  return signed((100 * x).toFixed(1)) + ' points'
}
const signed = text => (text.startsWith('-') ? '−' + text.slice(1) : '+' + text)

/** What a run's figure is, null where it failed or nothing was held back. */
export const figureOf = (run, measure) => (run.problem || !run.result ? null : measures[measure].of(run.result))

// The plot ------------------------------------------------------------------------

const ns = 'http://www.w3.org/2000/svg'
const width = 640, row = 46, left = 12, right = 12, foot = 22

function make(tag, attributes, ...children) {
  const element = document.createElementNS(ns, tag)
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value))
  element.append(...children)
  return element
}

/** @param {Experiment} experiment @param {string} measure */
export function strips(experiment, measure) {
  const { plans, runs, first, seeds, analysis } = experiment
  const { text, label } = measures[measure]
  const spreads = analysis[measure].plans
  const values = [...runs.map(run => figureOf(run, measure)), ...spreads.flatMap(({ low, high }) => [low, high])].filter(x => x !== null)
  if (!values.length) return null
  const [least, most] = range(values, measure)
  const x = value => left + ((Math.min(Math.max(value, least), most) - least) / (most - least)) * (width - left - right)
  const y = plan => row * plan + 30
  const height = row * plans.length + foot
  const svg = make('svg', { class: 'strips', viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': `${label} of each run, a row for each plan. ${plans.map(({ name }, i) => `${name}: ${spreadText(spreads[i], text)}`).join('. ')}. All figures are in the tables.` })
  for (const value of [least, (least + most) / 2, most]) {
    svg.append(make('line', { class: 'grid', x1: x(value), x2: x(value), y1: 4, y2: height - foot + 4 }),
      make('text', { x: x(value), y: height - 6, 'text-anchor': value === least ? 'start' : value === most ? 'end' : 'middle' }, text(value)))
  }
  const at = (plan, seed) => { const run = runs[seed * plans.length + plan]; return run ? figureOf(run, measure) : null }
  for (let seed = 0; seed < seeds; seed++) { // the same seed in all plans
    const known = plans.map((_, plan) => ({ plan, value: at(plan, seed) })).filter(({ value }) => value !== null)
    if (known.length > 1) svg.append(make('polyline', { class: 'pair', points: known.map(({ plan, value }) => `${x(value)},${y(plan)}`).join(' ') }))
  }
  plans.forEach(({ name }, plan) => {
    svg.append(make('text', { class: 'plan', x: left, y: y(plan) - 14 }, name))
    const { mean, low, high } = spreads[plan]
    if (low !== null) svg.append(make('path', { class: 'interval', d: `M${x(low)} ${y(plan)}H${x(high)}M${x(low)} ${y(plan) - 5}v10M${x(high)} ${y(plan) - 5}v10` }))
    for (let seed = 0; seed < seeds; seed++) {
      const value = at(plan, seed)
      if (value === null) continue
      const dot = make('circle', { class: 'dot', 'data-plan': plan, cx: x(value), cy: y(plan) + ((seed % 3) - 1) * 4, r: 4 })
      dot.append(make('title', {}, `${name}, seed ${first + seed}: ${text(value)}`))
      svg.append(dot)
    }
    if (mean !== null) svg.append(make('path', { class: 'mean', d: `M${x(mean)} ${y(plan) - 10}v20` }))
  })
  return svg
}

/** A little more than what there is, in whole steps; shares stay between 0 and 1. */
function range(values, measure) {
  const low = Math.min(...values), high = Math.max(...values)
  const step = 10 ** Math.floor(Math.log10(Math.max(high - low, measure === 'loss' ? 0.01 : 0.1)))
  const floor = Math.floor(low / step) * step, ceiling = Math.ceil(high / step) * step
  return measure === 'loss' ? [Math.max(floor, 0), ceiling || 1] : [Math.max(floor, 0), Math.min(Math.max(ceiling, floor + step), 1)]
}

// In words and tables ---------------------------------------------------------------

const spreadText = ({ n, mean, sd, low, high }, text) => (mean === null ? 'no figure' : low === null ? `${text(mean)}, one seed` : `mean ${text(mean)}, standard deviation ${text(sd)}, 95 % interval ${text(low)} to ${text(high)}, ${plural(n, 'seed')}`)

/** What a difference allows to say. @param {Experiment} experiment @param {string} measure */
export function sentenceOf(experiment, measure, pair) {
  const { difference, better, worse } = measures[measure]
  const [one, other] = [experiment.plans[pair.plan].name, experiment.plans[pair.less].name]
  if (pair.mean === null) return `${one} and ${other} have no seed in common yet.`
  if (pair.low === null) return `${one} minus ${other}: ${difference(pair.mean)} with one seed, which says nothing of chance: take more.`
  const interval = `${difference(pair.low)} to ${difference(pair.high)}`
  const few = pair.n < 5 ? ` ${plural(pair.n, 'seed')} say little.` : ''
  if (pair.low <= 0 && pair.high >= 0) return `${one} and ${other} are not told apart: the difference lies between ${interval} (mean ${difference(pair.mean)}).${few}`
  return `${one} ${pair.mean > 0 ? better : worse} than ${other}: ${difference(pair.mean)} (${interval}).${few}`
}

const head = titles => h('thead', {}, h('tr', {}, titles.map((title, i) => h('th', { scope: 'col', class: i ? 'number' : '' }, title))))
const cell = (value, text) => h('td', { class: 'number' }, value === null || value === undefined ? '–' : text(value))
const framed = (label, table) => h('div', { class: 'table-scroll', tabIndex: 0, role: 'region', 'aria-label': label }, table)

/** Mean and spread of each plan. @param {Experiment} experiment @param {string} measure */
export function planTable({ plans, runs, analysis }, measure) {
  const text = x => measures[measure].text(measure === 'loss' ? x : Math.min(Math.max(x, 0), 1)) // an interval by t may leave what can be
  const failed = plan => runs.filter(run => run.plan === plan && run.problem).length
  return framed('Mean and spread of each plan', h('table', { 'data-testid': 'experiment-plans' }, head(['Plan', 'Seeds', 'Mean', 'Standard deviation', '95 % from', 'to']),
    h('tbody', {}, analysis[measure].plans.map(({ n, mean, sd, low, high }, i) => h('tr', {}, h('th', { scope: 'row' }, plans[i].name, failed(i) > 0 && h('span', { class: 'warned' }, ` ${failed(i)} failed and do not count`)),
      cell(n, String), cell(mean, text), cell(sd, text), cell(low, text), cell(high, text))))))
}

/** Differences by seed, each with what it allows to say. @param {Experiment} experiment @param {string} measure */
export function pairTable(experiment, measure) {
  const { plans, analysis } = experiment
  const pairs = analysis[measure].pairs
  if (!pairs.length) return null
  const { difference } = measures[measure]
  const wider = pairs.some(pair => pair.wider)
  return h('div', {},
    framed('Differences between plans', h('table', { 'data-testid': 'experiment-pairs' }, head(['Difference', 'Seeds', 'Mean', '95 % from', 'to', ...(wider ? ['for new images from', 'to'] : [])]),
      h('tbody', {}, pairs.map(pair => h('tr', {}, h('th', { scope: 'row' }, `${plans[pair.plan].name} minus ${plans[pair.less].name}`), cell(pair.n, String),
        cell(pair.mean, difference), cell(pair.low, difference), cell(pair.high, difference), wider && [cell(pair.wider?.[0], difference), cell(pair.wider?.[1], difference)]))))),
    pairs.map(pair => h('p', { 'data-testid': 'experiment-sentence' }, sentenceOf(experiment, measure, pair))),
    h('p', { class: 'muted' }, 'Both plans had the same images, first values and order in each seed, so their differences are taken seed by seed (paired, Student’s t).',
      wider && ' Splits share images, so that runs are no independent draws: for new images of this kind the wider interval counts (Nadeau and Bengio 2003).',
      pairs.length > 4 && ` Of ${pairs.length} intervals about one in twenty misses.`))
}

/** Every run; `act` makes the last cell. @param {Experiment} experiment @param {string} measure @param {(run: any, index: number) => any} act */
export function runTable({ plans, runs }, measure, act) {
  const { text, label } = measures[measure]
  return framed('All runs', h('table', { 'data-testid': 'experiment-runs' }, head(['Plan', 'Seed', label, 'Wilson 95 % from', 'to', '']),
    h('tbody', {}, runs.map((run, i) => h('tr', {}, h('th', { scope: 'row' }, plans[run.plan].name, run.problem && h('span', { class: 'warned' }, ' ' + run.problem)), cell(run.seed, String), cell(figureOf(run, measure), text),
      cell(run.interval?.[0], percent), cell(run.interval?.[1], percent), h('td', {}, act(run, i)))))))
}
