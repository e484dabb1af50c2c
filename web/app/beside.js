// Two runs' networks side by side on one image: both answers and the difference.
import { h } from './dom.js'
import { percent } from './format.js'
import { guarded } from './notices.js'
import { state } from './store.js'

/** @typedef {import('../thaw.js').Prediction} Prediction */

const shown = 5
let chosen = '' // stays for the next image

/** A field that chooses another run, and what it says of the same image. @param {File} file @param {Prediction} prediction */
export function beside(file, prediction) {
  const others = state.runs.filter(({ id, result }) => id && result && id !== prediction.run)
  if (!others.length) return null
  const place = h('div', { 'aria-live': 'polite' })
  const show = async () => {
    place.replaceChildren()
    if (!chosen) return
    const mine = chosen
    const other = await guarded(() => state.thaw.predict(file, { run: mine }))
    if (other && mine === chosen) place.replaceChildren(...differences(prediction, other))
  }
  if (!others.some(({ id }) => id === chosen)) chosen = ''
  const option = (value, text) => h('option', { value, selected: value === chosen }, text)
  const field = h('label', { class: 'inline' }, h('span', {}, 'Beside it'),
    h('select', { 'data-testid': 'beside', onchange: event => { chosen = event.target.value; show() } }, option('', 'no other run'), others.map(run => option(run.id, `run ${run.letter}: ${run.title ?? run.plan}`))))
  show()
  return h('div', { class: 'beside' }, field, place)
}

/** A run's ID as the page calls it. @param {string} id */
export function nameOf(id) {
  const view = state.runs.find(run => run.id === id)
  return view ? `run ${view.letter}` : id || 'as loaded'
}

/** @param {Prediction} mine @param {Prediction} other */
function differences(mine, other) {
  const of = ({ classes }, name) => classes.find(c => c.name === name)?.probability ?? null
  const names = [...new Set([...mine.classes, ...other.classes].map(({ name }) => name))]
  const rows = names.map(name => ({ name, a: of(mine, name), b: of(other, name) })).sort((x, y) => Math.max(y.a, y.b) - Math.max(x.a, x.b)).slice(0, shown)
  const [a, b] = [mine.classes[0].name, other.classes[0].name]
  const [first, second] = [nameOf(mine.run), nameOf(other.run)]
  return [
    h('p', { 'data-testid': 'beside-verdict' }, a === b ? `Both say ${a}${surer(mine, other)}.` : `They differ: ${first} says ${a} (${percent(mine.classes[0].probability)}), ${second} says ${b} (${percent(other.classes[0].probability)}).`),
    h('table', { 'data-testid': 'beside-table' }, h('thead', {}, h('tr', {}, ['Class', first, second, 'Difference'].map(text => h('th', { scope: 'col' }, text)))),
      h('tbody', {}, rows.map(row => h('tr', {}, h('th', { scope: 'row' }, row.name), [row.a, row.b].map(value => h('td', { class: 'number' }, value === null ? 'not known' : percent(value))),
        h('td', { class: 'number' }, row.a === null || row.b === null ? '–' : points(row.b - row.a))))))]
}

/** Which of two that say the same is surer, and by how much. @param {Prediction} mine @param {Prediction} other */
function surer(mine, other) {
  const d = mine.classes[0].probability - other.classes[0].probability
  return Math.abs(d) < 0.001 ? ', equally sure' : `; ${nameOf(d > 0 ? mine.run : other.run)} is surer, by ${(100 * Math.abs(d)).toFixed(1)} percentage points`
}

/** A difference of probabilities in percentage points, with its sign. */
const points = d => `${d < 0 ? '−' : '+'}${(100 * Math.abs(d)).toFixed(1)}`
