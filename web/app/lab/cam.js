// "Where does it look?": Grad-CAM of a class on one image, before and after training side
// by side, block by block, with occlusion as the control. It is loaded when it is asked for.
import { nameOf } from '../beside.js'
import { h, iconButton } from '../dom.js'
import { percent } from '../format.js'
import { say } from '../notices.js'
import { state } from '../store.js'
import { drawMap, legend, strongest } from './overlay.js'

/** @typedef {import('../../thaw.js').Explanation} Explanation */

let dialog
let work = new AbortController() // of what is being computed; a change of the question ends it
const view = { picture: /** @type {File | number} */ (0), name: '', class: '', run: '', other: 'start', block: /** @type {string | null} */ (null), strength: 0.7, covered: false }
const sides = /** @type {{ before: Side, after: Side }} */ ({})
/** @typedef {{ found: Explanation | null, image: ImageBitmap | null, problem: string }} Side */

/**
 * @param {File | number} picture a file, or an image of the data set by its id
 * @param {{ name: string, class?: string, run?: string }} about
 */
export function lookAt(picture, { name, class: className = '', run = '' }) {
  if (!dialog) {
    dialog = h('dialog', { id: 'cam-dialog', 'data-testid': 'cam-dialog', 'aria-labelledby': 'cam-title', onclose: () => work.abort() })
    document.body.append(dialog)
  }
  Object.assign(view, { picture, name, class: className, run, other: 'start' })
  build()
  dialog.showModal()
  ask()
}

const place = name => dialog.querySelector(`[data-part=${name}]`)

function build() {
  const change = (key, again) => event => {
    const { type, checked, value } = event.target
    view[key] = type === 'checkbox' ? checked : type === 'range' ? Number(value) : value
    if (again) ask()
    else draw()
  }
  const field = (label, control) => h('label', { class: 'field' }, h('span', { class: 'label' }, label), control)
  dialog.replaceChildren(
    h('header', {}, h('h2', { id: 'cam-title' }, 'Where does it look? ', h('span', { class: 'muted' }, view.name)), iconButton('close', 'Close', () => dialog.close())),
    h('div', { class: 'cam-controls' },
      field('For the class', h('select', { 'data-part': 'class', 'data-testid': 'cam-class', onchange: change('class', true) })),
      field('Left', h('select', { 'data-part': 'other', 'data-testid': 'cam-other', onchange: change('other', true) }, others().map(([value, text]) => h('option', { value, selected: value === view.other }, text)))),
      h('label', { class: 'field' }, h('span', { class: 'label' }, 'Block ', h('output', { 'data-part': 'name', 'data-testid': 'cam-block' })),
        h('input', { type: 'range', min: 0, max: 0, step: 1, 'data-part': 'block', oninput: event => { view.block = blocks()[event.target.valueAsNumber]?.block ?? null; draw() } })),
      field('Strength', h('input', { type: 'range', min: 0.1, max: 1, step: 0.05, value: view.strength, oninput: change('strength', false) })),
      h('label', { class: 'inline' }, h('input', { type: 'checkbox', 'data-testid': 'cam-cover', checked: view.covered, onchange: change('covered', true) }), h('span', {}, 'Control: cover parts and see what that costs ', h('span', { class: 'term' }, 'occlusion')))),
    h('div', { class: 'cam-sides' }, ['before', 'after'].map(side => h('section', { 'data-part': side, 'data-testid': `cam-${side}` }))),
    h('div', { class: 'row' }, legend(), h('span', { class: 'muted', 'data-part': 'progress' })),
    h('details', { class: 'fold' }, h('summary', {}, 'What this shows, and what not'),
      h('p', {}, 'Grad-CAM: the channels of a block’s output, each weighted by how much it would raise the class’s output (before softmax), summed; what speaks against the class is left out. Early blocks give fine maps of edges and colours, late ones coarse maps of what the classes are made of. It is computed with gradients, so it can look reasonable where the network in truth uses something else: the control covers a fifth of the image’s side with grey, at 81 places, and asks how much of the class’s probability goes. Where the two disagree, believe the control.')))
}

/** What can stand on the left: the run as it began, the pretrained layers, other runs. */
function others() {
  const kept = state.keeping?.networks ?? []
  return [['start', 'as it began: head drawn at random'], ['loaded', 'loaded layers, trained head'],
    ...state.runs.filter(({ id }) => id && kept.includes(id)).map(run => [`run:${run.id}`, `run ${run.letter}: ${run.title ?? run.plan}`])]
}

const blocks = () => (sides.after.found ?? sides.before.found)?.blocks ?? []

