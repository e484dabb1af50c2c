// An experiment under way: follows its runs, and says how long the others will take.
import { plural, seconds } from '../format.js'
import { notice, say } from '../notices.js'
import { hear, newRun, timeLeft } from '../run.js'
import { asLoaded } from '../runs.js'
import { set, state } from '../store.js'

const waiting = 'An experiment is under way: wait for its end, or cancel it.'
let handle = null // of the engine

/** What the page knows of the run under way, and how long runs of each plan took. */
let live = { run: null, index: 0, took: /** @type {number[]} */ ([]) }

/**
 * Follows an experiment that `start` starts to its end; what went wrong, or ''.
 * @param {(hears: (event: import('../../thaw.js').ExperimentEvent) => void) => Promise<import('../../thaw.js').Queue>} start
 * @param {number[]} [guess] seconds of a run of each plan, where they are known beforehand
 */
export async function follow(start, guess = []) {
  let problem = ''
  live = { run: null, index: 0, took: [...guess] }
  set({ loading: waiting, queue: { paused: false, cancelled: false, text: 'Preparing…' } })
  try {
    handle = await start(onEvent)
    if (state.queue.paused) await handle.pause() // asked before it could hear
    if (state.queue.cancelled) await handle.cancel()
    await refresh()
    const { done } = handle
    await done
    say('The experiment is done.', { now: true })
  } catch (error) {
    problem = error.code === 'cancelled' ? '' : error.message
    if (problem) notice('error', problem)
  }
  handle = null
  asLoaded()
  set({ loading: null, queue: null })
  await refresh()
  set({ model: await state.thaw.model.describe() })
  return problem
}

const refresh = async () => set({ experiment: await state.thaw.experiment.get() })

async function onEvent(event) {
  if (event.kind === 'run') {
    if (!live.run || live.index !== event.index) live = { ...live, index: event.index, run: newRun(event.index, null, state.experiment?.plans[event.plan]?.options ?? {}) }
    hear(live.run, event.event)
    if (event.event.kind === 'done') live.took[event.plan] = event.event.result?.seconds
    if (event.event.kind === 'warning') notice('warning', `${state.experiment.plans[event.plan].name}, seed ${event.seed}: ${event.event.message}`)
  }
  if (event.kind === 'recorded') {
    say(`${event.done} of ${event.of} runs are done.`)
    await refresh()
  }
  if (state.queue) showSoon()
}

let last = 0
/** Events may come a thousand a second. */
function showSoon() {
  if (Date.now() - last < 250) return
  last = Date.now()
  set({ queue: { ...state.queue, text: progressText() } })
}

function progressText() {
  const { experiment } = state
  if (!experiment) return 'Preparing…'
  const { plans, first, of } = experiment
  const { run, index } = live
  const left = timeToGo(plans.length, of)
  const phase = !run?.progress.total ? 'preparing' : run.phase === 'caching' ? `the frozen part, ${run.progress.done} of ${run.progress.total}` : `step ${run.progress.done} of ${run.progress.total}`
  return `Run ${index + 1} of ${of}: ${plans[index % plans.length].name}, seed ${first + Math.floor(index / plans.length)}, ${phase}${left === null ? '' : `, about ${seconds(left)} left`}`
}

/** Seconds until the end, null where a plan has not been timed. */
function timeToGo(plans, of) {
  let sum = (live.run && timeLeft(live.run)) ?? null
  for (let i = live.index + 1; i < of && sum !== null; i++) sum = live.took[i % plans] === undefined ? null : sum + live.took[i % plans]
  return sum
}

/** Pauses, or resumes what is paused. */
export async function pause() {
  const paused = !state.queue.paused
  await (paused ? handle?.pause() : handle?.resume())
  if (state.queue) set({ queue: { ...state.queue, paused } })
}

export async function cancel() {
  set({ queue: { ...state.queue, cancelled: true } })
  await handle?.cancel()
}

export const goOn = () => follow(hears => state.thaw.experiment.goOn(hears))

/**
 * What each plan takes, and all runs together, before anything is trained; null where this machine was not timed yet.
 * @param {{ spec: any, options: any }[]} plans @param {number} seeds
 */
export async function estimate(plans, seeds) {
  const each = []
  let total = 0
  for (const { spec, options } of plans) {
    const { cost, sentence } = await state.thaw.plan(spec, options)
    if (!cost.fits) throw Object.assign(new Error(cost.problem), { name: 'ThawError' })
    if (cost.secondsPerEpoch === null) return { each: [], text: `${plural(plans.length * seeds, 'run')}; how long they take is known once this machine has trained a step.`, sentence }
    const more = (options.epochs - 1) * cost.secondsPerEpoch
    each.push(more + cost.secondsPerEpoch)
    total += cost.secondsFirst + more + (seeds - 1) * each.at(-1) // features of a frozen part are computed once for all seeds
  }
  return { each, text: `${plural(plans.length * seeds, 'run')}, about ${seconds(total)}.` }
}
