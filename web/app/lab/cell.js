// The images behind a cell of a confusion matrix: look at them, mend their labels or set
// them aside, and train again, for which no features are computed anew. It is loaded when
// a cell is first chosen.
import { h, iconButton } from '../dom.js'
import { edit, stepButtons, undoesImages } from '../edits.js'
import { plural } from '../format.js'
import { guarded } from '../notices.js'
import { trainPlan, whyNot } from '../runs.js'
import { state, watch } from '../store.js'
import { standing, thumbnail } from '../thumbs.js'

/** @typedef {import('../run.js').RunView} RunView */

const most = 120 // images shown: the surest mistakes; more would only be scrolled by
let dialog
/** @type {{ run: RunView, is: number, said: number } | null} */
let shown = null

/** Shows the held-back images of class `is` for which the run's network said `said`. @param {RunView} run @param {number} is @param {number} said */
export function showCell(run, is, said) {
  if (!dialog) {
    dialog = h('dialog', { id: 'cell-dialog', 'data-testid': 'cell-dialog', 'aria-labelledby': 'cell-title' })
    document.body.append(dialog)
    undoesImages(dialog)
    watch(['data', 'active'], () => dialog.open && draw())
  }
  shown = { run, is, said }
  draw()
  dialog.showModal()
}

/** The cell's images, those first of which the network was surest. */
function answers({ run, is, said }) {
  const { ids, labels, said: all, sure } = run.result.heldBack
  return ids.map((id, i) => ({ id, sure: sure[i], here: labels[i] === is && all[i] === said })).filter(({ here }) => here).sort((a, b) => b.sure - a.sure)
}

function draw() {
  const { run, is, said } = shown
  const { classes, confusion } = run.result
  const list = answers(shown)
  const places = new Map(state.data.classes.flatMap(c => c.images.map(image => [image.id, { image, name: c.name }])))
  const right = is === said
  const n = confusion[is][said], of = confusion[is].reduce((a, b) => a + b, 0)
  const focused = /** @type {HTMLElement | null} */ (document.activeElement)?.closest('#cell-dialog [data-keep]')?.getAttribute('data-keep')
  const scroll = dialog.querySelector('.cell-images')?.scrollTop ?? 0
  dialog.replaceChildren(
    h('header', {}, h('h2', { id: 'cell-title' }, right ? `${classes[is]}, recognised` : `${classes[is]} taken for ${classes[said]}`, ' ', h('span', { class: 'muted' }, `${n} of ${of} held back, run ${run.letter}`)), iconButton('close', 'Close', () => dialog.close())),
    h('p', { class: 'muted' }, right ? 'What the network got right, the surest first.' : 'Is the label wrong, or the image not what it should be? Then mend it here. If both are right, the network is to blame. The surest mistakes come first.'),
    h('ul', { class: 'cell-images', 'data-testid': 'cell-images' }, list.slice(0, most).map(answer => item(answer, places.get(answer.id), classes[said], run))),
    list.length < n || list.length > most ? h('p', { class: 'muted' }, `${Math.min(list.length, most)} of them are shown.`) : '',
    h('footer', { class: 'row' }, again(run), stepButtons()))
  dialog.querySelector('.cell-images').scrollTop = scroll
  if (focused) dialog.querySelector(`[data-keep="${focused}"]`)?.focus()
}

/** @param {{ id: number, sure: number }} answer @param {{ image: import('../../thaw.js').ImageInfo, name: string } | undefined} place where the image is now */
function item({ id, sure }, place, said, run) {
  const says = h('span', { class: 'muted' }, `said ${said}, ${(sure / 10).toFixed(1)} %`)
  if (!place) return h('li', {}, h('span', {}, 'This image was removed.'), says)
  const { image, name } = place
  const to = h('select', { 'aria-label': `Class of ${image.name}`, 'data-testid': 'cell-class', 'data-keep': `class ${id}`, disabled: Boolean(state.active), onchange: event => edit(data => data.move([id], event.target.value)) },
    state.data.classes.map(c => h('option', { value: c.name, selected: c.name === name }, c.name)))
  const aside = h('button', { type: 'button', class: 'button', 'data-testid': 'cell-aside', 'data-keep': `aside ${id}`, disabled: Boolean(state.active), 'aria-pressed': String(Boolean(image.excluded)),
    title: 'An image that is set aside stays, but nothing trains on it or is measured with it', onclick: () => edit(data => (image.excluded ? data.include([id]) : data.exclude([id]))) }, image.excluded ? 'Take back' : 'Set aside')
  return h('li', { 'data-image-item': id, 'data-aside': image.excluded ? '' : null }, thumbnail(image), h('span', { class: 'image-name', title: image.name }, image.name), says,
    h('span', { class: 'muted' }, standing(image)), h('label', {}, h('span', { class: 'visually-hidden' }, 'Class'), to), aside,
    look(id, { name: image.name, class: said, run: run.id }))
}

/** @param {number} id @param {{ name: string, class: string, run?: string }} about */
const look = (id, about) => h('button', { type: 'button', class: 'button', 'data-testid': 'look', 'data-keep': `look ${id}`, 'aria-haspopup': 'dialog', disabled: Boolean(state.active),
  onclick: () => guarded(async () => (await import('./cam.js')).lookAt(id, about)) }, 'Where does it look?')

/** Trains the run's plan again, as the images are now. */
function again(run) {
  const spec = run.spec ?? state.spec
  const why = state.active ? 'A run is training.' : whyNot()
  const start = () => {
    dialog.close()
    guarded(() => trainPlan(spec, { ...run.options, continue: false }))
  }
  return [h('button', { type: 'button', class: 'primary', 'data-testid': 'train-again', 'data-keep': 'again', disabled: Boolean(why), title: why ?? '', onclick: start }, 'Train again'),
    h('span', { class: 'muted' }, `as run ${run.letter}, with ${plural(usable(), 'image')} as they are labelled now; what the frozen part computed of them is kept.`)]
}

const usable = () => state.data.classes.flatMap(c => c.images).filter(({ split }) => split !== 'aside' && split !== 'test').length
