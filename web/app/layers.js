// A block opened to its layers, as Keras lists them. A block has at most about forty,
// so the 780 of the network are never in the page at once.
import { byID, h, icon, iconButton } from './dom.js'
import { exact, plural } from './format.js'
import { state, watch } from './store.js'

let open = null

export function startLayers() {
  const dialog = byID('layers-dialog')
  dialog.addEventListener('close', () => (open = null))
  watch(['plan', 'model', 'viewing'], () => open && showLayers(open))
}

export function showLayers(name) {
  const blocks = state.model?.blocks ?? []
  const at = blocks.findIndex(block => block.name === name)
  if (at < 0) return
  open = name
  const block = blocks[at]
  const dialog = byID('layers-dialog')
  const plan = state.viewing?.trains ?? state.plan
  const learning = new Set(plan?.trainable)
  const live = new Set(plan?.batchStatistics)
  const step = (to, label) => h('button', { type: 'button', class: 'button', disabled: !blocks[to], onclick: () => showLayers(blocks[to].name) }, label)
  dialog.replaceChildren(
    h('header', {}, h('h2', { id: 'layers-title' }, name, ' ', h('span', { class: 'muted' }, `${plural(block.layers.length, 'layer')}, ${exact(block.parameters)} parameters`)),
      iconButton('close', 'Close', () => dialog.close())),
    h('div', { class: 'table-scroll', tabIndex: 0, role: 'region', 'aria-labelledby': 'layers-title' },
      h('table', { class: 'layers' },
        h('thead', {}, h('tr', {}, ...['', 'Index', 'Name', 'Class', 'Output', 'Parameters'].map(text => h('th', { scope: 'col' }, text)))),
        h('tbody', {}, block.layers.map(index => row(state.model.layers[index], learning, live))))),
    h('footer', { class: 'row' }, step(at - 1, 'Block before'), step(at + 1, 'Block after'),
      h('span', { class: 'muted' }, 'Index as in Keras’s model.layers.')))
  if (!dialog.open) dialog.showModal()
}

/** @param {import('../thaw.js').LayerInfo} layer */
function row(layer, learning, live) {
  const thawed = learning.has(layer.index)
  return h('tr', { 'data-learns': layer.parameters ? (thawed ? 'thawed' : 'frozen') : 'nothing' },
    h('td', {}, layer.parameters ? icon(thawed ? 'thawed' : 'frozen') : '', h('span', { class: 'visually-hidden' }, layer.parameters ? (thawed ? 'learns' : 'frozen') : '')),
    h('td', { class: 'number' }, layer.index),
    h('td', {}, layer.name, layer.alias && h('span', { class: 'muted' }, ` (Keras 2: ${layer.alias})`)),
    h('td', {}, layer.class, live.has(layer.index) && h('span', { class: 'badge' }, 'batch statistics')),
    h('td', { class: 'number' }, layer.shape.join(' × ')),
    h('td', { class: 'number' }, layer.parameters ? exact(layer.parameters) : '–'))
}
