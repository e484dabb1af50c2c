// Training settings: one table of fields (plain words, the field's term, what it
// does), the form made of it, and what the public module wants to hear.
import { byID, h } from './dom.js'
import { isRefused, outside, refuse } from './refuse.js'
import { set, state, watch } from './store.js'

/**
 * @typedef {Object} Field
 * @property {string} key
 * @property {string} label    plain words
 * @property {string} term     what the field calls it
 * @property {string} tip
 * @property {number} [min] @property {number} [above] @property {number} [max] @property {number} [step]   above: itself too small
 * @property {[string, string][]} [options]
 * @property {boolean} [check]
 * @property {(settings: Record<string, any>) => boolean} [when]
 */

/** @type {Field[]} */
const main = [
  { key: 'epochs', label: 'Passes', term: 'epochs', min: 1, max: 1000, step: 1, tip: 'How often training goes through all images (epochs). More passes learn more, and past some point learn by heart.' },
  { key: 'batch', label: 'Images a step', term: 'batch size', min: 1, max: 256, step: 1, tip: 'How many images each step looks at together (batch size). More is steadier and needs more memory; batch norm on batch statistics suffers below about 8.' },
  { key: 'rate', label: 'Step length', term: 'learning rate', above: 0, max: 10, tip: 'How far each step moves the weights (learning rate). 0.001 suits a new head; for thawed pretrained layers 0.00001 to 0.0001 is gentler.' },
  { key: 'backbone', label: 'Backbone, times', term: 'rate factor', min: 0, max: 10, tip: 'Step length of thawed backbone layers relative to the head (rate factor). 0.01 moves pretrained layers a hundred times more gently than the new head.' },
]

/** @type {Field[]} */
const more = [
  { key: 'optimizer', label: 'Rule', term: 'optimizer', options: [['adam', 'Adam'], ['sgd', 'SGD']], tip: 'How gradients become steps (optimizer). Adam sets a step length per weight; SGD with momentum keeps one for all.' },
  { key: 'momentum', label: 'Inertia', term: 'momentum', min: 0, max: 0.999, when: s => s.optimizer === 'sgd', tip: 'How much of the last step the next one keeps (momentum).' },
  { key: 'dropout', label: 'Forgetting', term: 'dropout', min: 0, max: 0.9, tip: 'Share of features hidden from the head at random in each step (dropout); makes learning by heart harder.' },
  { key: 'smoothing', label: 'Soft labels', term: 'label smoothing', min: 0, max: 0.9, tip: 'Share of certainty taken from the right class and spread over all (label smoothing); 0.1 is common, 0 is off.' },
  { key: 'classWeight', label: 'Classes count', term: 'class weights', options: [['none', 'by their images'], ['balanced', 'all alike']], tip: 'How much each class counts in the loss (class weights). All alike: images of a small class count more, so that the network does not favour the large ones.' },
  { key: 'validation', label: 'Held back', term: 'validation share', min: 0.05, max: 0.5, tip: 'Share of each class that training never sees, to measure on (validation split). Copies of an image always stay on one side.' },
  { key: 'seed', label: 'Dice', term: 'seed', min: 0, max: 4294967295, step: 1, tip: 'Number from which everything random follows (seed): same seed, same result on this machine.' },
  { key: 'dense', label: 'Head width', term: 'Dense units', min: -1, max: 8192, step: 1, tip: 'Units of the hidden layer before the classes (Dense, relu). 0: none; -1: as usual, 1024 for the full network and 128 for mini.' },
  { key: 'restate', label: 'Statistics anew', term: 'restated batch norm', check: true, tip: 'Measures the held-back images a second time after each pass, with the statistics of batch norm computed anew from the training images, on a copy: a dashed curve. Where it differs from the other, stored statistics have drifted; that is not learning. It takes about as long as all images forward, which the time of a pass includes, and training itself stays the same to the bit. Only where batch norm runs on batch statistics.' },
  { key: 'start', label: 'Start from', term: 'initial state', options: [['loaded', 'weights as loaded'], ['last', 'where the last run ended']], tip: 'Fresh starts make runs comparable. Going on from the last run lets you train the head first and thaw the rest then, which is good practice (LP-FT).' },
]

/** @type {Field[]} */
const augment = [
  { key: 'flip', label: 'Mirror', term: 'flip', check: true, tip: 'Mirrors images left to right at random (horizontal flip). Not for classes that differ by side.' },
  { key: 'shift', label: 'Move', term: 'shift', min: 0, max: 0.5, tip: 'Moves images by up to this share of their side, at random.' },
  { key: 'zoom', label: 'Zoom', term: 'zoom', min: 0, max: 0.5, tip: 'Enlarges or shrinks images by up to this share, at random.' },
  { key: 'rotate', label: 'Turn °', term: 'rotation', min: 0, max: 180, tip: 'Turns images by up to this many degrees, at random.' },
  { key: 'brightness', label: 'Light', term: 'brightness', min: 0, max: 0.9, tip: 'Brightens or darkens images by up to this share, at random.' },
]

