// The state of the page: one object, changed by `set` alone, watched by key.

/**
 * @typedef {import('../thaw.js').PlanSpec} PlanSpec
 * @typedef {import('./run.js').RunView} RunView
 * @typedef {Object} State
 * @property {import('../thaw.js').Thaw | null} thaw
 * @property {import('../thaw.js').Engine | null} engine    who computes
 * @property {import('../thaw.js').ModelInfo | null} model
 * @property {import('../thaw.js').DataInfo} data
 * @property {import('../thaw.js').WeightInfo[]} kept    weights on this machine, those that come with the page first
 * @property {Record<string, { seen: string, terms: string }>} cards   model cards of those, by id, once asked for
 * @property {import('../thaw.js').StorageInfo | null} storage   what the browser keeps; null before someone looked
 * @property {import('./published.js').Offer | null} published    weights beside the page and from their makers; null: not looked for yet
 * @property {PlanSpec} spec                              what the person asked for
 * @property {Record<string, any>} settings               see settings.js
 * @property {import('../thaw.js').Plan | null} plan      what the compiler made of it
 * @property {PlanSpec | null} planFor                    the spec which that plan was made for
 * @property {string | null} planProblem                  why there is no plan
 * @property {import('../thaw.js').WorldInfo[]} worlds    generated images that can be had
 * @property {import('../thaw.js').Keeping | null} keeping   how far the open project is kept; null before it is known
 * @property {import('../thaw.js').ProjectInfo[]} projects  kept ones
 * @property {import('../thaw.js').OpenedProject['interrupted']} interrupted  a run that did not come to its end
 * @property {import('../thaw.js').Experiment | null} experiment  plans repeated over seeds, as far as they are
 * @property {{ paused: boolean, cancelled: boolean, text: string } | null} queue   that experiment is under way
 * @property {any} comparison                             see compare.js; null before the first
 * @property {RunView[]} runs                             oldest first
 * @property {RunView | null} active                      the run under way
 * @property {RunView | null} viewing                    a run whose plan the map shows, in place of one's own
 * @property {number} ticks                              counts on while a run is under way: its progress is shown anew
 * @property {RunView | null} selected                    whose confusion matrix is shown
 * @property {boolean} inside                            the panel under the map is open: runs tell of every block
 * @property {{ question: string, found: import('../thaw.js').Probe } | null} probe   see probe.js; null before the first
 * @property {string | null} changing                     what network is being changed to, if one is
 * @property {string | null} loading                      what is being loaded, if it blocks training
 */

/** @type {State} */
export const state = {
  thaw: null,
  engine: null,
  model: null,
  data: { classes: [], duplicates: [], problem: null, warnings: [], undo: null, redo: null, tested: [] },
  kept: [],
  published: null,
  cards: {},
  storage: null,
  worlds: [],
  comparison: null,
  keeping: null,
  projects: [],
  interrupted: null,
  experiment: null,
  queue: null,
  spec: { preset: 'head-only' },
  settings: {},
  plan: null,
  planFor: null,
  planProblem: null,
  runs: [],
  active: null,
  viewing: null,
  ticks: 0,
  selected: null,
  inside: false,
  probe: null,
  changing: null,
  loading: 'The engine is starting.',
}

/** @type {{ keys: string[], fn: () => void }[]} */
const watchers = []

/** Calls fn after any of these keys was set. @param {(keyof State)[]} keys @param {() => void} fn */
export const watch = (keys, fn) => void watchers.push({ keys, fn })

/** @param {Partial<State>} changes */
export function set(changes) {
  Object.assign(state, changes)
  const changed = Object.keys(changes)
  for (const { keys, fn } of watchers) if (keys.some(key => changed.includes(key))) fn()
}
