// "Paste Keras code": what is pasted is read as it is typed; what it does stands below, by
// Keras 2 and 3 where they differ, and becomes the plan on the map with one click.
import { debounce, h, iconButton } from '../../dom.js'
import { did } from '../../history.js'
import { encodePlan } from '../../link.js'
import { say } from '../../notices.js'
import { trainOptions } from '../../settings.js'
import { set, state } from '../../store.js'
import { address } from '../../../site.js'
import { offered } from './offers.js'
import { read } from './read.js'
import { strip } from './strip.js'

/** @typedef {import('./read.js').Reading} Reading @typedef {import('./read.js').Phase} Phase @typedef {import('../../../thaw.js').ModelInfo} ModelInfo */

let dialog = null
/** @type {ModelInfo} */ let full
let result
let withSettings = false
let turn = 0

export async function openCode() {
  full ??= await state.thaw.model.describe({ model: 'full' })
  if (!dialog) document.body.append((dialog = make()))
  show()
  dialog.showModal()
  dialog.querySelector('textarea').focus()
  keep()
}

function make() {
  const text = h('textarea', { id: 'code-text', 'data-testid': 'code-text', rows: 9, spellcheck: false, autocapitalize: 'off', autocomplete: 'off', placeholder: 'for layer in base_model.layers[:100]:\n    layer.trainable = False', oninput: debounce(show, 250) })
  result = h('div', { id: 'code-result', 'data-testid': 'code-result', class: 'code-result', tabIndex: 0, role: 'region', 'aria-label': 'What the code does', 'aria-live': 'polite' })
  return h('dialog', { id: 'code-dialog', 'data-testid': 'code-dialog', 'aria-labelledby': 'code-title' },
    h('header', {}, h('h2', { id: 'code-title' }, 'Paste Keras code'), iconButton('close', 'Close', () => dialog.close())),
    h('label', { class: 'code-field', for: 'code-text' }, h('span', { class: 'muted' }, 'Lines that freeze layers of InceptionResNetV2, a whole program, or a notebook. They are read, never run.'), text),
    result)
}

function show() {
  turn++
  const text = dialog.querySelector('textarea').value
  if (!text.trim()) return result.replaceChildren()
  const readings = read(text, { full, model: state.model })
  const [three, two] = readings
  const same = answer(three) === answer(two)
  result.replaceChildren(...(same
    ? [card(three, three.problems.length ? '' : 'In Keras 2 and Keras 3')]
    : [h('p', { 'data-testid': 'code-which' }, h('b', {}, 'Keras 2 and Keras 3 do different things here. '), 'Which one do you use? ', h('code', {}, 'keras.__version__'), ' tells.'), ...readings.map(reading => card(reading, `Keras ${reading.keras}`))]))
}

/** What a reading comes to: whether two versions of Keras do the same. @param {Reading} reading */
const answer = ({ phases, problems }) => JSON.stringify([problems, phases.map(({ title, spec, effect, state: { learns, live } }) => [title, spec, effect, [...learns], [...live]])])

/** @param {Reading} reading */
function card({ keras, phases, problems, remarks }, title) {
  const list = (said, kind) => said.length > 0 && h('ul', { class: kind }, said.map(({ where, sentence }) => h('li', {}, where && h('b', {}, where + ': '), coded(sentence + '.'))))
  return h('section', { class: 'code-card', 'data-keras': keras },
    title && h('h3', {}, title),
    problems.length > 0 && h('p', {}, 'There is no plan for this, because of what could not be read:'),
    list(problems, 'code-problems'),
    phases.map((phase, i) => block(phase, keras, i)),
    list(remarks, 'code-remarks'))
}

/** What stands between backticks is code. @param {string} sentence */
const coded = sentence => sentence.split('`').map((part, i) => (i % 2 ? h('code', {}, part) : part))

/** @param {Phase} phase */
function block(phase, keras, i) {
  const { patch, text } = offered(phase, state.model.model)
  const place = h('p', { class: 'muted' })
  if (phase.spec && state.model.model !== 'full') onThis(phase.spec, place)
  return h('div', { class: 'code-phase' },
    phase.title && h('h4', {}, phase.title),
    strip(phase.state, full),
    phase.effect.map(sentence => h('p', {}, sentence)),
    place,
    phase.spec
      ? h('p', { class: 'row' },
        h('button', { type: 'button', class: 'primary-soft button', 'data-testid': `code-use-${keras}-${i}`, onclick: () => use(phase.spec, patch) }, 'Use this plan'),
        text && h('label', { class: 'inline' }, h('input', { type: 'checkbox', checked: withSettings, onchange: event => { withSettings = event.target.checked; syncSettings() } }), h('span', {}, `and its settings: ${text}`)))
      : h('p', {}, 'No plan of Thaw is this: here batch norm runs in one way in all layers, and in this code it does not.'))
}

/** One choice for all plans that are shown. */
function syncSettings() {
  for (const box of result.querySelectorAll('input[type=checkbox]')) box.checked = withSettings
}

/** What the plan is on the network in use, where that is not the code's. */
async function onThis(spec, place) {
  const mine = turn
  const plan = await state.thaw.plan(spec, trainOptions()).catch(() => null)
  if (plan && mine === turn) place.textContent = `On ${state.model.model}, the network in use: ${plan.sentence}`
}

function use(spec, patch) {
  const before = { spec: state.spec, settings: state.settings, viewing: null }
  const after = { spec, settings: withSettings ? { ...state.settings, ...patch } : state.settings, viewing: null }
  set(after)
  did({ what: `plan ${encodePlan(spec).slice(0, 60)} from code`, undo: () => set(before), redo: () => set(after) })
  dialog.close()
  say('The plan of the code is on the map.', { now: true })
}

/** What few visits ask for is kept for those without a network from now on. */
async function keep() {
  try {
    const { wanted } = await (await fetch(await address('files.json'))).json()
    const cache = await caches.open('thaw')
    for (const name of wanted) {
      if (/^(app\/lab\/code|vendor\/lezer)/.test(name) && !(await cache.match(await address(name)))) await cache.add(await address(name))
    }
  } catch {
    // Storage is blocked or full: it works online.
  }
}
