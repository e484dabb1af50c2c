// What is frozen, block by block, as the compiled plan says; which blocks the person has
// asked for meanwhile; and the plan that a click or a drag asks for.
import { did } from './history.js'
import { encodePlan } from './link.js'
import { set, state } from './store.js'

/** @typedef {import('../thaw.js').PlanSpec} PlanSpec */

/** The blocks of the last plan, in the order of data flow; none before the first plan of this network. Of a run that trains another plan, that one's. */
export function blockViews() {
  const { model } = state
  const plan = state.viewing?.trains ?? state.plan
  return model && plan?.blocks.length === model.blocks.length ? plan.blocks : []
}

/**
 * Blocks that shall learn by what was asked for last, until the plan for it is there (some
 * milliseconds); null if it is there, or if blocks cannot say it.
 */
export const asked = () => (!state.model || state.viewing?.trains || state.planFor === state.spec ? null : askedBlocks(state.spec))

/** The blocks that a spec thaws whole, or null where it cannot be said by blocks. @param {PlanSpec} spec */
export function askedBlocks(spec) {
  if ('phases' in spec) return null
  const names = state.model.blocks.map(block => block.name)
  if ('from' in spec) return new Set(names.slice(Math.max(names.indexOf(spec.from), 0)))
  if ('preset' in spec) return spec.preset === 'head-only' ? new Set(['head']) : null
  const learning = new Set(['head'])
  for (const selector of spec.thaw) {
    const matches = typeof selector === 'string' ? names.filter(name => like(selector, name)) : []
    if (!matches.length) return null
    for (const name of matches) learning.add(name)
  }
  return learning
}

const like = (pattern, name) => new RegExp('^' + pattern.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*') + '$').test(name)

/** Of a plan in time, that of its last phase. */
export const batchNormOf = spec => (spec.phases?.at(-1) ?? spec).batchNorm || 'keras'

/** Thaws these blocks, or freezes them again if all of them learn already. The head always learns. */
export function toggle(names) {
  if (backToOwn()) return
  if ('phases' in state.spec) return void import('./lab/schedule.js').then(({ later }) => later(names))
  const thawed = asked() ?? new Set(blockViews().filter(block => block.learns === 'thawed').map(block => block.name))
  const freeze = names.every(name => thawed.has(name))
  for (const name of names) {
    if (freeze) thawed.delete(name)
    else thawed.add(name)
  }
  ask(specOf(thawed))
}

/** The freezing line before block i: it and all after it learn. */
export function freezeBefore(i) {
  if (backToOwn() || 'phases' in state.spec) return
  ask(specOf(new Set(state.model.blocks.slice(i).map(block => block.name))))
}

/** Where the freezing line stands, at once where a drag has moved it: before the first block with something to learn. */
export function lineAt() {
  const wanted = asked()
  const learns = state.model.blocks.map((block, i) => (wanted ? wanted.has(block.name) : blockViews()[i]?.learns !== 'frozen'))
  return Math.max(learns.indexOf(true), 0)
}

/** Where the map shows another plan than the person's, the first touch brings theirs back and changes nothing. */
function backToOwn() {
  const away = Boolean(state.viewing?.trains)
  if (away) set({ viewing: null })
  return away
}

/** Asks for a plan and keeps the batch-norm mode, which phases have of their own; can be undone. @param {any} spec @param {string} [batchNorm] */
export function ask(spec, batchNorm) {
  const mode = batchNorm ?? batchNormOf(state.spec)
  const before = state.spec
  set({ spec: spec.phases ? { phases: batchNorm ? spec.phases.map(phase => running(phase, mode)) : spec.phases } : running(spec, mode), viewing: null })
  if (!dragging) remember(before)
}

const running = ({ batchNorm: _, ...rest }, batchNorm) => (batchNorm === 'keras' ? rest : { ...rest, batchNorm })

function remember(before) {
  const after = state.spec
  if (JSON.stringify(before) === JSON.stringify(after)) return
  did({ what: 'phases' in after ? `${after.phases.length} phases` : `plan ${encodePlan(after)}`, undo: () => set({ spec: before }), redo: () => set({ spec: after }) })
}

let dragging = false

/** A drag asks for many plans and is one thing to undo: returns what ends it. */
export function drag() {
  const before = state.spec
  dragging = true
  return () => {
    dragging = false
    remember(before)
  }
}

/** @returns {PlanSpec} the shortest one */
export function specOf(thawed) {
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
