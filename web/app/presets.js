// Presets, and the story of each: what the code says, what it really does. Figures in
// the stories are counted from the model and the compiled plan, never quoted.
import { byID, h } from './dom.js'
import { count, exact, percent, plural } from './format.js'
import { ask, batchNormOf } from './freeze.js'
import { freezing, program, share } from './keras.js'
import { encodePlan, selectors } from './link.js'
import { guarded } from './notices.js'
import { isRefused, refuse } from './refuse.js'
import { trainOptions } from './settings.js'
import { state, watch } from './store.js'

/**
 * @typedef {{ key: string, title: string, spec: any, tip: string, snippet?: boolean }} Preset
 * @type {Preset[]}
 */
const presets = [
  { key: 'head-only', title: 'Head only', spec: { preset: 'head-only' }, tip: 'The pretrained layers (the backbone) stay as they are; the new layers on top (the head), which turn features into your classes, learn.' },
  { key: 'from:block8_1', title: 'Last blocks', spec: { from: 'block8_1' }, tip: 'The last blocks of the backbone learn too.' },
  { key: 'from:stem', title: 'All', spec: { from: 'stem' }, tip: 'Every layer learns, and batch norm runs on the statistics of each batch.' },
  { key: 'freeze-conv', title: '1: freeze conv', spec: { preset: 'freeze-conv', asWritten: true }, tip: 'Means to freeze all convolutions.', snippet: true },
  { key: 'freeze-first-100', title: '2: first 100', spec: { preset: 'freeze-first-100', asWritten: true }, tip: 'Means to freeze the first layers.', snippet: true },
  { key: 'unfreeze-all', title: '3: unfreeze', spec: { preset: 'unfreeze-all', asWritten: true }, tip: 'Means to let everything learn.', snippet: true },
]

export function startPresets() {
  const chip = ({ key, title, spec, tip }) => {
    const input = h('input', { type: 'radio', name: 'preset', value: key, class: 'visually-hidden', 'data-testid': 'preset-' + key, onchange: () => ask(spec) })
    return h('label', { class: 'chip', 'data-tip': tip }, input, h('span', { class: 'chip-text' }, title))
  }
  byID('presets').append(...presets.slice(0, 3).map(chip), h('span', { class: 'chip-title', 'data-tip': 'Three pieces of Keras code that tutorials hand on. What they do is not what they seem to do.' }, 'Snippets'), ...presets.slice(3).map(chip))
  byID('batch-norm').onchange = event => ask(state.spec, event.target.value)
  byID('patterns').onchange = takePatterns
  byID('code-open').onclick = () => state.model && guarded(async () => (await import('./lab/code/dialog.js')).openCode())
  watch(['spec', 'plan', 'planProblem'], show)
  watch(['spec', 'plan', 'model', 'settings', 'data'], showCode)
  watch(['model'], showNetwork)
  show()
}

/** Patterns are asked about first: what names no layer is refused at the field, and the plan before stays. */
async function takePatterns() {
  const field = byID('patterns')
  const text = field.value
  const thaw = selectors(text)
  const spec = thaw.length ? { thaw } : { preset: 'head-only' }
  let problem = null
  try {
    if (state.thaw) await state.thaw.plan(/** @type {any} */ (spec), trainOptions())
  } catch (error) {
    problem = error.message
  }
  if (field.value !== text) return // typed on meanwhile
  refuse(field, problem && `${problem[0].toUpperCase()}${problem.slice(1).replace(/\.$/, '')}. The plan before stays in force.`)
  if (!problem) ask(spec)
}

/** What depends on the network in use: an example of its own layers, and how many 100 of 780 are in it. */
function showNetwork() {
  if (!state.model) return
  const layers = state.model.layers.filter(layer => layer.block !== 'head').length
  byID('patterns').placeholder = `block8_*, conv_7b, ${Math.round(layers * 0.77)}:${layers}`
  document.querySelector('[data-testid="preset-freeze-first-100"] ~ .chip-text').textContent = `2: first ${share(layers)}`
}

function show() {
  const { spec, plan, planFor, planProblem } = state
  const key = encodePlan(spec).replace(/\.(written|meant)$/, '')
  for (const input of /** @type {NodeListOf<HTMLInputElement>} */ (document.querySelectorAll('input[name="preset"]'))) input.checked = input.value === key
  byID('batch-norm').value = batchNormOf(spec)
  const patterns = byID('patterns')
  if (isRefused(patterns) && planFor !== spec) refuse(patterns, null) // another plan was asked for
  if (patterns !== document.activeElement && !isRefused(patterns)) patterns.value = 'thaw' in spec ? encodePlan(spec).slice('thaw:'.length).replaceAll(',', ', ') : ''
  const current = planFor === spec ? plan : null
  const preset = presets.find(preset => preset.key === key)
  byID('story').replaceChildren(...[
    preset?.snippet && snippet(spec),
    h('div', { class: 'text' },
      h('p', { id: 'plan-sentence', 'data-testid': 'plan-sentence' }, planProblem ?? current?.sentence ?? '…'),
      current && !planProblem && !current.phases && h('p', {}, truth(current, spec))),
  ].filter(Boolean))
}

/** The lines that freeze, and the switch between what the code says and what its author meant. */
function snippet(spec) {
  const choice = (asWritten, text) => h('button', { type: 'button', class: 'segment', 'aria-pressed': String(Boolean(spec.asWritten) === asWritten),
    'data-testid': asWritten ? 'as-written' : 'as-meant', onclick: () => ask({ ...spec, asWritten }) }, text)
  return h('div', { class: 'snippet' }, state.model && h('pre', {}, h('code', {}, freezing(spec, null, state.model))),
    h('div', { class: 'segments', role: 'group', 'aria-label': 'Snippet' }, choice(true, 'as written'), choice(false, 'as meant')))
}

/** The whole program in Keras, for those who open it. */
async function showCode() {
  const { spec, plan, planFor, model, data, settings } = state
  const place = byID('keras')
  place.hidden = !model || !plan
  if (place.hidden || planFor !== spec) return
  const classes = Math.max(data.classes.length, 2)
  const code = 'phases' in spec ? (await import('./lab/keras-schedule.js')).scheduleProgram(spec.phases, plan, model, classes, /** @type {any} */ (settings))
    : program(spec, plan, model, classes, /** @type {any} */ (settings))
  if (state.spec !== spec) return // asked again meanwhile
  if (byID('keras-code').textContent !== code) byID('keras-code').textContent = code
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
