// The Runs panel: Train, pause, cancel, progress, and what is kept of a run.
import { atMostEvery, byID, h } from './dom.js'
import { percent, plural, seconds } from './format.js'
import { guarded, notice, say } from './notices.js'
import { accuracyOf, hear, isOver, newRun, timeLeft } from './run.js'
import { trainOptions } from './settings.js'
import { set, state, watch } from './store.js'
import { showPanel } from './tabs.js'

export function startRuns() {
  byID('train').onclick = () => (whyNot() ? notice('warning', whyNot()) : trainPlan(state.spec, trainOptions()))
  byID('pause').onclick = () => steer('pause')
  byID('cancel').onclick = () => steer('cancel')
  byID('reset').onclick = () => guarded(async () => {
    await state.thaw.reset()
    changedFrom = ''
    set({ model: await state.thaw.model.describe() })
    notice('info', 'The network is back at the weights as loaded; runs and curves stay.')
  })
  watch(['thaw', 'engine', 'model', 'data', 'plan', 'planProblem', 'active', 'loading', 'changing'], showWhy)
  watch(['active', 'keeping'], guardRun)
  watch(['active', 'ticks'], showProgress)
  watch(['active', 'model', 'keeping'], showKeep)
  showWhy()
  showKeep()
  showProgress()
}

/** The browser asks only where leaving the page would lose something: images that are not kept yet, a run that is not. */
function guardRun() {
  const { keeping, active } = state
  const kept = keeping?.id && !keeping.readOnly && !keeping.problem
  if (kept ? keeping.images < keeping.of : active) addEventListener('beforeunload', ask)
  else removeEventListener('beforeunload', ask)
}
const ask = event => event.preventDefault()

/** Why training cannot start, in one sentence, or null. */
export function whyNot() {
  const { thaw, engine, model, data, plan, planProblem, loading, changing } = state
  if (loading || changing) return loading || changing
  if (!thaw || !engine || !model) return 'The engine is not there: reload the page.'
  if (!model.weights) return 'The network has no weights: bring a file, or start from random ones.'
  if (data.problem) return data.problem
  if (planProblem) return planProblem
  return plan && !plan.cost.fits ? plan.cost.problem : null
}

/** What a run would keep of a head that was trained, where that is not all of it. */
function headStart(head) {
  if (!head || !(head.drawn.length || head.dropped.length)) return ''
  const some = names => names.slice(0, 3).join(', ') + (names.length > 3 ? ` and ${names.length - 3} more` : '')
  return [`What was learned of ${plural(head.kept, 'class', 'classes')} is kept`, head.drawn.length && `${some(head.drawn)} starts anew`, head.dropped.length && `${some(head.dropped)} is dropped`].filter(Boolean).join('; ') + '.'
}

function showWhy() {
  const why = whyNot()
  byID('why').textContent = state.active ? '' : why ?? ''
  byID('head-start').textContent = state.active || why ? '' : headStart(state.plan?.head)
  byID('train').setAttribute('aria-disabled', String(Boolean(why) || Boolean(state.active)))
  byID('train').textContent = state.active ? 'Training…' : 'Train'
}

let changedFrom = '' // the weights that a run has changed, '' before there is one

/** The network in use is as loaded again. */
export const asLoaded = () => { changedFrom = '' }

/** Whether a run has changed the weights in use. */
export const changedHere = () => Boolean(state.model?.weights) && (state.model.weights.id === changedFrom || Boolean(state.keeping?.using))

/** Whether the network in use was trained: here, or before its file was brought. */
export const isTrained = () => changedHere() || Boolean(state.model?.weights && state.model.outputs)

/** Undo is there for what was trained here. */
function showKeep() {
  byID('reset').disabled = !changedHere() || Boolean(state.active)
}

/** Pauses, resumes or cancels; what is asked while a run is prepared, it hears as soon as it can. */
function steer(what) {
  const run = state.active
  if (!run) return
  const again = what === 'pause' && (run.asked === 'pause' || (run.status === 'paused' && !run.asked))
  run.asked = again ? null : what
  showProgress()
  guarded(async () => {
    if (!run.handle) return
    if (what === 'cancel') await run.handle.cancel()
    else await (again ? run.handle.resume() : run.handle.pause())
  })
}

/**
 * Trains a plan and resolves when its run is over; null if another run is under way.
 * @param {import('../thaw.js').PlanSpec} spec @param {import('../thaw.js').TrainOptions} options
 * @param {{ title?: string, visible?: boolean, onStart?: (run: import('./run.js').RunView) => void }} [view]
 */
