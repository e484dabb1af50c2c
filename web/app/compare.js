// "Compare freezing": the same images, passes and seed under several plans, one after
// the other, and what that showed (verdict.js). A comparison that was cancelled goes on
// with the plans that are not trained yet.
import { byID, h } from './dom.js'
import { plural } from './format.js'
import { guessed, guessRow } from './guess.js'
import { addWorld } from './intake.js'
import { notice, say } from './notices.js'
import { builtin, generatedNet, photoNet, useButton } from './offer.js'
import { foretells, isProbing, knownProbe, probeOrStop, scored } from './probe.js'
import { trainPlan, whyNot } from './runs.js'
import { seen, shortName } from './seen.js'
import { trainOptions } from './settings.js'
import { set, state, watch } from './store.js'
import { measure, prediction, verdict, withNoise } from './verdict.js'
import { openWeightsDialog } from './weights-dialog.js'
import { cards, inFront, lessonOf, worldOf } from './worlds.js'

/** How much longer the control trains: is a frozen head bad, or only trained too little? */
const times = 5

const costs = new Map() // world -> its last verdict
const guesses = new Map() // images -> what a person expects of them

/**
 * In the order of training; the thawed network comes last and is what remains.
 * @type {{ key: 'frozen' | 'longer' | 'written' | 'thawed', title: string, means: string, spec: any, passes?: number }[]}
 */
const plans = [
  { key: 'frozen', title: 'Frozen: head only', spec: { preset: 'head-only' },
    means: 'The pretrained layers stay as they are; only the new layers on top of them (the head) learn.' },
  { key: 'longer', title: `Frozen, ${times} × passes`, spec: { preset: 'head-only' }, passes: times,
    means: 'The same for longer: is freezing to blame, or was the head only trained too little?' },
  { key: 'written', title: 'Snippet 1 as written', spec: { preset: 'freeze-conv', asWritten: true },
    means: 'Code that means to freeze and does so in part: batch norm goes on learning. It stands in the Network panel under “1: freeze conv”.' },
  // Batch norm as in the frozen network: else two things would differ.
  { key: 'thawed', title: 'Thawed: everything', spec: { preset: 'unfreeze-all', batchNorm: 'inference' },
    means: 'Every layer learns, and batch norm keeps its stored statistics (inference mode) as in the frozen network, so that only freezing differs. The preset All does as Keras does: batch norm runs on the statistics of each batch, a second difference.' },
]

export function startCompare() {
  byID('compare-run').onclick = () => (notYet() ? notice('warning', notYet()) : compare())
  byID('compare-anew').onclick = () => (notYet() ? notice('warning', notYet()) : compare(true))
  watch(['thaw', 'model', 'data', 'worlds', 'settings', 'loading', 'changing', 'active', 'runs', 'comparison', 'kept', 'cards', 'probe'], show)
  show()
}

const imagesKey = () => JSON.stringify(state.data.classes.map(c => [c.name, c.images]))
const compared = () => ({ ...trainOptions(), continue: false })
/** All that a comparison depends on: while it stays, what was trained counts. */
const conditions = options => JSON.stringify([imagesKey(), state.model?.weights?.id, state.model?.size, options])

/** Why nothing can be compared, or null. */
function notYet() {
  const heldBack = state.data.classes.some(c => c.images.some(image => image.split === 'validation'))
  return whyNot() ?? (heldBack ? null : 'Nothing would be held back to measure on: bring more images of each class.')
}