const fields = [...main, ...more, ...augment]

/** Sides in pixels that a network can take. */
export const sizes = { mini: { min: 32, max: 2048, step: 1 }, full: { min: 75, max: 2048, step: 1 } }

/** What a link leaves out. size 0 and dense -1 stand for the network's own. */
export const defaults = {
  model: 'mini', size: 0, dense: -1,
  epochs: 5, batch: 8, rate: 0.001, backbone: 1,
  optimizer: 'adam', momentum: 0.9, dropout: 0, smoothing: 0, classWeight: 'none', validation: 0.2, seed: 1, restate: false, start: 'loaded',
  flip: false, shift: 0, zoom: 0, rotate: 0, brightness: 0,
}

export const change = patch => set({ settings: { ...state.settings, ...patch } })

/** @returns {import('../thaw.js').TrainOptions} */
export function trainOptions(s = state.settings) {
  const backbone = state.model?.blocks.filter(block => block.name !== 'head') ?? []
  return {
    epochs: s.epochs, batch: s.batch, seed: s.seed, optimizer: s.optimizer, rate: s.rate, momentum: s.momentum,
    rates: s.backbone === 1 ? undefined : Object.fromEntries(backbone.map(block => [block.name, s.backbone])),
    labelSmoothing: s.smoothing, dropout: s.dropout, classWeight: s.classWeight, validation: s.validation, continue: s.start === 'last', restate: s.restate || undefined, readings: state.inside || undefined,
    augment: augment.some(({ key }) => s[key]) ? { flip: s.flip, shift: s.shift, zoom: s.zoom, rotate: s.rotate, brightness: s.brightness } : undefined,
  }
}

export function startSettings() {
  byID('settings-main').append(...main.map(control))
  byID('settings-more').append(...more.map(control))
  byID('settings-augment').append(...augment.map(control))
  watch(['settings', 'spec'], show)
  show()
}

/**
 * Why this cannot be the value of a setting, or null: what a link says is checked too.
 * @param {string} key @param {any} value @param {string} [model] which a size is for
 */
export function problemOf(key, value, model = state.settings.model) {
  const field = fields.find(field => field.key === key)
  if (key === 'model') return ['mini', 'full'].includes(value) ? null : 'One of mini, full'
  if (key === 'size') return value === 0 ? null : outside(value, sizes[model] ?? sizes.mini)
  if (!field || field.check) return null
  if (field.options) return field.options.some(([option]) => option === value) ? null : 'One of ' + field.options.map(([option]) => option).join(', ')
  return outside(value, field)
}

/** @param {Field} field */
function control({ key, label, term, tip, min, max, step, options, check }) {
  const id = 'set-' + key
  const common = { id, 'data-testid': id, 'aria-describedby': 'tip-' + key }
  const input = options
    ? h('select', common, ...options.map(([value, text]) => h('option', { value }, text)))
    : h('input', check ? { ...common, type: 'checkbox' } : { ...common, type: 'number', inputMode: 'decimal', min, max, step: step ?? 'any', required: true })
  const take = () => {
    const value = check ? input.checked : options ? input.value : input.valueAsNumber
    const problem = problemOf(key, value)
    input.dataset.before = state.settings[key]
    refuse(input, problem && `${problem}, please. ${state.settings[key]} stays in force.`)
    if (!problem) change({ [key]: value })
  }
  input.onchange = take
  input.oninput = () => isRefused(input) && !problemOf(key, input.valueAsNumber) && refuse(input, null)
  return h('div', { class: 'field-frame' },
    h('label', { class: check ? 'field check' : 'field', for: id, 'data-tip': tip },
      h('span', { class: 'label' }, label, ' ', h('span', { class: 'term' }, term)), input),
    h('span', { id: 'tip-' + key, class: 'visually-hidden' }, tip))
}

function show() {
  for (const { key, check, when } of fields) {
    const input = byID('set-' + key)
    // A refused text stays where it was typed, until the setting itself becomes another.
    if (isRefused(input)) {
      if (input.dataset.before === String(state.settings[key])) continue
      refuse(input, null)
    }
    if (check) input.checked = state.settings[key]
    else if (input !== document.activeElement || input.valueAsNumber !== state.settings[key]) input.value = state.settings[key]
    input.closest('.field-frame').hidden = when ? !when(state.settings) : false
  }
  byID('set-epochs').disabled = 'phases' in state.spec // which have passes of their own
  const on = augment.filter(({ key }) => state.settings[key]).map(({ term }) => term)
  byID('augment-summary').textContent = on.length ? on.join(', ') : 'off'
}