export async function trainPlan(spec, options, { title, visible = true, onStart } = {}) {
  if (state.active) return null
  if ('phases' in spec) options = { ...options, epochs: spec.phases.reduce((n, { epochs }) => n + epochs, 0) }
  const run = { ...newRun(state.runs.length, spec === state.spec ? state.plan : null, options), spec, visible, title, ...('phases' in spec ? { phaseRates: spec.phases.map(({ rate }) => rate ?? options.rate) } : {}) }
  onStart?.(run)
  set({ runs: [...state.runs, run], active: run, viewing: spec === state.spec ? null : run, interrupted: null })
  return follow(run, hears => state.thaw.train(spec, options, hears))
}

/** Goes on with the run that was interrupted. @param {import('./run.js').RunView} run */
export async function goOn(run) {
  if (state.active) return null
  Object.assign(run, { status: 'starting', asked: null, began: Date.now(), result: null })
  set({ active: run, runs: [...state.runs], interrupted: null })
  return follow(run, hears => state.thaw.projects.goOn(hears))
}

/** Follows a run that `start` starts to its end. */
async function follow(run, start) {
  showPanel('runs')
  const clock = setInterval(tick, 1000) // time passes between events too
  try {
    run.handle = await start(event => onEvent(run, event))
    if (run.asked) await run.handle[run.asked]()
    await run.handle.done
  } catch (error) {
    onEvent(run, { kind: 'failed', message: error.message })
  } finally {
    clearInterval(clock)
  }
  return run
}

function onEvent(run, event) {
  if (isOver(run)) return
  hear(run, event)
  if (event.kind === 'paused' || event.kind === 'resumed') run.asked = null
  if ((event.kind === 'started' || event.kind === 'phase') && state.viewing === run) set({ viewing: run })
  if (event.kind === 'warning') notice('warning', `Run ${run.letter}: ${event.message}`)
  if (event.kind === 'failed') notice('error', event.message)
  if (event.kind === 'moved') notice('warning', event.message)
  if (event.kind === 'epoch') say(`Epoch ${event.epoch} of ${run.epochs}. ${recognised(run)}`)
  if (isOver(run)) {
    if (run.progress.done && run.phase === 'stepping') changedFrom = state.model.weights.id
    set({ active: null, viewing: state.viewing === run ? null : state.viewing, selected: run.result ? run : state.selected, runs: [...state.runs] })
    say(`Run ${run.letter} ${run.status}. ${run.result ? recognised(run) : ''}`, { now: true })
  } else {
    tickSoon()
    drawSoon()
  }
}

const recognised = run => (run.heldBack ? `${percent(accuracyOf(run))} of held-back images recognised.` : 'Nothing was held back to measure on.')

// Events may come a thousand a second: the progress is shown four times, curves and tables,
// which cost more, once.
const tick = () => set({ ticks: state.ticks + 1 })
const tickSoon = atMostEvery(250, tick)
const drawSoon = atMostEvery(1000, () => set({ runs: state.runs }))

// Built once per run and changed in place: a bar that is replaced is read out anew.
let bar, text
function showProgress() {
  const run = state.active
  const place = byID('run-progress')
  byID('no-runs').hidden = state.runs.length > 0
  byID('run-controls').hidden = !run
  place.hidden = !run
  if (!run) return
  if (!bar) {
    bar = h('progress', { 'aria-label': 'Progress of the run' })
    text = h('span', { class: 'progress-text' })
    place.append(h('div', { class: 'progress-item' }, text, bar))
  }
  byID('pause').textContent = run.asked === 'pause' || run.status === 'paused' ? 'Resume' : 'Pause'
  if (run.progress.total) {
    bar.max = run.progress.total
    bar.value = run.progress.done
  } else bar.removeAttribute('value')
  text.textContent = progressText(run)
}

/** @param {import('./run.js').RunView} run */
function progressText(run) {
  const { status, phase, progress: { done, total }, epochs, asked, began, part } = run
  const wish = asked === 'cancel' ? ', ends as soon as it can' : asked === 'pause' && status !== 'paused' ? ', pauses as soon as it can' : ''
  if (!total) return `Preparing, for ${seconds(Math.max(Math.round((Date.now() - began) / 1000), 1))}${wish || (status === 'paused' ? ', paused' : '…')}`
  const left = timeLeft(run)
  const more = wish || (status === 'paused' ? ', paused' : left === null ? '' : `, ${seconds(left)} left`)
  if (phase === 'caching') return `The frozen part, once per image: ${done} of ${total}${more}`
  const epoch = Math.min(Math.floor((done * epochs) / total) + 1, epochs)
  return `${part ? `Phase ${part.at} of ${part.of}, epoch` : 'Epoch'} ${epoch} of ${epochs}, step ${done} of ${total}${more}`
}
