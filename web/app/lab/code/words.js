// What pasted code really does, in sentences with figures counted from its flags.
import { exact, percent, plural } from '../../format.js'

/** @typedef {import('./state.js').State} State @typedef {import('../../../thaw.js').ModelInfo} ModelInfo */

/** @param {State} state @param {ModelInfo} full @returns {{ learns: number, trained: number, all: number, live: number }} */
export function figures(state, full) {
  const found = { learns: 0, trained: 0, all: 0, live: [...state.live.values()].filter(Boolean).length }
  for (const { index, parameters, class: cls, block } of full.layers) {
    if (block === 'head') continue
    const can = cls === 'BatchNormalization' ? parameters / 3 : parameters // its statistics are moved, not learned
    found.all += can
    if (state.learns.get(index)) {
      found.learns++
      found.trained += can
    }
  }
  return found
}

/** @param {State} state @param {ModelInfo} full @param {2 | 3} keras */
export function effect(state, full, keras) {
  const { learns, trained, all, live } = figures(state, full)
  const of = state.learns.size
  const sentences = [learns === of ? `Nothing of the network is frozen: all ${exact(trained)} parameters learn.`
    : learns === 0 ? 'Nothing of the network learns; the head alone does.'
    : `${exact(learns)} of ${exact(of)} layers with weights learn: ${exact(trained)} of ${exact(all)} parameters (${small(trained / all)}).`]
  sentences.push(...norms(state, full, live))
  if (state.closed) sentences.push(`The network's own trainable is False. In Keras ${keras} nothing in it learns then, whatever its layers' flags say, when it is one layer of the model that is trained.`)
  if (state.inference) sentences.push(keras === 3
    ? `training=False does not hold in Keras 3: within a functional model, fit runs batch norms by their trainable flags${live ? ', so those that learn run on batch statistics' : ''}.`
    : 'training=False holds in Keras 2: all batch norms run on their stored statistics; the shifts (betas) of those that are trainable still learn.')
  return sentences
}

const small = share => (share > 0 && share < 0.001 ? `${(100 * share).toPrecision(1)} %` : share > 0.9995 ? `${(100 * share).toFixed(3)} %` : percent(share))

function norms(state, full, live) {
  const norm = full.layers.filter(layer => layer.class === 'BatchNormalization')
  if (!live) return [`Every batch norm runs on its stored statistics${[...state.live.keys()].some(at => !state.learns.get(at)) ? '; a frozen one does since TensorFlow 2' : ''}.`]
  const frozen = full.layers.filter(layer => layer.class === 'Conv2D' && !state.learns.get(layer.index)).length
  const sentence = `${live === norm.length ? `All ${live}` : plural(live, 'batch norm').replace(/ batch norms?$/, ` of ${norm.length}`)} batch norms run on batch statistics and move their stored ones`
  return [frozen ? `${sentence}${live > norm.length / 2 && frozen > norm.length / 2 ? ': what looks frozen still changes' : ''}.` : `${sentence}.`]
}

/**
 * What becomes of each statement that sets flags.
 * @param {import('./machine.js').Machine} m @returns {import('./machine.js').Remark[]}
 */
export function fates(m) {
  const remarks = []
  const others = setting => new Set([...m.settings.values()].filter(other => other !== setting).flatMap(other => [...other.picked]))
  for (const setting of m.settings.values()) {
    const { line, value, picked, changed } = setting
    const weighted = [...picked].filter(layer => (layer.at === null ? layer.cls === 'Dense' : layer.parameters))
    if (!picked.size) continue
    if (!weighted.length) remarks.push({ line, sentence: `sets ${plural(picked.size, 'layer')}, of which none has weights: it changes nothing` })
    else if (!changed.size && !weighted.some(layer => others(setting).has(layer))) remarks.push({ line, sentence: `changes nothing: ${weighted.length === 1 ? `the layer that it sets is` : `the ${exact(weighted.length)} layers with weights that it sets are`} ${value ? 'trainable' : 'frozen'} already` })
    else if (changed.size) {
      const writers = new Set([...changed].map(layer => m.last.get(layer)))
      if (!writers.has(setting) && [...changed].every(layer => layer.trainable !== value)) {
        remarks.push({ line, sentence: `is undone by ${[...new Set([...writers].map(writer => m.where(writer.line)))].slice(0, 3).join(', ')}` })
      }
    }
  }
  return remarks.slice(0, 20)
}
