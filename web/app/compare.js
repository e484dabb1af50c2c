// "Compare freezing": the same images, passes and seed under several plans, one after
// the other, and what that showed (verdict.js).
import { byID, h } from './dom.js'
import { plural } from './format.js'
import { addWorld } from './intake.js'
import { notice, say } from './notices.js'
import { trainPlan, whyNot } from './runs.js'
import { trainOptions } from './settings.js'
import { set, state, watch } from './store.js'
import { measure, prediction, verdict, withNoise } from './verdict.js'
import { openWeightsDialog } from './weights-dialog.js'
import { cards, inFront, lessonOf, worldOf } from './worlds.js'

/** How much longer the control trains: is a frozen head bad, or only trained too little? */
const times = 5

const costs = new Map() // world -> its last verdict

/**
 * In the order of training; the thawed network comes last and is what remains.
 * @type {{ key: 'frozen' | 'longer' | 'written' | 'thawed', title: string, spec: any, passes?: number }[]}
 */
const plans = [
  { key: 'frozen', title: 'Frozen: head only', spec: { preset: 'head-only' } },
  { key: 'longer', title: `Frozen, ${times} × passes`, spec: { preset: 'head-only' }, passes: times },
  { key: 'written', title: 'Snippet 1 as written', spec: { preset: 'freeze-conv', asWritten: true } },
  // Batch norm as in the frozen network: else two things would differ.
  { key: 'thawed', title: 'Thawed: everything', spec: { preset: 'unfreeze-all', batchNorm: 'inference' } },
]

export function startCompare() {
  byID('compare-run').onclick = () => (whyNot() ? notice('warning', whyNot()) : compare())
  watch(['thaw', 'model', 'data', 'worlds', 'settings', 'loading', 'active', 'runs', 'comparison'], show)
  show()
}

const imagesKey = () => JSON.stringify(state.data.classes.map(c => [c.name, c.images]))

async function compare() {
  const [images, weights, options] = [imagesKey(), state.model.weights.id, { ...trainOptions(), continue: false }]
  const world = worldOf(state.data, state.worlds)
  const comparison = { images, lesson: lessonOf(world), runs: /** @type {any} */ ({}), verdict: null, stopped: false }
  set({ comparison })
  for (const { key, title, spec, passes = 1 } of plans) {
    const same = imagesKey() === images && state.model?.weights?.id === weights
    // The control shows its curve on request: five times as many passes would squeeze the others.
    const run = same && (await trainPlan(spec, { ...options, epochs: options.epochs * passes }, { title, visible: passes === 1, onStart: run => (comparison.runs[key] = run) }))
    if (!run || run.status !== 'done') {
      comparison.stopped = true
      if (!same) notice('warning', 'Images or weights were changed while plans were compared: compare again.')
      return set({ comparison: { ...comparison } })
    }
  }
  const results = /** @type {any} */ (Object.fromEntries(plans.map(({ key }) => [key, comparison.runs[key].result])))
  comparison.verdict = verdict(results, comparison.lesson, times)
  if (world) costs.set(world.name, comparison.verdict)
  set({ comparison: { ...comparison } })
  say(comparison.verdict.sentences[0].text, { now: true })
}

function show() {
  const { data, comparison, active, model } = state
  const place = byID('compare')
  const ready = data.classes.length > 1 && !data.problem
  const current = comparison && (active || comparison.images === imagesKey()) ? comparison : null
  place.hidden = !ready && !current
  if (place.hidden) return
  byID('compare-run').hidden = Boolean(current && !current.stopped && !current.verdict)
  byID('compare-run').setAttribute('aria-disabled', String(Boolean(whyNot() || active)))
  place.toggleAttribute('data-done', Boolean(current))
  byID('compare-run').textContent = current ? 'Compare again' : 'Compare freezing'
  byID('compare-text').replaceChildren(...(current ? report(current) : invitation(data, model)))
}

/** Before: what will be done, and what is expected. */
function invitation(data, model) {
  const world = worldOf(data, state.worlds)
  const lesson = lessonOf(world)
  const { epochs, batch } = state.settings
  const train = data.classes.flatMap(c => c.images).filter(image => image.split === 'train').length
  const steps = Math.ceil(train / batch) * epochs
  return [
    lesson && h('p', { 'data-kind': 'prediction', 'data-testid': 'prediction-before' }, badge('prediction'), prediction(lesson)),
    h('p', { class: 'muted' }, `Trains frozen, thawed and snippet 1 on the same images for the same ${plural(epochs, 'pass', 'passes')} (${plural(steps, 'step')}), one after the other.`),
    !world && model?.model === 'mini' && h('p', { class: 'muted' }, 'mini has only seen generated images. For photographs, full with weights from ImageNet starts from better features: ',
      h('button', { type: 'button', class: 'quiet inline-button', onclick: openWeightsDialog }, 'get its weights…')),
  ].filter(Boolean)
}

function report({ runs, verdict, stopped }) {
  return [
    h('ol', { class: 'versus' }, plans.map(({ key, title }) => bar(title, runs[key]))),
    stopped && h('p', { class: 'muted' }, 'Stopped before all plans were trained.'),
    ...(verdict?.sentences ?? []).map(({ kind, text }, i) => h('p', { 'data-kind': kind, 'data-testid': i === 0 ? 'verdict' : null, class: i === 0 ? 'verdict' : null }, badge(kind), text.replaceAll(' %', '\u00a0%'))),
    verdict && soFar(),
  ].filter(Boolean)
}

/** What freezing cost in each of the worlds in front, and the way to the next one. */
function soFar() {
  const current = worldOf(state.data, state.worlds)?.name
  const chips = inFront.filter(name => state.worlds.some(world => world.name === name)).map(name => {
    const seen = costs.get(name)
    return h('button', { type: 'button', class: 'chip', 'data-next': name, 'aria-pressed': String(name === current), disabled: Boolean(state.active), 'data-tip': seen ? 'As measured last, in points of accuracy.' : 'Not measured yet: load these images.', onclick: () => addWorld(name) },
      cards[name].place, h('b', {}, seen ? withNoise(seen.cost, seen.noise) : '?'))
  })
  return h('p', { class: 'row so-far', 'data-testid': 'so-far' }, h('span', {}, 'Freezing cost, in points:'), chips)
}

/** One plan: its letter, what it reached, and two standard errors around that. */
function bar(title, run) {
  const result = run?.result && measure(run.result)
  const share = result?.share ?? run?.validation.at(-1)?.accuracy
  const fill = h('span', { class: 'fill' })
  fill.style.setProperty('--share', String(share ?? 0))
  const spread = result && h('span', { class: 'spread' })
  const margin = result ? 2 * Math.sqrt(result.variance) : 0
  spread?.style.setProperty('--from', String(Math.max(share - margin, 0)))
  spread?.style.setProperty('--to', String(Math.min(share + margin, 1)))
  return h('li', { 'data-status': run?.status ?? 'waiting' },
    h('span', { class: 'run-letter', 'data-run-colour': run ? run.number % 6 : null }, run?.letter ?? '·'),
    h('span', { class: 'versus-title' }, title), h('span', { class: 'number' }, share === undefined ? '' : `${Math.round(100 * share)} %`, result && h('span', { class: 'muted' }, ` ± ${Math.round(100 * margin)}`)),
    h('span', { class: 'versus-bar' }, fill, spread))
}

const badge = kind => h('span', { class: 'badge kind' }, kind)
