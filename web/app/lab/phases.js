// Plans in time as data: what learns in which phase, and the schedules that have names.
import { askedBlocks, blockGroups, specOf } from '../freeze.js'

/**
 * @typedef {import('../../thaw.js').Phase} Phase
 * @typedef {import('../../thaw.js').Plan} Plan
 * @typedef {{ names: string[], epochs: number, rate: number, batchNorm: string }} Here   the blocks in order, and the person's settings
 */

/** A phase as a plan alone. @param {Phase} phase @returns {any} */
export const planOf = ({ epochs, rate, rates, scaled, ...plan }) => plan

/** What a phase is beside its plan. @param {Phase} phase */
const rest = ({ epochs, rate, rates, scaled, batchNorm }) => Object.fromEntries(Object.entries({ epochs, rate, rates, scaled, batchNorm }).filter(([, value]) => value !== undefined))

/** The phase with another plan. @param {Phase} phase @param {any} plan @returns {any} */
export const withPlan = (phase, plan) => ({ ...plan, ...rest(phase) })

/** The blocks that learn in each phase; where blocks cannot say it, as the compiled plan does. @param {Phase[]} phases @param {Plan | null} plan @returns {Set<string>[]} */
export const learning = (phases, plan) => phases.map((phase, i) =>
  askedBlocks(planOf(phase)) ?? new Set((plan?.phases?.[i]?.blocks ?? []).filter(({ learns }) => learns !== 'frozen').map(({ name }) => name)))

/**
 * The phases in which these blocks thaw one phase later than now, and stay so to the end: behind the last, in
 * none; from none on, in the first.
 * @param {Phase[]} phases @param {Set<string>[]} sets as of learning @param {string[]} blocks
 */
export function thawedLater(phases, sets, blocks) {
  const now = sets.findIndex(set => set.has(blocks[0]))
  const from = now < 0 ? 0 : now + 1
  return phases.map((phase, i) => {
    const set = new Set(sets[i])
    for (const name of blocks) i < from ? set.delete(name) : set.add(name)
    return set.size === sets[i].size && [...set].every(name => sets[i].has(name)) ? phase : withPlan(phase, specOf(set))
  })
}

/** What a phase may let learn, by groups of blocks: [text, plan]. @param {string[]} names @returns {[string, any][]} */
export function choices(names) {
  const groups = blockGroups(names.filter(name => name !== 'head'))
  return [['head only', { preset: 'head-only' }], ['all', { from: names[0] }],
    ...groups.slice(1).map(({ title, members }) => /** @type {[string, any]} */ ([`from ${title} on`, { from: members[0] }])),
    ...groups.map(({ title, members }) => /** @type {[string, any]} */ ([`${title} and the head`, { thaw: [members.length > 1 ? title + '_*' : title] }]))]
}

/** Parts of the backbone to thaw one by one: blocks, or groups where there are many. */
function parts(names) {
  const backbone = names.filter(name => name !== 'head')
  return backbone.length > 20 ? blockGroups(backbone).map(({ members }) => members) : backbone.map(name => [name])
}

/** Rates of the backbone's groups that fall by this from the last to the first (Howard and Ruder, ULMFiT, 2018). */
const falling = 2.6

const half = n => Math.max(1, Math.round(n / 2))
const digits = x => Number(x.toPrecision(2))

/** @type {{ key: string, title: string, tip: string, make: (here: Here) => any[] }[]} */
export const schedules = [
  { key: 'lp-ft', title: 'Head first, then all', tip: 'A new head sends random gradients: it learns alone first, then all learn gently (LP-FT).',
    make: ({ names, epochs, rate }) => [{ preset: 'head-only', epochs: half(epochs), rate }, { from: names[0], epochs: half(epochs), rate: digits(rate / 100) }] },
  { key: 'gradual', title: 'From the end', tip: 'The head, then one more block, or group of blocks, in each pass, from the end of the network to its start (gradual unfreezing).',
    make: ({ names, rate }) => [{ preset: 'head-only', epochs: 1, rate }, ...parts(names).reverse().map(([first]) => ({ from: first, epochs: 1, rate: digits(rate / 10) }))] },
  { key: 'surgical', title: 'First, middle, last', tip: 'A third of the blocks in each phase: which third these images need to change is the question (surgical fine-tuning).',
    make: ({ names, epochs, rate }) => {
      const all = names.filter(name => name !== 'head')
      return [0, 1, 2].map(i => ({ ...specOf(new Set(['head', ...all.slice(Math.round((i * all.length) / 3), Math.round(((i + 1) * all.length) / 3))])), epochs: Math.max(1, Math.round(epochs / 3)), rate: digits(rate / 10) }))
    } },
  { key: 'falling', title: 'Falling rates', tip: `All learn, and each group of blocks ${falling} times more gently than the one behind it (discriminative rates).`,
    make: ({ names, epochs, rate }) => [{ from: names[0], epochs, rate, rates: Object.fromEntries(blockGroups(names.filter(name => name !== 'head')).reverse().map(({ title, members }, i) => [members.length > 1 ? title + '_*' : title, digits(falling ** -(i + 1))])) }] },
  { key: 'scaled', title: 'Rates by gradient', tip: 'All learn, each block by its gradient in its weights’ own size (|g| / |w|), measured before each pass (Auto-RGN).',
    make: ({ names, epochs, rate }) => [{ from: names[0], epochs, rate: digits(rate / 10), scaled: true }] },
]

/** A named schedule for the network and settings at hand. @param {Here} here @returns {Phase[]} */
export const phasesOf = (schedule, here) => schedule.make(here).map(phase => (here.batchNorm === 'keras' ? phase : { ...phase, batchNorm: here.batchNorm }))

/** "stem=0.01, block8_*=0.5" @param {Record<string, number>} [rates] */
export const ratesText = rates => Object.entries(rates ?? {}).map(([name, factor]) => `${name}=${factor}`).join(', ')

/** The rates that a text says; null where it cannot be read. @returns {Record<string, number> | null} */
export function ratesIn(text) {
  const pairs = text.split(',').map(part => part.trim()).filter(Boolean).map(part => /^([^=\s]+)\s*=\s*(\d*\.?\d+(?:e-?\d+)?)$/.exec(part))
  return pairs.includes(null) ? null : Object.fromEntries(pairs.map(([, name, factor]) => [name, Number(factor)]))
}
