// Weights: import, use, remove, draw. What was last used is loaded on the next visit
// without asking. What of it is seen is in weights-panel.js and weights-dialog.js.
import { byID } from './dom.js'
import { follow } from './model.js'
import { guarded, notice, say } from './notices.js'
import { askOutputs, unnamed } from './outputs.js'
import { withProgress } from './progress.js'
import { fetchedAddress, fetchThroughServer } from './published.js'
import { set, state } from './store.js'

const lastUsed = 'thaw.weights' // localStorage: id of the weights last used, by model

/** Runs work that changes the weights, with progress; training waits for it. */
async function loading(title, work, options) {
  if (state.active) return notice('warning', 'A run is under way: cancel it before you change the weights.')
  set({ loading: title + '.' })
  let loaded = false
  await guarded(async () => {
    const info = await withProgress(byID('weights-progress'), title, work, options)
    if (!info) return
    for (const warning of info.warnings) notice('warning', warning)
    await follow()
    remember(info)
    say(`Weights loaded: ${info.name}.`, { now: true })
    loaded = true
  })
  await guarded(lookAtKept)
  set({ loading: null })
  return loaded
}

/**
 * @param {Blob | import('./sort.js').Found[] | string} source a file, the files of one model, or an address
 * @param {string} [name]
 * @param {{ bytes?: number, sha256?: string }} [sum] what the file must be
 */
export async function importWeights(source, name = /** @type {any} */ (source).name ?? source[0].path, { bytes, sha256 } = {}) {
  const title = typeof source === 'string' ? 'Fetching weights' : `Reading ${name}`
  if ((await loading(title, options => state.thaw.weights.import(source, { name, bytes, sha256, ...options }))) && unnamed()) askOutputs()
}

/**
 * Fetches published weights: the browser itself or, where it may not, the server of this page.
 * @param {import('./published.js').Source} source
 */
export async function importPublished(source) {
  const { fetches } = state.published
  const { name, url } = source
  const through = async options => {
    await fetchThroughServer(source, options)
    return state.thaw.weights.import(fetchedAddress(source), { name, ...options })
  }
  const loaded = await loading('Fetching weights', async options => {
    if (source.kept) return through(options)
    try {
      return await state.thaw.weights.import(url, { name, ...options })
    } catch (error) {
      if (error.code !== 'network' || !fetches) throw error
      return through(options)
    }
  })
  if (loaded && unnamed()) askOutputs()
}

export const useWeights = info => loading(`Loading ${info.name}`, options => state.thaw.weights.use(info.id, options), { cancellable: false })

export const synthesize = seed => loading('Drawing random weights', () => state.thaw.weights.synthesize({ model: state.settings.model, seed }), { cancellable: false })

export const removeWeights = id => guarded(async () => {
  await state.thaw.weights.remove(id)
  await lookAtKept()
})

/** What is kept, and how much room is left. */
export async function lookAtKept() {
  const [kept, storage] = await Promise.all([state.thaw.weights.list(), state.thaw.storage()])
  set({ kept, storage })
}

/** Loads what was last used of this network, else the newest kept, else what comes with the page. */
export async function useKept() {
  if (state.model?.weights) return
  const kept = state.kept.filter(info => info.model === state.settings.model)
  const id = recall()[state.settings.model]
  // What was last used is tried though it is damaged: so the person hears of it.
  const inTurn = [kept.find(info => info.id === id), ...kept.filter(info => !info.damaged).sort((a, b) => Number(a.builtin ?? 0) - Number(b.builtin ?? 0))]
  for (const info of new Set(inTurn)) if (info && (await useWeights(info))) return
}

/** As a visit begins: with what is kept of this network damaged, there is still what comes with the page. */
export async function useFirst() {
  await useKept()
  const { model, kept, settings } = state
  if (!model?.weights && kept.some(info => info.damaged && info.model === settings.model)) await useWeights(kept.find(info => info.builtin))
}

/** The network last used, for a link that names none. */
export const lastModel = () => recall().last

function recall() {
  try {
    return JSON.parse(localStorage.getItem(lastUsed) ?? '{}')
  } catch {
    return {} // storage is blocked: the newest will do
  }
}

function remember(info) {
  try {
    localStorage.setItem(lastUsed, JSON.stringify({ ...recall(), [info.model]: info.stored || info.builtin ? info.id : undefined, last: info.model }))
  } catch {
    // Storage is blocked; the worker has said so where it matters.
  }
}
