// One run as the page keeps it: its curves grow with the events of the worker.
/**
 * @typedef {import('../thaw.js').TrainEvent} TrainEvent
 * @typedef {{ blocks: { name: string, learns: string }[], gradient?: (number | null)[], ratio?: (number | null)[], epoch?: import('../thaw.js').EpochReadings & { epoch: number }, looked?: import('../thaw.js').Looked, series?: (import('../thaw.js').PassReadings & { epoch: number })[] }} Inside   of steps: smoothed; of epochs: the last; series: of each pass, of many not of all
 * @typedef {Object} RunView
 * @property {string} letter        A, B, ...: how curves are told apart without colour
 * @property {number} number        from 0
 * @property {string} [id]          the engine's name of it
 * @property {string} plan
 * @property {string} [title]       shown in its place
 * @property {import('../thaw.js').PlanSpec} [spec]   what was asked for
 * @property {import('../thaw.js').TrainOptions} options
 * @property {import('../thaw.js').PlanSpec} [spec]
 * @property {import('../thaw.js').Plan | null} trains   the plan under way, for the map
 * @property {number} heldBack      images to measure on
 * @property {string[]} warnings    of the engine: one sentence each
 * @property {'pause' | 'cancel' | null} asked   what was asked of the run before it could hear
 * @property {number} trained
 * @property {'starting' | 'training' | 'paused' | 'done' | 'cancelled' | 'failed' | 'interrupted'} status
 * @property {'caching' | 'stepping'} phase     of training: the frozen part once per image, then steps
 * @property {number[]} [phaseRates]     of each phase, where the plan is in time
 * @property {{ at: number, of: number }} [part]   phase under way, where the plan is in time
 * @property {number[]} [borders]   passes done before each phase
 * @property {boolean} visible      its curves are drawn
 * @property {number} steps         of the whole run
 * @property {number} epochs
 * @property {{ done: number, total: number }} progress   steps of the run, or images of the cache
 * @property {number} began         when it was asked for
 * @property {{ at: number, seconds: number } | null} left   what the engine said last, and when; null before it has a measure
 * @property {number} [gflops]      a second, of the last step
 * @property {{ epoch: number, loss: number, accuracy: number }[]} train        smoothed, at most maxPoints
 * @property {{ epoch: number, loss: number, accuracy: number }[]} validation   one per epoch, of many every 2nd, 4th, ...; null where nothing is held back
 * @property {{ epoch: number, loss: number, accuracy: number }[]} [anew]       the same with batch norm statistics computed anew, where asked
 * @property {Inside} [inside]      what it told of every block, where asked; lists in the order of its blocks
 * @property {import('../thaw.js').RunResult | null} result
 * @property {import('../thaw.js').Run | null} handle
 */

const maxPoints = 400
const maxSeries = 64 // passes, of all blocks: as many as the engine keeps
const smoothing = 0.9 // of the moving average over steps

/** @returns {RunView} */
export function newRun(number, plan, options) {
  return {
    options, trains: null, heldBack: 0, warnings: [], asked: null,
    letter: String.fromCharCode(65 + (number % 26)), number, plan: plan?.name ?? 'plan', trained: plan?.cost.trained ?? 0,
    status: 'starting', phase: 'stepping', visible: true, steps: 1, epochs: 1, progress: { done: 0, total: 0 }, began: Date.now(), left: null,
    train: [], validation: [], result: null, handle: null,
  }
}

