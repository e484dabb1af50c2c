// The confusion matrix of a run: rows are true classes, columns what the network said.
import { byID, h } from './dom.js'
import { percent } from './format.js'
import { state, watch } from './store.js'

const maxClasses = 40

export function startConfusion() {
  watch(['selected'], show)
}

function show() {
  const place = byID('confusion')
  const result = state.selected?.result
  place.hidden = !result?.confusion?.length
  if (place.hidden) return
  const { classes, confusion } = result
  if (classes.length > maxClasses) {
    place.replaceChildren(heading(), h('p', { class: 'muted' }, `${classes.length} classes are too many to draw; the hardest: ${hardest(result)}.`))
    return
  }
  place.replaceChildren(heading(),
    h('div', { class: 'table-scroll', tabIndex: 0, role: 'region', 'aria-label': 'Confusion matrix' },
      h('table', {},
        h('thead', {}, h('tr', {}, h('th', { scope: 'col', class: 'corner' }, 'true ↓ said →'), classes.map(name => h('th', { scope: 'col', title: name }, h('span', {}, name))))),
        h('tbody', {}, confusion.map((counts, i) => row(classes, counts, i))))))
}

const heading = () => h('h3', {}, `What run ${state.selected.letter} mixes up`, ' ', h('span', { class: 'term' }, 'confusion matrix, held-back images'))

function row(classes, counts, i) {
  const total = counts.reduce((a, b) => a + b, 0)
  return h('tr', {}, h('th', { scope: 'row', title: classes[i] }, classes[i]), counts.map((n, j) => {
    const cell = h('td', { 'data-right': i === j ? '' : null, title: `${classes[i]} taken for ${classes[j]}: ${n} of ${total}` }, n || '·')
    cell.style.setProperty('--share', String(total ? n / total : 0))
    return cell
  }))
}

function hardest({ classes, confusion }) {
  return confusion.map((counts, i) => ({ name: classes[i], right: counts[i] / (counts.reduce((a, b) => a + b, 0) || 1) }))
    .sort((a, b) => a.right - b.right).slice(0, 8).map(c => `${c.name} ${percent(c.right)}`).join(', ')
}
