// Reads pasted Keras code: what learns in InceptionResNetV2 after it, by the rules of Keras 2
// and of Keras 3. The code is parsed and followed on paper, never run.
//
// Read in this order: text.js (Python alone), tree.js (its syntax), machine.js (names and
// flags), statements.js, expressions.js with operators.js and strings.js, calls.js,
// attributes.js, keras.js with networks.js and state.js; then plan.js and words.js.
import { Machine } from './machine.js'
import { planOf } from './plan.js'
import { State, alone, stateOf } from './state.js'
import { run } from './statements.js'
import { source } from './text.js'
import { parse } from './tree.js'
import { Raised, TooLong } from './values.js'
import { effect, fates } from './words.js'

/** @typedef {import('../../../thaw.js').ModelInfo} ModelInfo */
/** @typedef {{ where: string, sentence: string }} Said */
/**
 * @typedef {Object} Phase   a fit, or what stands at the end
 * @property {string} title
 * @property {State} state
 * @property {any} spec    the plan on the network in use; null where there is none
 * @property {string[]} effect
 * @property {Record<string, any>} offers   settings that the code names
 */
/**
 * @typedef {Object} Reading
 * @property {2 | 3} keras
 * @property {Phase[]} phases
 * @property {Said[]} problems   what decides and cannot be read: where there is one, there is no plan
 * @property {Said[]} remarks
 */

/**
 * @param {string} pasted @param {{ full: ModelInfo, model: ModelInfo }} networks the full one, and the one in use
 * @returns {Reading[]} by Keras 3 and by Keras 2
 */
export function read(pasted, { full, model }) {
  const { text, where } = source(pasted)
  const { tree, wrong, problem } = parse(text)
  return [/** @type {const} */ (3), /** @type {const} */ (2)].map(keras => {
    if (!tree) return { keras, phases: [], problems: [{ where: '', sentence: problem }], remarks: [] }
    const m = new Machine(full, keras, text, where, { dense: model.dense })
    for (const line of wrong.slice(0, 5)) m.problem(line, 'is no Python that can be read')
    if (!wrong.length) follow(m, tree)
    return tell(m, full, model)
  })
}

function follow(m, tree) {
  try {
    run(m, tree)
  } catch (error) {
    if (error instanceof Raised) m.problem(m.line, `Python stops with an error: ${error.message}`)
    else if (error instanceof TooLong || error instanceof RangeError) m.problem(m.line, 'this goes on for too long to be followed')
    else throw error
  }
}

/** @returns {Reading} */
function tell(m, full, model) {
  m.steps = 0
  const found = phasesOf(m)
  if (!found.length && !m.problems.length) m.problem(1, m.other ? `${m.other.name} (${m.where(m.other.line)}) is another network: the plans here are InceptionResNetV2's` : 'nothing here freezes or trains a network')
  for (const { state, line } of found) check(m, state, line)
  const said = ({ line, sentence }) => ({ where: m.where(line), sentence })
  const phases = m.problems.length ? [] : found.map(({ title, state, offers }) => ({ title, state, offers, effect: effect(state, full, m.keras), spec: planOf(state, full, model) }))
  const remarks = [...m.assumed, ...(m.problems.length ? [] : fates(m)), ...m.notes].sort((a, b) => a.line - b.line)
  if (m.varies.size) remarks.push({ line: 0, sentence: `varies the images (${[...m.varies].join(', ')}), which is no part of a plan: see "Vary the images"` })
  return { keras: m.keras, phases, problems: m.problems.map(said), remarks: remarks.map(remark => (remark.line ? said(remark) : { where: '', sentence: remark.sentence })) }
}

/** The fits, then what a compile after them or the end of the code leaves; equal ones in a row are one. */
function phasesOf(m) {
  const phases = m.phases.filter(({ state }) => state.copies)
  for (const { stale, line, made } of phases) {
    if (stale) m.note(line, `does not see flags that were set after compile${made.compiled ? ` (${m.where(made.compiled.line)})` : ''}${m.keras === 3 ? ' and after the first fit' : ''}: they count once compile is called again`)
  }
  const last = lastModel(m)
  if (!phases.length && m.extracted && last && alone(last) && m.models.some(made => made.compiled)) return [{ ...extraction(m), title: '' }]
  const now = last && stateOf(m, last)
  if (last && now.copies && !last.traced) phases.push(atEnd(m, last, now))
  else if (last && phases.length && !now.same(phases.at(-1).state) && !phases.at(-1).stale) m.note(m.flagged, 'sets flags after the last fit: they count once compile is called again')
  const titled = phases.map(phase => ({ ...phase, title: phase.end ? (phases.length > 1 ? `from ${m.where(phase.line)} on` : '') : `fit, ${m.where(phase.line)}` }))
  return titled.filter((phase, i) => i === titled.length - 1 || !phase.state.same(titled[i + 1].state))
}

/** The model that is trained: the one compiled last, or the last that has the network in it. */
function lastModel(m) {
  const having = m.models.filter(made => stateOf(m, made).copies)
  return having.filter(made => made.compiled).sort((a, b) => a.compiled.line - b.compiled.line).at(-1) ?? having.at(-1)
}

/** Without a fit after it: Keras 2 goes by the flags at compile, Keras 3 by those when fit begins. */
function atEnd(m, made, now) {
  const counted = m.keras === 2 && made.compiled ? made.compiled.state : now
  if (made.compiled && !now.same(made.compiled.state)) {
    m.note(m.flagged, m.keras === 2 ? `sets flags after compile (${m.where(made.compiled.line)}): in Keras 2 they do not count until compile is called again`
      : `sets flags after compile (${m.where(made.compiled.line)}): in Keras 3 they count if no fit came between, in Keras 2 they do not; set them before`)
  }
  if (m.keras === 2 && alone(made) && !made.trainable && [...counted.learns.values()].includes(true)) {
    m.note(m.flagged, `leaves \`trainable\` of the network itself False: where it is one layer of the model that is trained, in Keras 2 nothing in it learns`)
  }
  return { line: made.compiled?.line ?? made.line, state: counted, offers: { ...m.offers }, end: true }
}

/** Features that are computed ahead, and a model that is trained on them. */
function extraction(m) {
  const state = new State()
  state.copies = 1
  for (const { index, parameters, class: cls, block } of m.network.layers) {
    if (!parameters || block === 'head') continue
    state.learns.set(index, false)
    if (cls === 'BatchNormalization') state.live.set(index, false)
  }
  m.note(m.extracted, 'computes the features ahead: whatever the flags, nothing of the network learns')
  return { line: m.extracted, state, offers: { ...m.offers }, end: true }
}

/** What no plan of Thaw is. */
function check(m, state, line) {
  if (state.copies > 1) m.problem(line, 'the network stands in this model more than once')
  if (state.cut) m.problem(line, `the network is cut after ${state.cut}: Thaw trains the whole`)
  if (state.frozenHead.length) m.problem(line, `${state.frozenHead.join(', ')} on top ${state.frozenHead.length === 1 ? 'is' : 'are'} frozen too: in Thaw the head always learns`)
}