async function compare(anew = false) {
  const options = compared()
  const key = conditions(options)
  const world = worldOf(state.data, state.worlds)
  const before = !anew && state.comparison?.stopped && state.comparison.key === key ? state.comparison.runs : {}
  const comparison = { key, images: imagesKey(), lesson: foretold(world), forecast: knownProbe()?.forecast ?? null, runs: { ...before }, verdict: null, stopped: false }
  set({ comparison })
  for (const { key: name, title, spec, passes = 1 } of plans) {
    if (comparison.runs[name]?.status === 'done') continue
    const same = conditions(options) === key
    // The control shows its curve on request: five times as many passes would squeeze the others.
    const run = same && (await trainPlan(spec, { ...options, epochs: options.epochs * passes }, { title, visible: passes === 1, onStart: run => (comparison.runs[name] = run) }))
    if (!run || run.status !== 'done') {
      comparison.stopped = true
      if (!same) notice('warning', 'Images, weights or size were changed while plans were compared: compare again.')
      return set({ comparison: { ...comparison } })
    }
  }
  const results = /** @type {any} */ (Object.fromEntries(plans.map(({ key }) => [key, comparison.runs[key].result])))
  comparison.verdict = verdict(results, comparison.lesson, times)
  if (world && !comparison.verdict.nothing) costs.set(world.name, comparison.verdict)
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
  const goesOn = Boolean(current?.stopped && current.key === conditions(compared()))
  const button = byID('compare-run')
  button.hidden = Boolean(current && !current.stopped && !current.verdict)
  button.textContent = goesOn ? 'Go on comparing' : current ? 'Compare again' : 'Compare freezing'
  byID('compare-anew').hidden = !goesOn || Boolean(active)
  for (const id of ['compare-run', 'compare-anew']) byID(id).setAttribute('aria-disabled', String(Boolean(notYet() || active)))
  place.toggleAttribute('data-done', Boolean(current))
  redraw(byID('compare-text'), current ? report(current) : invitation(data, model))
}

/** Puts new children in place of old ones where they differ; what is open stays open, and the focus where it was. */
function redraw(place, children) {
  const focused = /** @type {HTMLElement | null} */ (document.activeElement)
  const kept = place.contains(focused) ? focused.dataset.keep : null
  const open = [...place.querySelectorAll('details[open]')].map(details => details.dataset.keep)
  for (const child of children) for (const details of child.querySelectorAll?.('details') ?? []) details.open = open.includes(details.dataset.keep)
  if (children.length === place.children.length && children.every((child, i) => child.isEqualNode(place.children[i]))) return
  place.replaceChildren(...children)
  if (kept) /** @type {HTMLElement | null} */ (place.querySelector(`[data-keep="${kept}"]`))?.focus()
}

/** What is predicted of a world: it rests on what a net discards that learned from generated images. */
const foretold = world => (state.model?.weights?.id === photoNet ? null : lessonOf(world))

/** Before: a guess, what is expected and why, and what will be done. */
function invitation(data, model) {
  const world = worldOf(data, state.worlds)
  const lesson = foretold(world)
  const { epochs, batch } = state.settings
  const train = data.classes.flatMap(c => c.images).filter(image => image.split === 'train').length
  const steps = Math.ceil(train / batch) * epochs
  const chosen = guesses.get(imagesKey()) ?? null
  const choose = key => {
    guesses.set(imagesKey(), chosen === key ? null : key)
    show()
  }
  return [
    guessRow(chosen, choose),
    model?.model === 'mini' && forecastRow(),
    lesson && h('div', {}, h('details', { 'data-keep': 'prediction', 'data-kind': 'prediction', 'data-testid': 'prediction-before' },
      h('summary', {}, badge('prediction'), 'What the page predicts, and why'), h('p', {}, prediction(lesson)))),
    h('p', { class: 'muted' }, `Trains frozen, thawed and a well-known piece of code on the same images for the same ${plural(epochs, 'pass', 'passes')} (${plural(steps, 'step')}), one after the other.`),
    what(),
    model?.model === 'mini' && starts(world, model.weights),
  ].filter(Boolean)
}

/** What the images foretell, asked for by a button that also stops it. */
function forecastRow() {
  const forecast = knownProbe()?.forecast
  if (forecast) return h('p', { 'data-kind': 'forecast', 'data-testid': 'forecast' }, badge('forecast'), foretells(forecast))
  return h('p', { class: 'muted' }, h('button', { type: 'button', class: 'quiet inline-button', 'data-keep': 'forecast', 'data-testid': 'foretell', 'aria-disabled': String(Boolean(notYet() || state.active)), onclick: foretell,
    'data-tip': 'Reads every block of the network with a linear classifier, which takes seconds, and says what freezing cost where such readings were alike in 225 comparisons of the lesson.' },
    isProbing() ? 'Stop' : 'Foretell it from the images'))
}