/** Asks for both sides, the trained one first: its class is the question of the other. */
async function ask() {
  work.abort()
  const mine = (work = new AbortController())
  sides.before = sides.after = { found: null, image: null, problem: '' }
  draw()
  const of = async (side, choice) => {
    const answer = { found: null, image: null, problem: '' }
    try {
      answer.found = await state.thaw.explain(view.picture, { ...choice, occlusion: view.covered, signal: mine.signal,
        onProgress: ({ done, total }) => mine === work && (place('progress').textContent = `Covering: ${done} of ${total}`) })
      answer.image = await createImageBitmap(answer.found.picture)
    } catch (error) {
      if (mine.signal.aborted) return
      answer.problem = error.message
    }
    if (mine !== work) return
    place('progress').textContent = ''
    sides[side] = answer
    draw()
  }
  await of('after', { class: view.class || undefined, run: view.run || undefined })
  if (mine === work && view.class && !sides.after.found) { // it may be called otherwise by now
    view.class = ''
    await of('after', { run: view.run || undefined })
  }
  const asked = sides.after.found?.class
  if (mine !== work || !asked) return
  say(place('after').textContent, { now: true })
  await of('before', { class: asked, ...(view.other.startsWith('run:') ? { run: view.other.slice(4) } : { run: view.run || undefined, before: view.other }) })
}

function draw() {
  const { found } = sides.after
  if (found) {
    place('class').replaceChildren(...found.classes.map(({ name, probability }) => h('option', { value: name, selected: name === found.class }, `${name}, ${percent(probability)}`)))
    // The last block that still tells places apart, where none was chosen.
    if (!blocks().some(({ block }) => block === view.block)) view.block = (blocks().findLast(({ height }) => height >= 4) ?? blocks().at(-1)).block
    Object.assign(place('block'), { max: blocks().length - 1, value: blocks().findIndex(({ block }) => block === view.block) })
    place('block').setAttribute('aria-valuetext', view.block)
    place('name').textContent = view.block
  }
  const run = view.run || found?.run
  show('before', view.other === 'start' ? 'As it began' : view.other === 'loaded' ? 'Loaded layers, trained head' : `${nameOf(view.other.slice(4))}`)
  show('after', run ? `After ${nameOf(run)}` : 'As loaded')
}

/** @param {'before' | 'after'} side @param {string} title */
function show(side, title) {
  const { found, image, problem } = sides[side]
  const map = found?.blocks.find(({ block }) => block === view.block)
  const children = [h('h3', {}, title)]
  if (problem) children.push(h('p', { class: 'strip' }, problem))
  else if (!found || !map || !image) children.push(h('p', { class: 'muted' }, 'Looking…'))
  else {
    children.push(figure(image, map, `Block ${map.block}, ${map.height} × ${map.width} places, for ${found.class}: ${map.largest > 0 ? `strongest ${strongest(map)}` : 'nothing'}.`),
      h('p', { 'data-says': '' }, `${found.class}: ${percent(found.probability)}. `, map.largest > 0 ? `Strongest ${strongest(map)}.` : 'Nothing in this block’s output speaks for the class.'))
    if (found.occlusion) children.push(...control(found, map, image))
  }
  place(side).replaceChildren(...children)
}

function figure(image, map, label) {
  const canvas = h('canvas', { class: 'cam', role: 'img', 'aria-label': label })
  drawMap(canvas, image, map, view.strength)
  return canvas
}

const little = 0.05 // of probability: less is no answer that hangs on a part

/** The control's picture and what it says of the map. @param {Explanation} found */
function control(found, map, image) {
  const { cells, values, most } = found.occlusion
  const top = Math.max(...values, 1e-9)
  const covered = { height: cells, width: cells, values: values.map(v => Math.max(1000 * v / top, 0)) }
  const cost = most < little
    ? `Covering any part costs at most ${(100 * most).toFixed(1)} points of probability: the answer hangs on no single part, and a map of one says little.`
    : `Covering the part that matters most costs ${(100 * most).toFixed(1)} points of probability.`
  return [figure(image, covered, `What covering costs: most ${strongest(covered)}.`), h('p', { 'data-control': '' }, `Covered: most is lost ${strongest(covered)}. ${cost} ${agreement(map.agrees)}`)]
}

/** @param {number | null} r */
function agreement(r) {
  if (r === null) return 'One of the two is the same everywhere: they cannot be compared.'
  const value = `(r = ${r.toFixed(2).replace('-', '−')})`
  if (r >= 0.5) return `Map and control agree ${value}.`
  return r >= 0.2 ? `Map and control agree in part ${value}.` : `They disagree ${value}: this map is not where the network looks. Try another block, and believe the control.`
}
