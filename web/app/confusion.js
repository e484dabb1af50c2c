// What a run mixes up: rows are true classes, columns what the network said. Few classes
// are a table; of many the picture shows where mistakes gather, and a list says which.
import { byID, h } from './dom.js'
import { percent, plural } from './format.js'
import { drawHeat } from './heat.js'
import { guarded } from './notices.js'
import { state, watch } from './store.js'

const tableClasses = 12 // more do not fit beside each other
const listed = 10

export function startConfusion() {
  watch(['selected'], show)
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', show)
}

function show() {
  const place = byID('confusion')
  const result = state.selected?.result
  const measured = result?.confusion?.flat().some(Boolean)
  place.hidden = !result?.confusion?.length
  if (place.hidden) return
  if (!measured) {
    place.replaceChildren(heading(), h('p', { class: 'muted' }, 'Nothing was held back to measure on.'))
    return
  }
  const run = state.selected
  const open = (is, said) => guarded(async () => (await import('./lab/cell.js')).showCell(run, is, said))
  place.replaceChildren(heading(), ...mistakes(result, result.heldBack && open))
}

/**
 * A confusion matrix, and what it says in words.
 * @param {{ classes: string[], confusion: number[][] }} result
 * @param {(is: number, said: number) => void} [open] shows the images of a cell
 */
export function mistakes(result, open) {
  const many = result.classes.length > tableClasses
  return [open && h('p', { class: 'muted' }, 'Choose a number to see its images.'), pairs(result, open),
    many ? drawHeat(result.classes, result.confusion, open) : table(result, open), many && hardest(result)].filter(Boolean)
}

const heading = () => h('h3', {}, `What run ${state.selected.letter} mixes up`, ' ', h('span', { class: 'term' }, 'confusion matrix, held-back images'))

/** Columns are numbered where names would not fit. */
function table({ classes, confusion }, open) {
  const numbered = classes.length > 5
  const head = (name, i) => h('th', { scope: 'col', title: name, 'aria-label': name }, h('span', {}, numbered ? i + 1 : name))
  return h('div', { class: 'table-scroll', tabIndex: 0, role: 'region', 'aria-label': 'Confusion matrix' },
    h('table', { class: numbered ? 'numbered' : '' },
      h('thead', {}, h('tr', {}, h('th', { scope: 'col', class: 'corner' }, 'true ↓ said →'), classes.map(head))),
      h('tbody', {}, confusion.map((counts, i) => row(classes, counts, i, numbered, open)))))
}

const sum = counts => counts.reduce((a, b) => a + b, 0)

function row(classes, counts, i, numbered, open) {
  const total = sum(counts)
  return h('tr', {}, h('th', { scope: 'row', title: classes[i] }, numbered && h('span', { class: 'muted' }, `${i + 1} `), classes[i]), counts.map((n, j) => {
    const title = `${classes[i]} taken for ${classes[j]}: ${n} of ${total}`
    const cell = h('td', { 'data-right': i === j ? '' : null, title },
      n && open ? h('button', { type: 'button', class: 'cell', 'data-cell': `${i},${j}`, 'aria-label': `${title}: see them`, 'aria-haspopup': 'dialog', onclick: () => open(i, j) }, n) : n || '·')
    cell.style.setProperty('--share', String(total ? n / total : 0))
    return cell
  }))
}

/** The mistakes that were made most, in words. */
function pairs({ classes, confusion }, open) {
  const mistakes = confusion.flatMap((counts, i) => counts.map((n, j) => ({ n, of: sum(counts), said: classes[j], is: classes[i], wrong: i !== j, at: [i, j] }))).filter(({ n, wrong }) => n && wrong)
    .sort((a, b) => b.n - a.n || b.n / b.of - a.n / a.of)
  if (!mistakes.length) return h('p', { class: 'muted' }, 'No mistake.')
  if (classes.length < 4) return null // the table says it
  const words = ({ said, is }) => [h('b', {}, is), ' taken for ', h('b', {}, said)]
  const item = pair => h('li', {}, open ? h('button', { type: 'button', class: 'quiet inline-button', 'aria-haspopup': 'dialog', onclick: () => open(...pair.at) }, words(pair)) : words(pair),
    h('span', { class: 'muted' }, `: ${pair.n} of ${pair.of}`))
  return h('details', { class: 'pairs', open: classes.length > tableClasses },
    h('summary', {}, `Mixed up most, of ${plural(sum(mistakes.map(({ n }) => n)), 'mistake')}`), h('ol', { 'data-testid': 'pairs' }, mistakes.slice(0, listed).map(item)))
}

function hardest({ classes, confusion }) {
  const right = confusion.map((counts, i) => ({ name: classes[i], all: sum(counts), right: counts[i] })).filter(({ all }) => all).sort((a, b) => a.right / a.all - b.right / b.all)
  return h('details', { class: 'pairs' }, h('summary', {}, 'Every class, the hardest first'),
    h('ol', {}, right.map(c => h('li', {}, c.name, h('span', { class: 'muted' }, `: ${percent(c.right / c.all)}, ${c.right} of ${c.all}`)))))
}