function foretell() {
  if (!isProbing() && (notYet() || state.active)) return notice('warning', notYet() ?? 'A run is training: wait for its end, or cancel it.')
  return probeOrStop()
}

/** What the network in use has seen, and those that start from better features, as far as it matters for these images. */
function starts(world, used) {
  const [mini, photo] = [used?.id === photoNet && builtin(generatedNet), used?.id === generatedNet && builtin(photoNet)]
  if (world) return mini && h('p', { class: 'muted' }, `What the page predicts of these images is about ${shortName(mini)}: `, useButton(mini, `use ${shortName(mini)}`, { class: 'quiet inline-button', 'data-keep': 'mini' }))
  return h('p', { class: 'muted' }, used?.builtin && `${shortName(used)} ${seen(used)}. `,
    photo && [`${shortName(photo)} ${seen(photo)}: `, useButton(photo, `use ${shortName(photo)}`, { class: 'quiet inline-button', 'data-keep': 'photo' }), '. '],
    'For photographs, full with weights from ImageNet starts from better features still: ',
    h('button', { type: 'button', class: 'quiet inline-button', 'data-keep': 'weights', onclick: openWeightsDialog }, 'get its weights…'))
}

/** What is compared, for those who want to know it exactly. */
const what = () => h('div', {}, h('details', { class: 'what', 'data-keep': 'what' }, h('summary', {}, 'What exactly is compared'), h('dl', {},
  plans.map(({ title, means }) => [h('dt', {}, title), h('dd', {}, means)]).flat())))

function report({ images, forecast, runs, verdict, stopped }) {
  const guess = guesses.get(images)
  const sentences = verdict?.sentences ?? []
  const sentence = ({ kind, text }, i) => h('p', { 'data-kind': kind, 'data-testid': i === 0 ? 'verdict' : null, class: i === 0 ? 'verdict' : null }, badge(kind), text.replaceAll(' %', '\u00a0%'))
  return [
    h('ol', { class: 'versus' }, plans.map(({ key, title }) => bar(title, runs[key]))),
    stopped && h('p', { class: 'muted' }, 'Stopped before all plans were trained; what is trained counts, if you go on with the same images and settings.'),
    ...sentences.slice(0, 1).map(sentence),
    guess && verdict?.cost !== undefined && !verdict.nothing && h('p', { 'data-kind': 'guess', 'data-testid': 'guessed' }, badge('guess'), guessed(guess, verdict.cost, verdict.noise)),
    forecast && verdict?.cost !== undefined && !verdict.nothing && h('p', { 'data-kind': 'forecast', 'data-testid': 'forecast-scored' }, badge('forecast'), scored(forecast, verdict.cost, verdict.noise)),
    ...sentences.slice(1).map((s, i) => sentence(s, i + 1)),
    what(),
    verdict && soFar(),
  ].filter(Boolean)
}

/** What freezing cost in each of the worlds in front, and the way to the next one. */
function soFar() {
  const current = worldOf(state.data, state.worlds)?.name
  const chips = inFront.filter(name => state.worlds.some(world => world.name === name)).map(name => {
    const seen = costs.get(name)
    return h('button', { type: 'button', class: 'chip', 'data-next': name, 'aria-pressed': String(name === current), disabled: Boolean(state.active), 'data-tip': seen ? 'As measured last, in points of accuracy.' : 'Not measured yet: load these images.', onclick: () => addWorld(name) },
      cards[name].place, h('b', {}, seen?.cost !== undefined ? withNoise(seen.cost, seen.noise) : '?'))
  })
  return h('p', { class: 'row so-far', 'data-testid': 'so-far' }, h('span', {}, 'Freezing cost, in points:'), chips)
}

/** One plan: its letter, what it reached, and two standard errors around that. */
function bar(title, run) {
  const result = run?.result && measure(run.result)
  const share = result?.share ?? run?.validation.at(-1)?.accuracy ?? undefined
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
