// From what learns in the full network to a plan on the map, of that network or of mini:
// the shortest spec with the same layers, as layers[...] ranges where nothing shorter says it.
import { blockGroups } from '../../freeze.js'
import { share, spans } from '../../keras.js'

/** @typedef {import('../../../thaw.js').ModelInfo} ModelInfo @typedef {import('../../../thaw.js').LayerInfo} LayerInfo */

const weighted = (/** @type {ModelInfo} */ model) => model.layers.filter(layer => layer.parameters && layer.block !== 'head')

/**
 * The batch-norm mode that a state is in, null where each norm goes its own way.
 * @param {import('./state.js').State} state
 */
export function modeOf(state) {
  const live = [...state.live]
  if (live.every(([at, on]) => on === state.learns.get(at))) return 'keras'
  if (live.every(([, on]) => !on)) return 'inference'
  return live.every(([, on]) => on) ? 'batch' : null
}

/**
 * The plan of a state, for the network in use; null where no plan of Thaw is that.
 * @param {import('./state.js').State} state @param {ModelInfo} full @param {ModelInfo} model the one in use
 */
export function planOf(state, full, model) {
  const mode = modeOf(state)
  if (!mode) return null
  const learns = new Set(weighted(full).filter(({ index }) => state.learns.get(index)).map(({ index }) => index))
  const spec = presetOf(full, learns) ?? ofLayers(model, model.model === full.model ? learns : translated(full, model, learns))
  return mode === 'keras' ? spec : { ...spec, batchNorm: mode }
}

/** The presets say more than ranges, and are translated by the engine. */
function presetOf(full, learns) {
  const layers = weighted(full)
  const first = share(full.layers.filter(layer => layer.block !== 'head').length)
  const conv = layer => layer.name.includes('conv')
  const rules = [
    [{ preset: 'head-only' }, () => false],
    [{ preset: 'unfreeze-all' }, () => true],
    [{ preset: 'freeze-conv', asWritten: true }, layer => !conv(layer)],
    [{ preset: 'freeze-first-100', asWritten: true }, layer => !(layer.index < first && conv(layer))],
    [{ preset: 'freeze-first-100' }, layer => layer.index >= first],
  ]
  return rules.find(([, rule]) => layers.every(layer => learns.has(layer.index) === rule(layer)))?.[0]
}

/** @param {ModelInfo} model @param {Set<number>} learns */
function ofLayers(model, learns) {
  const layers = weighted(model)
  const names = model.blocks.map(block => block.name).filter(name => name !== 'head')
  const states = new Map(names.map(name => [name, new Set(layers.filter(layer => layer.block === name).map(layer => learns.has(layer.index)))]))
  const thawed = name => states.get(name).has(true)
  if (names.some(name => states.get(name).size > 1)) return { thaw: spans(layers, learns).map(([from, to]) => [from, to + 1]) }
  const first = names.findIndex(thawed)
  if (first < 0) return { preset: 'head-only' }
  if (names.slice(first).every(thawed)) return { from: names[first] }
  return { thaw: blockGroups(names).flatMap(({ title, members }) => (members.length > 1 && members.every(thawed) ? [title + '_*'] : members.filter(thawed))) }
}

// Onto a smaller network ---------------------------------------------------------------

/** What learns in mini: at a cut, the same share of its layers; else what learns at the same place of the same block. */
function translated(full, mini, learns) {
  const cut = cutOf(full, learns)
  const n = model => model.layers.filter(layer => layer.block !== 'head').length
  if (cut !== null) {
    const at = Math.round((cut * n(mini)) / n(full))
    return new Set(weighted(mini).filter(({ index }) => index >= at).map(({ index }) => index))
  }
  return new Set(weighted(mini).filter(layer => learns.has(counterpart(full, mini, layer))).map(({ index }) => index))
}

/** The first layer that learns, where all after it do and it does not begin a block; else null. */
function cutOf(full, learns) {
  const layers = weighted(full)
  const first = layers.findIndex(({ index }) => learns.has(index))
  if (first < 0 || !layers.slice(first).every(({ index }) => learns.has(index))) return null
  return layers.slice(0, first).some(({ block }) => block === layers[first].block) ? layers[first].index : null
}

/** The index in full of the layer that stands where this one does: first blocks to first, last to last. */
function counterpart(full, mini, layer) {
  const [, group, at] = /^(block\d+)_(\d+)$/.exec(layer.block) ?? [null, layer.block, '']
  const of = model => model.blocks.filter(({ name }) => name === group || name.startsWith(group + '_')).map(({ name }) => name)
  const [small, large] = [of(mini), of(full)]
  const block = at ? large[Math.round(((Number(at) - 1) * (large.length - 1)) / Math.max(small.length - 1, 1))] : group
  const within = (model, name) => model.blocks.find(one => one.name === name).layers
  return within(full, block)[within(mini, layer.block).indexOf(layer.index)]
}
