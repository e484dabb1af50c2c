// What is frozen, block by block: from the compiled plan, or, until it is there, from
// what the person asked for; and the plan that a click or a drag asks for.
import { set, state } from './store.js'

/**
 * @typedef {import('../thaw.js').PlanSpec} PlanSpec
 * @typedef {{ name: string, parameters: number, trained: number | null, learns: 'frozen' | 'partly' | 'thawed',
 *   batchStatistics: boolean, gradient: boolean, cached: boolean }} BlockView
 */

/** @returns {BlockView[]} in the order of data flow */
export function blockViews() {
  const { plan, planFor, spec } = state
  if (!state.model) return []
  if (plan && planFor === spec) return plan.blocks.map(fromPlan)
  const asked = askedBlocks(spec)
  if (asked) return guess(asked)
  return plan ? plan.blocks.map(fromPlan) : guess(new Set(['head']))
}

function fromPlan(block) {
  // Moving statistics are parameters that no gradient changes, so "all" is a little less than all.
  const learns = block.trained > block.parameters / 2 ? 'thawed' : block.trained > 0 ? 'partly' : 'frozen'
  return { ...block, learns: /** @type {BlockView['learns']} */ (learns) }
}

/** Paints a click at once; the compiler's answer replaces this a moment later. @returns {BlockView[]} */
function guess(asked) {
  const first = state.model.blocks.findIndex(block => asked.has(block.name))
  return state.model.blocks.map((block, i) => ({
    name: block.name, parameters: block.parameters, trained: null,
    learns: asked.has(block.name) ? 'thawed' : 'frozen',
    batchStatistics: batchNormOf(state.spec) !== 'inference' && asked.has(block.name) && block.name !== 'head',
    gradient: i >= first, cached: i < first,
  }))
}

/** The blocks that a spec thaws whole, or null where it cannot be said by blocks. */
function askedBlocks(spec) {
  const names = state.model.blocks.map(block => block.name)
  if ('from' in spec) return new Set(names.slice(Math.max(names.indexOf(spec.from), 0)))
  if ('preset' in spec) return spec.preset === 'head-only' ? new Set(['head']) : null
  const asked = new Set(['head'])
  for (const selector of spec.thaw) {
    const matches = typeof selector === 'string' ? names.filter(name => like(selector, name)) : []
    if (!matches.length) return null
    for (const name of matches) asked.add(name)
  }
  return asked
}

const like = (pattern, name) => new RegExp('^' + pattern.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*') + '$').test(name)

export const batchNormOf = spec => ('batchNorm' in spec && spec.batchNorm) || 'keras'

/** Thaws these blocks, or freezes them again if all of them learn already. The head always learns. */
export function toggle(names) {
  const thawed = new Set(blockViews().filter(block => block.learns === 'thawed').map(block => block.name))
  const freeze = names.every(name => thawed.has(name))
  for (const name of names) {
    if (freeze) thawed.delete(name)
    else thawed.add(name)
  }
  ask(specOf(thawed))
}

/** The freezing line before block i: it and all after it learn. */
export function freezeBefore(i) {
  ask(specOf(new Set(state.model.blocks.slice(i).map(block => block.name))))
}

/** Where the freezing line stands: the first block with something to learn. */
export const lineAt = views => Math.max(views.findIndex(block => block.learns !== 'frozen'), 0)

/** Asks for a plan and keeps the batch-norm mode. @param {any} spec */
export function ask(spec, batchNorm = batchNormOf(state.spec)) {
  const { batchNorm: _, ...rest } = spec
  set({ spec: batchNorm === 'keras' ? rest : { ...rest, batchNorm } })
}

/** @returns {PlanSpec} the shortest one */
function specOf(thawed) {
  const names = state.model.blocks.map(block => block.name).filter(name => name !== 'head')
  const first = names.findIndex(name => thawed.has(name))
  if (first < 0) return { preset: 'head-only' }
  if (names.slice(first).every(name => thawed.has(name))) return { from: names[first] }
  return { thaw: blockGroups(names).flatMap(({ title, members }) =>
    members.length > 1 && members.every(name => thawed.has(name)) ? [title + '_*'] : members.filter(name => thawed.has(name))) }
}

/** block35_1 ... block35_10 -> { title: 'block35', members }; others stand alone. @param {string[]} names */
export function blockGroups(names) {
  /** @type {{ title: string, members: string[] }[]} */
  const groups = []
  for (const name of names) {
    const title = /^(block\d+)_\d+$/.exec(name)?.[1] ?? name
    if (groups.at(-1)?.title === title) groups.at(-1).members.push(name)
    else groups.push({ title, members: [name] })
  }
  return groups
}