/** Takes one event in. @param {RunView} run @param {TrainEvent} event */
export function hear(run, event) {
  switch (event.kind) {
    case 'started':
      Object.assign(run, { id: event.run, plan: event.plan.name, trained: event.plan.cost.trained, steps: event.steps, epochs: event.epochs, status: 'training', trains: event.plan, heldBack: event.validation })
      // The first event of a cache may take a while: say from the start what is computed.
      if (event.plan.cost.cacheFlops && event.plan.cost.cachedImages < event.train + event.validation) Object.assign(run, { phase: 'caching', progress: { done: 0, total: event.train + event.validation } })
      else run.progress = { done: event.done, total: event.steps }
      break
    case 'phase':
      Object.assign(run, { trains: event.plan, part: { at: event.phase, of: event.of }, borders: [...(run.borders ?? []).filter(epoch => epoch < event.epoch), event.epoch] })
      if (run.inside) run.inside.blocks = learnsNow(run)
      break
    case 'cache':
      Object.assign(run, { phase: 'caching', progress: { done: event.done, total: event.total }, left: leftOf(event.secondsLeft) })
      break
    case 'step':
      // A step shorter than the clock's tick, 1 ms in Firefox where the page is not isolated, tells no speed.
      Object.assign(run, { phase: 'stepping', progress: { done: event.step, total: run.steps }, left: leftOf(event.secondsLeft), gflops: event.seconds ? event.gflops : run.gflops })
      addPoint(run, event)
      if (event.readings) addReadings(run, event.readings)
      break
    case 'epoch':
      if (event.readings && run.inside) run.inside.epoch = { epoch: event.epoch, ...event.readings }
      if (event.series && run.inside) run.inside.series = thinned([...(run.inside.series ?? []), { epoch: event.epoch, ...event.series }], maxSeries)
      run.validation.push({ epoch: event.epoch, ...(run.heldBack ? { loss: event.validationLoss, accuracy: event.validationAccuracy } : { loss: null, accuracy: null }) })
      run.validation = thinned(run.validation)
      if (event.anew) run.anew = thinned([...(run.anew ?? []), { epoch: event.epoch, loss: event.anew.loss, accuracy: event.anew.accuracy }])
      break
    case 'moved': // runs.js tells it; what came after that step is trained again
      run.validation = run.validation.filter(({ epoch }) => epoch * run.steps <= event.step * run.epochs)
      run.train = run.train.filter(({ epoch }) => epoch * run.steps <= event.step * run.epochs)
      if (run.inside?.series) run.inside.series = run.inside.series.filter(({ epoch }) => epoch * run.steps <= event.step * run.epochs)
      run.anew = run.anew?.filter(({ epoch }) => epoch * run.steps <= event.step * run.epochs)
      break
    case 'lens':
      if (run.inside) run.inside.looked = event
      break
    case 'warning':
      run.warnings.push(event.message)
      break
    case 'paused':
      Object.assign(run, { status: 'paused', left: leftOf(timeLeft(run)) })
      break
    case 'resumed':
      Object.assign(run, { status: run.progress.total ? 'training' : 'starting', left: run.left && leftOf(run.left.seconds) })
      break
    case 'done':
    case 'cancelled':
      run.result = event.result
      run.status = event.kind
      break
    case 'failed':
      run.status = 'failed'
  }
}

/** @param {number | null} seconds */
const leftOf = seconds => (seconds === null ? null : { at: Date.now(), seconds })

/** Seconds left, which pass between events too; null where nothing is known, or more took longer than was said. @param {RunView} run */
export function timeLeft({ left }) {
  const seconds = left ? left.seconds - (Date.now() - left.at) / 1000 : 0
  return seconds > 0 ? seconds : null
}

/** Losses of single steps jump; the moving average shows where they go. */
function addPoint(run, { step, loss, accuracy }) {
  if (loss === null) return
  const last = run.train.at(-1)
  const mix = (before, now) => (last ? smoothing * before + (1 - smoothing) * now : now)
  run.train.push({ epoch: (step * run.epochs) / run.steps, loss: mix(last?.loss, loss), accuracy: mix(last?.accuracy, accuracy) })
  run.train = thinned(run.train)
}

/** Every second point of a line with too many, and its last: a run may go on for days. */
const thinned = (points, most = maxPoints) => (points.length <= most ? points : points.filter((_, i) => i % 2 === 0 || i === points.length - 1))

const learnsNow = run => run.trains.blocks.map(({ name, learns }) => ({ name, learns }))

/** @param {RunView} run @param {import('../thaw.js').StepReadings} now */
function addReadings(run, now) {
  const inside = (run.inside ??= { blocks: learnsNow(run) })
  for (const key of /** @type {const} */ (['gradient', 'ratio'])) {
    const before = inside[key]
    inside[key] = now[key].map((x, i) => (x === null || !before || before[i] === null ? x : smoothing * before[i] + (1 - smoothing) * x))
  }
}

/** Share of held-back images recognised, at the end or so far; null where nothing is known. @param {RunView} run @returns {number | null} */
export const accuracyOf = run => (run.heldBack ? run.result?.validationAccuracy ?? run.validation.at(-1)?.accuracy ?? null : null)

/** What a run was trained with, as far as it is not the plan. @param {RunView} run */
export function optionsText({ phaseRates, options: { epochs, batch, rate, seed, rates, classWeight, continue: goesOn } }) {
  const factor = Object.values(rates ?? {})[0]
  return [`${epochs} ${epochs === 1 ? 'pass' : 'passes'}`, `batch ${batch}`, `rate ${(phaseRates ?? [rate]).join(', then ')}`, factor !== undefined && `backbone × ${factor}`, `seed ${seed}`, classWeight === 'balanced' && 'classes count alike', goesOn && 'from the last run on'].filter(Boolean).join(', ')
}

export const isOver = run => ['done', 'cancelled', 'failed', 'interrupted'].includes(run.status)
