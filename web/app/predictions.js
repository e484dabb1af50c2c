// Predictions of many files: a table, what is wrong and unsure first, with its figures
// (figures.js) and as a CSV file.
import { csv } from './csv.js'
import { byID, download, h } from './dom.js'
import { figures } from './figures.js'
import { exact, percent, plural } from './format.js'
import { guarded, notice, say } from './notices.js'
import { withProgress } from './progress.js'
import { reasonItem } from './refusals.js'
import { set, state } from './store.js'

/** @typedef {import('../thaw.js').Answer} Answer */
/** @typedef {import('../thaw.js').Predictions} Predictions */

const pageRows = 100
const redrawn = 1000 // ms, while answers come
const margin = 0.2 // to the second class, below which an answer is unsure

/** What is shown, one at a time: the engine knows the pictures of the last alone. */
let list = /** @type {{ classes: string[], answers: Answer[], refused: Answer[], filter: string, rows: number }} */ ({ classes: [], answers: [], refused: [], filter: 'all', rows: pageRows })

/** @param {import('./sort.js').Found[]} found @param {string} [source] of labels */
export const predictFiles = (found, source) => ask(`Asking about ${plural(found.length, 'file')}`,
  options => state.thaw.predictFiles(found, { source, ...options }), result => sourceField(result, chosen => predictFiles(found, chosen)),
  () => state.thaw.predicted())

export const measureTest = () => ask('Measuring the test set', async options => {
  const result = await state.thaw.data.test(options)
  set({ data: await state.thaw.data.list() })
  return result
}, () => null, async () => null) // a test set is measured whole, or not

/**
 * @param {string} title
 * @param {(options: import('../thaw.js').PredictOptions) => Promise<Predictions>} work
 * @param {(result: Predictions) => any} more what stands above the figures
 * @param {() => Promise<Predictions | null>} soFar what came of it until it was cancelled
 */
async function ask(title, work, more, soFar) {
  if (state.active || state.loading) return notice('warning', state.loading ?? 'A run is training: predict when it has ended, or cancel it.')
  const { outputs } = await state.thaw.model.describe()
  const mine = (list = { classes: outputs?.names ?? [], answers: [], refused: [], filter: 'all', rows: pageRows })
  forgetThumbnails()
  byID('prediction').replaceChildren()
  const place = byID('predictions')
  place.replaceChildren()
  place.hidden = false
  const clock = setInterval(() => list === mine && mine.answers.length && showRows(place), redrawn)
  set({ loading: 'The network is asked about images: wait for the end, or cancel that.' })
  let result
  await guarded(async () => {
    result = await withProgress(byID('predict-progress'), title, options => work({ ...options, onResult: answer => void (answer.refused ? mine.refused : mine.answers).push(answer) }))
  })
  const stopped = !result
  if (stopped) result = await soFar().catch(() => null)
  set({ loading: null })
  clearInterval(clock)
  if (list !== mine) return
  if (!mine.answers.length && !mine.refused.length) return void (place.hidden = true)
  place.replaceChildren(...[stopped && h('p', { class: 'strip', 'data-testid': 'predict-stopped' }, result ? `Stopped behind ${exact(result.images)} of ${plural(result.of, 'image')}: what is shown is of these alone.` : `Stopped behind ${plural(mine.answers.length, 'image')}: there are no figures.`), ...(result ? told(result, more(result)) : []), refusedFold(result)].filter(Boolean))
  showRows(place)
  if (result) say(`${plural(result.images, 'image')} asked about. ${result.figures ? `${percent(result.figures.accuracy)} right.` : ''}`, { now: true })
}

/** What stands above the table. @param {Predictions} result */
function told(result, more) {
  const { unknown, seen, unlabelled, figures: found, images } = result
  return [more,
    unknown.length > 0 && h('p', { class: 'strip', 'data-testid': 'unknown-labels' }, `The network does not know ${unknown.map(({ name, pictures }) => `${name} (${plural(pictures, 'image')})`).join(', ')}: left out of the figures.`),
    found && unlabelled > 0 && h('p', { class: 'strip' }, `${plural(unlabelled, 'image')} without a label: left out of the figures.`),
    found && seen > 0 && h('p', { class: 'strip', 'data-testid': 'seen' }, `${exact(seen)} of these ${plural(images, 'image')} ${seen === 1 ? 'is' : 'are'} also among those to train on or validate with: figures with ${seen === 1 ? 'it' : 'them'} are too good.`),
    found && figures(found)]
}

/** Which folders or column say what is right. @param {Predictions} result */
function sourceField({ sources, source }, again) {
  if (!sources.length) return null
  const option = (id, title) => h('option', { value: id, selected: id === (source || 'none') }, title)
  return h('label', { class: 'preview-group' }, h('span', {}, 'What says which class is right?'),
    h('select', { 'data-testid': 'label-source', onchange: event => again(event.target.value) }, sources.map(({ id, title, known }) => option(id, `${title} (${exact(known)} known)`)), option('none', 'nothing: they have no labels')))
}

