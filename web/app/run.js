// One run as the page keeps it: its curves grow with the events of the worker.
/**
 * @typedef {import('../thaw.js').TrainEvent} TrainEvent
 * @typedef {Object} RunView
 * @property {string} letter        A, B, ...: how curves are told apart without colour
 * @property {number} number        from 0
 * @property {string} plan
 * @property {string} [title]       shown in its place
 * @property {number} trained
 * @property {'starting' | 'training' | 'paused' | 'done' | 'cancelled' | 'failed'} status
 * @property {'caching' | 'stepping'} phase     of training: the frozen part once per image, then steps
 * @property {boolean} visible      its curves are drawn
 * @property {number} steps         of the whole run
 * @property {number} epochs
 * @property {{ done: number, total: number }} progress   steps of the run, or images of the cache
 * @property {number | null} secondsLeft
 * @property {number} [gflops]      a second, of the last step
 * @property {{ epoch: number, loss: number, accuracy: number }[]} train        smoothed, at most maxPoints
 * @property {{ epoch: number, loss: number, accuracy: number }[]} validation   one per epoch
 * @property {import('../thaw.js').RunResult | null} result
 * @property {import('../thaw.js').Run | null} handle
 */

const maxPoints = 400
const smoothing = 0.9 // of the moving average over steps

/** @returns {RunView} */
export function newRun(number, plan) {
  return {
    letter: String.fromCharCode(65 + (number % 26)), number, plan: plan?.name ?? 'plan', trained: plan?.cost.trained ?? 0,
    status: 'starting', phase: 'stepping', visible: true, steps: 1, epochs: 1, progress: { done: 0, total: 0 }, secondsLeft: null,
    train: [], validation: [], result: null, handle: null,
  }
}

/** Takes one event in. @param {RunView} run @param {TrainEvent} event */
export function hear(run, event) {
  switch (event.kind) {
    case 'started':
      Object.assign(run, { plan: event.plan.name, trained: event.plan.cost.trained, steps: event.steps, epochs: event.epochs, status: 'training' })
      // The first event of a cache may take a while: say from the start what is computed.
      if (event.plan.cost.cacheFlops && event.plan.cost.cachedImages < event.train + event.validation) Object.assign(run, { phase: 'caching', progress: { done: 0, total: event.train + event.validation } })
      else run.progress = { done: 0, total: event.steps }
      break
    case 'cache':
      Object.assign(run, { phase: 'caching', progress: { done: event.done, total: event.total }, secondsLeft: event.secondsLeft })
      break
    case 'step':
      Object.assign(run, { phase: 'stepping', progress: { done: event.step, total: run.steps }, secondsLeft: event.secondsLeft, gflops: event.gflops })
      addPoint(run, event)
      break
    case 'epoch':
      run.validation.push({ epoch: event.epoch, loss: event.validationLoss, accuracy: event.validationAccuracy })
      break
    case 'moved': // runs.js tells it; what came after that step is trained again
      run.validation = run.validation.filter(({ epoch }) => epoch * run.steps <= event.step * run.epochs)
      run.train = run.train.filter(({ epoch }) => epoch * run.steps <= event.step * run.epochs)
      break
    case 'paused':
      run.status = 'paused'
      break
    case 'resumed':
      run.status = 'training'
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

/** Losses of single steps jump; the moving average shows where they go. */
function addPoint(run, { step, loss, accuracy }) {
  if (loss === null) return
  const last = run.train.at(-1)
  const mix = (before, now) => (last ? smoothing * before + (1 - smoothing) * now : now)
  run.train.push({ epoch: (step * run.epochs) / run.steps, loss: mix(last?.loss, loss), accuracy: mix(last?.accuracy, accuracy) })
  if (run.train.length > maxPoints) run.train = run.train.filter((_, i) => i % 2 === 0 || i === run.train.length - 1)
}

export const isOver = run => ['done', 'cancelled', 'failed'].includes(run.status)
