// Settings of training that pasted code names, as the page's settings.
import { problemOf } from '../../settings.js'
import { Float } from './values.js'

/**
 * @param {import('./read.js').Phase} phase @param {'full' | 'mini'} model in use
 * @returns {{ patch: Record<string, any>, text: string }}
 */
export function offered({ offers, state }, model) {
  const { size, ...rest } = offers
  const patch = { ...rest, ...headOf(state.head), ...(model === 'full' && size ? { size } : {}) }
  for (const [key, value] of Object.entries(patch)) if (problemOf(key, value, model)) delete patch[key]
  return { patch, text: Object.entries(patch).map(([key, value]) => words[key]?.(value)).filter(Boolean).join(', ') }
}

const words = {
  epochs: n => `${n} passes`, batch: n => `${n} images a step`, optimizer: name => (name === 'sgd' ? 'SGD' : 'Adam'), rate: x => `step length ${x}`,
  momentum: x => x > 0 && `momentum ${x}`, smoothing: x => `label smoothing ${x}`, dense: n => (n ? `a hidden layer of ${n}` : 'no hidden layer'),
  dropout: x => `dropout ${x}`, size: n => `${n} pixels`,
}

/** The hidden layer and the dropout of a head, where it is of the page's form: at most one of each. */
function headOf(layers) {
  const first = (layer, name) => layer.named.get(name) ?? layer.args[0]
  const dense = layers.filter(layer => layer.cls === 'Dense' && layer.name !== 'predictions')
  const dropout = layers.filter(layer => layer.cls === 'Dropout').map(layer => first(layer, 'rate'))
  const units = dense.slice(0, -1).map(layer => first(layer, 'units'))
  return {
    ...(dense.length > 0 && units.length <= 1 && units.every(n => typeof n === 'number') ? { dense: units[0] ?? 0 } : {}),
    ...(dropout.length === 1 && dropout[0] instanceof Float ? { dropout: dropout[0].value } : {}),
  }
}