function refusedFold(result) {
  const n = result?.refused ?? list.refused.length
  return n > 0 && h('details', { class: 'fold', 'data-testid': 'predict-refused' }, h('summary', {}, `${plural(n, 'file')} could not be asked about`),
    h('ul', {}, list.refused.map(({ name, refused }) => reasonItem({ name: name.split('/').at(-1), reason: refused }))))
}

const top = ({ probabilities }) => Math.max(...probabilities)
const unsure = ({ probabilities }) => {
  const [first, second = 0] = [...probabilities].sort((a, b) => b - a)
  return first - second < margin
}
const wrong = answer => Boolean(answer.label) && list.classes.includes(answer.label) && answer.label !== answer.class

const filters = {
  all: ['all', () => true],
  wrong: ['wrong', wrong],
  unsure: ['unsure', unsure],
}

/** Wrong ones first, the surest of them before others; then the least sure. */
function order(a, b) {
  const wrongs = Number(wrong(b)) - Number(wrong(a))
  return wrongs || (wrong(a) ? top(b) - top(a) : top(a) - top(b)) || a.index - b.index
}

/** The rows that are asked for, in place of those before. */
function showRows(place) {
  const by = (list.filter in filters ? filters[list.filter][1] : answer => answer.class === list.filter.slice('class:'.length))
  const chosen = list.answers.filter(by).sort(order)
  const table = h('section', { class: 'predictions-table', 'aria-label': 'Predictions' },
    h('p', { class: 'row' }, filterField(place), h('span', { class: 'muted', 'data-testid': 'predictions-count' }, `${exact(chosen.length)} of ${plural(list.answers.length, 'image')}`),
      h('button', { type: 'button', class: 'button', 'data-testid': 'predictions-csv', onclick: save }, 'Download CSV')),
    h('table', { 'data-testid': 'predictions-table' }, h('thead', {}, h('tr', {}, ['', 'File', 'Right', 'Network says', 'Probability'].map(text => h('th', { scope: 'col' }, text || h('span', { class: 'visually-hidden' }, 'Image'))))),
      h('tbody', {}, chosen.slice(0, list.rows).map(row))),
    chosen.length > list.rows && h('button', { type: 'button', class: 'button', onclick: () => { list.rows += pageRows; showRows(place) } }, `Show ${exact(Math.min(pageRows, chosen.length - list.rows))} more`))
  const old = place.querySelector('.predictions-table')
  const focused = old?.contains(document.activeElement) ? document.activeElement.dataset.testid : null
  if (old) old.replaceWith(table)
  else place.append(table)
  if (focused) table.querySelector(`[data-testid="${focused}"]`)?.focus()
}

function filterField(place) {
  const option = (value, text) => h('option', { value, selected: value === list.filter }, text)
  return h('label', { class: 'inline' }, h('span', {}, 'Show'), h('select', { 'data-testid': 'predictions-filter', onchange: event => { Object.assign(list, { filter: event.target.value, rows: pageRows }); showRows(place) } },
    Object.entries(filters).map(([value, [text]]) => option(value, text)), list.classes.map(name => option('class:' + name, `taken for ${name}`))))
}

/** @param {Answer} answer */
const row = answer => h('tr', { 'data-answer': answer.name, 'data-wrong': wrong(answer) ? '' : null },
  h('td', {}, thumbnail(answer)), h('th', { scope: 'row', title: answer.name }, answer.name.split('/').at(-1)),
  h('td', {}, answer.label ?? '–'), h('td', {}, wrong(answer) && h('span', {}, '✗ '), answer.class, unsure(answer) && h('span', { class: 'muted' }, ' unsure')), h('td', { class: 'number' }, percent(top(answer))))

function save() {
  const rows = list.answers.map(({ name, label, class: said, probabilities }) => [name, label ?? '', said, ...probabilities])
  download(csv([['file', 'label', 'class', ...list.classes], ...rows]), 'predictions.csv')
}

// Thumbnails: asked of the engine when they come into view, and kept while their table is shown.
const kept = new Map() // index -> blob URL
const observer = new IntersectionObserver(entries => {
  for (const { target, isIntersecting } of entries) {
    if (!isIntersecting) continue
    observer.unobserve(target)
    draw(target)
  }
}, { rootMargin: '100px' })

function thumbnail({ index, name }) {
  const picture = h('img', { class: 'thumb', alt: '', title: name, width: 40, height: 40, decoding: 'async', 'data-index': index })
  if (kept.has(index)) picture.src = kept.get(index)
  else observer.observe(picture)
  return picture
}

async function draw(picture) {
  const mine = list
  const index = Number(picture.dataset.index)
  const blob = await state.thaw.predictedThumbnail(index).catch(() => null)
  if (!blob || list !== mine) return picture.classList.add('broken')
  if (!kept.has(index)) kept.set(index, URL.createObjectURL(blob))
  picture.src = kept.get(index)
}

function forgetThumbnails() {
  for (const url of kept.values()) URL.revokeObjectURL(url)
  kept.clear()
}
