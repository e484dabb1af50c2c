// What the Network panel says of weights: which are in use, and what to do without any.
import { byID, h } from './dom.js'
import { seen } from './seen.js'
import { state, watch } from './store.js'
import { openWeightsDialog, showWeightsDialog } from './weights-dialog.js'
import { synthesize } from './weights.js'

export function startWeights() {
  byID('weights-open').onclick = openWeightsDialog
  byID('weights-missing').append(
    h('p', {}, h('b', {}, 'The network has no weights yet. '), 'A pretrained file lets it learn from few images: drop an .h5, .keras, .safetensors or .pth file anywhere.'),
    h('p', { class: 'row' }, h('button', { type: 'button', class: 'button', onclick: openWeightsDialog }, 'Bring weights…'),
      h('button', { type: 'button', class: 'button', 'data-testid': 'random-weights', onclick: () => synthesize(1) }, 'Start from random ones')))
  watch(['model', 'kept', 'cards', 'published', 'storage', 'loading'], show)
}

function show() {
  const info = state.model?.weights
  const busy = state.loading !== null
  byID('weights-missing').hidden = Boolean(info) || busy || !state.model
  byID('weights-open').replaceChildren(h('span', { class: 'muted' }, 'weights '), h('b', {}, info ? info.description || info.name : busy ? '…' : 'none'))
  byID('weights-open').title = info ? `${info.name}${info.builtin ? `; it ${seen(info)}` : ''}. Change or remove weights` : 'Bring weights'
  showWeightsDialog()
}
