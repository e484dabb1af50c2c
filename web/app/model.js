// Which network: full or mini, its input size and head. Follows the settings, so that
// the link carries it.
import { byID } from './dom.js'
import { guarded } from './notices.js'
import { withProgress } from './progress.js'
import { isRefused, outside, refuse } from './refuse.js'
import { change, sizes } from './settings.js'
import { set, state, watch } from './store.js'

let configured = ''
let turns = 0

export function startModel() {
  byID('model').onchange = event => change({ model: event.target.value, size: 0, dense: -1 })
  const size = byID('size')
  const problem = () => outside(size.valueAsNumber, sizes[state.settings.model])
  size.onchange = () => {
    refuse(size, problem() && `${problem()}, please. ${state.model?.size ?? 'The size before'} stays in force.`)
    if (!problem()) change({ size: size.valueAsNumber })
  }
  size.oninput = () => isRefused(size) && !problem() && refuse(size, null)
  watch(['settings'], () => state.thaw && configure())
  watch(['model', 'changing'], show)
  show()
}

/**
 * Makes the worker's network that of the settings, if it is another. Pictures are read again
 * at its size, which takes a while: the page says so at once, and lets a person give it up.
 */
export async function configure() {
  const { model, size, dense } = state.settings
  const wanted = JSON.stringify([model, size, dense])
  if (wanted === configured) return
  configured = wanted
  const turn = ++turns
  const title = `Changing to ${model === 'full' ? 'the full network' : 'mini'}${size ? ` at ${size} pixels` : ''}`
  set({ changing: title + '.' })
  const info = await guarded(() => withProgress(byID('weights-progress'), title, ({ signal, onProgress }) =>
    state.thaw.model.configure({ model, size: size || undefined, dense: dense < 0 ? undefined : dense }, { signal, onProgress })))
  if (turn !== turns) return // another change came meanwhile, and says how it went
  if (info) set({ model: info, changing: null })
  else {
    set({ changing: null })
    if (state.model) await guarded(follow) // refused or given up: what is there counts
  }
}

/** Follows a network that weights have brought: what was asked of another gives way. */
export async function follow() {
  const info = await state.thaw.model.describe()
  const { settings } = state
  const other = info.model !== settings.model
  // 0 and -1 leave size and head to the network, whatever they are.
  const size = other || settings.size === 0 ? 0 : info.size
  const dense = other || settings.dense < 0 ? -1 : info.dense
  configured = JSON.stringify([info.model, size, dense]) // the worker has it already
  if (other || size !== settings.size || dense !== settings.dense) change({ model: info.model, size, dense })
  set({ model: info })
}

function show() {
  const { model, settings, changing } = state
  const map = byID('map')
  map.toggleAttribute('data-changing', Boolean(changing))
  map.setAttribute('aria-busy', String(Boolean(changing)))
  const size = byID('size')
  byID('model').value = (changing || !model ? settings : model).model
  if (changing) {
    size.value = settings.size ? String(settings.size) : ''
    size.placeholder = '…'
    refuse(size, null)
  } else if (model && !isRefused(size)) size.value = String(model.size)
  const { min, max } = sizes[byID('model').value]
  Object.assign(size, { min, max })
}
