// Plan and settings in the link (#plan=...&epochs=...), never the images: a teacher
// shares a lesson as a link. Only what differs from the defaults is written.
import { debounce } from './dom.js'
import { notice } from './notices.js'
import { defaults, problemOf } from './settings.js'
import { set, state, watch } from './store.js'

/** @typedef {import('../thaw.js').PlanSpec} PlanSpec */

/** head-only | freeze-conv.written | from:block8_1 | thaw:block8_*,600:780 | phases:2*head-only@0.001|3*from:block8_1!inference^stem=0.1~ @param {PlanSpec} spec */
export function encodePlan(spec) {
  if ('phases' in spec) return 'phases:' + spec.phases.map(encodePhase).join('|')
  if ('from' in spec) return 'from:' + spec.from
  if ('thaw' in spec) return 'thaw:' + spec.thaw.map(s => (typeof s === 'string' ? s : s.join(':'))).join(',')
  if (spec.preset === 'head-only') return 'head-only'
  return spec.preset + (spec.asWritten ? '.written' : '.meant')
}

/** Passes * plan @rate !batch-norm ^block=factor ~: scaled. @param {import('../thaw.js').Phase} phase */
const encodePhase = phase => `${phase.epochs}*${encodePlan(phase)}${phase.rate ? '@' + phase.rate : ''}${phase.batchNorm ? '!' + phase.batchNorm : ''}` +
  Object.entries(phase.rates ?? {}).map(([name, factor]) => `^${name}=${factor}`).join('') + (phase.scaled ? '~' : '')

/** @returns {import('../thaw.js').Phase | null} */
function decodePhase(text) {
  const match = /^(\d+)\*([^@!^~|]+)(?:@([\d.e-]+))?(?:!(\w+))?((?:\^[^=^~|]+=[\d.e-]+)*)(~?)$/.exec(text)
  const plan = match && decodePlan(match[2], match[4])
  if (!plan || 'phases' in plan) return null
  const rates = match[5].split('^').slice(1).map(part => part.split('=')).map(([name, factor]) => [name, Number(factor)])
  return { ...plan, epochs: Number(match[1]), ...(match[3] ? { rate: Number(match[3]) } : {}), ...(rates.length ? { rates: Object.fromEntries(rates) } : {}), ...(match[6] ? { scaled: true } : {}) }
}

/** @returns {PlanSpec | null} null for text that names no plan */
export function decodePlan(text, batchNorm) {
  if (text.startsWith('phases:')) {
    const phases = text.slice('phases:'.length).split('|').map(decodePhase)
    return phases.includes(null) ? null : { phases }
  }
  const mode = ['inference', 'batch'].includes(batchNorm) ? { batchNorm } : {}
  const [kind, rest] = [text.split(':')[0], text.slice(text.indexOf(':') + 1)]
  if (kind === 'from') return { from: rest, ...mode }
  if (kind === 'thaw') return { thaw: selectors(rest), ...mode }
  if (text === 'head-only') return { preset: 'head-only', ...mode }
  const match = /^(freeze-conv|freeze-first-100|unfreeze-all)\.(written|meant)$/.exec(text)
  return match && { preset: /** @type {any} */ (match[1]), asWritten: match[2] === 'written', ...mode }
}

/** "block8_*, 600:780" -> ['block8_*', [600, 780]]: names, patterns, and ranges as in Python's base.layers[-30:]. */
export function selectors(text) {
  return text.split(',').map(s => s.trim()).filter(Boolean).map(s => {
    const range = /^(-?\d+)?\s*:\s*(-?\d+)?$/.exec(s)
    return range ? /** @type {[number | null, number | null]} */ ([end(range[1]), end(range[2])]) : s
  })
}

const end = text => (text === undefined ? null : Number(text)) // null: open, as in Python

/** Model, size and settings of the link over the defaults. */
export function readLink() {
  const link = new URLSearchParams(location.hash.slice(1))
  const settings = { ...defaults }
  for (const [key, standard] of Object.entries(defaults)) {
    const text = link.get(key)
    if (text === null) continue
    const value = typeof standard === 'number' ? Number(text || NaN) : typeof standard === 'boolean' ? text === 'yes' : text
    const problem = problemOf(key, value, settings.model)
    if (problem) refused(`${key}=${text}`, `${problem[0].toLowerCase()}${problem.slice(1)} is possible, and ${key === 'size' ? 'its own' : standard} is used`)
    else settings[key] = value
  }
  const plan = link.get('plan') ?? 'head-only'
  const spec = decodePlan(plan, link.get('bn'))
  if (!spec) refused(`plan=${plan}`, 'no plan is called so, and head-only is used')
  return { spec: spec ?? { preset: 'head-only' }, settings }
}

const refused = (asked, answer) => notice('warning', `The link asks for ${asked.slice(0, 60)}: ${answer}.`)

function writeLink() {
  const link = new URLSearchParams({ plan: encodePlan(state.spec) })
  if ('batchNorm' in state.spec && state.spec.batchNorm) link.set('bn', state.spec.batchNorm)
  for (const [key, value] of Object.entries(state.settings)) {
    if (value !== defaults[key]) link.set(key, typeof value === 'boolean' ? (value ? 'yes' : 'no') : String(value))
  }
  const asked = new URLSearchParams(location.hash.slice(1)) // what guide.js reads stays
  for (const key of ['guide', 'world', 'ask', 'answers']) if (asked.has(key)) link.set(key, asked.get(key))
  const hash = '#' + link.toString().replaceAll('%2C', ',').replaceAll('%3A', ':').replaceAll('%40', '@').replaceAll('%21', '!').replaceAll('%5E', '^').replaceAll('%7E', '~')
  if (hash !== location.hash) history.replaceState(null, '', hash)
}

export function startLink() {
  set(readLink())
  watch(['spec', 'settings'], debounce(writeLink, 200))
  addEventListener('hashchange', () => set(readLink()))
}
