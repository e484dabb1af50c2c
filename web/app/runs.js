// The Runs panel: Train, pause, cancel, progress, and what is kept of a run.
import { byID, download, h } from './dom.js'
import { percent, seconds } from './format.js'
import { guarded, notice, say } from './notices.js'
import { hear, isOver, newRun } from './run.js'
import { trainOptions } from './settings.js'
import { set, state, watch } from './store.js'
import { showPanel } from './tabs.js'

export function startRuns() {
  byID('train').onclick = () => (whyNot() ? notice('warning', whyNot()) : trainPlan(state.spec, trainOptions()))
  byID('pause').onclick = () => {
    const { handle, status } = state.active ?? {}
    guarded(async () => handle && (status === 'paused' ? handle.resume() : handle.pause()))
  }
  byID('cancel').onclick = () => guarded(async () => state.active?.handle?.cancel())
  byID('download').onclick = () => save('safetensors')
  byID('download-h5').onclick = () => save('h5')
  byID('download-onnx').onclick = () => save('onnx')
  byID('reset').onclick = () => guarded(async () => {
    await state.thaw.reset()
    set({ model: await state.thaw.model.describe() })
    notice('info', 'The network is back at the weights as loaded; runs and curves stay.')
  })
  watch(['thaw', 'model', 'data', 'plan', 'planProblem', 'active', 'loading'], showWhy)
  watch(['active', 'runs'], showProgress)
  showWhy()
  showProgress()
}

/** Why training cannot start, in one sentence, or null. */
export function whyNot() {
  const { thaw, model, data, plan, planProblem, loading } = state
  if (loading) return loading
  if (!thaw || !model) return 'The engine is not there: reload the page.'
  if (!model.weights) return 'The network has no weights: bring a file, or start from random ones.'
  if (data.problem) return data.problem
  if (planProblem) return planProblem
  return plan && !plan.cost.fits ? plan.cost.problem : null
}

function showWhy() {
  const why = whyNot()
  byID('why').textContent = state.active ? '' : why ?? ''
  byID('train').setAttribute('aria-disabled', String(Boolean(why) || Boolean(state.active)))
  byID('train').textContent = state.active ? 'Training…' : 'Train'
  for (const id of ['download', 'download-h5', 'download-onnx', 'reset']) byID(id).disabled = !state.model?.weights || Boolean(state.active)
}

/**
 * Trains a plan and resolves when its run is over; null if another run is under way.
 * @param {import('../thaw.js').PlanSpec} spec @param {import('../thaw.js').TrainOptions} options
 * @param {{ title?: string, visible?: boolean, onStart?: (run: import('./run.js').RunView) => void }} [view]
 */
export async function trainPlan(spec, options, { title, visible = true, onStart } = {}) {
  if (state.active) return null
  const run = { ...newRun(state.runs.length, spec === state.spec ? state.plan : null), visible, title }
  onStart?.(run)
  set({ runs: [...state.runs, run], active: run })
  showPanel('runs')
  try {
    run.handle = await state.thaw.train(spec, options, event => onEvent(run, event))
    await run.handle.done
  } catch (error) {
    onEvent(run, { kind: 'failed', message: error.message })
  }
  return run
}

function onEvent(run, event) {
  if (isOver(run)) return
  hear(run, event)
  if (event.kind === 'failed') notice('error', event.message)
  if (event.kind === 'moved') notice('warning', event.message)
  if (event.kind === 'epoch') say(`Epoch ${event.epoch} of ${run.epochs}: ${percent(event.validationAccuracy ?? NaN)} of held-back images recognised.`)
  if (isOver(run)) {
    set({ active: null, selected: run.result ? run : state.selected, runs: [...state.runs] })
    say(`Run ${run.letter} ${run.status}. ${run.result ? percent(run.result.validationAccuracy ?? NaN) + ' of held-back images recognised.' : ''}`, { now: true })
  } else soon()
}

// Events may come hundreds a second; the page draws ten times.
let waiting = false
function soon() {
  if (waiting) return
  waiting = true
  setTimeout(() => {
    waiting = false
    set({ runs: state.runs })
  }, 100)
}

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
  byID('pause').textContent = run.status === 'paused' ? 'Resume' : 'Pause'
  if (run.progress.total) {
    bar.max = run.progress.total
    bar.value = run.progress.done
  } else bar.removeAttribute('value')
  text.textContent = progressText(run)
}

/** @param {import('./run.js').RunView} run */
function progressText({ status, phase, progress: { done, total }, epochs, secondsLeft }) {
  if (status === 'starting') return 'Preparing…'
  const left = status === 'paused' ? ', paused' : secondsLeft === null ? '' : `, ${seconds(secondsLeft)} left`
  if (phase === 'caching') return `The frozen part, once per image: ${done} of ${total}${left}`
  const epoch = Math.min(Math.floor((done * epochs) / total) + 1, epochs)
  return `Epoch ${epoch} of ${epochs}, step ${done} of ${total}${left}`
}

async function save(format) {
  await guarded(async () => {
    const blob = await state.thaw.export(format)
    const name = [...state.runs].reverse().find(run => run.result)?.plan ?? 'weights'
    download(blob, `thaw-${state.model.model}-${name.toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, '')}.${format}`)
  })
}
