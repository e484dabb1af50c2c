// The probe of every block before any training, and what it foretells: the cost of freezing,
// which is held against what a comparison measures.
import { guarded, say } from './notices.js'
import { trainOptions } from './settings.js'
import { set, state } from './store.js'

/** What a probe is measured on: a change of it is another question. */
const question = () => JSON.stringify([state.model?.weights?.id, state.model?.size, state.data.classes.map(c => [c.name, c.images.length]), state.settings.seed, state.settings.validation, state.settings.start])

/** The probe of the images as they are now, or null. @returns {import('../thaw.js').Probe | null} */
export const knownProbe = () => (state.probe?.question === question() ? state.probe.found : null)

/** Measures anew, and keeps what was found. @param {{ onProgress?: (p: import('../thaw.js').Progress) => void, signal?: AbortSignal }} call */
export async function probe(call) {
  const of = question()
  const found = await state.thaw.probe(trainOptions(), call)
  set({ probe: { question: of, found } })
  say(found.forecast ? foretells(found.forecast) : 'Every block is measured.', { now: true })
  return found
}

let asked = null // its AbortController, while a probe that a button asked for is under way
export const isProbing = () => asked !== null

/** What a button does that measures, and stops while it does. @param {(p: import('../thaw.js').Progress) => void} [onProgress] */
export async function probeOrStop(onProgress) {
  if (asked) return asked.abort()
  asked = new AbortController()
  set({ probe: state.probe }) // buttons are drawn anew
  await guarded(() => probe({ signal: asked.signal, onProgress }))
  asked = null
  set({ probe: state.probe })
}

const points = x => (100 * x).toFixed(0).replace('-', '\u2212').replace(/^\u22120$/, '0')
/** Told no surer than forecasts on worlds not fitted on came true: 89 % of those above 80 % did (testdata/lesson/README.md). */
const chance = share => (share > 0.9 ? 'over 90 %' : share < 0.1 ? 'under 10 %' : `about ${(100 * share).toFixed(0)} %`)

/** @param {NonNullable<import('../thaw.js').Probe['forecast']>} forecast */
export function foretells({ cost, low, high, sure, much }) {
  return `Foretold: freezing will cost ${points(cost)} points of accuracy; the chance is ${chance(sure)} that it costs ${points(low)} to ${points(high)}${low < 0 ? ' (below zero: that it helps)' : ''}, and ${chance(much)} that it costs more than 5.`
}

/** What became of it, in a sentence. @param {number} cost @param {number} noise two standard errors */
export function scored(forecast, cost, noise) {
  const { low, high } = forecast
  const outcome = cost >= low && cost <= high ? 'It came within that.' : cost + noise >= low && cost - noise <= high ? 'It came outside, but the noise reaches that far.' : 'It came otherwise: what was measured counts.'
  return `${foretells(forecast)} ${outcome}`
}
