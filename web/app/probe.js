// The probe of every block before any training, and what it foretells: the cost of freezing,
// which is held against what a comparison measures.
import { percent } from './format.js'
import { say } from './notices.js'
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

const points = x => (100 * x).toFixed(0).replace('-', '\u2212').replace(/^\u22120$/, '0')
const span = ({ low, high }) => `${points(low)} to ${points(high)}`

/** @param {NonNullable<import('../thaw.js').Probe['forecast']>} forecast */
export function foretells(forecast) {
  const { cost, sure, much } = forecast
  return `Foretold: freezing will cost ${points(cost)} points of accuracy, ${span(forecast)} with a chance of ${percent(sure)}; more than 5 points with one of ${percent(much)}.`
}

/** What became of it, in a sentence. @param {number} cost @param {number} noise two standard errors */
export function scored(forecast, cost, noise) {
  const { low, high } = forecast
  const outcome = cost >= low && cost <= high ? 'It came within that.' : cost + noise >= low && cost - noise <= high ? 'It came outside, but the noise reaches that far.' : 'It came otherwise: what was measured counts.'
  return `${foretells(forecast)} ${outcome}`
}
