// Presets, and the story of each: what the code says, what it really does. Figures in
// the stories are counted from the model and the compiled plan, never quoted.
import { byID, h } from './dom.js'
import { count, exact, percent, plural } from './format.js'
import { ask, batchNormOf } from './freeze.js'
import { encodePlan, selectors } from './link.js'
import { state, watch } from './store.js'

const loop = (layers, value) => `for layer in ${layers}:\n    if 'conv' in layer.name:\n        layer.trainable = ${value}`

/**
 * @typedef {{ key: string, title: string, spec: any, code?: string }} Preset
 * @type {Preset[]}
 */
const presets = [
  { key: 'head-only', title: 'Head only', spec: { preset: 'head-only' } },
  { key: 'from:block8_1', title: 'Last blocks', spec: { from: 'block8_1' } },
  { key: 'from:stem', title: 'All', spec: { from: 'stem' } },
  { key: 'freeze-conv', title: '1: freeze conv', spec: { preset: 'freeze-conv', asWritten: true }, code: loop('base.layers', 'False') },
  { key: 'freeze-first-100', title: '2: first 100', spec: { preset: 'freeze-first-100', asWritten: true }, code: loop('base.layers[:100]', 'False') },
  { key: 'unfreeze-all', title: '3: unfreeze', spec: { preset: 'unfreeze-all', asWritten: true }, code: loop('base.layers', 'True') },
]

export function startPresets() {
  const chip = ({ key, title, spec }) => {
    const input = h('input', { type: 'radio', name: 'preset', value: key, class: 'visually-hidden', 'data-testid': 'preset-' + key, onchange: () => ask(spec) })
    return h('label', { class: 'chip' }, input, title)
  }
  byID('presets').append(...presets.slice(0, 3).map(chip), h('span', { class: 'chip-title', 'data-tip': 'Three pieces of Keras code that tutorials hand on. What they do is not what they seem to do.' }, 'Snippets'), ...presets.slice(3).map(chip))
  byID('batch-norm').onchange = event => ask(state.spec, event.target.value)
  byID('patterns').onchange = event => {
    const thaw = selectors(event.target.value)
    ask(thaw.length ? { thaw } : { preset: 'head-only' })
  }
  watch(['spec', 'plan', 'planProblem'], show)
  show()
}

function show() {
  const { spec, plan, planFor, planProblem } = state
  const key = encodePlan(spec).replace(/\.(written|meant)$/, '')
  for (const input of /** @type {NodeListOf<HTMLInputElement>} */ (document.querySelectorAll('input[name="preset"]'))) input.checked = input.value === key
  byID('batch-norm').value = batchNormOf(spec)
  const patterns = byID('patterns')
  if (patterns !== document.activeElement) patterns.value = 'thaw' in spec ? encodePlan(spec).slice('thaw:'.length).replaceAll(',', ', ') : ''
  const current = planFor === spec ? plan : null
  const preset = presets.find(preset => preset.key === key)
  byID('story').replaceChildren(...[
    preset?.code && snippet(preset, spec),
    h('div', { class: 'text' },
      h('p', { id: 'plan-sentence', 'data-testid': 'plan-sentence' }, planProblem ?? current?.sentence ?? '…'),
      current && !planProblem && h('p', {}, truth(current, spec))),
  ].filter(Boolean))
}

/** The code, and the switch between what it says and what its author meant. */
function snippet(preset, spec) {
  const choice = (asWritten, text) => h('button', { type: 'button', class: 'segment', 'aria-pressed': String(Boolean(spec.asWritten) === asWritten),
    'data-testid': asWritten ? 'as-written' : 'as-meant', onclick: () => ask({ ...spec, asWritten }) }, text)
  return h('div', { class: 'snippet' }, h('pre', {}, h('code', {}, preset.code)),
    h('div', { class: 'segments', role: 'group', 'aria-label': 'Snippet' }, choice(true, 'as written'), choice(false, 'as meant')))
}

/** What a plan really does, in figures of this model. @param {import('../thaw.js').Plan} plan */
function truth(plan, spec) {
  const backbone = state.model.layers.filter(layer => layer.block !== 'head')
  const learning = new Set(plan.trainable)
  if (spec.preset === 'freeze-conv' && spec.asWritten) {
    const matched = backbone.filter(layer => layer.name.includes('conv')).length
    const norms = backbone.filter(layer => layer.class === 'BatchNormalization' && learning.has(layer.index)).length
    return `It matches ${matched} of ${backbone.length} layers, but not ${norms} batch norms: their ${exact(trainedBackbone(plan))} shifts (betas) still learn, and ${liveText(plan)} The first of them stands right after the first convolution, so gradients are computed through the whole network: nothing is saved.`
  }
  if (spec.preset === 'freeze-first-100' && spec.asWritten) {
    const frozen = backbone.filter(layer => layer.class === 'Conv2D' && !learning.has(layer.index))
    const share = frozen.reduce((n, layer) => n + layer.parameters, 0) / state.model.parameters
    return `It ends inside ${frozen.at(-1)?.block ?? 'the stem'}: ${plural(frozen.length, 'convolution')} are frozen, ${percent(share)} of the network, and ${liveText(plan)}`
  }
  if (spec.preset === 'unfreeze-all') {
    return `${spec.asWritten ? 'Learning is the default, so the code changes nothing. ' : 'Usual advice: train the head first, then all with a backbone step of about 0.01 times. '}After 100 steps 37 % of the pretrained batch-norm statistics remain (0.99¹⁰⁰), after 300 5 %.`
  }
  return consequence(plan)
}

const trainedBackbone = plan => plan.blocks.filter(block => block.name !== 'head').reduce((n, block) => n + block.trained, 0)
const liveText = plan => plan.batchStatistics.length ? `${plan.batchStatistics.length} batch norms run on the statistics of each batch.` : 'every batch norm keeps its stored statistics.'

/** For plans by blocks: what freezing saves here and what it does not. */
function consequence(plan) {
  const cached = plan.blocks.filter(block => block.cached)
  const through = plan.blocks.filter(block => block.learns === 'frozen' && block.gradient)
  const saved = cached.length ? `Up to ${cached.at(-1).name} nothing changes, so its output is computed once per image and kept.` : 'No frozen part comes first, so nothing can be computed ahead.'
  const flow = through.length ? ` Gradients still flow through ${plural(through.length, 'frozen block')} behind the first thawed one: freezing stops the update, not the flow.` : ''
  const rest = trainedBackbone(plan) && !through.length ? ` ${count(trainedBackbone(plan))} backbone parameters learn.` : ''
  return saved + flow + rest
}
