// Which network: full or mini, its input size and head. Follows the settings, so that
// the link carries it.
import { byID } from './dom.js'
import { guarded } from './notices.js'
import { change } from './settings.js'
import { set, state, watch } from './store.js'

let configured = ''

export function startModel() {
  byID('model').onchange = event => change({ model: event.target.value, size: 0, dense: -1 })
  byID('size').onchange = event => {
    if (event.target.reportValidity()) change({ size: event.target.valueAsNumber || 0 })
  }
  watch(['settings'], () => state.thaw && configure())
  watch(['model'], show)
  show()
}

/** Makes the worker's network that of the settings, if it is another. */
export async function configure() {
  const { model, size, dense } = state.settings
  const wanted = JSON.stringify([model, size, dense])
  if (wanted === configured) return
  configured = wanted
  const info = await guarded(() => state.thaw.model.configure({ model, size: size || undefined, dense: dense < 0 ? undefined : dense }))
  if (info) set({ model: info })
  else show()
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
  const { model, settings } = state
  byID('model').value = (model ?? settings).model
  if (!model) return
  byID('size').value = String(model.size)
  byID('size').min = model.model === 'full' ? '75' : '32'
}
