// What learns in a model at a moment, by Keras's rules: a layer does if its own flag says
// so, the model's that is trained and, in Keras 2 alone, those of the models it lies in.
import { Layer, Model } from './values.js'

export class State {
  constructor() {
    /** @type {Map<number, boolean>} */ this.learns = new Map() // by index in the network: a gradient changes it
    /** @type {Map<number, boolean>} */ this.live = new Map() // of batch norms: they run on batch statistics
    /** @type {string[]} */ this.frozenHead = [] // Dense layers on top that do not learn
    this.copies = 0 // of the network
    this.closed = false // a model's own flag keeps layers from learning whose flags say that they do
    this.inference = false // the network is called with training=False
    /** @type {Layer[]} */ this.head = []
    this.cut = null
  }
  /** @param {State} other */
  same(other) {
    const equal = (a, b) => a.size === b.size && [...a].every(([at, value]) => b.get(at) === value)
    return equal(this.learns, other.learns) && equal(this.live, other.live) && this.frozenHead.join() === other.frozenHead.join()
  }
}

/**
 * Of a model that is trained. The network alone, which the code puts into no model, is taken
 * for the beginning of one: then its own flag is no layer's.
 * @param {import('./machine.js').Machine} m @param {Model} made @returns {State}
 */
export function stateOf(m, made) {
  const state = new State()
  walk(m, made, made.trainable || alone(made), false, state)
  return state
}

/** @param {Model} made */
export const alone = made => made.isBase && !made.compiled && !made.traced

function walk(m, made, open, inference, state) {
  state.cut ??= made.cut
  if (made.layers.some(layer => layer instanceof Layer && layer.at !== null)) state.copies++
  for (const part of made.layers) {
    m.spend(1)
    if (part instanceof Model) {
      const quiet = made.inference.has(part)
      state.inference ||= quiet && !made.holds
      walk(m, part, open && (m.keras === 3 || part.trainable), inference || (quiet && (m.keras === 2 || made.holds)), state)
    } else if (part.at === null) {
      state.head.push(part)
      if (part.cls === 'Dense' && part.name !== 'predictions' && !(part.trainable && open)) state.frozenHead.push(part.name)
    } else if (part.parameters) {
      state.learns.set(part.at, part.trainable && open)
      state.closed ||= part.trainable && !open
      if (part.cls === 'BatchNormalization') state.live.set(part.at, part.trainable && !inference)
    }
  }
}
